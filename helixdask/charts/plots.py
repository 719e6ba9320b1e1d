"""Curves, histograms and columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.charts.axes import DARK, INK, PALE, WIDTH, Scale, figure, frame, short, words

_DASHES: Final = ("", "6 3", "2 2", "8 3 2 3", "1 3", "10 4")
_SHADES: Final = (DARK, "#c25b12", "#2f7d3b", "#7a4d9f", "#444", "#8a6d1b")
_FILLS: Final = ((PALE, DARK), ("#fff", INK), ("#888", INK))
_LEFT, _RIGHT, _TOP, _HEIGHT = 44.0, WIDTH - 10.0, 22.0, 150.0
_BOTTOM: Final = _TOP + _HEIGHT
_ROW: Final = 15.0
_MARGIN: Final = 0.05
"""Above and below curves, as a share of what they span."""
_MOST_MARKS: Final = 25
_IN_COLUMN: Final = 26


class Series(NamedTuple):
    """Some values under one name: ``x`` and ``y``, ``(point,)`` each; of histograms ``y`` alone, one for each bin."""

    name: str
    y: NDArray[np.float64]
    x: NDArray[np.float64] = np.zeros(0)


def curves(
    series: Sequence[Series],
    title: str,
    x_label: str,
    y_label: str,
    *,
    y_range: tuple[float, float] | None = None,
    log: bool = False,
    levels: Sequence[tuple[str, float]] = (),
) -> str:
    """Lines through points, which differ in dash and shade; points are marked where they are few.

    Parameters
    ----------
    series
        At most six; points whose ``y`` is NaN are left out, at least one point is none.
    title, x_label, y_label
        Words.
    y_range
        Ends of the vertical axis; None: those of the values, and a little more, so that no line lies on the frame.
    log
        Logarithmic horizontal axis.
    levels
        Named values that hold all along, drawn as dotted lines.
    """
    x_all = np.concatenate([each.x for each in series])
    y_all = np.concatenate([*(each.y for each in series), [value for _, value in levels]])
    low, high = y_range or (float(np.nanmin(y_all)), float(np.nanmax(y_all)))
    if low == high:
        low, high = low - 0.5, high + 0.5
    elif y_range is None:
        low, high = low - _MARGIN * (high - low), high + _MARGIN * (high - low)
    x = Scale(float(x_all.min()), float(max(x_all.max(), x_all.min() + 1e-9)), _LEFT, _RIGHT, log)
    y = Scale(low, high, _BOTTOM, _TOP)
    parts = [frame(x, y, x_label, y_label)]
    for _, value in levels:
        at = float(y(value))
        parts.append(f'<path d="M{_LEFT} {at:.1f}H{_RIGHT}" stroke="{INK}" stroke-dasharray="1 2" fill="none"/>')
    for i, each in enumerate(series):
        there = ~np.isnan(each.y)
        places = zip(x(each.x[there]).tolist(), y(each.y[there]).tolist(), strict=True)
        points = [f"{a:.1f} {b:.1f}" for a, b in places]
        parts.append(f'<path d="M{"L".join(points)}" fill="none" {_stroke(i)}/>' if points else "")
        if len(points) <= _MOST_MARKS:
            spots = "".join(f"M{point}h0" for point in points)
            parts.append(f'<path d="{spots}" stroke="{_SHADES[i]}" stroke-width="5" stroke-linecap="round"/>')
    entries = [(each.name, _sample(i)) for i, each in enumerate(series)]
    dotted = f'<path d="M0 -4h22" stroke="{INK}" stroke-dasharray="1 2"/>'
    key, height = _key([*entries, *((name, dotted) for name, _ in levels)])
    told = "; ".join(f"{s.name} from {_last(s.y, 0)} to {_last(s.y, -1)}" for s in series)
    return figure("".join(parts) + key, height, title, f"{title}. {y_label} by {x_label}: {told}.")


def histogram(
    edges: NDArray[np.float64], series: Sequence[Series], title: str, x_label: str, y_label: str, *, log: bool = False
) -> str:
    """How often values fall between edges: the first series as an area, others as outlines.

    Parameters
    ----------
    edges
        ``(bin + 1,)``.
    series
        ``y`` is ``(bin,)``.
    title, x_label, y_label
        Words.
    log
        Logarithmic horizontal axis.
    """
    x = Scale(float(edges[0]), float(edges[-1]), _LEFT, _RIGHT, log)
    y = Scale(0.0, max(float(max(each.y.max(initial=0) for each in series)), 1e-12), _BOTTOM, _TOP)
    parts = [frame(x, y, x_label, y_label)]
    at, told = [f"{place:.1f}" for place in x(edges)], []
    for i, each in enumerate(series):
        heights = y(each.y)
        steps = "".join(f"V{height:.1f}H{end}" for height, end in zip(heights, at[1:], strict=True))
        outline = f"M{at[0]} {_BOTTOM}{steps}V{_BOTTOM}"
        look = f'fill="{PALE}" stroke="{DARK}"' if i == 0 else f'fill="none" {_stroke(i)}'
        parts.append(f'<path d="{outline}" {look}/>')
        most = int(np.argmax(each.y))
        told.append(f"{each.name} most often between {short(edges[most])} and {short(edges[most + 1])}")
    area = f'<rect y="-9" width="22" height="9" fill="{PALE}" stroke="{DARK}"/>'
    key, height = _key([(each.name, area if i == 0 else _sample(i)) for i, each in enumerate(series)])
    return figure("".join(parts) + key, height, title, f"{title}. {y_label} by {x_label}: {'; '.join(told)}.")


def columns(labels: Sequence[str], series: Sequence[Series], title: str, x_label: str, y_label: str) -> str:
    """Columns side by side for each label; series differ in their fill.

    Parameters
    ----------
    labels
        A word for each group of columns.
    series
        At most three; ``y`` is ``(label,)``.
    title, x_label, y_label
        Words.
    """
    most = max(float(max(each.y.max(initial=0) for each in series)), 1e-12)
    step = (_RIGHT - _LEFT) / len(labels)
    x, y = Scale(0.0, float(len(labels)), _LEFT, _RIGHT), Scale(0.0, most, _BOTTOM, _TOP)
    spaced = max(1, round(_IN_COLUMN / step))
    ticks = [(i + 0.5, label if i % spaced == 0 else "") for i, label in enumerate(labels)]
    are_counts = all((each.y == np.round(each.y)).all() for each in series)
    y_ticks = [(value, short(value)) for value in y.ticks() if not are_counts or value.is_integer()]
    parts = [frame(x, y, x_label, y_label, x_ticks=ticks, y_ticks=y_ticks)]
    wide = 0.84 * step / len(series)
    for i, each in enumerate(series):
        fill, edge = _FILLS[i]
        for k, value in enumerate(each.y.tolist()):
            left, top = _LEFT + k * step + 0.08 * step + i * wide, float(y(value))
            if value > 0:
                parts.append(
                    f'<rect x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{_BOTTOM - top:.1f}" '
                    f'fill="{fill}" stroke="{edge}"/>'
                )
    entries = [
        (each.name, f'<rect y="-9" width="22" height="9" fill="{_FILLS[i][0]}" stroke="{_FILLS[i][1]}"/>')
        for i, each in enumerate(series)
    ]
    key, height = _key(entries)
    told = "; ".join(
        f"{each.name}: " + ", ".join(f"{label} {short(value)}" for label, value in zip(labels, each.y, strict=True))
        for each in series
    )
    return figure("".join(parts) + key, height, title, f"{title}. {y_label} by {x_label}. {told}.")


def _stroke(i: int) -> str:
    dash = f' stroke-dasharray="{_DASHES[i]}"' if _DASHES[i] else ""
    return f'stroke="{_SHADES[i]}" stroke-width="1.6"{dash}'


def _sample(i: int) -> str:
    return f'<path d="M0 -4h22" {_stroke(i)}/>'


def _key(entries: Sequence[tuple[str, str]]) -> tuple[str, float]:
    """Names of series beside a sample of each, a line for each; and the height of the figure with them."""
    top = _BOTTOM + 48
    if len(entries) < 2:
        return "", top - 10
    parts = []
    for row, (name, mark) in enumerate(entries):
        at = top + _ROW * row
        parts.append(f'<g transform="translate({_LEFT:g} {at:g})">{mark}</g>{words(_LEFT + 28, at, name, "start")}')
    return "".join(parts), top + _ROW * (len(entries) - 1) + 8


def _last(values: NDArray[np.float64], which: int) -> str:
    there = values[~np.isnan(values)]
    return short(float(there[which])) if len(there) else "nothing"
