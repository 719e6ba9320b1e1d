"""Finding Dask: a scheduler by address, by file, by Dask's own configuration, or none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import dask
import pytest

from helixdask.engine.cluster import RunOptions, connect
from helixdask.engine.run import run_stage
from tests.engine.toy import ToyStage, make_store

LENGTHS = [300_000, 77_000]


@pytest.fixture(scope="module")
def scheduler_file(tmp_path_factory):
    """A scheduler and a worker as a cluster's batch system would start them."""
    root = Path(__file__).parents[2]
    path = tmp_path_factory.mktemp("cluster") / "scheduler.json"
    environment = {**os.environ, "PYTHONPATH": str(root)}
    file_option = ["--scheduler-file", str(path)]
    dask_command = [sys.executable, "-m", "dask"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
    scheduler = subprocess.Popen(
        [*dask_command, "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", *file_option],
        **quiet,
    )
    worker = subprocess.Popen(
        [*dask_command, "worker", *file_option, "--no-dashboard", "--no-nanny", "--nthreads", "1"],
        **quiet,
    )
    deadline = time.monotonic() + 600
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    yield path
    for process in (worker, scheduler):
        process.terminate()
        process.wait()


def processes_of(folder: Path) -> set[int]:
    return {int(path.name.split("-")[3]) for path in folder.glob("run-*")}


@pytest.mark.slow
def test_by_file_address_and_configuration(scheduler_file, tmp_path):
    url = str(tmp_path / "a.zarr")
    make_store(url, LENGTHS)
    address = json.loads(scheduler_file.read_text())["address"]
    used = []
    ways = (RunOptions(scheduler_file=str(scheduler_file), quiet=True), RunOptions(scheduler=address, quiet=True))
    for number, options in enumerate(ways):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert run_stage(ToyStage(str(folder), label=f"way{number}"), url, options).state == "done"
        used.append(processes_of(folder))
    folder = tmp_path / "configured"
    folder.mkdir()
    with dask.config.set({"scheduler-address": address}):
        run_stage(ToyStage(str(folder), label="configured"), url, RunOptions(quiet=True))
    used.append(processes_of(folder))
    assert used[0] == used[1] == used[2]
    assert os.getpid() not in used[0]


@pytest.mark.parametrize(
    ("workers", "tasks", "seconds"), [(1, 100, 1000.0), (2, 2, 1000.0), (2, 100, 1.0)], ids=["one", "two", "short"]
)
def test_little_work_starts_no_cluster(workers, tasks, seconds):
    with connect(RunOptions(workers=workers), tasks, seconds) as client:
        assert client is None
