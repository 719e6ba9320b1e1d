"""Which rows of two tables are equal, and which chains of such rows: as integers that can be compared."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def row_classes(*columns: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number rows so that equal rows, and only they, have equal numbers.

    Parameters
    ----------
    *columns
        (n,) int64 each.

    Returns
    -------
    numpy.ndarray
        (n,) int64 from 0, in the order of the sorted rows.
    """
    order = np.lexsort(columns[::-1])
    fresh = np.zeros(len(order), np.bool_)
    for column in columns:
        ordered = column[order]
        fresh[1:] |= ordered[1:] != ordered[:-1]
    classes = np.empty(len(order), np.int64)
    classes[order] = np.cumsum(fresh)
    return classes


def chain_classes(first: NDArray[np.int64], count: NDArray[np.int64], parts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number chains so that chains of the same parts in the same order, and only they, have equal numbers.

    Works from the first part of all chains at once to the last; there are as many rounds as parts in the longest chain.

    Parameters
    ----------
    first, count
        (chain,) int64: where the chain begins in `parts`, and how long it is.
    parts
        (part,) int64 numbers from `row_classes`.

    Returns
    -------
    numpy.ndarray
        (chain,) int64; all empty chains are 0.
    """
    classes = np.zeros(len(first), np.int64)
    width = int(parts.max()) + 1 if len(parts) else 1
    rows = np.flatnonzero(count > 0)
    used = depth = 0
    while len(rows):
        key = classes[rows] * width + parts[first[rows] + depth]
        distinct, inverse = np.unique(key, return_inverse=True)
        classes[rows] = used + 1 + inverse
        used += len(distinct)
        depth += 1
        rows = rows[count[rows] > depth]
    return classes
