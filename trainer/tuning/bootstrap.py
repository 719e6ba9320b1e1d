"""How much of a difference between two models is chance: validation windows drawn again and again.

Bases of one window are anything but independent, so whole windows are drawn, with both models scored on each draw.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from helixdask.registry import LABEL_CLASSES

_DRAWS: Final = 1000
_LEVEL: Final = 0.95

Intervals = dict[str, tuple[float, float, float]]
"""By score: the gain, and the lower and upper end of its 95 % interval."""


def window_confusions(
    reference: NDArray[np.integer[Any]], prediction: NDArray[np.integer[Any]], mask: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Confusion matrix of each window, ``(window, 4, 4)`` int64, rows the reference.

    Parameters
    ----------
    reference, prediction
        Class indices, ``(window, base)``.
    mask
        Which bases count.
    """
    n = len(reference)
    cell = reference.astype(np.int64) * 4 + prediction + 16 * np.arange(n)[:, None]
    return np.bincount(cell[mask], minlength=16 * n).reshape(n, 4, 4)


def base_intervals(tuned: NDArray[np.int64], base: NDArray[np.int64], seed: int = 0) -> Intervals:
    """Gain in F1 of bases of one model over another: ``genic`` and each class.

    Parameters
    ----------
    tuned, base
        Confusion matrices of the same windows, ``(window, 4, 4)``.
    seed
        Of the draws.
    """
    return _intervals(tuned, base, ("genic", *LABEL_CLASSES), base_f1, seed)


def match_intervals(
    tuned: NDArray[np.int64], base: NDArray[np.int64], levels: Sequence[str], seed: int = 0
) -> Intervals:
    """Gain in F1 of genes, exons, ...

    Parameters
    ----------
    tuned, base
        Counts of the same windows, ``(window, level, 4)``: how many the reference has and the prediction, how many of
        the reference were found, how many of the prediction are right.
    levels
        Names.
    seed
        Of the draws.
    """
    return _intervals(tuned, base, levels, match_f1, seed)


def _intervals(
    tuned: NDArray[np.int64],
    base: NDArray[np.int64],
    names: Sequence[str],
    score: Callable[[NDArray[Any]], NDArray[np.float64]],
    seed: int,
) -> Intervals:
    rng = np.random.default_rng(seed)
    n = len(tuned)
    both = np.stack([tuned, base]).astype(np.float64).reshape(2, n, -1)
    draws = np.empty((_DRAWS, len(names)))
    for draw in range(_DRAWS):
        times = np.bincount(rng.integers(0, n, n), minlength=n).astype(np.float64)
        of_tuned, of_base = score((times @ both).reshape(2, *tuned.shape[1:]))
        draws[draw] = of_tuned - of_base
    low, high = np.quantile(draws, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2], axis=0)
    gain = score(tuned.sum(axis=0)) - score(base.sum(axis=0))
    return {name: (float(g), float(a), float(b)) for name, g, a, b in zip(names, gain, low, high, strict=True)}


def base_f1(confusions: NDArray[Any]) -> NDArray[np.float64]:
    """Genic F1 and that of each class, ``(..., 5)``, of matrices ``(..., 4, 4)``."""
    hit = np.diagonal(confusions, axis1=-2, axis2=-1).astype(np.float64)
    there = confusions.sum(axis=-1, dtype=np.float64) + confusions.sum(axis=-2, dtype=np.float64)
    # Genic: the classes but intergenic pooled.
    pooled_hit = np.concatenate([hit[..., 1:].sum(axis=-1, keepdims=True), hit], axis=-1)
    pooled_there = np.concatenate([there[..., 1:].sum(axis=-1, keepdims=True), there], axis=-1)
    return ratio(2 * pooled_hit, pooled_there)


def match_f1(counts: NDArray[Any]) -> NDArray[np.float64]:
    """F1 of each level, ``(..., level)``, of counts ``(..., level, 4)``."""
    n_reference, n_prediction, found, right = np.moveaxis(counts.astype(np.float64), -1, 0)
    sensitivity, precision = ratio(found, n_reference), ratio(right, n_prediction)
    return ratio(2 * sensitivity * precision, sensitivity + precision)


def ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Part by whole, element by element; 0 where there is nothing."""
    result: NDArray[np.float64] = np.zeros_like(whole)
    np.divide(part, whole, out=result, where=whole > 0)
    return result
