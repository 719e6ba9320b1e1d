"""What a stage is going to do, before it does it: tasks, disk, memory, time."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from helixdask.amounts import size
from helixdask.engine.machine import usable_memory
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
    memory_per_worker, memory_of_client
        Estimates of the peak memory of a worker and of the commanding process, in bytes.
    seconds
        Estimate for the unfinished tasks on ``workers`` workers, with what the commanding process does alone.
    seconds_alone
        The part of it that more workers do not shorten.
    gpus
        Of the workers, those with a GPU: all or none.
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
    memory_of_client: int = 0
    seconds_alone: float = 0.0
    gpus: int = 0

    @property
    def bytes_left(self) -> float:
        """What is not written yet."""
        return self.bytes_out * (1 - self.finished / self.tasks if self.tasks else 1)

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


def make_plan(stage: Stage, n_bases: int, *, workers: int, finished: int = 0, on_gpus: bool = False) -> Plan:
    """Estimate tasks, disk, memory and time of a stage."""
    length = min(_region_length(stage, n_bases), n_bases) if stage.region_length(n_bases) else 0
    tasks = -(-n_bases // length) if length else 0
    left = 1 - finished / tasks if tasks else 1.0
    busy = max(1, min(workers, tasks - finished))
    alone = stage.cost.serial_seconds(n_bases) if left else 0.0
    of_one = stage.estimate_seconds_on_gpu(n_bases) if on_gpus else stage.estimate_seconds(n_bases)
    return Plan(
        stage=stage.name,
        group=stage.group(),
        tasks=tasks,
        finished=finished,
        bases=n_bases,
        region_length=length,
        bytes_out=int(stage.estimate_bytes(n_bases)),
        memory_per_worker=int(stage.estimate_memory(length)) if tasks else 0,
        workers=workers,
        seconds=alone + left * of_one / busy,
        memory_of_client=int(stage.cost.client_memory + stage.cost.client_per_base * n_bases),
        seconds_alone=alone,
        gpus=workers if on_gpus else 0,
    )


def refuse_what_cannot_fit(plan: Plan, url: str, memory_limit: int | None, before: Iterable[Plan] = ()) -> None:
    """Raise where disk or memory are plainly too small.

    Parameters
    ----------
    plan
        What is about to be done, or would be.
    url
        The store.
    memory_limit
        Of a worker in bytes; None: it is not known.
    before
        Plans of stages that would be done before, whose output is not there yet.

    Raises
    ------
    BadInputError
        The estimate is larger than the free space, a worker's memory limit, or the memory of this machine.
    """
    if memory_limit is not None and plan.memory_per_worker > memory_limit:
        raise BadInputError(
            f"{plan.stage} needs about {size(plan.memory_per_worker)} a worker, the limit is {size(memory_limit)}",
            remedy="Use fewer workers, or a larger --memory-limit.",
        )
    if plan.memory_of_client > usable_memory():
        raise BadInputError(
            f"{plan.stage} needs about {size(plan.memory_of_client)} in the commanding process, "
            f"{size(usable_memory())} may be used here",
            remedy="Give the command on a machine with more memory.",
        )
    if is_url(url):
        return
    folder = Path(url).absolute()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    earlier = sum(each.bytes_left for each in before)
    if plan.bytes_left + earlier > free:
        all_of_it = f" on top of {size(earlier)} of the steps before it" if earlier else ""
        raise BadInputError(
            f"{plan.stage} will write about {size(plan.bytes_left)}{all_of_it}, {size(free)} are free",
            where=str(folder),
            remedy="Make room, or choose another place.",
        )
