"""Cores and memory that this process may use: affinity, and the quotas of containers and batch systems."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import psutil

_CGROUPS = Path("/sys/fs/cgroup")
_MEMBERSHIP = Path("/proc/self/cgroup")


def usable_cores() -> int:
    """Cores that this process may use.

    The least of the cores of the machine, the affinity of the process, and the CPU quotas of its control group and of
    those around it, rounded up.
    """
    return max(1, min([_own_cores(), *(math.ceil(quota) for quota in _cpu_quotas())]))


def usable_memory() -> int:
    """Memory in bytes that this process may use.

    The least of the memory of the machine, the limit of resident memory (``ulimit``), and the limits of its control
    group and of those around it.
    """
    return min([_own_memory(), *_memory_limits()])


@cache
def _own_cores() -> int:
    """Cores of the machine that the process may run on: its affinity, as `taskset` sets it."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def _own_memory() -> int:
    """Memory of the machine, or the limit of this process's resident memory."""
    memory = int(psutil.virtual_memory().total)
    if sys.platform == "win32":
        return memory
    import resource

    limit = resource.getrlimit(resource.RLIMIT_RSS)[1]
    return limit if 0 < limit < memory else memory


def _cpu_quotas() -> Iterator[float]:
    for folder in _groups("cpu"):
        limit = _words(folder / "cpu.max") or _words(folder / "cpu.cfs_quota_us") + _words(folder / "cpu.cfs_period_us")
        if len(limit) == 2 and limit[0].isdigit() and int(limit[1]):
            yield int(limit[0]) / int(limit[1])


def _memory_limits() -> Iterator[int]:
    for folder in _groups("memory"):
        for name in ("memory.max", "memory.limit_in_bytes"):
            limit = _words(folder / name)
            if limit and limit[0].isdigit():
                yield int(limit[0])


def _groups(controller: str) -> Iterator[Path]:
    """Folders of the control groups that this process is in, innermost first.

    Dask looks at one of them only. Batch systems put limits on a group further out, and do not hide the path to it.
    """
    for line in _MEMBERSHIP.read_text(encoding="utf-8").splitlines() if _MEMBERSHIP.exists() else ():
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        root = _CGROUPS / controllers if controllers else _CGROUPS
        inner = root / path.strip("/")
        yield from (folder for folder in (inner, *inner.parents) if folder == root or root in folder.parents)


def _words(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").split()
    except OSError:  # there is no such limit, or it may not be read
        return []
