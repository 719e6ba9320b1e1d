"""A Dask cluster that is made for a command from a cluster file, and closed at its end.

Its scheduler runs in this process, its workers in jobs of a batch system or in pods. One cluster serves all stages of a
command: a place in a queue is waited for once.
"""

from __future__ import annotations

import atexit
import logging
import math
import time
from typing import Any, Final

import dask

from helixdask.engine.cluster_file import KUBERNETES, ClusterFile, read_cluster_file
from helixdask.errors import BadInputError, MissingDependencyError, words_of

log = logging.getLogger(__name__)

_LOST_AFTER: Final = 15.0
"""Seconds that a job may be without its workers, which begin anew by themselves, before another one is asked for."""
_CLASSES: Final = {
    "slurm": "SLURMCluster",
    "pbs": "PBSCluster",
    "sge": "SGECluster",
    "lsf": "LSFCluster",
    "oar": "OARCluster",
    "moab": "MoabCluster",
    "htcondor": "HTCondorCluster",
}
_GPU_DIRECTIVES: Final = {"slurm": "--gres=gpu:{}", "pbs": "-l ngpus={}", "sge": "-l gpu={}", "lsf": "-gpu num={}"}
_made: dict[ClusterFile, MadeCluster] = {}


class MadeCluster:
    """Jobs of a batch system, as many as there are tasks for; those that end early are replaced.

    Parameters
    ----------
    asked
        How workers are asked for.

    Raises
    ------
    MissingDependencyError
        dask-jobqueue, or dask-kubernetes, is not installed.
    BadInputError
        The file and Dask's configuration together do not say enough.
    """

    def __init__(self, asked: ClusterFile) -> None:
        self.asked = asked
        self._errors: list[str] = []
        self._seen: set[str] = set()
        self._missing: dict[str, float] = {}
        self._jobs = 0
        # Dask would take back the job that replaces a lost one, if it had to wait in the queue.
        self._config = dask.config.set({"distributed.deploy.lost-worker-timeout": "7 days"})
        self._cluster = _on_kubernetes(asked) if asked.kind == KUBERNETES else _in_jobs(asked, self._errors)

    @property
    def address(self) -> str:
        """Of the scheduler."""
        return str(self._cluster.scheduler_address)

    def supply(self, tasks: int) -> None:
        """See that there are jobs for the tasks that are left.

        Raises
        ------
        BadInputError
            The batch system refuses them.
        """
        if self._errors:
            raise BadInputError(
                f"the batch system took no job: {self._errors[0]}",
                where=self.asked.kind,
                remedy="Correct the cluster file: queue, account, memory, directives.",
            )
        if self.asked.kind != KUBERNETES:  # there the operator replaces pods
            self._let_go_of_lost_jobs()
        wanted = min(self.asked.most_jobs, max(1, math.ceil(tasks / self.asked.processes)))
        self._jobs = max(self._jobs, wanted)  # a job that is taken back may be at work
        if self.asked.kind == KUBERNETES:
            self._cluster.scale(self._jobs)
        else:
            self._cluster.scale(jobs=self._jobs)

    def _let_go_of_lost_jobs(self) -> None:
        """Forget jobs whose workers were here and have gone; scaling asks for others in their place.

        Dask does so by itself only where a job has one worker.
        """
        here = {str(worker.name) for worker in list(self._cluster.scheduler.workers.values())}
        now = time.monotonic()
        for name in list(self._cluster.workers):
            members = {f"{name}-{number}" for number in range(self.asked.processes)} | {str(name)}
            if members & here:
                self._seen.add(name)
                self._missing.pop(name, None)
            elif name in self._seen and now - self._missing.setdefault(name, now) > _LOST_AFTER:
                log.info("the workers of a job have gone; another one is asked for")
                self._seen.discard(name)
                del self._missing[name]
                self._cluster.sync(self._end_job, name)

    async def _end_job(self, name: str) -> None:
        job = self._cluster.workers.pop(name, None)
        if job is not None:
            await job.close()

    def close(self) -> None:
        """End all jobs."""
        with self._config:
            self._cluster.close()


