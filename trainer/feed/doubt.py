"""Where reads cast doubt on pseudolabels: bases that are labelled intergenic, and covered as deeply as exons are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.registry import LABEL_CLASSES
from helixdask.store.store import Store
from helixdask.trainer.feed.window_set import WindowSet
from helixdask.windows.cut import WindowLayout
from helixdask.windows.grid import Windows
from helixdask.windows.read import read_windows

INTERGENIC: Final = LABEL_CLASSES.index("intergenic")
_EXONIC: Final = (LABEL_CLASSES.index("utr"), LABEL_CLASSES.index("cds"))
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
