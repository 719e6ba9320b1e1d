"""Which contigs share k-mers, how many, and where: pairs of contigs and the anchors between them."""

from __future__ import annotations

from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.kernels import njit
from helixdask.kinship.runs import Runs

_MOST_AT_ONCE: Final = 1 << 24
"""Pairs of places that are held in memory at a time."""


class Anchors(NamedTuple):
    """Places that two contigs have in common, sorted by pair and place on the first contig.

    Attributes
    ----------
    pair
        ``(anchor,)`` row in the list of pairs.
    first, second
        ``(anchor,)`` row of the sketch on either contig.
    """

    pair: NDArray[np.int64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]


def tells_kin(copies: NDArray[np.int64], contig: NDArray[np.int64], most: int, least: int) -> NDArray[np.bool_]:
    """K-mers with at most so many copies, on contigs that hold at least so many of these, ``(kept,)``."""
    keep: NDArray[np.bool_] = copies <= most
    return keep & (np.bincount(contig[keep], minlength=int(contig.max(initial=-1)) + 1) >= least)[contig]


def shared_counts(
    runs: Runs, contig: NDArray[np.int64], least: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of contigs that have at least so many k-mers in common.

    Parameters
    ----------
    runs
        The sketch by its hashes; its rows are in order of contigs.
    contig
        ``(kept,)`` the contig of each row.
    least
        Fewer are not told.

    Returns
    -------
    first, second, shared
        ``(pair,)`` int64, ``first < second``; different k-mers that both hold.
    """
    order, bounds = runs
    contigs = contig[order]
    n = int(contig.max(initial=0)) + 1
    keys, counts = np.zeros(0, np.int64), np.zeros(0, np.int64)
    for low, high in _batches(bounds):
        more, number = np.unique(_contig_pairs(contigs, bounds[low : high + 1], n), return_counts=True)
        keys, which = np.unique(np.concatenate([keys, more]), return_inverse=True)
        counts = np.bincount(which, np.concatenate([counts, number]), minlength=len(keys)).astype(np.int64)
    enough = counts >= least
    return keys[enough] // n, keys[enough] % n, counts[enough]


def anchors_of(runs: Runs, contig: NDArray[np.int64], first: NDArray[np.int64], second: NDArray[np.int64]) -> Anchors:
    """Where the contigs of each pair have k-mers in common.

    Parameters
    ----------
    runs, contig
        As for :func:`shared_counts`.
    first, second
        ``(pair,)`` contigs, ascending as :func:`shared_counts` gives them.
    """
    order, bounds = runs
    n = int(max(contig.max(initial=0), second.max(initial=0))) + 1
    wanted = first * n + second
    found = [_place_pairs(order, contig, bounds[low : high + 1], wanted, n) for low, high in _batches(bounds)] or [
        np.zeros((0, 3), np.int64)
    ]
    rows = np.concatenate(found)
    rows = rows[np.lexsort((rows[:, 2], rows[:, 1], rows[:, 0]))]
    return Anchors(*(np.ascontiguousarray(rows[:, column]) for column in range(3)))


def _batches(bounds: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Rows of runs whose pairs fit into memory."""
    size = np.diff(bounds)
    batch = np.cumsum(size * (size - 1) // 2) // _MOST_AT_ONCE
    cuts = np.concatenate([[0], np.flatnonzero(batch[1:] != batch[:-1]) + 1, [len(size)]]).tolist()
    return [(low, high) for low, high in pairwise(cuts) if high > low]


@njit(cache=True, nogil=True)
def _contig_pairs(contig: NDArray[np.int64], bounds: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Key of each pair of different contigs in each run; contigs ascend within a run, and count once."""
    size = 0
    for turn in range(2):
        keys = np.empty(size, np.int64)
        size = 0
        for run in range(len(bounds) - 1):
            low, high = bounds[run], bounds[run + 1]
            for i in range(low, high):
                if i > low and contig[i] == contig[i - 1]:
                    continue
                for j in range(i + 1, high):
                    if contig[j] == contig[j - 1]:
                        continue
                    if turn:
                        keys[size] = contig[i] * n + contig[j]
                    size += 1
    return keys


@njit(cache=True, nogil=True)
def _place_pairs(
    order: NDArray[np.int64],
    contig: NDArray[np.int64],
    bounds: NDArray[np.int64],
    wanted: NDArray[np.int64],
    n: int,
) -> NDArray[np.int64]:
    """Pair, first and second row of each two places of a run that lie on the contigs of a pair."""
    size = 0
    for turn in range(2):
        rows = np.empty((size, 3), np.int64)
        size = 0
        for run in range(len(bounds) - 1):
            low, high = bounds[run], bounds[run + 1]
            for i in range(low, high):
                for j in range(i + 1, high):
                    a, b = order[i], order[j]
                    if contig[a] == contig[b]:
                        continue
                    key = contig[a] * n + contig[b]
                    pair = np.searchsorted(wanted, key)
                    if pair < len(wanted) and wanted[pair] == key:
                        if turn:
                            rows[size, 0] = pair
                            rows[size, 1] = a
                            rows[size, 2] = b
                        size += 1
    return rows
