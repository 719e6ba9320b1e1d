"""A sweep gives, for each set of thresholds, what a call with them gives."""

import csv
from itertools import product

import numpy as np
import pytest

from helixdask.calling.stage import CallStage
from helixdask.engine.run import RunOptions, run_stage
from helixdask.errors import BadInputError
from helixdask.evaluation.grid import Grid, Point, numbers
from helixdask.evaluation.sweep import best_row, sweep
from helixdask.evaluation.sweep_output import draw_sweep, sweep_dict, sweep_table, write_sweep_tsv
from helixdask.genes.table import read_genes
from helixdask.scores.genes import compare_genes
from helixdask.store.store import Store
from tests.calling.made_up import random_case
from tests.calling.test_stage import make_store

LENGTHS = [4000, 30, 100, 350, 99, 2500, 1]
GRID = Grid.of([0.3, 0.8], [0.1, 0.5], [12, 60])


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    case = random_case(11, LENGTHS, noise=0.3)
    return make_store(str(tmp_path_factory.mktemp("sweep") / "toy.zarr"), case)


@pytest.fixture(scope="module")
def reference(store):
    """Genes of a strict call, some of which others miss or add to."""
    run_stage(CallStage("base", "truth", peak_threshold=0.7, min_coding_length=30), store.url, RunOptions(quiet=True))
    return read_genes(Store.open(store.url), "truth")


@pytest.mark.slow
@pytest.mark.parametrize("rules", ["default", "helixer"])
def test_each_row_is_a_call(store, reference, rules):
    stage = CallStage("base", "x", rules=rules)
    rows = sweep(stage, store, GRID, reference=reference, options=RunOptions(quiet=True))
    assert [row.point for row in rows] == [
        Point(peak, edge, length) for edge, peak, length in product((0.1, 0.5), (0.3, 0.8), (12, 60))
    ]
    assert len({row.genes for row in rows}) > 2
    for number, row in enumerate(rows):
        name = f"{rules}{number}"
        run_stage(CallStage("base", name, rules=rules, **vars(row.point)), store.url, RunOptions(quiet=True))
        models = read_genes(Store.open(store.url), name)
        assert row.genes == len(models)
        assert row.coding_bases == (models.cds["end"] - models.cds["start"]).sum()
        assert row.median_gene_length == np.median(models.genes["end"] - models.genes["start"])
        scores = compare_genes(reference, models)
        assert row.matches == {level: scores.match(level) for level in ("base", "exon", "gene")}
    best = best_row(rows)
    assert rows[best].matches["gene"].f1 == max(row.matches["gene"].f1 for row in rows)


@pytest.mark.slow
def test_nothing_is_written_to_the_store_and_contigs_can_be_chosen(store, reference):
    before = Store.open(store.url).names("genes")
    options = RunOptions(quiet=True)
    rows = sweep(CallStage("base", "x"), store, GRID, reference=reference, contigs=np.array([0]), options=options)
    assert Store.open(store.url).names("genes") == before
    every = sweep(CallStage("base", "x"), store, GRID, options=options)
    assert all(some.genes < all_.genes for some, all_ in zip(rows, every, strict=True))
    assert every[0].matches == {}
    assert best_row(every) is None


@pytest.mark.slow
def test_table_and_files(store, reference, tmp_path):
    pytest.importorskip("matplotlib")
    rows = sweep(CallStage("base", "x"), store, GRID, reference=reference, options=RunOptions(quiet=True))
    table = sweep_table(rows)
    assert sum("*" in row[0] for row in table.rows) == 1
    assert all(len(row) == len(table.columns) for row in table.rows)
    write_sweep_tsv(rows, tmp_path / "s.tsv")
    with (tmp_path / "s.tsv").open() as lines:
        written = list(csv.DictReader(lines, delimiter="\t"))
    assert [int(row["genes"]) for row in written] == [row.genes for row in rows]
    assert sweep_dict(rows)["best"] in sweep_dict(rows)["rows"]
    draw_sweep(rows, tmp_path / "s.png")
    assert (tmp_path / "s.png").read_bytes()[:4] == b"\x89PNG"


def test_lists_of_numbers():
    assert numbers("0.5, 0.9,") == [0.5, 0.9]
    assert Grid.of([], [], []) == Grid()
    assert Grid.of([0.9, 0.5, 0.9], [0.1], [60]).peaks == (0.5, 0.9)
    with pytest.raises(BadInputError, match="no list of numbers"):
        numbers("a,b")
    with pytest.raises(BadInputError, match="no share"):
        Grid.of([1.5], [], [])
    with pytest.raises(BadInputError, match="negative"):
        Grid.of([], [], [-1])
