"""A square matrix as squares whose size is the value."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

import numpy as np
from numpy.typing import NDArray

from helixdask.charts.axes import DARK, LINE, WIDTH, figure, words

_LABELS: Final = 96.0
_LARGEST: Final = 18.0
_CHARACTERS: Final = 13


def matrix(values: NDArray[np.float64], names: Sequence[str], title: str, text: str, groups: NDArray[np.int64]) -> str:
    """Squares whose side is the root of each value, so that their area is the value.

    Parameters
    ----------
    values
        ``(row, row)`` from 0 to 1; the diagonal is not drawn.
    names
        Name of each row; columns have the rows' numbers.
    title, text
        Title, and what is told in place of the picture.
    groups
        ``(row,)``: rows of one group stand together and get a frame.
    """
    n = len(names)
    cell = min(_LARGEST, (WIDTH - _LABELS - 4) / n)
    small = f' font-size="{min(11.0, max(cell, 6.0)):.1f}"'
    top = 16.0
    parts = []
    for row in range(n):
        y = top + cell * row
        name = _shortened(names[row])
        parts.append(words(_LABELS - 4, y + 0.75 * cell, f"{name} {row + 1}", "end", small))
        if row % max(1, round(14 / cell)) == 0:
            parts.append(words(_LABELS + cell * (row + 0.5), top - 4, str(row + 1), "middle", small))
        for column in np.flatnonzero(values[row] > 0).tolist():
            if column != row:
                side = cell * 0.92 * float(np.sqrt(min(values[row, column], 1.0)))
                x, at = (_LABELS + cell * (column + 0.5) - side / 2, y + (cell - side) / 2)
                tip = f"<title>{escape(names[row])}, {escape(names[column])}: {values[row, column]:.2f}</title>"
                parts.append(
                    f'<rect x="{x:.1f}" y="{at:.1f}" width="{side:.1f}" height="{side:.1f}" fill="{DARK}">{tip}</rect>'
                )
    parts.append(
        f'<rect x="{_LABELS}" y="{top}" width="{cell * n:.1f}" height="{cell * n:.1f}" fill="none" stroke="{LINE}"/>'
    )
    edges = np.flatnonzero(np.diff(groups, prepend=-1, append=-1))
    for first, last in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        if last - first > 1:
            at, side = cell * first, cell * (last - first)
            parts.append(
                f'<rect x="{_LABELS + at:.1f}" y="{top + at:.1f}" width="{side:.1f}" height="{side:.1f}" fill="none" '
                'stroke="#222"/>'
            )
    return figure("".join(parts), top + cell * n + 4, title, text)


def _shortened(name: str) -> str:
    """A long name with its middle left out: scaffolds differ in their ends."""
    if len(name) <= _CHARACTERS:
        return name
    half = _CHARACTERS // 2
    return f"{name[: half - 1]}…{name[-half:]}"
