"""Many tasks on a cluster whose workers may die, join, or all go away; the results come as they are finished."""

from __future__ import annotations

import contextlib
import queue
import time
from collections.abc import Callable, Hashable, Iterator, Mapping
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from typing import Any, TypeVar

from helixdask.engine.crew import Crew, within
from helixdask.engine.progress import tell_awaited

K = TypeVar("K", bound=Hashable)

ATTEMPTS = 3
"""How often a task is tried."""
_LOOK_SECONDS = 5.0
_CLOSING_SECONDS = 10.0


def run_tasks(
    crew: Crew,
    function: Callable[..., Any],
    arguments: Mapping[K, tuple[Any, ...]],
    shared: tuple[Any, ...] | None = None,
) -> Iterator[tuple[K, Any]]:
    """Call a function on workers, once for each entry of a table.

    Parameters
    ----------
    crew
        Who does it.
    function
        Of a module. A task whose worker dies is done by another one.
    arguments
        Of each call, in the order in which they are wanted.
    shared
        First argument of all calls, sent once. None: there is none.

    Yields
    ------
    tuple
        The entry, and what the function returned, or the exception it raised (`ATTEMPTS` times) as a value.

    Raises
    ------
    StageFailedError
        The scheduler has gone, or all workers have and no other one came.
    """
    workers = len(crew.workers)
    at_once = sum(crew.workers.values())
    tell_awaited(f"waiting for the first results of {workers} worker{'s' * (workers != 1)}", at_once)
    tasks = _Tasks(crew, function, shared)
    waiting = dict(arguments)
    looked = time.monotonic()
    try:
        while waiting or tasks.sent:
            while waiting and tasks.has_room():
                key = next(iter(waiting))
                tasks.submit(key, waiting.pop(key))
            finished = tasks.next_finished(_LOOK_SECONDS)
            if finished is not None:
                yield finished
            if time.monotonic() - looked > _LOOK_SECONDS or finished is None:
                crew.tasks_left = len(waiting) + len(tasks.sent)
                crew.look()
                tasks.submit_lost_again()
                looked = time.monotonic()
    finally:
        tasks.cancel()


@dataclass(frozen=True)
class _Shared:
    """Something that Dask shall not look into."""

    value: Any


def _same(shared: _Shared) -> _Shared:
    return shared


def _with(shared: _Shared, function: Callable[..., Any], *arguments: Any) -> Any:
    return function(shared.value, *arguments)


@dataclass
class _Task:
    key: Any
    arguments: tuple[Any, ...]
    workers: frozenset[str] | None
    fetch_seconds: float


@dataclass
class _Tasks:
    """Tasks that are with the scheduler."""

    crew: Crew
    function: Callable[..., Any]
    shared: tuple[Any, ...] | None
    sent: dict[Any, _Task] = field(default_factory=dict)
    _done: queue.SimpleQueue[Any] = field(default_factory=queue.SimpleQueue)
    _held: Any = None
    _held_by: frozenset[str] | None = None
    _number: int = 0

    def has_room(self) -> bool:
        room = self.crew.room
        return room is None or len(self.sent) < room

    def submit(self, key: Any, arguments: tuple[Any, ...]) -> None:
        workers = self.crew.restriction
        how: dict[str, Any] = {"workers": workers, "pure": False, "retries": ATTEMPTS - 1}
        if self.shared is not None and self._held is None:
            self._held = self.crew.client.submit(_same, _Shared(self.shared), **how)
            self._held_by = None if workers is None else frozenset(workers)
        call = (self.function,) if self.shared is None else (_with, self._held, self.function)
        if self.crew.resources is not None:
            how["resources"] = self.crew.resources
        self._number += 1
        future = self.crew.client.submit(*call, *arguments, priority=-self._number, **how)
        self.sent[future] = _Task(key, arguments, None if workers is None else frozenset(workers), _LOOK_SECONDS)
        future.add_done_callback(self._done.put)

    def next_finished(self, seconds: float) -> tuple[Any, Any] | None:
        """A finished task and its outcome; None where there is none for some time."""
        try:
            future = self._done.get(timeout=seconds)
        except queue.Empty:
            return None
        task = self.sent.pop(future, None)
        if task is None:  # it was given to others meanwhile
            return None
        try:
            return task.key, future.result(timeout=task.fetch_seconds)
        except CancelledError:
            raise self.crew.lost() from None
        except Exception as error:
            if future.status == "error":
                return task.key, error
        # The worker has gone with its result, or the network is slow.
        task.fetch_seconds *= 2
        self.sent[future] = task
        future.add_done_callback(self._done.put)
        return None

    def submit_lost_again(self) -> None:
        """Give tasks whose workers have all gone to those that are there now."""
        here = self.crew.workers.keys()
        if self.crew.restriction is None or not here:
            return
        if self._held_by is not None and self._held_by.isdisjoint(here):
            self._held, lost = None, dict(self.sent)
        else:
            lost = {
                future: task for future, task in self.sent.items() if task.workers and task.workers.isdisjoint(here)
            }
        for future, task in lost.items():
            del self.sent[future]
            future.cancel()
            self.submit(task.key, task.arguments)

    def cancel(self) -> None:
        """Take back what has not been done; a scheduler that has gone is not waited for."""
        if self.sent and self.crew.client.status == "running":
            with contextlib.suppress(Exception):
                within(_CLOSING_SECONDS, self.crew.client.cancel, list(self.sent))
