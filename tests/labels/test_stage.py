from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helixdask.engine.run import RunOptions, run_stage
from helixdask.errors import BadInputError, MissingInputError
from helixdask.genes.reading.stage import ImportGenesStage
from helixdask.genes.table import read_genes, write_genes
from helixdask.labels.paint import TRACKS, paint
from helixdask.labels.stage import LabelsStage
from helixdask.store.store import Store
from tests.labels.gene_sets import GeneSet, gene_sets, models_of
from tests.labels.store_of import store_of
from tests.labels.support import Labelled

GENE = """\
##gff-version 3
one\tx\tgene\t{0}\t{1}\t.\t+\t.\tID=g1
one\tx\tmRNA\t{0}\t{1}\t.\t+\t.\tID=t1;Parent=g1
one\tx\texon\t{0}\t{1}\t.\t+\t.\tParent=t1
one\tx\tCDS\t{2}\t{3}\t.\t+\t0\tParent=t1
two\tx\tgene\t11\t40\t.\t-\t.\tID=g2
nowhere\tx\tgene\t11\t40\t.\t-\t.\tID=g3
"""


@pytest.fixture
def made(tmp_path):
    # The gene lies across the border between two regions of 65,536 bases.
    rng = np.random.default_rng(1)
    bases = rng.choice(list("CATG"), 200_000)
    bases[65_500:65_600] = list("ATG" + "C" * 94 + "TAA")
    sequences = {"one": "".join(bases), "two": "".join(rng.choice(list("CATG"), 70_000)), "three": "N" * 100_000}
    gff = tmp_path / "genes.gff3"
    gff.write_text(GENE.format(65_491, 65_700, 65_501, 65_600))
    return store_of(tmp_path / "g.zarr", sequences), sequences, gff


def test_tracks_findings_and_counts(made):
    store, sequences, gff = made
    run_stage(ImportGenesStage(gff=str(gff)), store.url)
    summary = run_stage(LabelsStage(), store.url)
    store = Store.open(store.url)
    expected = Labelled(gff, sequences, "default")
    for name in TRACKS:
        made_track = store.read(f"labels/reference/{name}", 0, store.n_bases)
        np.testing.assert_array_equal(made_track, expected.tracks[name])
    assert np.flatnonzero(made_track[0]).tolist() == list(range(65_490, 65_700))
    attrs = store.attrs("labels/reference")
    assert attrs["bases_cds"] == 100
    assert attrs["bases_utr"] == 110
    assert attrs["bases_intergenic"] == 2 * store.n_bases - 210
    assert attrs["genes_labelled"] == 1
    assert attrs["masks"] == {"mismatched_ending_phase": 2, "empty_gene": 1}
    assert attrs["bases_masked"] == int((expected.tracks["valid"] == 0).sum()) > 0
    table = store.table("labels/reference/findings")
    assert table["finding_gene"].tolist() == ["g1", "g1", "g2"]
    assert "masked 10-40 -" in table["finding_action"].tolist()
    found = store.table("genes/reference/findings")
    assert "contig_unknown" in found["finding_code"].tolist()
    label = store.read("labels/reference/label", 0, store.n_bases)
    assert store.contigs.holding(0, label).tolist() == [0]
    assert attrs["contigs_annotated"] == 1
    assert attrs["bases_of_annotated_contigs"] == store.contigs.lengths[0]
    assert summary.stage == "labels"


def test_regions_without_genes_are_not_written(made):
    store, _, gff = made
    run_stage(ImportGenesStage(gff=str(gff)), store.url)
    run_stage(LabelsStage(), store.url)
    written = sorted((Path(store.url) / "labels/reference/label/c").rglob("*"))
    # Both strands of a shard lie in one object.
    assert [path.name for path in written if path.is_file()] == ["0", "1"]


def test_what_is_missing_is_named(made, tmp_path):
    store, _, _ = made
    with pytest.raises(MissingInputError, match="genes/reference"):
        run_stage(LabelsStage(), store.url)
    with pytest.raises(BadInputError, match="rules"):
        run_stage(LabelsStage(rules="none"), store.url)
    with pytest.raises(BadInputError):
        run_stage(ImportGenesStage(gff=str(tmp_path / "none.gff3")), store.url)


