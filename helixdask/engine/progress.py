"""Progress of long work: a bar where somebody looks, a line now and then where nobody does, records for programs.

Lines are log records, so that whoever asked for a log gets them. What a program may want of one is its attribute
``told``: a mapping whose ``kind`` is ``progress``.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final

from helixdask.amounts import duration, short
from helixdask.engine.recent_rate import RecentRate

log = logging.getLogger(__name__)

_MOST_SECONDS: Final = 60.0
"""From one line to the next, at most."""
_LEAST_SECONDS: Final = 5.0
"""And at least, however fast it goes."""
_SHARE: Final = 0.05
"""Of the work, after which a line is due."""

_running: list[WorkProgress] = []
"""What is shown in this process, the innermost last."""


class Pace:
    """Says when a line is due: each minute, and each twentieth of the work, but not within seconds of the last.

    Parameters
    ----------
    clock
        Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._told_at, self._told_share = clock(), 0.0

    def begin(self, share: float = 0.0) -> None:
        """Another piece of work begins, of which this much is done. The time of the last line stays."""
        self._told_share = share

    def is_due(self, share: float = 0.0) -> bool:
        """Whether a line is due when this share of the work is done; the end is told by what comes after it."""
        since = self.clock() - self._told_at
        return since >= _MOST_SECONDS or (since >= _LEAST_SECONDS and self._told_share + _SHARE <= share < 1)

    def told(self, share: float = 0.0) -> None:
        """A line was written."""
        self._told_at, self._told_share = self.clock(), share

    @property
    def seconds_until_due(self) -> float:
        """When a line is due even if nothing is finished."""
        return max(self._told_at + _MOST_SECONDS - self.clock(), 0.0)


