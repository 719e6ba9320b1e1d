"""The stage on a simulated polyploid: right groups, a table to correct, the same bytes for any cut into regions."""

from __future__ import annotations

import numpy as np
import pytest

from helixdask.engine.removal import remove_group
from helixdask.engine.run import RunOptions, run_stage
from helixdask.errors import BadInputError, MissingInputError
from helixdask.genes.reading.stage import ImportGenesStage
from helixdask.kinship.settings import KinshipSettings
from helixdask.kinship.stage import KinshipStage
from helixdask.sequence.stage import EncodeStage
from helixdask.simulate import SimulateSettings, simulate
from helixdask.stages import kinship_stage
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


def test_the_table_can_be_had_again_when_more_genes_were_called(folder):
    url = str(folder / "s.zarr")
    run_stage(KinshipStage("reference", output="again"), url, HERE)
    run_stage(ImportGenesStage(str(folder / "truth.gff3"), output="others"), url, HERE)
    try:
        stage = kinship_stage(url, KinshipSettings(output="again"))
        assert stage.genes == "reference"
        assert run_stage(stage, url, HERE).state == "already there"
        with pytest.raises(MissingInputError, match="several genes"):
            kinship_stage(url, KinshipSettings(output="never"))
    finally:
        remove_group(Store.open(url), "genes/others")


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


def test_a_genome_in_lower_case_is_not_all_repeats(folder, tmp_path):
    found = []
    for change in (str.upper, str.lower):
        records = (folder / "genome.fa").read_text().split(">")[1:]
        parts = [record.partition("\n") for record in records]
        (tmp_path / "g.fa").write_text("".join(f">{name}\n{change(text)}" for name, _, text in parts))
        url = str(tmp_path / f"{change.__name__}.zarr")
        for stage in (EncodeStage(str(tmp_path / "g.fa"), "x"), KinshipStage()):
            run_stage(stage, url, HERE)
        found.append(Store.open(url).table("kinship/default"))
    assert found[0].keys() == found[1].keys()
    assert all((found[0][name] == found[1][name]).all() for name in found[0])
    assert (found[0]["kin_kmers"] > 20).all()


def test_regions_cut_nothing(folder, monkeypatch):
    url = str(folder / "s.zarr")
    run_stage(KinshipStage("reference"), url, HERE)
    whole = Store.open(url).table("kinship/default")
    monkeypatch.setattr(KinshipStage, "bases_per_task", 1)
    run_stage(KinshipStage("reference", output="parts"), url, HERE)
    parts = Store.open(url).table("kinship/parts")
    assert all((whole[name] == parts[name]).all() for name in whole)
    assert (np.diff(whole["sketch_position"]) > 0).all()


@pytest.mark.slow
def test_the_order_of_contigs_does_not_matter(folder, tmp_path):
    url = str(folder / "s.zarr")
    run_stage(KinshipStage("reference"), url, HERE)
    records = (folder / "genome.fa").read_text().split(">")[1:]
    names = [record.split("\n")[0] for record in records]
    twin = records[3].replace(names[3], "twin")  # as long as its copy, and with all that it shares
    keys, found = ("first", "second", "shared", "containment", "colinear"), []
    for order in ([0, 1, 2, 3, 4, 5, 6], [6, 3, 5, 0, 4, 1, 2]):
        fasta, other = tmp_path / "g.fa", str(tmp_path / f"{order[0]}.zarr")
        fasta.write_text("".join(">" + [*records, twin][row] for row in order))
        run_stage(EncodeStage(str(fasta), "x"), other, HERE)
        run_stage(ImportGenesStage(str(folder / "truth.gff3")), other, HERE)
        run_stage(KinshipStage("reference"), other, HERE)
        store = Store.open(other)
        table, name = store.table("kinship/default"), store.contigs.names
        pairs = zip(*(table[f"pair_{key}"] for key in keys), strict=True)
        groups = zip(name, name[table["kin_group"]], table["kin_kmers"].tolist(), strict=True)
        found.append((set(groups), {(frozenset((name[a], name[b])), *rest) for a, b, *rest in pairs}))
    assert found[0] == found[1]
    assert len(found[0][1]) >= 7  # three of either chromosome, and the twin with its copy


def test_a_table_that_split_takes(folder, tmp_path):
    url = str(folder / "s.zarr")
    table = tmp_path / "groups.tsv"
    ran = helixdask("kinship", url, "-o", str(table))
    assert ran.code == 0
    names = Store.open(url).contigs.names
    rows = [line.split("\t") for line in table.read_text().splitlines()]
    assert rows[0][:3] == ["#contig", "group", "length"]
    assert [row[0] for row in rows[1:]] == [str(name) for name in names]
    longest = {name[:4]: max((int(row[2]), row[0]) for row in rows[1:] if row[0][:4] == name[:4])[1] for name in names}
    assert [row[1] for row in rows[1:]] == [longest[name[:4]] for name in names]
    assert all(float(row[6]) > 0.2 for row in rows[1:])


def test_settings_that_cannot_be(folder):
    with pytest.raises(BadInputError, match="one of 2000 k-mers near genes"):
        run_stage(KinshipStage(gene_scale=2000), str(folder / "s.zarr"), HERE)
    with pytest.raises(BadInputError, match="more than 10 copies"):
        run_stage(KinshipStage(most_copies=10), str(folder / "s.zarr"), HERE)
