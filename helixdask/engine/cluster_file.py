"""What a cluster is made from: a file of YAML that says how its workers are asked for."""

from __future__ import annotations

import difflib
import re
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, Final, Literal, get_args

from helixdask.errors import BadInputError

BatchSystem = Literal["slurm", "pbs", "sge", "lsf", "oar", "moab", "htcondor"]
BATCH_SYSTEMS: Final = get_args(BatchSystem)
KUBERNETES: Final = "kubernetes"
_ENDS_BEFORE: Final = 300.0
"""Seconds before the queue's limit at which a worker takes no more work; tasks last a minute or so."""
_TIME: Final = re.compile(r"(?:(?P<d>\d+)-)?(?P<h>\d+):(?P<m>\d+)(?::(?P<s>\d+))?")


@dataclass(frozen=True)
class ClusterFile:
    """How workers are asked for.

    Parameters
    ----------
    kind
        Batch system, or ``kubernetes``.
    jobs
        Jobs (on Kubernetes: pods) at most; there are never more than tasks that are left.
    processes
        Workers in each job, of one thread each.
    memory
        Of each job, such as ``8GB``, for all its workers together.
    gpus
        Graphics processors of each job, 0 or 1: for more of them ask for more jobs.
    walltime
        Of each job, ``HH:MM:SS`` or ``D-HH:MM:SS``.
    lifetime
        Seconds after which a worker ends by itself, between two tasks, before the queue kills it; None: five minutes
        before the walltime.
    queue, account
        As the batch system names them.
    directives
        Further lines of a job's header, without ``#SBATCH``.
    prologue
        Shell commands before the worker starts, such as ``module load python``.
    python
        Python of the workers; None: that of this command.
    interface
        Network interface of scheduler and workers, such as ``ib0``.
    scratch
        Folder of the nodes for temporary files.
    logs
        Folder for the output of jobs; None: the batch system's own place.
    image, namespace
        On Kubernetes.
    """

    kind: str
    jobs: int | None = None
    processes: int = 1
    memory: str | None = None
    gpus: int = 0
    walltime: str | None = None
    lifetime: float | None = None
    queue: str | None = None
    account: str | None = None
    directives: tuple[str, ...] = ()
    prologue: tuple[str, ...] = ()
    python: str | None = None
    interface: str | None = None
    scratch: str | None = None
    logs: str | None = None
    image: str | None = None
    namespace: str = "default"

    @property
    def most_jobs(self) -> int:
        """Jobs at most."""
        return self.jobs or 1

    @property
    def workers(self) -> int:
        """Workers at most."""
        return self.most_jobs * self.processes

    @property
    def worker_memory(self) -> int | None:
        """Bytes of each worker; None where Dask's configuration says it."""
        from dask.utils import parse_bytes

        return None if self.memory is None else int(parse_bytes(self.memory) / self.processes)

    @property
    def lifetime_seconds(self) -> float | None:
        """Seconds after which a worker ends by itself; None: it stays."""
        if self.lifetime is not None:
            return self.lifetime
        seconds = None if self.walltime is None else _seconds(self.walltime)
        return None if seconds is None else max(seconds - _ENDS_BEFORE, seconds / 2)


def read_cluster_file(given: str) -> ClusterFile:
    """Read what ``--cluster`` names.

    Parameters
    ----------
    given
        A file, or the name of a batch system: then everything is as Dask's configuration has it (``jobqueue.yaml``).

    Raises
    ------
    BadInputError
        There is no such file or batch system, or the file says something that cannot be.

    Examples
    --------
    >>> read_cluster_file("slurm").kind
    'slurm'
    """
    if given in BATCH_SYSTEMS:
        return ClusterFile(given)
    if not Path(given).is_file():
        raise BadInputError(
            "neither a file nor a batch system",
            where=given,
            remedy=f"Write a file as in deploy/README.md, or name one of {', '.join(BATCH_SYSTEMS)}.",
        )
    return _checked(_mapping(given), given)


def _mapping(path: str) -> dict[str, Any]:
    import yaml

    try:
        found = yaml.safe_load(Path(path).read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadInputError(f"this is no YAML: {' '.join(str(error).split())}", where=path) from None
    if not isinstance(found, dict) or "kind" not in found:
        raise BadInputError(
            "no kind of cluster is named", where=path, remedy=f"Begin with kind: {BATCH_SYSTEMS[0]}, or {KUBERNETES}."
        )
    return {str(name): value for name, value in found.items()}


def _checked(given: dict[str, Any], path: str) -> ClusterFile:
    known = {field.name: field for field in fields(ClusterFile)}
    kinds = (*BATCH_SYSTEMS, KUBERNETES)
    if given["kind"] not in kinds:
        raise BadInputError(f"kind is {given['kind']!r}", where=path, remedy=f"There are {', '.join(kinds)}.")
    for name, value in given.items():
        if name not in known:
            like = difflib.get_close_matches(name, known, 1)
            raise BadInputError(
                f"{name} is nothing that can be said of a cluster",
                where=path,
                remedy=f"Did you mean {like[0]}?" if like else f"There are {', '.join(known)}.",
            )
        default = known[name].default
        if name in ("directives", "prologue"):
            given[name] = (value,) if isinstance(value, str) else tuple(str(line) for line in value or ())
        elif name in ("jobs", "processes", "gpus") and (type(value) is not int or value < (name != "gpus")):
            raise BadInputError(f"{name} is {value!r}", where=path, remedy="Write a whole number.")
        elif name == "walltime" and (not isinstance(value, str) or _seconds(value) is None):
            raise BadInputError(
                f"walltime is {value!r}", where=path, remedy='Write it in quotes: "24:00:00" or "2-00:00:00".'
            )
        elif name == "memory":
            _refuse_memory(value, path)
        elif default in (None, MISSING) and name not in ("jobs", "lifetime") and not isinstance(value, str):
            raise BadInputError(f"{name} is {value!r}", where=path, remedy="Write a text.")
    made = ClusterFile(**given)
    if made.gpus > 1 or (made.gpus and made.processes > 1):
        raise BadInputError(
            f"{made.gpus} GPUs and {made.processes} workers in a job",
            where=path,
            remedy="Write gpus: 1 and processes: 1, and as many jobs as GPUs are wanted.",
        )
    if made.kind == KUBERNETES and not (made.image and made.memory):
        raise BadInputError("on Kubernetes image and memory are needed", where=path)
    return made


def _refuse_memory(value: Any, path: str) -> None:
    from dask.utils import parse_bytes

    try:
        parse_bytes(str(value))
    except ValueError:
        raise BadInputError(f"memory is {value!r}", where=path, remedy="For example memory: 8GB.") from None


def _seconds(walltime: str) -> float | None:
    """Seconds of a time as batch systems write it.

    Examples
    --------
    >>> _seconds("1-02:00:00"), _seconds("0:30:00"), _seconds("soon")
    (93600.0, 1800.0, None)
    """
    found = _TIME.fullmatch(walltime)
    if not found:
        return None
    days, hours, minutes, seconds = (float(found[part] or 0) for part in "dhms")
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
