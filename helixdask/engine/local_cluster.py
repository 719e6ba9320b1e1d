"""Worker processes on this machine, started with patience, and done without where they do not start."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import multiprocessing
import sys
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import dask
from distributed import Client, LocalCluster, Nanny

from helixdask.engine.crew import Crew
from helixdask.engine.gpus import NONE_VISIBLE, VISIBLE, Gpu
from helixdask.errors import MissingDependencyError

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

    from distributed.core import Status

log = logging.getLogger(__name__)

_START_SECONDS = 120.0
"""Seconds for the first worker of a try. On a quiet machine it takes two or three."""
_CLOSE_SECONDS = 20.0
_CONFIG = {
    "distributed.comm.timeouts.connect": "300s",  # 30 s is too short where ten processes share a core
    "distributed.comm.timeouts.tcp": "300s",
    "distributed.scheduler.worker-ttl": "15 minutes",
    "distributed.admin.large-graph-warning-threshold": "1 TB",
}
_FORKED_WITH = ["helixdask.engine.run", "numba"]
_PRELOAD = ["helixdask.engine.worker_process"]


class _Failures:
    """Workers of one try that could not be started.

    Parameters
    ----------
    gpus
        Of which each worker sees one; empty: they see none. None: they see what this process does.
    """

    def __init__(self, gpus: Sequence[Gpu] | None) -> None:
        self.errors: list[BaseException] = []
        self._gpus = gpus

    def _environment(self, number: int) -> dict[str, str]:
        if self._gpus is None:
            return {}
        return {VISIBLE: self._gpus[number % len(self._gpus)].token if self._gpus else NONE_VISIBLE}

    def nanny(self) -> type[Nanny]:
        """The process that minds a worker, which notes when it cannot start it."""
        errors, environment = self.errors, self._environment

        class MindfulNanny(Nanny):
            def __init__(self, *where: Any, **how: Any) -> None:
                # Workers are numbered, and one that is started again keeps its number. The variable is there before
                # anything is imported.
                super().__init__(*where, **how | {"env": (how.get("env") or {}) | environment(how["name"])})

            async def instantiate(self) -> Status:
                try:
                    return await super().instantiate()
                except Exception as error:
                    errors.append(error)
                    raise

        return MindfulNanny


def check_dashboard() -> None:
    """Refuse to show a dashboard where it cannot be.

    Raises
    ------
    MissingDependencyError
        bokeh is not installed.
    """
    if importlib.util.find_spec("bokeh") is None:
        raise MissingDependencyError(
            "Dask's dashboard needs bokeh, which is not installed", remedy='Install it: pip install "bokeh>=3.1"'
        )


@contextlib.contextmanager
def local_cluster(
    n_workers: int, memory_limit: int | None, gpus: Sequence[Gpu] | None = None, *, dashboard: bool = False
) -> Iterator[Crew | None]:
    """Start worker processes on this machine, and end them.

    The work may begin when the first is there; the others join it.

    Parameters
    ----------
    n_workers
        Processes, of one thread each.
    memory_limit
        Of each, in bytes.
    gpus
        Graphics processors, one for each process; empty: processes see none. None: they see what this one does.
    dashboard
        Log the address of Dask's dashboard.

    Yields
    ------
    Crew or None
        None where no process could be started; the log says why, and the work is to be done in this one.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(dask.config.set({**_CONFIG, "distributed.worker.multiprocessing-method": _method()}))
        tries = [n_workers, n_workers, *([max(1, n_workers // 4)] if n_workers > 1 else [])]
        for number, workers in enumerate(tries):
            try:
                crew = stack.enter_context(_started(workers, memory_limit, gpus))
            except Exception as error:
                following = tries[number + 1] if number + 1 < len(tries) else None
                log.warning(
                    "worker processes did not start (%s); %s",
                    str(error) or type(error).__name__,
                    "the work is done in this process"
                    if following is None
                    else f"trying again with {following}"
                    if following < workers
                    else "trying again",
                )
            else:
                if dashboard:
                    log.info("dashboard: %s", crew.client.dashboard_link)
                yield crew
                return
        yield None


def _method() -> str:
    """How processes are made. A fork server imports once for all, and its workers end at once."""
    if sys.platform != "linux":
        return "spawn"
    from distributed.utils import get_mp_context

    with dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"}):
        context = get_mp_context()  # sets modules of its own; those below come on top
    context.set_forkserver_preload(["distributed", *_FORKED_WITH])
    return "forkserver"


@contextlib.contextmanager
def _started(n_workers: int, memory_limit: int | None, gpus: Sequence[Gpu] | None) -> Iterator[Crew]:
    """One try.

    Raises
    ------
    Exception
        Of any kind: what kept the processes from starting.
    """
    before = set(multiprocessing.active_children())
    failures = _Failures(gpus)
    cluster = LocalCluster(
        n_workers=0,
        threads_per_worker=1,
        processes=True,
        worker_class=failures.nanny(),
        memory_limit=memory_limit,
        dashboard_address="127.0.0.1:0",
        silence_logs=logging.CRITICAL,
        preload=_PRELOAD,
    )
    closing = [cluster.close]
    try:
        try:
            client = Client(cluster, timeout=_START_SECONDS)
            closing.insert(0, client.close)
            cluster.scale(n_workers)
            _await_first(cluster, failures, n_workers)
            crew = Crew(client, cluster.scheduler_address, _START_SECONDS)
            crew.meet()
        except BaseException:
            _kill_children_but(before)  # Dask waits for a process that is starting, however long that takes
            raise
        yield crew
    finally:
        for close in closing:
            with contextlib.suppress(Exception):
                close(timeout=_CLOSE_SECONDS)
        _kill_children_but(before)


def _kill_children_but(others: set[BaseProcess]) -> None:
    for child in set(multiprocessing.active_children()) - others:
        if child.name.startswith("Dask"):
            child.kill()


def _await_first(cluster: Any, failures: _Failures, n_workers: int) -> None:
    end = time.monotonic() + _START_SECONDS
    while not cluster.scheduler.workers:
        if len(failures.errors) >= n_workers:
            raise failures.errors[0]
        if time.monotonic() > end:
            raise TimeoutError(f"none within {_START_SECONDS:.0f} s")
        time.sleep(0.02)
