"""Regions longer than a block, a shard, a task."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from helixdask.calling.assemble import build_models
from helixdask.calling.decode import decode_region
from helixdask.calling.hmm import build_hmm
from helixdask.calling.source import ArraySource
from helixdask.calling.stage import CallStage
from helixdask.engine.run import RunOptions, run_stage
from helixdask.engine.stage import Region, RegionResult, Work
from helixdask.genes.table import read_genes
from helixdask.store.objects import Folder
from helixdask.store.store import Store
from tests.calling.made_up import random_case
from tests.calling.test_calls import genes_of
from tests.calling.test_stage import make_store

pytestmark = pytest.mark.slow

WHOLE = {"edge_threshold": 0.0, "peak_threshold": 0.0, "min_coding_length": 12, "site_weight": 0.0}


def rows(models):
    """Genes with their ids and scores."""
    scores = [frame["score"].tolist() for frame in (models.genes, models.exons, models.cds)]
    return genes_of(models), models.genes["id"].tolist(), scores


@pytest.fixture(scope="module")
def case():
    return random_case(21, [180_000, 40, 20_000], noise=0.3)


@pytest.fixture(scope="module")
def store(case, tmp_path_factory):
    return make_store(str(tmp_path_factory.mktemp("long") / "toy.zarr"), case)


@pytest.fixture(scope="module")
def expected(case):
    return rows(case.call(**WHOLE))


def test_a_contig_that_is_one_region_is_called_once_by_whichever_task_it_begins_in(store, expected, tmp_path):
    stage = CallStage("base", "x", **WHOLE)
    starts = range(0, store.n_bases, 30_000)
    regions = [Region(i, start, min(start + 30_000, store.n_bases)) for i, start in enumerate(starts)]
    work = Work(Folder(str(tmp_path)))
    stage.prepare(store, work)
    result = RegionResult.merged([stage.run(store, region, work) for region in regions])
    assert result.counts["regions"] == 6  # each contig and strand once
    models = build_models(result.tables, store.contigs.names, store.species)
    assert rows(models) == expected
    assert len(expected[0]) > 100


def test_any_number_of_workers_gives_the_same_genes(store, expected, monkeypatch):
    monkeypatch.setattr("helixdask.engine.cluster._CLUSTER_SECONDS", 0.0)
    monkeypatch.setattr(CallStage, "bases_per_task", 1 << 16)
    for workers in (1, 2):
        summary = run_stage(
            CallStage("base", f"w{workers}", **WHOLE), store.url, RunOptions(workers=workers, quiet=True)
        )
        assert summary.tasks >= 3
        assert rows(read_genes(Store.open(store.url), f"w{workers}")) == expected


def test_a_stopped_call_goes_on_where_it_was(store, expected, monkeypatch):
    monkeypatch.setattr(CallStage, "bases_per_task", 1 << 16)
    stage, run = CallStage("base", "stopped", **WHOLE), CallStage.run

    def stops(self, store, region, work):
        if region.index == 2:
            raise KeyboardInterrupt
        return run(self, store, region, work)

    monkeypatch.setattr(CallStage, "run", stops)
    with pytest.raises(KeyboardInterrupt):
        run_stage(stage, store.url, RunOptions(workers=1, quiet=True))
    assert "stopped" not in Store.open(store.url).names("genes")
    monkeypatch.setattr(CallStage, "run", run)
    summary = run_stage(stage, store.url, RunOptions(workers=1, quiet=True))
    assert summary.resumed == 2
    assert rows(read_genes(Store.open(store.url), "stopped")) == expected


def test_blocks_of_a_long_region_give_the_path_of_one_block():
    case = random_case(7, [300_000], noise=0.5)
    source = ArraySource(case.codes, case.classes[0].astype(np.float32), case.phases[0].astype(np.float32))
    model = build_hmm(min_exon_length=3, min_intron_length=30)
    whole = decode_region(model, source, block=1 << 20)
    blocks = decode_region(model, source, block=1 << 15)
    assert whole.cost == blocks.cost
    assert np.array_equal(whole.states, blocks.states)


MEASURE = """
import resource, sys
import numpy as np
from helixdask.calling.decode import decode_region
from helixdask.calling.path_genes import genes_in_path
from helixdask.calling.posterior import stretch_sums
from helixdask.calling.scored import scored_stretches
from helixdask.calling.settings import CallSettings

HEAD = "C" * 100 + "ATG" + "GCT" * 100 + "GT"
TAIL = "AG" + "GCT" * 100 + "TAA" + "C" * 100
LABELS = "u" * 100 + "c" * 303 + "i" * 4 + "c" * 303 + "u" * 100
EDGE = 405

class Made:
    "A gene with one intron, as long as the region allows."

    def __init__(self, length):
        self.length = length

    def read(self, start, stop):
        place = np.arange(start, stop)
        place = np.where(place < EDGE, place, np.where(place < self.length - EDGE, -1, place - self.length + 2 * EDGE))
        codes = np.frombuffer((HEAD + TAIL + "C").encode(), np.uint8)[place]
        labels = np.frombuffer((LABELS + "i").encode(), np.uint8)[place]
        classes = np.full((4, stop - start), 0.02, np.float32)
        for number, letter in enumerate(b"guci"):
            classes[number, labels == letter] = 0.94
        codes = np.select([codes == letter for letter in b"CATG"], np.arange(4)).astype(np.uint8)
        return codes, classes, np.full((4, stop - start), 0.25, np.float32)

model = CallSettings().model()
def run(length):
    source = Made(length)
    states = decode_region(model, source).states
    tables = genes_in_path(states, 1)
    wanted = np.concatenate(scored_stretches(states, *tables, model.block))
    stretch_sums(model, source, states, wanted)
    return len(tables[2])
run(300_000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
parts = run(1_800_000)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(parts, (after - before) * 1024 / 1_500_000)
"""


def test_memory_of_a_region_of_megabases_grows_by_a_few_bytes_a_base():
    done = subprocess.run([sys.executable, "-c", MEASURE], capture_output=True, text=True, check=True)
    parts, per_base = (float(word) for word in done.stdout.split())
    assert parts == 2  # both ends of an intron of nearly two megabases
    assert per_base < 12  # a whole lattice would be 47 and more, arrays of the region 33
