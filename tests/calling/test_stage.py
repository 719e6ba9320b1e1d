from __future__ import annotations

import numpy as np
import pytest

from helixdask.calling.assemble import build_models
from helixdask.calling.stage import CallStage
from helixdask.engine.run import RunOptions, run_stage
from helixdask.engine.stage import Region, RegionResult, Work
from helixdask.errors import BadInputError
from helixdask.genes.table import read_genes
from helixdask.store.objects import Folder
from helixdask.store.store import Store
from tests.calling.made_up import random_case
from tests.calling.test_calls import genes_of

LENGTHS = [4000, 30, 100, 350, 99, 2500, 1]


def make_store(url, case, *, phases=True) -> Store:
    store = Store.create(url, species="toy")
    store.begin_group("genome")
    store.write_table(
        "genome",
        {
            "contig_name": case.names(),
            "contig_length": case.lengths,
            "contig_offset": np.cumsum(case.lengths) - case.lengths,
            "contig_md5": np.zeros((len(case.lengths), 16), np.uint8),
        },
    )
    store.create_tracks("genome")
    store.write_region("genome/sequence", 0, case.codes)
    store.complete_group("genome", {"digest": "toy"})
    store.begin_group("predictions/base")
    store.create_tracks("predictions/base")
    store.write_region("predictions/base/class_probability", 0, case.classes)
    store.write_region("predictions/base/phase_probability", 0, case.phases)
    store.complete_group("predictions/base", {"digest": "toy", "model_digest": "abc"})
    return Store.open(url)


@pytest.fixture(scope="module")
def case():
    return random_case(11, LENGTHS, noise=0.3)


@pytest.fixture(scope="module")
def store(case, tmp_path_factory):
    return make_store(str(tmp_path_factory.mktemp("call") / "toy.zarr"), case)


@pytest.mark.parametrize("rules", ["default", "helixer"])
def test_the_store_gives_the_same_genes_as_arrays(store, case, rules):
    settings = {"min_coding_length": 12, "rules": rules}
    stage = CallStage("base", rules, **settings)
    summary = run_stage(stage, store.url, RunOptions(workers=1, quiet=True))
    models = read_genes(Store.open(store.url), rules)
    expected = case.call(**settings)
    assert genes_of(models) == genes_of(expected)
    assert models.genes["id"].tolist() == expected.genes["id"].tolist()
    assert summary.attrs["genes"] == len(expected) > 8
    assert summary.attrs["model_digest"] == "abc"


@pytest.mark.slow
@pytest.mark.parametrize("rules", ["default", "helixer"])
@pytest.mark.parametrize("length", [61, 700, 3999])
@pytest.mark.parametrize("look_ahead", [1, 1 << 16])
def test_genes_do_not_depend_on_the_size_of_tasks(store, case, rules, length, look_ahead, monkeypatch, tmp_path):
    monkeypatch.setattr("helixdask.calling.stage._LOOK_AHEAD", look_ahead)
    stage = CallStage("base", "x", min_coding_length=12, peak_threshold=0.5, rules=rules)
    starts = range(0, store.n_bases, length)
    regions = [Region(i, start, min(start + length, store.n_bases)) for i, start in enumerate(starts)]
    work = Work(Folder(str(tmp_path)))
    stage.prepare(store, work)
    result = RegionResult.merged([stage.run(store, region, work) for region in regions])
    models = build_models(result.tables, store.contigs.names, store.species, rules=rules)
    expected = case.call(min_coding_length=12, peak_threshold=0.5, rules=rules)
    assert genes_of(models) == genes_of(expected)
    assert models.genes["id"].tolist() == expected.genes["id"].tolist()
    assert result.counts["genes"] == len(expected)


def test_bad_settings_are_refused_before_work_starts(store):
    for settings in ({"window_size": 0}, {"peak_threshold": 2.0}, {"min_coding_length": -1}, {"rules": "other"}):
        with pytest.raises(BadInputError):
            CallStage("base", "x", **settings).inputs(store)
    with pytest.raises(BadInputError):
        CallStage("other", "x").inputs(store)
