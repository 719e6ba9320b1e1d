"""How fast work goes now, which tells the time left: what starting took is left out, and what was long ago fades."""

from __future__ import annotations

import math
from typing import Final

_FADES_IN: Final = 120.0
"""Seconds after which what was seen counts for a third."""
_LEAST_KEPT: Final = 0.5
"""Weight of all earlier rounds at the end of a long one: one round that is slow or fast does not decide alone."""
_STARTING: Final = 60.0
"""Seconds within which the first round says nothing: most of them may be imports, compilation, and caches that fill."""


class RecentRate:
    """Amount of work done in a second, of late.

    Work that is done in several places at once is finished in bursts, so it is looked at in *rounds* of as many pieces.
    The first round holds what starting takes. It counts only where nothing else is known, and not within a minute.

    Parameters
    ----------
    now
        Time in seconds, as of all methods.
    done
        Amount that was done before.
    at_once
        Number of pieces that are worked on at a time.

    Examples
    --------
    >>> rate = RecentRate(0.0)
    >>> rate.saw(20.0, 1.0)  # nineteen seconds of which went to starting
    >>> rate.per_second(20.0) is None
    True
    >>> rate.saw(21.0, 2.0)
    >>> rate.per_second(21.0)
    1.0
    """

    def __init__(self, now: float, done: float = 0.0, at_once: int = 1) -> None:
        self._began, self._before = now, done
        self._at_once, self._in_round = max(at_once, 1), 0
        self._ended: float | None = None
        self._ended_with, self._amount = done, done
        self._last_seconds = self._seconds = self._done = 0.0

    def saw(self, now: float, amount: float) -> None:
        """More was done: all of it so far, with what was done before."""
        if amount <= self._amount:
            return
        self._amount = amount
        self._in_round += 1
        if self._in_round < self._at_once or now <= (self._began if self._ended is None else self._ended):
            return
        if self._ended is not None:
            self._last_seconds = now - self._ended
            kept = max(math.exp(-self._last_seconds / _FADES_IN), _LEAST_KEPT)
            self._seconds = kept * self._seconds + self._last_seconds
            self._done = kept * self._done + (amount - self._ended_with)
        self._in_round, self._ended, self._ended_with = 0, now, amount

    def per_second(self, now: float) -> float | None:
        """Amount done in a second; None while that cannot be said."""
        if self._ended is None or not self._seconds:
            so_far = now - self._began
            return (
                (self._amount - self._before) / so_far if self._amount > self._before and so_far >= _STARTING else None
            )
        rate = self._done / self._seconds
        since = now - self._ended
        if since <= self._last_seconds:
            return rate
        return min(rate, (self._done + self._amount - self._ended_with) / (self._seconds + since))  # it has slowed down
