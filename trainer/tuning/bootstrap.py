"""How much of a difference between two models is chance: validation windows drawn again and again.

Bases of one window are anything but independent, so whole windows are drawn, with both models scored on each draw.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from helixdask.registry import LABEL_CLASSES

__all__ = ["difference_intervals", "window_confusions"]

_DRAWS: Final = 1000
_LEVEL: Final = 0.95


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


def _f1(confusions: NDArray[Any]) -> NDArray[np.float64]:
    """Genic F1 and that of each class, ``(..., 5)``, of matrices ``(..., 4, 4)``; 0 where nothing is there."""
    hit = np.diagonal(confusions, axis1=-2, axis2=-1).astype(np.float64)
    there = confusions.sum(axis=-1, dtype=np.float64) + confusions.sum(axis=-2, dtype=np.float64)
    # Genic: the classes but intergenic pooled.
    pooled_hit = np.concatenate([hit[..., 1:].sum(axis=-1, keepdims=True), hit], axis=-1)
    pooled_there = np.concatenate([there[..., 1:].sum(axis=-1, keepdims=True), there], axis=-1)
    scores: NDArray[np.float64] = np.zeros_like(pooled_hit)
    np.divide(2 * pooled_hit, pooled_there, out=scores, where=pooled_there > 0)
    return scores


def difference_intervals(
    tuned: NDArray[np.int64], base: NDArray[np.int64], seed: int = 0
) -> dict[str, tuple[float, float, float]]:
    """Gain in F1 of one model over another on the same windows, with a 95 % bootstrap interval.

    Parameters
    ----------
    tuned, base
        Confusion matrices of the same windows, ``(window, 4, 4)``.
    seed
        Of the draws.

    Returns
    -------
    dict
        ``genic`` and each class: difference, lower and upper end of the interval.
    """
    rng = np.random.default_rng(seed)
    n = len(tuned)
    names = ("genic", *LABEL_CLASSES)
    flat_tuned, flat_base = (part.reshape(n, 16).astype(np.float64) for part in (tuned, base))
    draws = np.empty((_DRAWS, len(names)))
    for draw in range(_DRAWS):
        times = np.bincount(rng.integers(0, n, n), minlength=n).astype(np.float64)
        both = np.stack([(times @ flat).reshape(4, 4) for flat in (flat_tuned, flat_base)])
        draws[draw] = -np.diff(_f1(both), axis=0)[0]
    low, high = np.quantile(draws, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2], axis=0)
    gain = _f1(tuned.sum(axis=0)) - _f1(base.sum(axis=0))
    return {name: (float(g), float(a), float(b)) for name, g, a, b in zip(names, gain, low, high, strict=True)}
