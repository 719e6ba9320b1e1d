"""The stage on a simulated polyploid: right groups, a table to correct, the same bytes for any cut into regions."""

from __future__ import annotations

import numpy as np
import pytest

from helixdask.engine.run import RunOptions, run_stage
from helixdask.errors import BadInputError
from helixdask.genes.reading.stage import ImportGenesStage
from helixdask.kinship.stage import KinshipStage
from helixdask.sequence.stage import EncodeStage
from helixdask.simulate import SimulateSettings, simulate
from helixdask.store.store import Store
from tests.cli.support import helixdask

HERE = RunOptions(quiet=True, workers=1, replace=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kinship")
    simulate(SimulateSettings(bases=900_000, subgenomes=3, contigs=2, divergence=0.05, read_depth=0), folder)
    run_stage(EncodeStage(str(folder / "genome.fa"), "x"), str(folder / "s.zarr"), HERE)
    run_stage(ImportGenesStage(str(folder / "truth.gff3")), str(folder / "s.zarr"), HERE)
    return folder


@pytest.mark.parametrize("genes", [None, "reference"])
def test_subgenomes_are_found(folder, genes):
    url = str(folder / "s.zarr")
    run_stage(KinshipStage(genes), url, HERE)
    store = Store.open(url)
    group = store.table("kinship/default")["kin_group"].tolist()
    names = [str(name) for name in store.contigs.names]
    assert [names[row][:4] for row in group] == [name[:4] for name in names]
    assert store.attrs("kinship/default")["n_groups"] == 2
    assert store.attrs("kinship/default")["largest_group"] == 3


def test_regions_cut_nothing(folder, monkeypatch):
    url = str(folder / "s.zarr")
    run_stage(KinshipStage("reference"), url, HERE)
    whole = Store.open(url).table("kinship/default")
    monkeypatch.setattr(KinshipStage, "bases_per_task", 1)
    run_stage(KinshipStage("reference", output="parts"), url, HERE)
    parts = Store.open(url).table("kinship/parts")
    assert all((whole[name] == parts[name]).all() for name in whole)
    assert (np.diff(whole["sketch_position"]) > 0).all()


def test_a_table_that_split_takes(folder, tmp_path):
    url = str(folder / "s.zarr")
    table = tmp_path / "groups.tsv"
    ran = helixdask("kinship", url, "-o", str(table))
    assert ran.code == 0
    names = Store.open(url).contigs.names
    rows = [line.split("\t") for line in table.read_text().splitlines()]
    assert rows[0][:3] == ["#contig", "group", "length"]
    assert [row[0] for row in rows[1:]] == [str(name) for name in names]
    assert [row[1] for row in rows[1:]] == [f"{name[:4]}A" for name in names]
    assert all(float(row[6]) > 0.2 for row in rows[1:])


def test_settings_that_cannot_be(folder):
    with pytest.raises(BadInputError, match="one of 2000 k-mers near genes"):
        run_stage(KinshipStage(gene_scale=2000), str(folder / "s.zarr"), HERE)
    with pytest.raises(BadInputError, match="more than 10 copies"):
        run_stage(KinshipStage(most_copies=10), str(folder / "s.zarr"), HERE)
