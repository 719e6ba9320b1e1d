"""How well what is kept stands for what there is: the distance of two distributions, measure by measure."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

_BY_CHANCE: Final = 1.358
"""Factor of the Kolmogorov-Smirnov distance that one of twenty random draws exceeds."""


class Distance(NamedTuple):
    """Kolmogorov-Smirnov distances of what is kept from all.

    Attributes
    ----------
    n_all, n_kept
        Windows whose value is known.
    kept
        Distance of what is kept, each window once.
    weighted
        The same with each window as often as its weight says.
    by_chance
        Distance that one of twenty random draws of as many windows exceeds.
    """

    n_all: int
    n_kept: int
    kept: float
    weighted: float
    by_chance: float


def distance_of(
    values: NDArray[np.floating], kept: NDArray[np.bool_], weight: NDArray[np.floating] | None = None
) -> Distance | None:
    """Distances of the kept values from all; None where there are none of either.

    Parameters
    ----------
    values
        ``(window,)``; NaN where a window has none.
    kept
        ``(window,)``.
    weight
        ``(window,)`` how much each kept window counts; None: all alike.

    Examples
    --------
    >>> distance_of(np.arange(4.0), np.array([True, True, False, False])).kept
    0.5
    """
    known = ~np.isnan(values)
    values, kept = values[known], kept[known]
    n_all, n_kept = len(values), int(kept.sum())
    if not n_kept:
        return None
    order = np.argsort(values, kind="stable")
    ordered, chosen = values[order], kept[order]
    last = np.append(ordered[1:] != ordered[:-1], True)  # values that are equal step up together
    everything = np.arange(1, n_all + 1) / n_all
    plain = chosen.astype(np.float64)
    by_weight = plain if weight is None else np.where(chosen, weight[known][order], 0.0).astype(np.float64)

    def largest_gap(mass: NDArray[np.float64]) -> float:
        total = float(mass.sum())
        return float(np.abs(np.cumsum(mass) / total - everything)[last].max()) if total else 0.0

    by_chance = _BY_CHANCE * float(np.sqrt(max(1 / n_kept - 1 / n_all, 0.0)))
    return Distance(n_all, n_kept, largest_gap(plain), largest_gap(by_weight), min(by_chance, 1.0))


def cumulative(
    values: NDArray[np.floating], weight: NDArray[np.floating] | None = None, n: int = 101
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points of the cumulative share of some values, as many as a figure needs.

    Parameters
    ----------
    values
        ``(window,)``, at least one that is no NaN.
    weight
        ``(window,)``; None: all alike.
    n
        Points.

    Returns
    -------
    value, share
        ``(n,)`` each, ascending.
    """
    known = ~np.isnan(values)
    order = np.argsort(values[known], kind="stable")
    ordered = values[known][order].astype(np.float64)
    mass = np.ones(len(ordered)) if weight is None else weight[known][order].astype(np.float64)
    share = np.cumsum(mass) / mass.sum()
    at = np.minimum(np.searchsorted(share, np.linspace(0, 1, n), side="left"), len(ordered) - 1)
    return ordered[at], share[at]
