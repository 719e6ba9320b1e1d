"""Which pseudolabels are in doubt: bases labelled intergenic for which reads or the model itself tell of a gene.

Reads do where they cover a base as deeply as exons, the predictions that the labels were called from do where they take
it for genic with some probability. What a base model did not call for certain is not taught as empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.registry import CDS, INTERGENIC, UTR
from helixdask.store.lineage import predictions_behind
from helixdask.store.store import Store
from helixdask.trainer.feed.window_set import WindowSet
from helixdask.windows.cut import WindowLayout
from helixdask.windows.grid import Windows
from helixdask.windows.read import read_windows

_EXONIC: Final = (UTR, CDS)
_SHALLOWEST: Final = 0.1
"""Share of the covered exonic bases that are covered less than what casts doubt."""
_SAMPLE: Final = 64
GENIC: Final = 0.3
"""Genic probability from which on a base labelled intergenic is doubted."""


class DoubtfulReads(NamedTuple):
    """A library, and how many of its reads cover a base that is doubted.

    Attributes
    ----------
    group
        Group of the library.
    depth
        Coverage from which on a base labelled intergenic is doubted.
    """

    group: str
    depth: float


class Doubt(NamedTuple):
    """What casts doubt on the labels of a store.

    Attributes
    ----------
    reads
        Libraries.
    predictions
        Name of the predictions that the labels were called from; None where they are not there any more.
    """

    reads: tuple[DoubtfulReads, ...] = ()
    predictions: str | None = None


NO_DOUBT: Final = Doubt()


def doubt_of(store: Store, index: int, windows: WindowSet, labels: str, groups: Sequence[str]) -> Doubt:
    """All that casts doubt on pseudolabels; the parameters are those of `doubtful_reads`."""
    predictions = predictions_behind(store, labels)
    there = predictions in store.names("predictions")
    return Doubt(doubtful_reads(store, index, windows, labels, groups), predictions if there else None)


def doubtful_reads(
    store: Store, index: int, windows: WindowSet, labels: str, groups: Sequence[str]
) -> tuple[DoubtfulReads, ...]:
    """Find out for each library how deeply it covers exons, from a sample of the windows.

    Parameters
    ----------
    store, index
        The store, and its number in ``windows.store``.
    windows
        Training windows.
    labels
        Name of the labels.
    groups
        Groups of the libraries, of RNA-seq or long reads. One that covers no exon of the sample casts no doubt.
    """
    rows = np.flatnonzero(windows.store == index)
    rows = rows[np.unique(np.linspace(0, len(rows) - 1, min(_SAMPLE, len(rows))).astype(np.int64))]
    if not len(rows) or not groups:
        return ()
    chosen = Windows(windows.contig[rows], windows.start[rows], windows.end[rows], windows.strand[rows])
    spans, layout = chosen.spans(store.contigs.offsets), WindowLayout(windows.window_length)
    exonic = np.isin(read_windows(store, f"labels/{labels}/label", spans, layout), _EXONIC)
    exonic &= read_windows(store, f"labels/{labels}/valid", spans, layout) != 0
    found = []
    for group in groups:
        depth = least_depth(read_windows(store, f"{group}/coverage", spans, layout)[exonic])
        if depth is not None:
            found.append(DoubtfulReads(group, depth))
    return tuple(found)


def least_depth(coverage: NDArray[np.floating]) -> float | None:
    """Coverage that nine of ten covered exonic bases reach; None where none is covered.

    Parameters
    ----------
    coverage
        Of exonic bases, any shape.

    Examples
    --------
    >>> import numpy as np
    >>> least_depth(np.array([0, 0, 1, 1, 2, 5])), least_depth(np.arange(100)), least_depth(np.zeros(3))
    (1.0, 10.0, None)
    """
    covered = coverage[coverage > 0]
    return float(np.quantile(covered, _SHALLOWEST, method="lower")) if covered.size else None


def doubted_bases(
    doubt: Doubt, label: NDArray[np.uint8], coverage: Sequence[NDArray[np.floating]], genic: NDArray[np.floating] | None
) -> NDArray[np.bool_]:
    """Which labels are in doubt.

    Parameters
    ----------
    doubt
        What casts doubt.
    label
        ``(window, offset)`` uint8.
    coverage
        ``(window, offset)`` float32 for each of ``doubt.reads``.
    genic
        ``(window, offset)``, probability of being part of a gene by ``doubt.predictions``; None without these.

    Returns
    -------
    numpy.ndarray
        ``(window, offset)`` bool.

    Examples
    --------
    >>> label, genic = np.array([[0, 0, 2, 0]], np.uint8), np.array([[0.1, 0.4, 0.9, 0.2]])
    >>> covered = np.array([[0, 0, 9, 5]], np.float32)
    >>> doubted_bases(Doubt((DoubtfulReads("coverage/rnaseq/leaf", 3.0),), "base"), label, [covered], genic)
    array([[False,  True, False,  True]])
    """
    perhaps_genic = np.zeros(label.shape, np.bool_)
    for reads, values in zip(doubt.reads, coverage, strict=True):
        perhaps_genic |= values >= reads.depth
    if genic is not None:
        perhaps_genic |= genic >= GENIC
    doubted: NDArray[np.bool_] = perhaps_genic & (label == INTERGENIC)
    return doubted
