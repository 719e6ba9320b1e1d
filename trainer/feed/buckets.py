"""Short windows come in batches of their own, padded little, so that a step hardly works on padding.

Where contigs are shorter than windows, most of a batch would be padding. So each window is padded to the shortest of
some lengths that holds it, each about half of the one before, and a batch holds windows of one length: the more, the
shorter they are, so that all steps work on about as many bases.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

_SHORTEST: Final = 512
"""Bases below which windows are padded to one length: a network gains nothing from shorter ones."""


def padded_lengths(size: NDArray[np.int64], window_length: int, pool_size: int) -> NDArray[np.int64]:
    """Bases that each window is padded to, ``(row,)`` int64.

    Parameters
    ----------
    size
        Bases of each window, ``(row,)``.
    window_length
        Bases of a full window, a multiple of ``pool_size``.
    pool_size
        Lengths are multiples of it.

    Examples
    --------
    >>> padded_lengths(np.array([21_384, 10_693, 9_000, 40]), 21_384, 9).tolist()
    [21384, 21384, 10692, 675]
    """
    lengths = [window_length]
    while lengths[-1] > 2 * max(_SHORTEST, pool_size):
        half = -(-lengths[-1] // 2)
        lengths.append(-(-half // pool_size) * pool_size)
    ascending = np.array(lengths[::-1], np.int64)
    found: NDArray[np.int64] = ascending[np.searchsorted(ascending, size)]
    return found


def windows_per_batch(padded: NDArray[np.int64], window_length: int, batch_size: int) -> NDArray[np.int64]:
    """Windows of each length in a batch, so that it has about the bases of ``batch_size`` full windows."""
    return np.maximum(batch_size * window_length // padded, 1)


def batches_of(
    order: NDArray[np.int64], padded: NDArray[np.int64], window_length: int, batch_size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows in batches of one length each.

    Rows of a length keep their order, and batches come in the order of their first rows; windows of one length alone
    come as they are.

    Parameters
    ----------
    order
        Rows of an epoch, ``(n,)``; a row may come several times.
    padded
        Bases that each row is padded to, ``(row,)``.
    window_length, batch_size
        See `windows_per_batch`.

    Returns
    -------
    rows, bounds
        ``(n,)`` rows, batch after batch; ``(batch + 1,)`` where batches begin.
    """
    length = padded[order]
    by_length = np.argsort(length, kind="stable")
    ordered = length[by_length]
    begin = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])) if len(order) else np.zeros(0, np.int64)
    count = np.diff(np.append(begin, len(order)))
    within = np.arange(len(order)) - np.repeat(begin, count)
    number = within // windows_per_batch(ordered, window_length, batch_size)  # of the batch among those of its length
    is_first = np.ones(len(order), np.bool_)
    is_first[1:] = (number[1:] != number[:-1]) | (ordered[1:] != ordered[:-1])
    batch = np.cumsum(is_first) - 1
    place = by_length[is_first]  # of the first row of each batch
    rank = np.empty(len(place), np.int64)
    rank[np.argsort(place, kind="stable")] = np.arange(len(place))
    arranged = np.argsort(rank[batch], kind="stable")
    sizes = np.bincount(rank[batch], minlength=len(place))
    return order[by_length[arranged]], np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def n_batches(padded: NDArray[np.int64], window_length: int, batch_size: int) -> int:
    """Batches of some windows."""
    length, count = np.unique(padded, return_counts=True)
    return int((-(-count // windows_per_batch(length, window_length, batch_size))).sum())


def shares_of_stores(store: NDArray[np.integer], padded: NDArray[np.int64]) -> dict[tuple[int, int], int]:
    """Windows that each store gives of each length in an epoch in which all stores give as many.

    The same in every epoch, so that all epochs have as many batches.

    Parameters
    ----------
    store, padded
        ``(row,)`` of each window.

    Examples
    --------
    >>> shares_of_stores(np.array([0, 0, 0, 0, 1, 1]), np.array([9, 9, 18, 18, 18, 18]))
    {(0, 9): 2, (0, 18): 1, (1, 18): 3}
    """
    stores = np.unique(store)
    share, extra = divmod(len(store), len(stores))
    found: dict[tuple[int, int], int] = {}
    for number, each in enumerate(stores.tolist()):
        length, count = np.unique(padded[store == each], return_counts=True)
        wanted = share + (number < extra)
        exact = wanted * count / count.sum()
        given = np.floor(exact).astype(np.int64)
        given[np.argsort(-(exact - given), kind="stable")[: wanted - int(given.sum())]] += 1
        found |= {(each, int(bases)): int(n) for bases, n in zip(length, given, strict=True) if n}
    return found
