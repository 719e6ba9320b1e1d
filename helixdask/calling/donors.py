"""What it costs to open an intron at each base."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from helixdask.calling.hmm import Hmm
from helixdask.kernels import njit

_INFINITE = 10**18


@njit(cache=True, nogil=True, inline="always")
def donor_bits(model: Hmm, codes: NDArray[np.uint8], low: int, n: int, position: int, kind: int) -> float:
    """Bits of the donor motif of an intron that begins at `position`; -1 where its donor block does not fit.

    `codes` holds the region of `n` bases from base `low`.
    """
    first = position + model.donor_offset[kind]
    length = model.donor_length[kind]
    # GC-AG looks at the base before the intron, of which at least one more must exist.
    before = first + min(model.donor_offset[kind], 0)
    bits = -1.0
    if before >= 0 and first + length <= n and position + model.block[kind] <= n:
        bits = 0.0
        for place in range(length):
            bits += model.donor_cost[kind, place, codes[first + place - low]]
    return bits


@njit(cache=True, nogil=True)
def donor_costs(
    model: Hmm,
    codes: NDArray[np.uint8],
    low: int,
    n: int,
    emissions: NDArray[np.float64],
    start: int,
    stop: int,
    costs: NDArray[np.int64],
) -> None:
    """Cost of entering a donor block of each type at [start, stop), the emissions of its bases included.

    Parameters
    ----------
    model, codes, low, n
        As for `donor_bits`.
    emissions
        (rows, 7) float64 of the bases from `start`, to the longest donor block after `stop` or the region's end.
    start, stop
        Bases to do.
    costs
        (stop - start, types) int64, filled with millionths of a bit.
    """
    longest = model.block.max()
    intron = np.zeros(stop - start + longest)
    for row in range(min(stop + longest, n) - start):
        intron[row] = emissions[row, 5]
    total = np.zeros(stop - start)
    for ahead in range(longest):
        # One pass per offset adds in the order of the bases and runs in vector registers.
        for row in range(stop - start):
            total[row] += intron[row + ahead]
        for kind in range(model.block.size):
            if model.block[kind] != ahead + 1:
                continue
            for row in range(stop - start):
                bits = donor_bits(model, codes, low, n, start + row, kind)
                costs[row, kind] = _INFINITE if bits < 0.0 else int((bits + total[row]) * 1e6)
