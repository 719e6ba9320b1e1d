"""The whole way on a store in an object store, with workers of a Dask cluster."""

import json

import pytest

from helixdask.engine import run
from helixdask.engine.cluster import RunOptions
from helixdask.engine.run import Summary
from helixdask.sequence.settings import EncodeSettings
from helixdask.store.store import Store
from tests.engine.cluster_processes import a_cluster
from tests.s3_server import a_bucket

pytestmark = pytest.mark.slow


@pytest.fixture
def bucket(monkeypatch):
    with a_bucket() as found:
        for name, value in found.environment.items():  # for the workers
            monkeypatch.setenv(name, value)
        yield found


def test_prepare_tune_and_annotate(bucket, species, tiny_model, tmp_path, monkeypatch, record_property):
    from helixdask.trainer.recipes import PrepareSettings, annotate, prepare
    from helixdask.trainer.tuning.tune import TuneSettings, tune

    url = f"{bucket.url}/genome.zarr"
    settings = PrepareSettings(
        EncodeSettings(str(species.genome), "simulated"),
        url,
        gff3=str(species.truth),
        model=str(tiny_model),
        window_length=900,
    )
    told, requests = [], {}

    def on_stage(summary: Summary) -> None:
        told.append(summary)
        requests[summary.group] = bucket.taken()

    run_regions = run.run_regions

    def only_the_first(stage, store, todo, options):
        if stage.name == "predict":
            yield from run_regions(stage, store, todo[:1], options)
            raise KeyboardInterrupt
        yield from run_regions(stage, store, todo, options)

    with a_cluster(tmp_path) as cluster:
        for _ in range(2):
            cluster.add_worker()
        options = RunOptions(scheduler=json.loads(cluster.file.read_text())["address"], quiet=True)
        with monkeypatch.context() as patch:
            patch.setattr(run, "run_regions", only_the_first)
            with pytest.raises(KeyboardInterrupt):
                prepare(settings, options, on_stage)
        first = [summary.group for summary in told]
        assert first == ["genome", "genes/reference", "labels/reference"]
        told.clear()
        bucket.taken()
        prepare(settings, options, on_stage)
        states = {summary.group: (summary.state, summary.resumed) for summary in told}
        assert [states.pop(group)[0] for group in first] == ["already there"] * 3
        assert states.pop("predictions/base") == ("done", 1)
        assert set(states.values()) == {("done", 0)}
        tuned = str(tmp_path / "tuned.keras")
        result = tune(TuneSettings((url,), tuned, model=str(tiny_model), mode="head", max_steps=3, threads=1))
        assert result.steps == 3
        requests["tune"] = bucket.taken()
        gff3 = tmp_path / "genes.gff3"
        annotate(url, tuned, str(gff3), options, on_stage=on_stage)
    assert gff3.read_text().startswith("##gff-version 3")
    store = Store.open(url)
    for group in ("predictions/base", "predictions/tuned", "genes/tuned", "selections/default"):
        store.check_objects(group)
    assert not store.folder.folder(".work").names()
    for group, kinds in requests.items():
        record_property(group, json.dumps(kinds))
    assert all(kinds["PUT"] for group, kinds in requests.items() if group not in first and group != "tune")
    assert not requests["tune"]["PUT"]
