"""What each base costs in each kind of state, from the network's probabilities."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from helixdask.kernels import njit

_SMALLEST = 1e-9


@njit(cache=True, nogil=True)
def emission_costs(
    class_probability: NDArray[np.float32],
    phase_probability: NDArray[np.float32],
    start: int,
    stop: int,
    phase_weight: float,
    raw_coding1: bool,
    costs: NDArray[np.float64],
) -> None:
    """Fill `costs` for the bases [start, stop).

    Parameters
    ----------
    class_probability, phase_probability
        (4, n) float32 in the orientation of the strand: intergenic, utr, cds, intron; none, phase 0, 1, 2.
    start, stop
        Bases to do.
    phase_weight
        How much of a codon base's probability comes from the phase output; the rest is the plain coding probability.
    raw_coding1
        Column 6 holds the absolute instead of the relative cost.
    costs
        (>= stop - start, 7) float64, filled with bits relative to the cheapest at the base: intergenic, utr, codon
        base 1, codon base 3, codon base 2, intron, and codon base 2 of ordinary codons.
    """
    values = np.empty(6)
    class_weight = 1.0 - phase_weight
    for position in range(start, stop):
        coding = float(class_probability[2, position])
        phase0 = float(phase_probability[1, position])
        phase1 = float(phase_probability[2, position])
        phase2 = float(phase_probability[3, position])
        total = phase0 + phase1 + phase2
        plain = class_weight * coding
        if total == 0.0:
            values[2] = values[3] = values[4] = phase_weight * (coding / 3.0) + plain
        else:
            scale = coding / total
            values[2] = phase_weight * (phase0 * scale) + plain
            values[3] = phase_weight * (phase1 * scale) + plain
            values[4] = phase_weight * (phase2 * scale) + plain
        values[0] = float(class_probability[0, position])
        values[1] = float(class_probability[1, position])
        values[5] = float(class_probability[3, position])
        # The most probable value has the lowest cost.
        lowest = np.inf
        row = position - start
        for kind in range(6):
            cost = -math.log2(max(values[kind], _SMALLEST))
            costs[row, kind] = cost
            lowest = min(lowest, cost)
        costs[row, 6] = costs[row, 4] if raw_coding1 else costs[row, 4] - lowest
        for kind in range(6):
            costs[row, kind] -= lowest
