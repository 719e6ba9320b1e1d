"""Where Dask is found: a scheduler that was named, one that Dask is configured for, or this machine's cores."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import math
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask
import psutil
from dask.utils import parse_bytes

from helixdask.errors import BadInputError

__all__ = ["RunOptions", "connect", "default_workers"]


_WORTH_A_CLUSTER = 4.0
"""Seconds of work below which starting processes takes longer than it saves."""


def default_workers() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


@dataclass(frozen=True)
class RunOptions:
    """How to run, which never changes what comes out.

    Parameters
    ----------
    workers
        Processes on this machine; None: one for each core.
    scheduler, scheduler_file
        A Dask scheduler that runs already.
    memory_limit
        Per worker, such as ``4GB``; None: an even share of the machine.
    dry_run
        Only plan.
    replace
        Make a group anew that is there with other settings.
    quiet
        No progress.
    connect_seconds
        How long to wait for the scheduler.
    """

    workers: int | None = None
    scheduler: str | None = None
    scheduler_file: str | None = None
    memory_limit: str | None = None
    dry_run: bool = False
    replace: bool = False
    quiet: bool = False
    connect_seconds: float = 20.0

    @property
    def n_workers(self) -> int:
        """Workers on this machine."""
        return self.workers or default_workers()

    @property
    def is_remote(self) -> bool:
        """Whether a scheduler was named, here or in Dask's configuration."""
        return bool(self.scheduler or self.scheduler_file or dask.config.get("scheduler-address", None))

    @property
    def memory_limit_bytes(self) -> int | None:
        """Memory limit of a worker in bytes; None where the workers are not ours."""
        if self.memory_limit is not None:
            try:
                return int(parse_bytes(self.memory_limit))
            except ValueError:
                raise BadInputError(
                    f"{self.memory_limit!r} is no amount of memory", remedy="For example 4GB."
                ) from None
        return None if self.is_remote else int(psutil.virtual_memory().total * 0.9 / self.n_workers)


def _await_file(path: str, seconds: float) -> None:
    """Wait for a scheduler file, which a cluster that is just starting may not have written yet."""
    end = time.monotonic() + seconds
    while not Path(path).exists():
        if time.monotonic() > end:
            raise BadInputError(
                "the Dask scheduler does not answer: it has written no file",
                where=path,
                remedy="Check the path, and that the scheduler runs.",
            )
        time.sleep(0.1)


@contextlib.contextmanager
def connect(options: RunOptions, n_tasks: int, seconds: float = math.inf) -> Iterator[Any | None]:
    """A Dask client, or None where the work is better done right here.

    Two tasks or fewer, one worker, or a few seconds of work need no cluster.

    Parameters
    ----------
    options
        How to run.
    n_tasks
        Tasks to be done.
    seconds
        Estimate of the work on one worker.

    Raises
    ------
    BadInputError
        The scheduler does not answer.
    """
    if options.is_remote:
        from distributed import Client

        if options.scheduler_file:
            _await_file(options.scheduler_file, options.connect_seconds)
        address = options.scheduler or (None if options.scheduler_file else dask.config.get("scheduler-address"))
        try:
            client = Client(address=address, scheduler_file=options.scheduler_file, timeout=options.connect_seconds)
        except (OSError, TimeoutError, ValueError) as error:
            raise BadInputError(
                f"the Dask scheduler does not answer: {error}",
                where=address or options.scheduler_file,
                remedy="Check the address, and that the scheduler runs.",
            ) from error
        with client:
            yield client
    elif n_tasks <= 2 or options.n_workers == 1 or seconds < _WORTH_A_CLUSTER:
        yield None
    else:
        from distributed import Client, LocalCluster

        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        has_dashboard = importlib.util.find_spec("bokeh") is not None
        with (
            LocalCluster(
                n_workers=min(options.n_workers, n_tasks),
                threads_per_worker=1,
                processes=True,
                memory_limit=options.memory_limit_bytes,
                dashboard_address="127.0.0.1:0" if has_dashboard else None,
                silence_logs=logging.CRITICAL,
            ) as cluster,
            Client(cluster) as client,
        ):
            yield client
