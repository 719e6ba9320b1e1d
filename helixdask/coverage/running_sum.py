"""The compiled running sum that turns differences into tracks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from helixdask.kernels import njit


@njit(cache=True, nogil=True)
def sum_differences(difference: NDArray[np.int32]) -> None:
    """Sum each row of (rows, length) int32 up from its start, in place."""
    for r in range(len(difference)):
        row = difference[r]
        depth = np.int32(0)
        for i in range(len(row)):
            depth += row[i]
            row[i] = depth
