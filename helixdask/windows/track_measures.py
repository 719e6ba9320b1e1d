"""What else lies in a window: shares of sequence and of intervals, and reads of RNA-seq beside the labels."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.kernels import njit
from helixdask.sequence.codes import CODE_MASK, N_CODE
from helixdask.windows.measures import EXONIC

_G, _C = 3, 0


def share_of_bases(begin: NDArray[np.int64], size: NDArray[np.int64], mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Share of each window's bases at which a mask is set, ``(window,)``, whatever the strand.

    Parameters
    ----------
    begin, size
        Windows, as in `measure_windows`; none is empty.
    mask
        ``(base,)``.

    Examples
    --------
    >>> share_of_bases(np.array([0, 2]), np.array([2, 4]), np.array([True, True, False, False, False, True]))
    array([1.  , 0.25], dtype=float32)
    """
    before = np.zeros(len(mask) + 1, np.int32)  # how often the mask is set in front of each base
    np.cumsum(mask, out=before[1:])
    share: NDArray[np.float32] = ((before[begin + size] - before[begin]) / size).astype(np.float32)
    return share


def gc_share(begin: NDArray[np.int64], size: NDArray[np.int64], codes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Share of G and C among the A, C, G and T of each window, ``(window,)``; NaN where there are none.

    Parameters
    ----------
    begin, size
        Windows, as in `share_of_bases`.
    codes
        ``(base,)`` base codes, soft-masked or not.

    Examples
    --------
    >>> gc_share(np.array([0, 4]), np.array([4, 1]), np.array([0, 3, 1, 4, 4], np.uint8))
    array([0.6666667,       nan], dtype=float32)
    """
    base = codes & CODE_MASK
    gc, known = (share_of_bases(begin, size, mask) for mask in ((base == _G) | (base == _C), base < N_CODE))
    with np.errstate(invalid="ignore", divide="ignore"):
        return gc / known


class Reads(NamedTuple):
    """Reads of one library in windows.

    Attributes
    ----------
    depth
        ``(window,)`` float32 mean coverage of the bases on the window's strand.
    agreement
        ``(window,)`` float32 share of the unmasked bases that are covered and exonic, or neither; NaN where all are
        masked.
    """

    depth: NDArray[np.float32]
    agreement: NDArray[np.float32]


def reads_in_windows(
    begin: NDArray[np.int64],
    size: NDArray[np.int64],
    strand: NDArray[np.int8],
    label: NDArray[np.uint8],
    valid: NDArray[np.uint8],
    coverage: NDArray[Any],
) -> Reads:
    """Measure one library.

    Parameters
    ----------
    begin, size, strand
        Windows, as in `helixdask.windows.measures.measure_windows`.
    label, valid
        ``(strand, base)`` uint8 class and mask; UTR and CDS are exonic.
    coverage
        ``(strand, base)`` reads that cover each base.
    """
    return Reads(*_reads(begin, size, strand, label, valid, coverage))


def support_of_exons(
    begin: NDArray[np.int64],
    size: NDArray[np.int64],
    strand: NDArray[np.int8],
    label: NDArray[np.uint8],
    valid: NDArray[np.uint8],
    covered: NDArray[np.bool_],
) -> NDArray[np.float32]:
    """Share of the unmasked exonic bases of each window that reads cover, ``(window,)``; NaN where there are none.

    Parameters
    ----------
    begin, size, strand, label, valid
        As in `reads_in_windows`.
    covered
        ``(strand, base)`` whether any library covers the base.
    """
    return _support(begin, size, strand, label, valid, covered)


@njit(cache=True, nogil=True)
def _reads(
    begin: NDArray[np.int64],
    size: NDArray[np.int64],
    strand: NDArray[np.int8],
    label: NDArray[np.uint8],
    valid: NDArray[np.uint8],
    coverage: NDArray[Any],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    depth = np.zeros(len(begin), np.float32)
    agreement = np.full(len(begin), np.nan, np.float32)
    for w in range(len(begin)):
        s = strand[w]
        total = 0.0
        agreed = 0
        counted = 0
        for at in range(begin[w], begin[w] + size[w]):
            reads = coverage[s, at]
            total += reads
            if valid[s, at]:
                counted += 1
                exonic = label[s, at] in EXONIC
                agreed += exonic == (reads > 0)
        depth[w] = total / size[w]
        if counted:
            agreement[w] = agreed / counted
    return depth, agreement


@njit(cache=True, nogil=True)
def _support(
    begin: NDArray[np.int64],
    size: NDArray[np.int64],
    strand: NDArray[np.int8],
    label: NDArray[np.uint8],
    valid: NDArray[np.uint8],
    covered: NDArray[np.bool_],
) -> NDArray[np.float32]:
    share = np.full(len(begin), np.nan, np.float32)
    for w in range(len(begin)):
        s = strand[w]
        exonic = 0
        met = 0
        for at in range(begin[w], begin[w] + size[w]):
            if valid[s, at] and label[s, at] in EXONIC:
                exonic += 1
                met += covered[s, at]
        if exonic:
            share[w] = met / exonic
    return share


def genic_stretches(
    begin: NDArray[np.int64], size: NDArray[np.int64], strand: NDArray[np.int8], label: NDArray[np.uint8]
) -> NDArray[np.int32]:
    """How many stretches of genic bases each window holds on its strand, ``(window,)``; its ends may cut them.

    Parameters
    ----------
    begin, size, strand
        Windows, as in `measure_windows`.
    label
        ``(strand, base)`` class index; class 0 is intergenic.

    Examples
    --------
    >>> label = np.array([[0, 1, 1, 0, 2, 2], [0, 0, 0, 0, 0, 0]], np.uint8)
    >>> genic_stretches(np.array([0, 2]), np.array([6, 4]), np.zeros(2, np.int8), label)
    array([2, 2], dtype=int32)
    """
    found = np.zeros(len(begin), np.int32)
    for number, classes in enumerate(label):
        mine = strand == number
        genic = classes > 0
        starts = np.zeros(len(genic) + 1, np.int32)  # stretches that begin before each base
        starts[1:] = np.cumsum(genic & ~np.concatenate([[False], genic[:-1]]))
        first, end = begin[mine], begin[mine] + size[mine]
        # A stretch that lies across the first base began before it.
        found[mine] = starts[end] - starts[first + 1] + genic[first]
    return found
