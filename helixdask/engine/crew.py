"""The workers of a Dask client that may be given tasks, looked at again and again while the work goes on."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from helixdask.errors import HelixdaskError, StageFailedError

log = logging.getLogger(__name__)

T = TypeVar("T")
_ANSWER_SECONDS = 60.0
_AHEAD = 2
"""Tasks that a thread of a worker is given at a time: one to do, one to go on with."""
_SHOWN = 3
GPU: Final = "GPU"
"""Dask's resource of workers that have a graphics processor: ``dask worker --resources GPU=1``."""

Examine = Callable[[Any, Sequence[str]], Mapping[str, str | None]]


def within(seconds: float, call: Callable[..., T], *arguments: Any, **options: Any) -> T:
    """Call something that may never return.

    Raises
    ------
    TimeoutError
        It has not returned in time. It goes on in a thread that nobody waits for.
    """
    answer: queue.SimpleQueue[tuple[T | None, BaseException | None]] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answer.put((call(*arguments, **options), None))
        except BaseException as error:
            answer.put((None, error))

    threading.Thread(target=ask, name="helixdask-ask", daemon=True).start()
    try:
        value, error = answer.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError(f"no answer within {seconds:.0f} s") from None
    if error is not None:
        raise error
    return value  # type: ignore[return-value]


class Crew:
    """The workers that may be given tasks.

    Parameters
    ----------
    client
        Of Dask.
    where
        Address of the scheduler, for messages.
    patience
        Seconds to wait for workers when none is left.
    examine
        Called with the client and addresses of workers that have come; says of each what keeps it from doing tasks, or
        None. Without it all workers are used, and the scheduler chooses among them.
    supply
        Called at every look with the number of tasks that are left: where workers can be asked for, it does.
    resource
        Resource of Dask's: where some workers have it, they get all tasks, each of which takes one of it.

    Attributes
    ----------
    tasks_left
        Tasks that are not finished, as far as is known.
    """

    def __init__(
        self,
        client: Any,
        where: str,
        patience: float,
        examine: Examine | None = None,
        supply: Callable[[int], None] | None = None,
        resource: str | None = None,
    ) -> None:
        self.client = client
        self.where = where
        self.workers: dict[str, int] = {}
        self.refused: dict[str, str] = {}
        self._patience = patience
        self._examine = examine
        self._supply = supply
        self._resource = resource
        self._having: dict[str, int] = {}
        self._missing_since: float | None = None
        self.tasks_left = 1

    @property
    def restriction(self) -> list[str] | None:
        """Workers to name when a task is submitted; None: any."""
        return None if self._examine is None else sorted(self._having or self.workers)

    @property
    def resources(self) -> dict[str, int] | None:
        """What a task takes of its worker; None: nothing that is counted."""
        return {self._resource: 1} if self._resource and self._having else None

    @property
    def room(self) -> int | None:
        """Tasks that are with the scheduler at a time; None: all. Workers that join get some of the others."""
        return None if self._examine is None else _AHEAD * sum((self._having or self.workers).values())

    def meet(self) -> list[str]:
        """See who is there, and examine who has come; returns the workers that were refused just now.

        Raises
        ------
        StageFailedError
            The scheduler does not answer.
        """
        if self._supply is not None:
            self._supply(self.tasks_left)
        here = dict(self._ask(self.client.nthreads))
        self.workers = {address: n for address, n in here.items() if address in self.workers}
        self.refused = {address: why for address, why in self.refused.items() if address in here}
        new = [address for address in here if address not in self.workers and address not in self.refused]
        problems = self._ask(self._examine, self.client, new) if self._examine and new else dict.fromkeys(new)
        for address, problem in problems.items():
            if problem is None:
                self.workers[address] = here[address]
            else:
                self.refused[address] = problem
        if self._resource is not None and self._examine is not None:
            self._having = self._ask(_amounts, self.client, self._resource, tuple(self.workers))
        return [address for address in new if address in self.refused]

    def _ask(self, call: Callable[..., T], *arguments: Any) -> T:
        if self.client.status != "running":
            raise self.lost()
        try:
            return within(_ANSWER_SECONDS, call, *arguments)
        except HelixdaskError:
            raise
        except Exception as error:
            raise self.lost() from error

    def look(self) -> None:
        """See who is there, tell what has changed, and give up where nobody is left for too long.

        Raises
        ------
        StageFailedError
            The scheduler does not answer, or no worker is left.
        """
        refused = self.meet()
        if refused:
            log.warning("workers that have joined are not used: %s", self.reasons(refused))
        now = time.monotonic()
        if self.workers:
            if self._missing_since is not None:
                log.info("%d workers are there again", len(self.workers))
            self._missing_since = None
        elif self._missing_since is None:
            self._missing_since = now
            log.warning("no worker is left; waiting for others, %.0f s at most", self._patience)
        elif now - self._missing_since > self._patience:
            raise StageFailedError(
                f"no worker was left, and none has joined within {self._patience:.0f} s",
                where=self.where,
                remedy="Finished regions are kept: start workers, and run the same command again to go on.",
            )

    def reasons(self, addresses: Sequence[str]) -> str:
        """Why workers are not used, of the first few."""
        shown = "; ".join(f"{address}: {self.refused[address]}" for address in addresses[:_SHOWN])
        return shown + (f"; and {len(addresses) - _SHOWN} more" if len(addresses) > _SHOWN else "")

    def lost(self) -> StageFailedError:
        """The error to raise when the scheduler has gone."""
        return StageFailedError(
            "the connection to the Dask scheduler was lost",
            where=self.where,
            remedy="Finished regions are kept: see that the scheduler runs, and run the same command again to go on.",
        )


def _amounts(client: Any, resource: str, workers: Sequence[str]) -> dict[str, int]:
    """How much of a resource each of some workers has; those that have none are left out."""
    known = client.scheduler_info(n_workers=-1)["workers"]
    found = {address: int(known.get(address, {}).get("resources", {}).get(resource, 0)) for address in workers}
    return {address: amount for address, amount in found.items() if amount}
