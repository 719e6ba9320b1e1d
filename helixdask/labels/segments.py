"""Algebra of sorted half-open intervals on one axis, as pairs of arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from helixdask.kernels import njit

Ints = NDArray[np.int64]


def union(start: Ints, end: Ints) -> tuple[Ints, Ints]:
    """Disjoint sorted intervals that cover the same bases; those that touch become one, empty ones vanish.

    Parameters
    ----------
    start, end
        ``(n,)`` int64, in any order.
    """
    keep = end > start
    start, end = start[keep], end[keep]
    if not len(start):
        return start.astype(np.int64), end.astype(np.int64)
    order = np.argsort(start, kind="stable")
    start, end = start[order], end[order]
    reach = np.maximum.accumulate(end)
    first = np.ones(len(start), bool)
    first[1:] = start[1:] > reach[:-1]
    return start[first], reach[np.append(first[1:], True)]


@njit(cache=True, nogil=True)
def _subtract(start: Ints, end: Ints, hole_start: Ints, hole_end: Ints, out: NDArray[np.int64]) -> int:
    """Fill the rows of ``out`` (start, end, owner) as far as they reach; hands back how many rows are needed."""
    size = 0
    for row in range(len(start)):
        at = start[row]
        hole = np.searchsorted(hole_end, at, side="right")
        while at < end[row]:
            stop = end[row]
            if hole < len(hole_start) and hole_start[hole] < stop:
                stop = hole_start[hole]
            if stop > at:
                if size < len(out):
                    out[size, 0], out[size, 1], out[size, 2] = at, stop, row
                size += 1
            if stop == end[row]:
                break
            at = max(at, hole_end[hole])
            hole += 1
    return size


def subtract(start: Ints, end: Ints, hole_start: Ints, hole_end: Ints) -> tuple[Ints, Ints, Ints]:
    """Parts of each interval outside all holes.

    Parameters
    ----------
    start, end
        ``(n,)`` intervals, in any order, may overlap.
    hole_start, hole_end
        Disjoint sorted intervals, as :func:`union` makes them.

    Returns
    -------
    tuple
        Start, end and number of the interval that each part comes from; the parts of one interval are sorted.
    """
    out = np.empty((len(start) + 2 * len(hole_start), 3), np.int64)
    size = _subtract(start, end, hole_start, hole_end, out)
    if size > len(out):
        out = np.empty((size, 3), np.int64)
        _subtract(start, end, hole_start, hole_end, out)
    return out[:size, 0].copy(), out[:size, 1].copy(), out[:size, 2].copy()


@njit(cache=True, nogil=True)
def _owners(low: Ints, high: Ints, n: int) -> NDArray[np.int64]:
    owner = np.full(n, -1, np.int64)
    for row in range(len(low)):
        for piece in range(low[row], high[row]):
            owner[piece] = row
    return owner


def overlay(start: Ints, end: Ints) -> tuple[Ints, Ints, Ints]:
    """What is seen from above when intervals are laid down one after the other.

    Parameters
    ----------
    start, end
        ``(n,)``; later ones cover earlier ones.

    Returns
    -------
    tuple
        Disjoint sorted start and end, and the number of the interval that is seen there.
    """
    cuts = np.unique(np.concatenate([start, end]))
    owner: Ints = _owners(np.searchsorted(cuts, start), np.searchsorted(cuts, end), max(len(cuts) - 1, 0))
    seen = owner >= 0
    return cuts[:-1][seen], cuts[1:][seen], owner[seen]


def depth(start: Ints, end: Ints, cuts: Ints) -> Ints:
    """How many intervals cover each piece between neighbouring ``cuts``; ``(len(cuts) - 1,)``.

    All starts and ends must be among the cuts, which are sorted and unique.
    """
    change = np.zeros(len(cuts), np.int64)
    np.add.at(change, np.searchsorted(cuts, start), 1)
    np.add.at(change, np.searchsorted(cuts, end), -1)
    return np.cumsum(change)[:-1]


def covered(start: Ints, end: Ints, low: int, high: int) -> slice:
    """Rows of disjoint sorted intervals that share a base with ``[low, high)``."""
    return slice(int(np.searchsorted(end, low, side="right")), int(np.searchsorted(start, high, side="left")))
