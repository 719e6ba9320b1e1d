"""Tracks as a picture: classes as stacks, depth of reads on a logarithmic scale, intervals and values."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from helixdask.plot.looks import (
    AMBIGUOUS,
    CLASSES,
    GREY,
    INSIDE,
    MASKED,
    READS,
    SOFT,
    SPLICED,
    Look,
)
from helixdask.plot.values import Array, Depth, Intervals, Letters, Stack, Values

_LABEL_HEIGHT: Final = np.array([1.0, 0.3, 0.62])
"""Heights of coding bases, introns and UTRs in lanes of labels, as in gene models."""
_SIGNS: Final = (1, -1)

Edges = NDArray[np.int64]


def _area(axis: Any, edges: Edges, height: Array, look: Look, lower: Array | None = None) -> None:
    """Fill between two heights, each of which is constant within a bin; the axis keeps its limits."""
    from matplotlib.patches import Polygon

    lower = np.zeros(len(height)) if lower is None else lower
    x = np.repeat(edges, 2)[1:-1]
    outline = np.concatenate(
        [np.stack([x, np.repeat(height, 2)], axis=1), np.stack([x, np.repeat(lower, 2)], axis=1)[::-1]]
    )
    axis.add_artist(Polygon(outline, closed=True, zorder=3 if look == MASKED else 1, **look.fill()))


def draw_stack(axis: Any, edges: Edges, stack: Stack) -> set[Look]:
    """Shares of classes on each other, plus above and minus below the line; what is masked is hatched over them."""
    heights = _LABEL_HEIGHT if stack.made_of == "labels" else np.ones(3)
    used: set[Look] = set()
    for sign, shares in zip(_SIGNS, stack.share, strict=True):
        tops = sign * np.cumsum(shares * heights[:, None], axis=0)
        lower = np.zeros(shares.shape[1])
        for look, share, top in zip(CLASSES, shares, tops, strict=True):
            if share.any():
                _area(axis, edges, top, look, lower)
                used.add(look)
            lower = top
    for sign, masked in zip(_SIGNS, stack.masked, strict=False):
        if masked.any():
            _area(axis, edges, sign * masked, MASKED)
            used.add(MASKED)
    axis.set_ylim(-1.05, 1.05)
    if stack.made_of == "labels":
        axis.set_yticks([])
    else:
        axis.set_yticks([-1, 0, 1], ["1", "0", "1"])
    return used


def draw_depth(axis: Any, edges: Edges, depth: Depth, most: tuple[float, float]) -> set[Look]:
    """Depth on a logarithmic scale that begins at 0, plus above and minus below the line.

    ``most`` is the largest depth on each strand that there is room for.
    """
    for sign, covered, spliced in zip(_SIGNS, depth.depth, depth.spliced, strict=True):
        _area(axis, edges, sign * _scaled(covered), READS)
        if spliced.any():
            height = np.where(spliced > 0, sign * _scaled(spliced), np.nan)
            axis.stairs(height, edges, color=SPLICED.edge, ls="--", lw=0.9, baseline=None)
    above, below = (max(float(_scaled(np.array(value))), 0.35) for value in most)
    axis.set_ylim(-1.08 * below, 1.08 * above)
    ticks = [
        (sign * float(_scaled(np.array(value))), value) for sign in _SIGNS for value in _depth_ticks(most[sign < 0])
    ]
    axis.set_yticks([0, *(at for at, _ in ticks)], ["0", *(f"{value:,}" for _, value in ticks)])
    return {READS, *({SPLICED} if depth.spliced.any() else ())}


def _scaled(depth: Array) -> Array:
    return np.asarray(np.log10(1 + depth))


def _depth_ticks(most: float) -> list[int]:
    """At most two powers of ten.

    Examples
    --------
    >>> _depth_ticks(0.5), _depth_ticks(8), _depth_ticks(4000), _depth_ticks(200_000)
    ([], [1], [10, 1000], [100, 100000])
    """
    powers = [10**k for k in range(int(np.log10(max(most, 1))) + 1)] if most >= 1 else []
    return powers[-1:] if len(powers) < 3 else sorted({powers[(len(powers) - 1) // 2], powers[-1]})


def draw_intervals(axis: Any, edges: Edges, intervals: Intervals) -> set[Look]:
    """Share of what lies inside."""
    _area(axis, edges, intervals.inside, INSIDE)
    axis.set_ylim(0, 1.05)
    axis.set_yticks([])
    return {INSIDE}


def draw_values(axis: Any, edges: Edges, values: Values) -> set[Look]:
    """A line, broken where there is no value."""
    axis.stairs(values.value, edges, color=GREY, lw=1.0, baseline=None)
    axis.locator_params(axis="y", nbins=3)
    return set()


def draw_letters(axis: Any, edges: Edges, letters: Letters) -> set[Look]:
    """What of the sequence is soft-masked, and what is no base."""
    used = set()
    for look, share in ((SOFT, letters.soft_masked), (AMBIGUOUS, letters.ambiguous)):
        if share.any():
            _area(axis, edges, share, look)
            used.add(look)
    axis.set_ylim(0, 1.05)
    axis.set_yticks([])
    return used