def made_cluster(given: str) -> MadeCluster:
    """The cluster that a file or name stands for, made when it is first asked for.

    Raises
    ------
    BadInputError, MissingDependencyError
        It cannot be made.
    """
    asked = read_cluster_file(given)
    if asked not in _made:
        if not _made:
            atexit.register(close_made_clusters)
        _made[asked] = MadeCluster(asked)
    return _made[asked]


def close_made_clusters() -> None:
    """End the jobs of all clusters that were made by this process."""
    while _made:
        _, cluster = _made.popitem()
        cluster.close()


def job_options(asked: ClusterFile) -> dict[str, Any]:
    """Arguments of dask-jobqueue's clusters; what is not said is left to Dask's configuration.

    Examples
    --------
    >>> job_options(ClusterFile("slurm", memory="8GB", gpus=1))["job_extra_directives"]
    ['--gres=gpu:1']
    """
    options: dict[str, Any] = {"cores": asked.processes, "processes": asked.processes} if asked.memory else {}
    worker = ["--no-dashboard"]
    if asked.lifetime_seconds is not None:
        stagger = min(120.0, asked.lifetime_seconds / 10)
        worker += ["--lifetime", f"{asked.lifetime_seconds:.0f}s", "--lifetime-stagger", f"{stagger:.0f}s"]
    directives = list(asked.directives)
    if asked.gpus:
        worker += ["--resources", "GPU=1"]
        if asked.kind in _GPU_DIRECTIVES:
            directives.append(_GPU_DIRECTIVES[asked.kind].format(asked.gpus))
    named = {
        "memory": asked.memory,
        "queue": asked.queue,
        "account": asked.account,
        "walltime": asked.walltime,
        "python": asked.python,
        "interface": asked.interface,
        "local_directory": asked.scratch,
        "log_directory": asked.logs,
        "job_script_prologue": list(asked.prologue) or None,
        "job_extra_directives": directives or None,
    }
    if asked.kind not in ("slurm", "pbs", "moab"):
        named["project"] = named.pop("account")
    return options | {name: value for name, value in named.items() if value is not None} | {"worker_extra_args": worker}


def _in_jobs(asked: ClusterFile, errors: list[str]) -> Any:
    from distributed.deploy.spec import ProcessInterface

    try:
        import dask_jobqueue
    except ImportError as error:
        raise MissingDependencyError(
            "dask-jobqueue is needed for --cluster and is not installed",
            remedy='Install it: pip install "helixdask[cluster]".',
        ) from error
    kind = getattr(dask_jobqueue, _CLASSES[asked.kind])
    job: Any = kind.job_cls

    class NotingJob(job):
        """A job that notes why it was not taken, which Dask would only log, and that can be ended all the same."""

        async def start(self) -> None:
            try:
                await super().start()
            except Exception as error:
                errors.append(words_of(error))
                await ProcessInterface.start(self)

        async def close(self) -> None:
            await super().close()
            await ProcessInterface.close(self)

    options = job_options(asked)
    try:
        return kind(job_cls=NotingJob, scheduler_options={"dashboard_address": None}, **options)
    except (ValueError, TypeError) as error:
        raise BadInputError(
            f"this is not enough to ask {asked.kind} for workers: {words_of(error)}",
            where=asked.kind,
            remedy="Write memory (and queue, walltime) into the cluster file, or into Dask's jobqueue.yaml.",
        ) from error


def _on_kubernetes(asked: ClusterFile) -> Any:
    try:
        from dask_kubernetes.operator import KubeCluster
    except ImportError as error:
        raise MissingDependencyError(
            "dask-kubernetes is needed for such a cluster and is not installed",
            remedy='Install it: pip install "helixdask[kubernetes]".',
        ) from error
    from helixdask.engine.kubernetes import manifest

    return KubeCluster(custom_cluster_spec=manifest(asked), namespace=asked.namespace, quiet=True)
