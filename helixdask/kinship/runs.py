"""A sketch in order of its hashes, so that copies of a k-mer lie beside each other: sorted once, for all that asks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Runs(NamedTuple):
    """Runs of equal hashes.

    Attributes
    ----------
    order
        ``(kept,)`` rows of the sketch by hash; those of one hash ascend.
    bounds
        ``(run + 1,)`` where runs begin in ``order``, and the end.
    """

    order: NDArray[np.int64]
    bounds: NDArray[np.int64]

    @property
    def copies(self) -> NDArray[np.int64]:
        """How many times the sketch holds the k-mer of each of its rows, ``(kept,)``."""
        size = np.diff(self.bounds)
        found = np.empty(len(self.order), np.int64)
        found[self.order] = np.repeat(size, size)
        return found

    def where(self, keep: NDArray[np.bool_]) -> Runs:
        """The runs of some rows, ``(kept,)`` bool, which are numbered anew."""
        size = np.diff(self.bounds)
        kept = keep[self.order]
        run = np.repeat(np.arange(len(size)), size)[kept]
        number = np.cumsum(keep) - 1
        return Runs(number[self.order[kept]], _bounds(run))


def runs_of(hashes: NDArray[np.uint64]) -> Runs:
    """Sort the hashes of a sketch, ``(kept,)``.

    Examples
    --------
    >>> runs = runs_of(np.array([7, 3, 7], np.uint64))
    >>> runs.order.tolist(), runs.bounds.tolist(), runs.copies.tolist()
    ([1, 0, 2], [0, 1, 3], [2, 1, 2])
    """
    order = np.argsort(hashes, kind="stable")
    return Runs(order, _bounds(hashes[order]))


def _bounds(ascending: NDArray[np.integer]) -> NDArray[np.int64]:
    """Where runs of equal values begin, and the end."""
    if not len(ascending):
        return np.zeros(1, np.int64)
    first = np.flatnonzero(ascending[1:] != ascending[:-1]) + 1
    return np.concatenate([[0], first, [len(ascending)]]).astype(np.int64)
