"""Axes of a figure: values to places, ticks that people would choose, and the frame around it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

WIDTH: Final = 340
"""Units of a figure from left to right."""
INK: Final = "#222"
DARK: Final = "#1d4f7c"
PALE: Final = "#b7cde3"
LINE: Final = "#d9d9d9"

_PREFIXES: Final = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


def short(value: float) -> str:
    """A number in few characters.

    Examples
    --------
    >>> short(21_384), short(2_000_000), short(0.25), short(0), short(1e-5)
    ('21.4k', '2M', '0.25', '0', '1e-05')
    """
    for scale, prefix in _PREFIXES:
        if abs(value) >= scale:
            return f"{value / scale:.3g}{prefix}"
    return f"{value:.3g}"


@dataclass(frozen=True)
class Scale:
    """Places of values between two ends, linear or by their logarithm.

    Parameters
    ----------
    low, high
        Values at the ends; where they are equal, ``high`` is moved up.
    first, last
        Places of the ends, in units of the figure.
    log
        By logarithm; ``low`` is above 0 then.
    """

    low: float
    high: float
    first: float
    last: float
    log: bool = False

    def __call__(self, values: ArrayLike) -> NDArray[np.float64]:
        """Places of values; those outside are put to the nearer end."""
        array = np.asarray(values, np.float64)
        low, high = self.low, self.high
        if self.log:
            array, low, high = np.log10(np.maximum(array, low)), math.log10(low), math.log10(high)
        share = np.clip((array - low) / ((high - low) or 1.0), 0.0, 1.0)
        return np.asarray(self.first + share * (self.last - self.first), np.float64)

    def ticks(self, n: int = 5) -> list[float]:
        """About ``n`` round values within the ends; ``n`` is 3 or more.

        Examples
        --------
        >>> Scale(0, 0.97, 0, 100).ticks(), Scale(30, 20_000, 0, 100, log=True).ticks()
        ([0.0, 0.2, 0.4, 0.6, 0.8], [100.0, 1000.0, 10000.0])
        """
        if self.log:
            powers = range(math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9) + 1)
            every = max(1, round(len(powers) / (n + 1)))
            return [10.0**power for power in [*powers][::every]]
        span = (self.high - self.low) or 1.0
        unit = 10.0 ** math.floor(math.log10(span / n))
        step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= span / n * 0.99)
        first = math.ceil(self.low / step - 1e-9)
        return [round(k * step, 12) for k in range(first, math.floor(self.high / step + 1e-9) + 1)]


def figure(body: str, height: float, title: str, text: str, width: float = WIDTH) -> str:
    """A figure with its title above it and a text in place of it."""
    return (
        f'<figure><figcaption>{escape(title)}</figcaption><svg role="img" aria-label="{escape(text)}" '
        f'width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}">{body}</svg></figure>'
    )


def beside(*figures: str) -> str:
    """Figures beside each other, as many as fit."""
    return f'<div class="figures">{"".join(figures)}</div>'


def words(x: float, y: float, content: str, anchor: str = "middle", more: str = "") -> str:
    """A line of text; ``anchor`` is start, middle or end."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{more}>{escape(content)}</text>'


def frame(x: Scale, y: Scale, x_label: str, y_label: str, **labels: Any) -> str:
    """Axes with ticks and their names; ``y`` runs upwards, so that ``y.first`` is the lower end.

    ``x_ticks`` and ``y_ticks`` are pairs of a value and its words, in place of round values.
    """
    x_ticks = labels.get("x_ticks") or [(value, short(value)) for value in x.ticks()]
    y_ticks = labels.get("y_ticks") or [(value, short(value)) for value in y.ticks()]
    left, right, bottom = x.first, x.last, y.first
    parts = []
    for value, name in y_ticks:
        at = float(y(value))
        parts.append(f'<path d="M{left:g} {at:.1f}H{right:g}" stroke="{LINE}"/>' + words(left - 4, at + 4, name, "end"))
    for value, name in x_ticks:
        at = float(x(value))
        parts.append(f'<path d="M{at:.1f} {bottom:g}v4" stroke="{INK}"/>' + words(at, bottom + 15, name))
    parts.append(f'<path d="M{left:g} {bottom:g}H{right:g}" stroke="{INK}"/>')
    parts.append(words((left + right) / 2, bottom + 30, x_label))
    parts.append(words(4, y.last - 10, y_label, "start"))
    return "".join(parts)
