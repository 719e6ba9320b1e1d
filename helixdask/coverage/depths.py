"""How often each depth occurs in a track, exactly."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from helixdask.kernels import njit

_SMALL: Final = 1 << 16


def depth_histogram(values: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Values above 0 that occur, and how often each does."""
    small, n_large = _count_small(values)
    depth = np.flatnonzero(small)
    n = small[depth]
    if n_large:
        large, n_each = np.unique(values[values >= _SMALL], return_counts=True)
        depth, n = np.concatenate([depth, large]), np.concatenate([n, n_each])
    return depth.astype(np.uint32), n.astype(np.int64)


@njit(cache=True, nogil=True)
def _count_small(values: NDArray[np.uint32]) -> tuple[NDArray[np.int64], int]:
    """How often each value from 1 to 2^16 - 1 occurs, and the number of larger ones."""
    n = np.zeros(_SMALL, np.int64)
    large = 0
    for i in range(len(values)):
        v = values[i]
        if v:
            if v < _SMALL:
                n[v] += 1
            else:
                large += 1
    return n, large
