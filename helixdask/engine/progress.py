"""Progress of long work: a bar where somebody looks, a log line now and then where nobody does."""

from __future__ import annotations

import logging
import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

log = logging.getLogger(__name__)

_LOG_SECONDS = 15.0


class WorkProgress:
    """Shows amount done, rate and time left; a context manager.

    Parameters
    ----------
    title
        What is being done.
    total
        Amount of work.
    unit
        What the amount counts, such as ``bases``.
    done
        Amount that an earlier run did; it counts for the bar, not for the rate.
    quiet
        Show nothing.
    """

    def __init__(self, title: str, total: float, unit: str = "bases", *, done: float = 0, quiet: bool = False) -> None:
        self._title, self._total, self._unit, self._quiet = title, total, unit, quiet
        self._before = done
        self._done = done
        self._start = self._logged = time.monotonic()
        self._bar: Progress | None = None

    def __enter__(self) -> WorkProgress:
        if not self._quiet and sys.stderr.isatty():
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TaskProgressColumn(),
                TextColumn("{task.fields[rate]}"),
                TimeElapsedColumn(),
                TextColumn("left"),
                TimeRemainingColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._task = self._bar.add_task(self._title, total=self._total, completed=int(self._before), rate="")
            self._bar.start()
        return self

    def advance(self, amount: float, note: str = "") -> None:
        """Add finished work."""
        self._done += amount
        now = time.monotonic()
        rate = (self._done - self._before) / max(now - self._start, 1e-9)
        text = f"{_human(rate)} {self._unit}/s {note}".rstrip()
        if self._bar is not None:
            self._bar.update(self._task, completed=self._done, rate=text)
        elif not self._quiet and now - self._logged > _LOG_SECONDS:
            self._logged = now
            left = (self._total - self._done) / rate if rate else float("inf")
            log.info("%s: %.0f %%, %s, %.0f s left", self._title, 100 * self._done / self._total, text, left)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()


def _human(number: float) -> str:
    for scale, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= scale:
            return f"{number / scale:.1f} {letter}"
    return f"{number:.1f} "
