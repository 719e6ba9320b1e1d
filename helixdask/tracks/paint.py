"""Intervals to values per base."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from helixdask.kernels import njit


def paint_mask(start: NDArray[np.int64], end: NDArray[np.int64], length: int) -> NDArray[np.uint8]:
    """1 inside the intervals, 0 elsewhere: ``(base,)`` uint8. Intervals are half-open, inside ``[0, length)``."""
    out = np.zeros(length, np.uint8)
    _paint(start, end, np.ones(len(start), np.uint8), out)
    return out


def paint_values(
    start: NDArray[np.int64], end: NDArray[np.int64], value: NDArray[np.float32], length: int
) -> NDArray[np.float32]:
    """Value of each base, NaN outside the intervals: ``(base,)`` float32."""
    out = np.full(length, np.nan, np.float32)
    _paint(start, end, value, out)
    return out


@njit(cache=True, nogil=True)
def _paint(start: NDArray[np.int64], end: NDArray[np.int64], value: NDArray[Any], out: NDArray[Any]) -> None:
    for row in range(len(start)):
        out[start[row] : end[row]] = value[row]
