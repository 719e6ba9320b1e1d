"""Finding Dask: a scheduler by address, by file, by Dask's own configuration, or none."""

from __future__ import annotations

import json
import os

import dask
import pytest

from helixdask.engine.cluster import RunOptions, connect
from helixdask.engine.run import run_stage
from tests.engine.cluster_processes import a_cluster
from tests.engine.toy import ToyStage, make_store, processes_of

LENGTHS = [300_000, 77_000]


@pytest.fixture(scope="module")
def scheduler_file(tmp_path_factory):
    """A scheduler and a worker as a cluster's batch system would start them."""
    with a_cluster(tmp_path_factory.mktemp("cluster")) as cluster:
        cluster.add_worker()
        yield cluster.file


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
    with connect(RunOptions(workers=workers), tasks, seconds) as crew:
        assert crew is None
