"""Matches that need not be exact: free ends of transcripts, and transcripts of one exon."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from helixdask.kernels import njit

FIRST, LAST = 1, 2
"""Bits: the leftmost, the rightmost segment of some transcript."""

_Exons = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]


def match_exons(left: _Exons, right: _Exons, slack: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pair exons whose ends agree; where both are outermost on one side, that end may differ by `slack`.

    Parameters
    ----------
    left, right
        start, end (n,) int64 and bits (n,) uint8 of distinct exons, on one axis for all contigs and strands.
    slack
        Bases.

    Returns
    -------
    tuple of numpy.ndarray
        Rows of both sides, (pairs,) int64.
    """
    return _pair(left, right, left[0] - slack, left[0] + slack, slack)


def match_single_exons(left: _Exons, right: _Exons) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pair transcripts of one exon that share at least four fifths of the longer one; arguments as `match_exons`."""
    # The other one is at most a quarter longer, so it begins no farther than that outside, or a fifth inside.
    length = left[1] - left[0]
    return _pair(left, right, left[0] - length // 4 - 1, left[0] + length // 5 + 1, -1)


def _pair(
    left: _Exons, right: _Exons, low: NDArray[np.int64], high: NDArray[np.int64], slack: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    order = np.argsort(right[0], kind="stable")
    start, end, bits = right[0][order], right[1][order], right[2][order]
    begin = np.searchsorted(start, low, side="left")
    stop = np.searchsorted(start, high, side="right")
    pairs = np.empty((0, 2), np.int64)
    n_pairs = _fill(*left, start, end, bits, begin, stop, slack, pairs)
    pairs = np.empty((n_pairs, 2), np.int64)
    _fill(*left, start, end, bits, begin, stop, slack, pairs)
    return pairs[:, 0], order[pairs[:, 1]]


@njit(cache=True)
def _fill(
    left_start: NDArray[np.int64],
    left_end: NDArray[np.int64],
    left_bits: NDArray[np.uint8],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    bits: NDArray[np.uint8],
    begin: NDArray[np.int64],
    stop: NDArray[np.int64],
    slack: int,
    pairs: NDArray[np.int64],
) -> int:
    """Fill `pairs` as far as it reaches and count them; a negative slack: by the share of bases in common."""
    size = 0
    for row in range(len(left_start)):
        for other in range(begin[row], stop[row]):
            if slack < 0:
                common = min(left_end[row], end[other]) - max(left_start[row], start[other])
                longer = max(left_end[row] - left_start[row], end[other] - start[other])
                good = 5 * common >= 4 * longer
            else:
                both = left_bits[row] & bits[other]
                start_off = abs(left_start[row] - start[other])
                end_off = abs(left_end[row] - end[other])
                good = (start_off == 0 or (both & FIRST != 0 and start_off <= slack)) and (
                    end_off == 0 or (both & LAST != 0 and end_off <= slack)
                )
            if good:
                if size < len(pairs):
                    pairs[size, 0], pairs[size, 1] = row, other
                size += 1
    return size
