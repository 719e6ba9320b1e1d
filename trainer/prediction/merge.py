"""Merging what overlapping windows predict: sums of their predictions, and how many there are for each base."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from helixdask.windows.plan import PlannedWindows

_BASES_AT_ONCE: Final = 1 << 16


@njit(cache=True)
def _add_predictions(total, total_start, predicted, position, strand, keep_start, keep_stop):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    length = predicted.shape[1]
    for row in range(len(position)):
        for base in range(keep_start[row], keep_stop[row]):
            at = base - position[row]
            if strand[row] == 1:
                at = length - 1 - at
            for k in range(predicted.shape[2]):
                total[strand[row], k, base - total_start] += predicted[row, at, k]


def add_predictions(
    total: NDArray[np.float32], total_start: int, predicted: NDArray[np.float32], windows: PlannedWindows
) -> None:
    """Add what windows predict to sums in plus orientation.

    Parameters
    ----------
    total, total_start
        Sums for a region, (2, classes, n) float32, and its first position.
    predicted
        (B, S, classes) float32, each window as the network was given it: 5' to 3', padding mirrored.
    windows
        At most B.
    """
    position, _, strand = windows.spans
    _add_predictions(total, total_start, predicted, position, strand, windows.keep_start, windows.keep_stop)


@njit(cache=True)
def _count(counts, counts_start, strand, keep_start, keep_stop):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    for row in range(len(strand)):
        for position in range(keep_start[row], keep_stop[row]):
            counts[strand[row], position - counts_start] += 1


def count_contributions(counts: NDArray[np.uint16], counts_start: int, windows: PlannedWindows) -> None:
    """Count the windows that each base of a region gets a prediction from.

    Parameters
    ----------
    counts, counts_start
        (2, n) uint16, added to, and the region's first position.
    windows
        Any number.
    """
    _count(counts, counts_start, windows.spans.strand, windows.keep_start, windows.keep_stop)


def to_means(totals: Iterable[NDArray[np.float32]], counts: NDArray[np.uint16]) -> None:
    """Divide sums by the number of windows that say something about each base, in place and part by part."""
    for total in totals:
        for first in range(0, total.shape[-1], _BASES_AT_ONCE):
            part = slice(first, first + _BASES_AT_ONCE)
            total[..., part] /= counts[:, np.newaxis, part]
