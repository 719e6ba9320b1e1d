"""Times and sizes as people write them."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """A time for people.

    Examples
    --------
    >>> duration(3.21), duration(600), duration(9000)
    ('3.2 s', '10 min', '2.5 h')
    """
    if seconds < 100:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:,.0f} min" if seconds < 6_000 else f"{seconds / 3_600:,.1f} h"


def in_bytes(n: float) -> str:
    """An amount of bytes for people.

    Examples
    --------
    >>> in_bytes(2_500_000), in_bytes(900)
    ('2.5 MB', '1 kB')
    """
    for scale, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB")):
        if n >= scale:
            return f"{n / scale:,.1f} {unit}"
    return f"{n / 1e3:,.0f} kB"
