"""The whole way on a store in an object store, with workers of a Dask cluster."""

import json

import pytest

from helixdask.engine.cluster import RunOptions
from helixdask.simulate import SimulateSettings, simulate
from helixdask.store.store import Store
from tests.cli.s3_way import whole_way
from tests.engine.cluster_processes import a_cluster
from tests.s3_server import a_bucket

pytestmark = pytest.mark.slow


@pytest.fixture
def bucket():
    with a_bucket() as found:
        yield found


@pytest.fixture
def model(tmp_path):
    """Untrained, and without an LSTM, whose graphs take most of the time."""
    from helixdask.trainer.network.build import NetworkSpec, build_network
    from helixdask.trainer.network.card import default_card
    from helixdask.trainer.network.model_file import save_model

    spec = NetworkSpec(cnn_layers=1, filter_depth=8, kernel_size=9, pool_size=9, lstm_layers=0, units=8)
    path = tmp_path / "plain.keras"
    save_model(path, build_network(spec, seed=1), spec, default_card(inference_window=3600, training_window=3600))
    return path


def test_prepare_goes_on_and_tune_and_annotate_follow(bucket, model, tmp_path):
    species = simulate(SimulateSettings(bases=140_000, seed=3, contigs=2, read_depth=0), tmp_path / "species")
    with a_cluster(tmp_path) as cluster:
        for _ in range(2):
            cluster.add_worker(*bucket.preload(tmp_path))
        options = RunOptions(scheduler=json.loads(cluster.file.read_text())["address"], quiet=True)
        first, second, result, requests = whole_way(bucket, species, model, tmp_path, options)
    there = [summary.group for summary in first]
    assert there == ["genome", "genes/reference", "labels/reference"]
    predicted = next(summary for summary in second if summary.group == "predictions/base")
    assert predicted.resumed == 1 < predicted.tasks  # the others were for two workers
    states = {summary.group: (summary.state, summary.resumed) for summary in second if summary is not predicted}
    assert [states.pop(group)[0] for group in there] == ["already there"] * 3
    assert set(states.values()) == {("done", 0)}
    assert result.steps == 3
    assert (tmp_path / "genes.gff3").read_text().startswith("##gff-version 3")
    store = Store.open(f"{bucket.url}/genome.zarr")
    for group in ("predictions/base", "predictions/tuned", "genes/tuned", "selections/default"):
        store.check_objects(group)
    writing = {group for group, kinds in requests.items() if kinds["PUT"]}
    assert writing == {group for group in requests if group != "tune" and not group.endswith("there already")}
