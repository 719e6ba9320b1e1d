"""How stages are run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from helixdask.settings import InputFile, Natural, Shown

Devices = Annotated[str, Shown(metavar="all|N")]
"""How many graphics processors are used, see `helixdask.engine.gpus.wanted_gpus`."""


@dataclass(frozen=True)
class RunSettings:
    """How to run, which never changes what comes out.

    Parameters
    ----------
    workers
        Processes on this machine. Default: one for each core.
    scheduler
        Address of a running Dask scheduler.
    scheduler_file
        Scheduler file of a running Dask cluster.
    cluster
        Cluster to make for this command: a YAML file (see deploy/README.md), or slurm, pbs, ... as Dask is configured.
    worker_timeout
        Seconds to wait for workers of a running cluster. Default: 300; with --cluster a week, for queues are long.
    devices
        GPUs of this machine that predict, one process on each: all, or how many. 0: the processor's cores, as where
        there is none. On a cluster workers with Dask's resource GPU=1 predict, where there are some.
    memory_limit
        Memory limit of a worker, such as 4GB. Default: an even share of the machine.
    dashboard
        Print the address of Dask's dashboard (needs bokeh).
    dry_run
        Print the plan (tasks, disk, memory, time) and stop.
    replace
        Make outputs anew that are there with other settings.
    quiet
        No progress and no tables; warnings and errors are shown all the same.
    """

    workers: Natural | None = None
    scheduler: str | None = None
    scheduler_file: InputFile | None = None
    cluster: Annotated[str, Shown(metavar="FILE|NAME")] | None = None
    worker_timeout: Annotated[float, Shown(min=0)] | None = None
    devices: Devices = "all"
    memory_limit: str | None = None
    dashboard: bool = False
    dry_run: bool = False
    replace: bool = False
    quiet: Annotated[bool, Shown(option="--quiet -q")] = False
