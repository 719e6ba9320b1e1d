"""Colinear stretches: anchors of two contigs that come in the same order, or in the reverse order, on both."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.kernels import njit
from helixdask.kinship.pairs import Anchors

LEAST_ANCHORS: Final = 5
"""Anchors of a chain that counts."""
_LEAST_DENSITY: Final = 0.04
"""Anchors for each row of the sketch along a chain: repeats line up by chance, but sparsely."""
_LEAST_WEIGHT: Final = 0.01
"""The same, where an anchor of a k-mer with n copies counts as 1 / (n - 1): so families of repeats count little."""
_REACH: Final = 300
"""Rows of the sketch between neighbours in a chain, on either contig: a distance that genes and gaps do not change."""
_LOOK_BACK: Final = 100
"""Anchors that are tried as the one before."""
_GAP_COST: Final = 0.005
"""What a row costs by which the two distances differ."""


class Chains(NamedTuple):
    """Colinear stretches, one row each.

    Attributes
    ----------
    pair
        Row in the list of pairs.
    first_low, first_high, second_low, second_high
        Rows of the sketch on either contig, from the first to the last anchor, which is included.
    anchors
        Number of anchors.
    member
        ``(anchor,)`` row of the chain that each anchor is in, -1 for none.
    """

    pair: NDArray[np.int64]
    first_low: NDArray[np.int64]
    first_high: NDArray[np.int64]
    second_low: NDArray[np.int64]
    second_high: NDArray[np.int64]
    anchors: NDArray[np.int64]
    member: NDArray[np.int64]


def chains_of(anchors: Anchors, copies: NDArray[np.int64]) -> Chains:
    """Colinear stretches of all pairs, each anchor in one at most.

    Parameters
    ----------
    anchors
        Places that the contigs of each pair have in common.
    copies
        ``(kept,)`` how many times the sketch holds the k-mer of each of its rows.
    """
    n = len(anchors.pair)
    cuts = np.concatenate([[0], np.flatnonzero(np.diff(anchors.pair)) + 1, [n]]).astype(np.int64)
    weight = 1.0 / (copies[anchors.first] - 1)
    rows, member = _chains(anchors.first, anchors.second, weight, cuts if n else np.zeros(1, np.int64))
    pair = anchors.pair[rows[:, 0]]
    low_1, high_1, low_2, high_2, count = (np.ascontiguousarray(rows[:, column]) for column in range(1, 6))
    return Chains(pair, low_1, high_1, low_2, high_2, count, member)


@njit(cache=True, nogil=True)
def _chains(
    first: NDArray[np.int64], second: NDArray[np.int64], weight: NDArray[np.float64], cuts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Best chains of each pair, from the best on; an anchor, bounds on both contigs and the number of anchors each."""
    out = np.empty((len(first) // LEAST_ANCHORS, 6), np.int64)
    member = np.full(len(first), -1, np.int64)
    size = 0
    for pair in range(len(cuts) - 1):
        low, high = cuts[pair], cuts[pair + 1]
        n = high - low
        # The best chain that ends at each anchor, in each direction of the second contig.
        score = np.ones((2, n))
        before = np.full((2, n), -1, np.int64)
        for way in range(2):
            sign = 1 - 2 * way
            for i in range(n):
                for j in range(i - 1, max(i - 1 - _LOOK_BACK, -1), -1):
                    one = first[low + i] - first[low + j]
                    if one > _REACH:
                        break
                    two = sign * (second[low + i] - second[low + j])
                    if one <= 0 or two <= 0 or two > _REACH:
                        continue
                    got = score[way, j] + 1.0 - _GAP_COST * abs(one - two)
                    if got > score[way, i]:
                        score[way, i] = got
                        before[way, i] = j
        used = np.zeros(n, np.bool_)
        order = np.argsort(-np.maximum(score[0], score[1]))
        for end in order:
            way = 0 if score[0, end] >= score[1, end] else 1
            if used[end] or score[way, end] < 2:
                continue
            at, count, start = end, 0, end
            weights = 0.0
            while at >= 0 and not used[at]:
                used[at] = True
                start = at
                count += 1
                weights += weight[low + at]
                at = before[way, at]
            a, b = second[low + start], second[low + end]
            rows = max(first[low + end] - first[low + start], abs(b - a)) + 1
            if count < LEAST_ANCHORS or count < _LEAST_DENSITY * rows or weights < _LEAST_WEIGHT * rows:
                continue
            out[size, 0] = low + end
            out[size, 1] = first[low + start]
            out[size, 2] = first[low + end]
            out[size, 3] = min(a, b)
            out[size, 4] = max(a, b)
            out[size, 5] = count
            at = end
            for _ in range(count):
                member[low + at] = size
                at = before[way, at]
            size += 1
    return out[:size].copy(), member
