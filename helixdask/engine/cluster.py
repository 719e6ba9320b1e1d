"""Where Dask is found: a scheduler that was named, one that Dask is configured for, or this machine's own devices."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from helixdask.engine.cluster_file import read_cluster_file
from helixdask.engine.configured_scheduler import configured_scheduler
from helixdask.engine.crew import Crew
from helixdask.engine.dask_logs import held_back
from helixdask.engine.gpus import Gpu, chosen_gpus, usable_gpus, wanted_gpus
from helixdask.engine.machine import usable_cores, usable_memory
from helixdask.engine.progress import tell_awaited
from helixdask.engine.settings import RunSettings
from helixdask.engine.worker_probe import WorkerNeeds
from helixdask.errors import BadInputError

__all__ = ["RunOptions", "WorkerNeeds", "connect", "is_worth_a_cluster"]

_CLUSTER_SECONDS = 5.0
"""What starting and ending worker processes costs, measured; see docs/explanation/benchmarks.md."""
_WORKER_SECONDS = 300.0
_QUEUE_SECONDS = 7 * 86_400.0


@dataclass(frozen=True)
class RunOptions(RunSettings):
    """How to run, which never changes what comes out: `RunSettings`, and what follows from them.

    Parameters
    ----------
    connect_seconds
        Seconds to wait for the scheduler.
    suits_gpus
        Whether the work is for GPUs, where there are some.
    """

    connect_seconds: float = 60.0
    suits_gpus: bool = False

    def for_gpus(self) -> RunOptions:
        """The same for work that GPUs do where there are some, one process on each.

        Raises
        ------
        BadInputError
            There are not as many as are wanted; or the work is done on a cluster, which has as many as it has.
        """
        wanted = wanted_gpus(self.devices)
        if self.is_remote and wanted:
            raise BadInputError(
                f"{wanted} devices are asked for, and the work is done on a cluster",
                remedy="Leave --devices out: how many GPUs there are is said by the resources of the cluster's workers "
                "(GPU=1), or by jobs and gpus in its file.",
            )
        if not self.is_remote:
            chosen_gpus(self.devices)
        return replace(self, suits_gpus=True)

    @property
    def gpus(self) -> tuple[Gpu, ...]:
        """GPUs of this machine that do the work."""
        return chosen_gpus(self.devices) if self.suits_gpus and not self.is_remote else ()

    @property
    def hides_gpus(self) -> bool:
        """Whether there are others that must be left alone: this process, which sees them, cannot do the work."""
        return self.suits_gpus and not self.is_remote and len(self.gpus) < len(usable_gpus())

    @property
    def may_use_gpus(self) -> bool:
        """Whether the work may be done on GPUs; what there is on a scheduler is known when its workers are there."""
        return self.suits_gpus and wanted_gpus(self.devices) != 0

    @property
    def on_gpus(self) -> bool:
        """Whether it is known that GPUs do the work."""
        in_jobs = self.cluster is not None and read_cluster_file(self.cluster).gpus > 0
        return bool(self.gpus) or (self.may_use_gpus and in_jobs)

    @property
    def n_workers(self) -> int:
        """Workers on this machine, or of the cluster that is made."""
        if self.cluster is not None:
            return read_cluster_file(self.cluster).workers
        return len(self.gpus) or self.workers or usable_cores()

    @property
    def patience(self) -> float:
        """Seconds to wait for workers."""
        if self.worker_timeout is not None:
            return self.worker_timeout
        return _WORKER_SECONDS if self.cluster is None else _QUEUE_SECONDS

    @property
    def is_remote(self) -> bool:
        """Whether the workers are not processes of this machine: a cluster or a scheduler was named."""
        return bool(self.cluster or self.scheduler or self.scheduler_file or configured_scheduler())

    @property
    def memory_limit_bytes(self) -> int | None:
        """Memory limit of a worker in bytes; None where it is not known."""
        if self.memory_limit is not None:
            from dask.utils import parse_bytes

            try:
                return int(parse_bytes(self.memory_limit))
            except ValueError:
                raise BadInputError(
                    f"{self.memory_limit!r} is no amount of memory", remedy="For example 4GB."
                ) from None
        if self.cluster is not None:
            return read_cluster_file(self.cluster).worker_memory
        return None if self.is_remote else int(usable_memory() * 0.9 / self.n_workers)


def is_worth_a_cluster(workers: int, n_tasks: int, seconds: float, start_seconds: float = 0.0) -> bool:
    """Whether worker processes save more time than it takes to start and end them.

    Parameters
    ----------
    workers
        Processes there could be.
    n_tasks
        Tasks to be done.
    seconds
        Estimate of the work on one worker.
    start_seconds
        What each process takes to import what the tasks need. All do so at the same time, and slow each other down.
    """
    busy = min(workers, n_tasks)
    return busy > 1 and n_tasks > 2 and seconds * (1 - 1 / busy) > _CLUSTER_SECONDS + start_seconds


_NOTHING = WorkerNeeds()


@contextlib.contextmanager
def connect(
    options: RunOptions, n_tasks: int, seconds: float = math.inf, needs: WorkerNeeds = _NOTHING
) -> Iterator[Crew | None]:
    """Workers, or None where the work is better done right here.

    Two tasks or fewer, one worker, or short work need none, nor does a machine on which none can be started.

    Parameters
    ----------
    options
        How to run.
    n_tasks
        Tasks to be done.
    seconds
        Estimate of the work on one worker.
    needs
        What tasks need where they run; looked at where the workers are not ours.

    Raises
    ------
    BadInputError
        The scheduler does not answer, or has no worker that can be used.
    MissingDependencyError
        A dashboard is wanted and cannot be.
    """
    if options.cluster is not None:
        tell_awaited("waiting for workers of the cluster")
        from helixdask.engine.given_cluster import given_cluster
        from helixdask.engine.made_cluster import made_cluster

        with held_back():
            made = made_cluster(options.cluster)
            made.supply(n_tasks)
            with given_cluster(
                made.address,
                None,
                needs,
                connect_seconds=options.connect_seconds,
                worker_seconds=options.patience,
                supply=made.supply,
            ) as crew:
                yield crew
    elif options.is_remote:
        from helixdask.engine.given_cluster import given_cluster

        tell_awaited("waiting for workers of the cluster")
        configured = None if options.scheduler_file else configured_scheduler()
        with (
            held_back(),
            given_cluster(
                options.scheduler or configured,
                options.scheduler_file,
                needs,
                connect_seconds=options.connect_seconds,
                worker_seconds=options.patience,
                dashboard=options.dashboard,
            ) as crew,
        ):
            yield crew
    elif (
        options.dashboard
        or options.hides_gpus
        or is_worth_a_cluster(options.n_workers, n_tasks, seconds, needs.start_seconds)
    ):
        from helixdask.engine.local_cluster import check_dashboard, local_cluster

        if options.dashboard:
            check_dashboard()
        workers = min(options.n_workers, n_tasks)
        limit, gpus = options.memory_limit_bytes, options.gpus if options.suits_gpus else None
        tell_awaited(f"starting {workers} worker processes")
        with held_back(), local_cluster(workers, limit, gpus, dashboard=options.dashboard) as local:
            tell_awaited("")
            yield local
    else:
        yield None
