"""Which pseudolabels are in doubt: bases labelled intergenic that reads cover as deeply as exons.

What a base model did not call although reads lie there is not taught as empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.registry import CDS, INTERGENIC, UTR
from helixdask.store.store import Store
from helixdask.trainer.feed.window_set import WindowSet
from helixdask.windows.cut import WindowLayout
from helixdask.windows.grid import Windows
from helixdask.windows.read import read_windows

_EXONIC: Final = (UTR, CDS)
_SHALLOWEST: Final = 0.1
"""Share of the covered exonic bases that are covered less than what casts doubt."""
_SAMPLE: Final = 64


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
    doubt: Sequence[DoubtfulReads], label: NDArray[np.uint8], coverage: Sequence[NDArray[np.floating]]
) -> NDArray[np.bool_]:
    """Which labels are in doubt.

    Parameters
    ----------
    doubt
        What casts doubt.
    label
        ``(window, offset)`` uint8.
    coverage
        ``(window, offset)`` float32 for each of ``doubt``.

    Returns
    -------
    numpy.ndarray
        ``(window, offset)`` bool.

    Examples
    --------
    >>> label, covered = np.array([[0, 0, 2, 0]], np.uint8), np.array([[0, 2, 9, 5]], np.float32)
    >>> doubted_bases([DoubtfulReads("coverage/rnaseq/leaf", 3.0)], label, [covered])
    array([[False, False, False,  True]])
    """
    covered = np.zeros(label.shape, np.bool_)
    for reads, values in zip(doubt, coverage, strict=True):
        covered |= values >= reads.depth
    doubted: NDArray[np.bool_] = covered & (label == INTERGENIC)
    return doubted
