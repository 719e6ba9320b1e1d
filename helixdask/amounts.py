"""Amounts as people write them: durations, large numbers, sizes of data."""

from __future__ import annotations

import math

_SCALES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_TIMES: tuple[tuple[float, float, str], ...] = (
    (100, 1, "s"),
    (6_000, 60, "min"),
    (172_800, 3_600, "h"),
    (math.inf, 86_400, "days"),
)


def duration(seconds: float) -> str:
    """Time in the unit that suits it.

    Examples
    --------
    >>> duration(3.21), duration(45), duration(400), duration(9000), duration(600_000)
    ('3.2 s', '45 s', '7 min', '2.5 h', '6.9 days')
    """
    if not math.isfinite(seconds):
        return "unknown"
    scale, unit = next((scale, unit) for limit, scale, unit in _TIMES if seconds < limit)
    value = seconds / scale
    few = value < 10 and unit != "min"
    return f"{value:.1f} {unit}" if few else f"{value:,.0f} {unit}"


def short(number: float) -> str:
    """A number in three or four digits, with the letter of its scale; a unit may follow directly.

    Examples
    --------
    >>> short(12_345_678) + "b", short(85.3), short(3.21), short(0)
    ('12.3 Mb', '85', '3.2', '0')
    """
    for scale, letter in _SCALES:
        if abs(number) >= scale:
            return f"{number / scale:.1f} {letter}"
    whole = abs(number) >= 10 or float(number).is_integer()
    return f"{number:.0f}" if whole else f"{number:.1f}"


def size(n_bytes: float) -> str:
    """Size of data.

    Examples
    --------
    >>> size(1_234), size(5_600_000)
    ('1 kB', '5.6 MB')
    """
    for scale, letter in _SCALES[:3]:
        if n_bytes >= scale:
            return f"{n_bytes / scale:,.1f} {letter}B"
    return f"{n_bytes / 1e3:,.0f} kB"
