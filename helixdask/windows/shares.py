"""Shares of a window's bases, and other counts, whatever was predicted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from helixdask.sequence.codes import CODE_MASK, LETTERS, N_CODE


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


def gc_content(begin: NDArray[np.int64], size: NDArray[np.int64], codes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Share of G and C in each window's bases that are A, C, G or T, ``(window,)``; NaN where there are none.

    Parameters
    ----------
    begin, size
        Windows, as in `share_of_bases`.
    codes
        ``(base,)`` base codes.
    """
    plain = codes & CODE_MASK
    strong = np.isin(plain, [LETTERS.index(letter) for letter in "GC"])
    known = share_of_bases(begin, size, plain < N_CODE)
    found = np.full(len(begin), np.nan, np.float32)
    np.divide(share_of_bases(begin, size, strong), known, out=found, where=known > 0)
    return found


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
