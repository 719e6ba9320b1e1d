"""Schedulers and workers as processes of their own, on loopback, as a batch system would start them."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path

from dask.cli import run_cli

ROOT = Path(__file__).parents[2]
_SECONDS = 1200
_FORKED_WITH = ["distributed.cli.dask_scheduler", "distributed.cli.dask_worker", "tests.engine.toy"]


class Process:
    """A process that runs ``dask``: forked from one that has all imported, or, with a path of its own, started anew."""

    def __init__(self, arguments: list[str], folder: Path, path: Path | None) -> None:
        self._forked: BaseProcess | None = None
        if path is None:
            context = multiprocessing.get_context("forkserver")
            context.set_forkserver_preload(_FORKED_WITH)
            self._forked = context.Process(target=_run_dask, args=(arguments, str(folder)))
            self._forked.start()
            return
        self._started = subprocess.Popen(
            [sys.executable, "-m", "dask", *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,  # what lies there would come first on the path
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(path), str(ROOT)])},
        )

    def send_signal(self, number: int) -> None:
        pid = self._started.pid if self._forked is None else self._forked.pid
        assert pid is not None
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)

    def kill(self) -> None:
        (self._forked or self._started).kill()

    def wait(self) -> None:
        if self._forked is None:
            self._started.wait()
        else:
            self._forked.join()


def _run_dask(arguments: list[str], folder: str) -> None:
    os.chdir(folder)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    sys.argv = ["dask", *arguments]
    run_cli()


@dataclass
class Cluster:
    """A scheduler and what has joined it."""

    file: Path
    processes: list[Process] = field(default_factory=list)

    @property
    def address(self) -> str:
        return json.loads(self.file.read_text())["address"]

    @property
    def scheduler(self) -> Process:
        return self.processes[0]

    def start(self, *arguments: str, path: Path | None = None) -> Process:
        all_arguments = [*arguments, "--scheduler-file", str(self.file), "--no-dashboard"]
        process = Process(all_arguments, self.file.parent, path)
        self.processes.append(process)
        return process

    def add_worker(self, *arguments: str, path: Path | None = None, nanny: bool = False) -> Process:
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