def test_an_annotation_without_genes(made, tmp_path):
    store, _, _ = made
    empty = tmp_path / "empty.gff3"
    empty.write_text("##gff-version 3\n")
    run_stage(ImportGenesStage(gff=str(empty), output="none"), store.url)
    run_stage(LabelsStage(genes="none", output="none"), store.url)
    store = Store.open(store.url)
    assert len(read_genes(store, "none")) == 0
    assert store.attrs("labels/none")["bases_intergenic"] == 2 * store.n_bases
    assert store.table("genes/none/findings")["finding_code"].tolist() == ["no_genes"]
    assert not store.read("labels/none/label", 0, store.n_bases).any()


@pytest.mark.slow
def test_rules_of_helixer_need_the_phases_of_the_file_and_the_standard_code(made, tmp_path):
    store, _, gff = made
    run_stage(ImportGenesStage(gff=str(gff)), store.url)
    with pytest.raises(BadInputError, match="phases of the annotation file") as caught:
        run_stage(LabelsStage(rules="helixer"), store.url)
    assert "--rules helixer" in str(caught.value.remedy)
    run_stage(ImportGenesStage(gff=str(gff), output="exact", phases="file"), store.url)
    with pytest.raises(BadInputError, match="standard genetic code"):
        run_stage(LabelsStage(genes="exact", output="exact", rules="helixer", genetic_code=4), store.url)
    run_stage(LabelsStage(genes="exact", output="exact", rules="helixer"), store.url)
    table = Store.open(store.url).table("labels/exact/findings")
    # Not masked, but named.
    assert ("g2", "empty_gene") in set(zip(table["finding_gene"], table["finding_code"], strict=True))


def test_genetic_codes_are_checked_and_recorded(made, tmp_path):
    store, _, gff = made
    run_stage(ImportGenesStage(gff=str(gff)), store.url)
    codes = tmp_path / "codes.tsv"
    codes.write_text("two\t2\n")
    run_stage(LabelsStage(genetic_code=6, genetic_codes=str(codes)), store.url)
    attrs = Store.open(store.url).attrs("labels/reference")
    assert (attrs["genetic_code"], attrs["genetic_codes"]) == (6, {"two": 2})
    codes.write_text("four\t2\n")
    with pytest.raises(BadInputError, match="no contig 'four'"):
        run_stage(LabelsStage(genetic_codes=str(codes)), store.url)
    with pytest.raises(BadInputError, match="no genetic code 8"):
        run_stage(LabelsStage(genetic_code=8), store.url)


class SmallTasks(LabelsStage):
    bases_per_task = 1


def test_many_small_tasks_make_the_same_bytes_as_one(made):
    store, _, gff = made
    run_stage(ImportGenesStage(gff=str(gff)), store.url)
    one = run_stage(LabelsStage(output="one"), store.url, RunOptions(workers=1))
    many = run_stage(SmallTasks(output="many"), store.url, RunOptions(workers=1))
    assert (one.tasks, many.tasks) == (1, 6)
    folders = [Path(store.url) / "labels" / name for name in ("one", "many")]
    files = [{str(p.relative_to(f)): p.read_bytes() for p in f.rglob("c/**/*") if p.is_file()} for f in folders]
    assert files[0] == files[1]
    assert len(files[0]) > 5
    counts = [{k: v for k, v in summary.attrs.items() if k.startswith("bases_")} for summary in (one, many)]
    assert counts[0] == counts[1]


@pytest.mark.slow
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(gene_sets(), st.integers(1, 5 * 65_536))
def test_any_region_length_gives_the_tracks_of_the_whole(tmp_path_factory, genes, bases_per_task):
    # Seven hundred times as large, genes and all, so that it has several shards.
    large = GeneSet(
        tuple(
            replace(gene, isoforms=tuple(replace(i, exons=grown(i.exons), cds=grown(i.cds)) for i in gene.isoforms))
            for gene in genes.genes
        ),
        {name: np.repeat(codes, 700) for name, codes in genes.codes.items()},
    )
    texts = {name: "".join(np.array(list("CATG"))[codes]) for name, codes in large.codes.items()}
    store = store_of(tmp_path_factory.mktemp("stores") / "g.zarr", texts)
    store.begin_group("genes/reference")
    write_genes(store, "genes/reference", models_of(large))
    store.complete_group("genes/reference", {"digest": "genes"})

    class Tasks(LabelsStage):
        pass

    Tasks.bases_per_task = bases_per_task
    run_stage(Tasks(), store.url, RunOptions(workers=1, quiet=True))
    store = Store.open(store.url)
    whole = paint(large.tables().strands, 0, store.n_bases)
    for name in TRACKS:
        np.testing.assert_array_equal(store.read(f"labels/reference/{name}", 0, store.n_bases), whole[name])


def grown(parts):
    return tuple((700 * a, 700 * b) for a, b in parts)
