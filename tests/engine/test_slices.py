"""Slices done on a Dask cluster give what they give here, and failures are named."""

import pytest
from distributed import LocalCluster

from helixdask.engine.cluster import RunOptions
from helixdask.engine.slices import run_slices
from helixdask.errors import BadInputError, StageFailedError

REGIONS = [(start, start + 10) for start in range(0, 100, 10)]


@pytest.fixture(scope="module")
def options():
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=False, dashboard_address=":0") as cluster:
        yield RunOptions(scheduler=cluster.scheduler_address, quiet=True)


def length(shared, start, stop):
    return shared[0] * (stop - start) + start


def fails(shared, start, stop):
    raise shared[0]("an example")


def test_the_same_on_a_cluster(options):
    here = dict(run_slices(length, (3,), REGIONS, RunOptions(workers=1), 0.0))
    there = dict(run_slices(length, (3,), REGIONS, options, 1e9))
    assert here == there == {index: 30 + start for index, (start, _) in enumerate(REGIONS)}


@pytest.mark.filterwarnings("ignore")
def test_failures(options):
    with pytest.raises(BadInputError, match="an example"):
        list(run_slices(fails, (BadInputError,), REGIONS, options, 1e9))
    with pytest.raises(StageFailedError, match="ZeroDivisionError: an example"):
        list(run_slices(fails, (ZeroDivisionError,), REGIONS, options, 1e9))
