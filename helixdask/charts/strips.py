"""Bars in the cells of a table, and lanes along a contig; both are as wide as there is room."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

import numpy as np
from numpy.typing import NDArray

from helixdask.charts.axes import DARK, INK, PALE

_UNITS: Final = 1000
LANE: Final = 9
"""Height of a lane."""
_STEPS: Final = 8
_SHADES: Final = (DARK, "#c25b12", "#2f7d3b", "#777")


def bar(part: float, whole: float, most: float) -> str:
    """A bar as long as the whole, of which a part is dark; ``most`` fills the cell.

    The part has its number beside it in the table: the bar itself is not read aloud.
    """
    long, dark = (round(_UNITS * value / most) if most else 0 for value in (whole, part))
    look = 'vector-effect="non-scaling-stroke"'
    return (
        f'<svg class="bar" aria-hidden="true" viewBox="0 0 {_UNITS} 10" preserveAspectRatio="none">'
        f'<rect width="{long}" height="10" fill="{PALE}" stroke="{DARK}" {look}/>'
        f'<rect width="{dark}" height="10" fill="{DARK}"/></svg>'
    )


def lanes(shares: NDArray[np.float64], length: float, text: str) -> str:
    """Lanes above each other, in each of which blocks are as high as the root of the share of what lies there.

    Parameters
    ----------
    shares
        ``(lane, bin)`` from 0 to 1, bins along the contig.
    length
        Share of the width that the contig takes, 0 to 1.
    text
        What is told in place of the picture.
    """
    n_lanes, n_bins = shares.shape
    step = _UNITS * length / n_bins
    steps = np.ceil(np.sqrt(np.clip(shares, 0, 1)) * _STEPS - 1e-6).astype(np.int64)
    height = LANE * n_lanes
    parts = [f'<rect width="{_UNITS * length:.1f}" height="{height}" fill="#fff" stroke="{INK}" stroke-width=".5" />']
    for lane in range(n_lanes):
        edges = np.flatnonzero(np.diff(steps[lane], prepend=-1, append=-1))
        blocks = []
        for first, last in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            if level := int(steps[lane, first]):
                tall = (LANE - 1) * level / _STEPS
                at = f"M{first * step:.1f} {LANE * (lane + 1) - 0.5:g}"
                blocks.append(f"{at}h{(last - first) * step:.1f}v{-tall:g}h{(first - last) * step:.1f}z")
        if blocks:
            parts.append(f'<path d="{"".join(blocks)}" fill="{_SHADES[lane % len(_SHADES)]}"/>')
    return (
        f'<svg class="lanes" role="img" aria-label="{escape(text)}" viewBox="0 0 {_UNITS} {height}" height="{height}" '
        f'preserveAspectRatio="none">{"".join(parts)}</svg>'
    )


def lane_key(names: Sequence[str]) -> str:
    """What the lanes are, from the top."""
    marks = [
        f'<li><svg width="12" height="10" aria-hidden="true"><rect width="12" height="10" fill="{_SHADES[i]}"/></svg> '
        f"{escape(name)}</li>"
        for i, name in enumerate(names)
    ]
    told = "<p>Lanes from the top; the higher a block, the more of the bases there:</p>"
    return f'{told}<ol class="key">{"".join(marks)}</ol>'
