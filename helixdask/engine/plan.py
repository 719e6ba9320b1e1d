"""What a stage is going to do, before it does it: tasks, disk, memory, time."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from helixdask.amounts import size
from helixdask.engine.stage import Region, Stage
from helixdask.errors import BadInputError
from helixdask.registry import arrays_of, genome_shard_length
from helixdask.store.layout import track_layout
from helixdask.store.objects import is_url


@dataclass(frozen=True)
class Plan:
    """The size of the work.

    Parameters
    ----------
    tasks, finished
        Region tasks, and how many of them an earlier run has finished.
    bases
        Length of the genome.
    bytes_out
        Estimate of what will be written.
    bytes_replaced
        What the group takes that is replaced: it stays until the new one is published.
    memory_per_worker
        Estimate of a worker's peak memory in bytes.
    seconds
        Estimate for the unfinished tasks on ``workers`` workers.
    """

    stage: str
    group: str
    tasks: int
    finished: int
    bases: int
    region_length: int
    bytes_out: int
    memory_per_worker: int
    workers: int
    seconds: float
    bytes_replaced: int = 0

    def as_dict(self) -> dict[str, int | float | str]:
        """All fields by name."""
        return dict(vars(self))


def _region_length(stage: Stage, n_bases: int) -> int:
    shards = [track_layout(spec, n_bases).shards[-1] for spec in arrays_of(stage.group()).values() if spec.is_track]
    shard = max(shards, default=min(genome_shard_length(n_bases), 1 << 20))
    return -(-stage.region_length(n_bases) // shard) * shard


def regions_of(stage: Stage, n_bases: int) -> list[Region]:
    """Regions of a stage: a function of its settings and the genome's length alone."""
    if not stage.region_length(n_bases):
        return []
    length = _region_length(stage, n_bases)
    return [Region(index, start, min(start + length, n_bases)) for index, start in enumerate(range(0, n_bases, length))]


def make_plan(stage: Stage, n_bases: int, *, workers: int, finished: int = 0) -> Plan:
    """Estimate tasks, disk, memory and time of a stage."""
    length = min(_region_length(stage, n_bases), n_bases) if stage.region_length(n_bases) else 0
    tasks = -(-n_bases // length) if length else 0
    left = 1 - finished / tasks if tasks else 1.0
    busy = max(1, min(workers, tasks - finished))
    return Plan(
        stage=stage.name,
        group=stage.group(),
        tasks=tasks,
        finished=finished,
        bases=n_bases,
        region_length=length,
        bytes_out=int(n_bases * stage.bytes_per_base),
        memory_per_worker=int(stage.memory_fixed + stage.memory_per_base * length),
        workers=workers,
        seconds=left * stage.estimate_seconds(n_bases) / busy,
    )


def refuse_what_cannot_fit(plan: Plan, url: str, memory_limit: int | None) -> None:
    """Raise where disk or memory are plainly too small.

    Raises
    ------
    BadInputError
        The estimate is larger than the free space, or than a worker's memory limit.
    """
    if memory_limit is not None and plan.memory_per_worker > memory_limit:
        raise BadInputError(
            f"{plan.stage} needs about {size(plan.memory_per_worker)} a worker, the limit is {size(memory_limit)}",
            remedy="Use fewer workers, or a larger --memory-limit.",
        )
    if is_url(url):
        return
    folder = Path(url).absolute()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    left = plan.bytes_out * (1 - plan.finished / plan.tasks if plan.tasks else 1)
    if left > free:
        raise BadInputError(
            f"{plan.stage} will write about {size(left)}, {size(free)} are free",
            where=str(folder),
            remedy="Make room, or choose another place.",
        )
