"""Ranks among windows that are alike, so that the surest windows are not only those that are easy for other reasons.

A model is surer of genes with a certain GC content, of short ones, or of those without repeats. What it is surest of
would then not stand for the genome. So each window is ranked among its likes: a score is shifted for each tenth of each
measure, and for each large contig, until all of them give the same share of their windows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_PARTS: Final = 10
_LEAST_CHOSEN: Final = 5
"""Windows that a part gives and keeps back at least; with fewer there are fewer parts."""
_ROUNDS: Final = 5


def rank_among_likes(
    value: NDArray[np.floating[Any]],
    measures: Sequence[NDArray[Any]],
    contig: NDArray[np.integer[Any]],
    lot: NDArray[np.uint64],
    share: float,
) -> NDArray[np.float64]:
    """Scores by which the smallest are chosen, ``(window,)``; of each tenth of a measure as many as of any other.

    Parameters
    ----------
    value
        ``(window,)`` what windows are ranked by, smallest first.
    measures
        Each ``(window,)``: what should not decide.
    contig
        ``(window,)``; contigs with a twentieth of the windows or more give the same share, too.
    lot
        ``(window,)`` different numbers, which order windows that are equal.
    share
        Share of the windows that is chosen, 0 to 1.

    Examples
    --------
    >>> value = np.arange(200.0)
    >>> score = rank_among_likes(value, [value], np.zeros(200, int), np.arange(200, dtype=np.uint64), 0.5)
    >>> chosen = np.argsort(score)[:100]
    >>> int((chosen < 100).sum())  # of the smaller half of what is ranked by itself no more than of the larger
    50
    """
    n = len(value)
    score = np.empty(n, np.float64)
    score[np.lexsort((lot, value))] = (np.arange(n) + 0.5) / max(n, 1)
    n_parts = int(np.clip(min(share, 1 - share) * n // _LEAST_CHOSEN, 1, _PARTS))
    if n_parts == 1:
        return score
    parts = [_large(contig)]
    for measure in measures:
        part = np.empty(n, np.int64)
        part[np.lexsort((lot, measure))] = np.arange(n) * n_parts // n
        parts.append(part)
    for _ in range(_ROUNDS):
        for part in parts:
            score -= _bounds(score, part, share)[part]
    return score


def _large(contig: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Number of each window's contig, 0 for all that hold less than a twentieth of the windows."""
    _, row, count = np.unique(contig, return_inverse=True, return_counts=True)
    large = 2 * _PARTS * count >= len(contig)
    number: NDArray[np.int64] = np.where(large, np.cumsum(large), 0)[row]
    return number


def _bounds(score: NDArray[np.float64], part: NDArray[np.int64], share: float) -> NDArray[np.float64]:
    """Score below which the share of each part lies, ``(part,)``."""
    order = np.lexsort((score, part))
    size = np.bincount(part)
    first = np.cumsum(size) - size
    inside = np.clip(np.rint(share * size).astype(np.int64), 1, np.maximum(size - 1, 1))
    upper = score[order[np.minimum(first + np.minimum(inside, np.maximum(size - 1, 0)), len(order) - 1)]]
    lower = score[order[np.minimum(first + inside - 1, len(order) - 1)]]
    found: NDArray[np.float64] = (lower + upper) / 2
    return found
