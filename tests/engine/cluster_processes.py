"""Schedulers and workers as processes of their own, on loopback, as a batch system would start them."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
_SECONDS = 120


@dataclass
class Cluster:
    """A scheduler and what has joined it."""

    file: Path
    processes: list[subprocess.Popen] = field(default_factory=list)

    @property
    def address(self) -> str:
        return json.loads(self.file.read_text())["address"]

    @property
    def scheduler(self) -> subprocess.Popen:
        return self.processes[0]

    def start(self, *arguments: str, path: Path | None = None) -> subprocess.Popen:
        folders = [str(folder) for folder in (path, ROOT) if folder]
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", *arguments, "--scheduler-file", str(self.file), "--no-dashboard"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.file.parent,  # what lies there would come first on the path
            env={**os.environ, "PYTHONPATH": os.pathsep.join(folders)},
        )
        self.processes.append(process)
        return process

    def add_worker(self, *arguments: str, path: Path | None = None, nanny: bool = False) -> subprocess.Popen:
        """A worker; ``path`` is a folder whose modules come before all others."""
        return self.start("worker", "--nthreads", "1", *(() if nanny else ("--no-nanny",)), *arguments, path=path)


@contextlib.contextmanager
def a_cluster(folder: Path, *, path: Path | None = None) -> Iterator[Cluster]:
    """A scheduler without workers."""
    cluster = Cluster(folder / "scheduler.json")
    cluster.start("scheduler", "--host", "127.0.0.1", "--port", "0", path=path)
    deadline = time.monotonic() + _SECONDS
    while not cluster.file.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    try:
        yield cluster
    finally:
        for process in cluster.processes:
            process.kill()
            process.wait()