class WorkProgress:
    """Shows amount done, rate and time left; a context manager.

    Parameters
    ----------
    title
        What is being done.
    total
        Amount of work; None: unknown, also until `begin`.
    unit
        What the amount counts, such as ``bases``.
    done
        Amount that an earlier run did; it counts for the bar, not for the rate.
    quiet
        Show no bar. Records are made all the same: whether they are written is the log's matter.
    clock
        Seconds that only grow.
    """

    def __init__(
        self,
        title: str,
        total: float | None,
        unit: str = "bases",
        *,
        done: float = 0,
        quiet: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._quiet, self._clock, self._pace = quiet, clock, Pace(clock)
        self._title, self._unit, self._entered = title, unit, clock()
        self._bar: Any = None
        self._beats: threading.Thread | None = None
        self._lock, self._ended = threading.Lock(), threading.Event()
        self.begin(total, done=done)

    def begin(self, total: float | None, title: str | None = None, unit: str | None = None, *, done: float = 0) -> None:
        """Begin a piece of the work; what is left out stays as it was.

        Parameters
        ----------
        total
            Amount of work; None: unknown.
        title, unit
            What is being done, and what the amount counts.
        done
            Amount that was done before.
        """
        with self._lock:
            self._title, self._unit = title or self._title, unit or self._unit
            self._total, self._before, self._done = total, done, done
            self._inside: dict[object, float] = {}
            self._rate, self._note, self._awaited = RecentRate(self._clock(), done), "", ""
            self._left: float | None = None
            self._facts: dict[str, Any] = {}
            self._pace.begin(self._share)
        self._draw()

    def __enter__(self) -> WorkProgress:
        if not self._quiet and sys.stderr.isatty():
            self._bar = _bar()
            self._task = self._bar.add_task(self._title, total=self._total, completed=int(self._done), rate="", left="")
            self._bar.start()
        if log.isEnabledFor(logging.INFO):
            self._beats = threading.Thread(target=self._beat, name="progress", daemon=True)
            self._beats.start()
        _running.append(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _running.remove(self)
        self._ended.set()
        if self._beats is not None:
            self._beats.join()
        if self._bar is not None:
            self._bar.stop()

    def advance(self, amount: float, key: object = None) -> None:
        """Add finished work; `key` names a piece whose parts were told by `inside`."""
        with self._lock:
            self._inside.pop(key, None)
            self._done += amount
        self._tell()

    def at(self, done: float, note: str = "", *, seconds_left: float | None = None, **facts: Any) -> None:
        """Set how much is done.

        Parameters
        ----------
        done
            Amount, what was done before included.
        note
            Shown in place of the rate.
        seconds_left
            Time left, where it is not that of this piece of work alone.
        facts
            For programs, beside what every record has.
        """
        with self._lock:
            self._done, self._note, self._left, self._facts = done, note, seconds_left, facts
        self._tell()

    def inside(self, key: object, amount: float) -> None:
        """Set how much of a piece is done that is not finished yet."""
        with self._lock:
            self._inside[key] = amount
        self._tell()

    def awaits(self, what: str, at_once: int = 1) -> None:
        """Say what is waited for until something is finished, such as workers that start; their time is no work.

        Parameters
        ----------
        what
            Shown in place of the rate.
        at_once
            Number of pieces that will be worked on at a time.
        """
        with self._lock:
            self._awaited = what
            if self._is_waiting:
                self._rate = RecentRate(self._clock(), self._before, at_once)
        self._draw()

    @property
    def _is_waiting(self) -> bool:
        """Whether nothing has been finished yet by this run."""
        return self._amount <= self._before

    @property
    def _amount(self) -> float:
        return self._done + sum(self._inside.values())

    @property
    def _share(self) -> float:
        return min(self._amount / self._total, 1.0) if self._total else 0.0

    @property
    def _per_second(self) -> float | None:
        return self._rate.per_second(self._clock())

    def _seconds_left(self) -> float | None:
        if self._left is not None or self._total is None:
            return self._left
        rate = self._per_second
        return (self._total - self._amount) / rate if rate else None

    def _tell(self) -> None:
        """Draw the bar, and write a line where one is due."""
        with self._lock:
            self._rate.saw(self._clock(), self._amount)
        self._draw()
        with self._lock:
            if self._pace.is_due(self._share):
                self._pace.told(self._share)
                log.info(self._line(), extra={"told": self._record()})

    def _draw(self) -> None:
        if self._bar is not None:
            left = self._seconds_left()
            self._bar.update(
                self._task,
                description=self._title,
                total=self._total,
                completed=self._amount,
                rate=self._rate_in_words() if self._total else "",
                left=f"{duration(left)} left" if left is not None else "",
            )

    def _beat(self) -> None:
        """Write a line each minute, also where nothing is finished."""
        while not self._ended.wait(max(self._pace.seconds_until_due, 0.1)):
            self._tell()

    def _rate_in_words(self) -> str:
        if self._awaited and self._is_waiting:
            return self._awaited
        rate = self._per_second
        return self._note or (f"{short(rate)} {self._unit}/s" if rate is not None else "")

    def _line(self) -> str:
        so_far = f"{duration(self._clock() - self._entered)} so far"
        if not self._total:
            return f"{self._title}: {so_far}"
        amount = f"{short(self._amount)} of {short(self._total)} {self._unit}"
        left = self._seconds_left()
        how = [self._rate_in_words(), so_far if left is None else f"{duration(left)} left"]
        return f"{self._title}: {100 * self._share:.0f} %, {', '.join(filter(None, [amount, *how]))}"

    def _record(self) -> dict[str, Any]:
        return {
            "kind": "progress",
            "title": self._title,
            "done": self._amount,
            "total": self._total,
            "unit": self._unit,
            "rate": self._per_second if self._total else None,
            "seconds": self._clock() - self._entered,
            "seconds_left": self._seconds_left(),
            "awaited": (self._awaited or None) if self._is_waiting else None,
            **self._facts,
        }


def tell_awaited(what: str, at_once: int = 1) -> None:
    """Tell what is waited for until the first piece of work is done, in whatever progress this process shows."""
    if _running:
        _running[-1].awaits(what, at_once)


def tell_inside(key: object, amount: float) -> None:
    """Tell how much of a piece of work is done that is not finished yet, in whatever progress this process shows.

    Does nothing in a worker process: there the whole piece is told when it is finished.
    """
    if _running:
        _running[-1].inside(key, amount)


def _bar() -> Any:
    """A bar on standard error."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"),
        TextColumn("{task.fields[left]}"),
        console=Console(stderr=True),
        transient=True,
    )
