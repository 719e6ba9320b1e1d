"""Reads weigh in where genes are called: what they look like is learnt from genes that were called without them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helixdask.calling.read_evidence import (
    N_FEATURES,
    called_labels,
    count_features,
    read_features,
    read_likelihoods,
    with_reads,
)
from helixdask.calling.stage import CallStage
from helixdask.calling.utr_prior import raise_utr, utr_factor
from helixdask.engine.run import RunOptions, run_stage
from helixdask.engine.stage import Region, RegionResult, Work
from helixdask.errors import BadInputError, MissingInputError
from helixdask.genes.table import read_genes
from helixdask.store.objects import Folder
from helixdask.store.store import Store
from tests.calling.made_up import random_case
from tests.calling.test_stage import make_store
from tests.small_store import publish

N = 40_000


def transcribed(label, rng, depth=6.0):
    """Reads of a stranded library over the exons of (2, n) labels, spliced across the introns."""
    exonic = (label == 1) | (label == 2)
    return rng.poisson(exonic * depth + 0.02), rng.poisson((label == 3) * depth)


def weighed(classes, coverage, spliced, called, **kind):
    genic = classes[:, 0] < 0.5
    features = [read_features(coverage, spliced, genic[1 - s], s) for s in (0, 1)]
    learnt = read_likelihoods(sum(count_features(f, c) for f, c in zip(features, called, strict=True)), **kind)
    return np.stack([with_reads(c, f, learnt, **kind) for c, f in zip(classes, features, strict=True)]), learnt


@pytest.fixture(scope="module")
def half_found():
    """True labels, and a network that is sure of half of the genes and of the others sure that they are none."""
    rng = np.random.default_rng(1)
    label = np.zeros((2, N), np.uint8)
    found = np.zeros((2, N), bool)
    for strand, gene in enumerate(np.array_split(np.arange(80), 2)):
        for place in (gene * 500).tolist():
            label[strand, place : place + 300] = np.repeat([1, 2, 3, 2, 1], 60)
            found[strand, place : place + 300] = rng.random() < 0.5
    called = np.where(found, label, 0)
    classes = np.moveaxis(np.eye(4, dtype=np.float32)[called] * 0.6 + 0.1, 2, 1)
    return label, called, classes


def test_what_was_missed_is_found(half_found):
    label, called, classes = half_found
    coverage, spliced = transcribed(label, np.random.default_rng(2))
    given_reads, learnt = weighed(classes, coverage, spliced, called)
    exonic = np.isin(label, (1, 2))
    share = (exonic & (called == 0)).sum() / (called == 0).sum()
    assert learnt.missed[0] == pytest.approx(share, rel=0.25)
    assert np.isin(given_reads.argmax(1), (1, 2))[exonic].mean() > 0.97
    assert (given_reads.argmax(1) == 0)[label == 0].mean() > 0.97
    assert (given_reads.argmax(1) == 3)[(label == 3) & (called == 3)].mean() > 0.97


def test_an_unstranded_library_makes_no_gene_on_the_other_strand(half_found):
    label, called, classes = half_found
    coverage, spliced = transcribed(label, np.random.default_rng(2))
    both = [np.stack([track.sum(0)] * 2) for track in (coverage, spliced)]
    given_reads, _ = weighed(classes, *both, called)
    opposite = (label == 0) & (called[::-1] > 0)
    assert (given_reads.argmax(1) == 0)[opposite].mean() > 0.99


def test_proteins_find_coding_bases_and_say_nothing_of_utrs(half_found):
    label, called, classes = half_found
    rng = np.random.default_rng(2)
    proteins = rng.poisson((label == 2) * 6.0 + 0.02), rng.poisson((label == 3) * 6.0)
    given_proteins, _ = weighed(classes, *proteins, called, coding=True)
    best = given_proteins.argmax(1)
    assert (best == 2)[label == 2].mean() > 0.97
    assert (best == 1)[(label == 1) & (called == 1)].mean() > 0.97
    assert (best == 0)[label == 0].mean() > 0.97
    odds = np.log(given_proteins[:, 1] / given_proteins[:, 0]) - np.log(classes[:, 1] / classes[:, 0])
    assert np.abs(odds[proteins[0] == 0]).max() < 0.1
    as_reads, _ = weighed(classes, *proteins, called)
    odds = np.log(as_reads[:, 1] / as_reads[:, 0]) - np.log(classes[:, 1] / classes[:, 0])
    assert np.abs(odds[proteins[0] == 0]).max() > 0.3


@pytest.mark.parametrize("depth", [0.0, 3.0])
def test_reads_that_tell_nothing_change_nothing(half_found, depth):
    _, called, classes = half_found
    rng = np.random.default_rng(3)
    given_reads, learnt = weighed(classes, rng.poisson(depth, (2, N)), np.zeros((2, N), int), called)
    assert learnt.missed.tolist() == [0, 0]
    assert (given_reads.argmax(1) == classes.argmax(1)).all()
    assert np.abs(given_reads - classes).max() < 0.1


@given(st.integers(0, 1 << 32), st.integers(1, 60), st.sampled_from([1, 100, 1 << 20]))
def test_probabilities_stay_probabilities(seed, n, depth):
    rng = np.random.default_rng(seed)
    coverage, spliced = rng.integers(0, depth, (2, 2, n))
    features = read_features(coverage, spliced, rng.random(n) < 0.5, int(rng.integers(2)))
    assert features.min() >= 0
    assert features.max() < N_FEATURES
    classes = rng.dirichlet([0.3] * 4, n).T.astype(np.float32)
    classes[:, rng.random(n) < 0.2] = 0
    learnt = read_likelihoods(count_features(features, rng.integers(0, 4, n).astype(np.uint8)))
    total = with_reads(classes, features, learnt).sum(0)
    assert np.allclose(total[classes.sum(0) > 0], 1, atol=1e-5)
    assert (total[classes.sum(0) == 0] == 0).all()


@pytest.fixture(scope="module")
def case():
    return random_case(5, [12_000, 400, 5_000], noise=0.2)


@pytest.fixture(scope="module")
def store(case, tmp_path_factory):
    """A store with predictions of few genes and reads of all of them."""
    rng = np.random.default_rng(4)
    doubtful = np.array(case.classes)
    label = doubtful.argmax(1)
    weak = np.repeat(rng.random((2, 1 + label.shape[1] // 1000)) < 0.4, 1000, axis=1)[:, : label.shape[1]]
    doubtful[:, 0][weak] += 1.0
    doubtful = (doubtful / doubtful.sum(1, keepdims=True)).astype(np.float16)
    made = make_store(str(tmp_path_factory.mktemp("reads") / "toy.zarr"), case)
    publish(made, "predictions/weak", {"class_probability": doubtful, "phase_probability": case.phases})
    reads = transcribed(label, rng)
    for name, kind in (("rnaseq/leaf", "rnaseq"), ("rnaseq/open", "atac"), ("far/open", "atac")):
        tracks = {"coverage": reads[0].astype(np.uint32), "spliced_coverage": reads[1].astype(np.uint32)}
        publish(made, f"coverage/{name}", tracks, kind=kind)
    return Store.open(made.url)


SETTINGS = {"min_coding_length": 12, "coverage": "rnaseq"}


@pytest.mark.slow
def test_more_genes_are_found_with_reads(store, case):
    coding = case.classes.argmax(1) == 2
    found = {}
    for name, coverage in (("without", None), ("with", "rnaseq")):
        stage = CallStage("weak", name, **SETTINGS | {"coverage": coverage})
        summary = run_stage(stage, store.url, RunOptions(workers=1, quiet=True))
        genes = read_genes(Store.open(store.url), name)
        called = np.zeros_like(coding)
        parts = genes.cds.join(genes.transcripts[["gene"]], on="transcript").join(
            genes.genes[["contig", "strand"]], on="gene"
        )
        for part in parts.itertuples():
            offset = store.contigs.offsets[part.contig]
            called[part.strand, offset + part.start : offset + part.end] = True
        found[name] = 2 * (called & coding).sum() / (called.sum() + coding.sum())
    assert found["with"] > found["without"] + 0.05 > 0.5
    assert summary.attrs["libraries"] == ["leaf"]
    assert "coverage" not in Store.open(store.url).attrs("genes/without")


@pytest.mark.parametrize("look_ahead", [1, 1 << 16])
def test_genes_do_not_depend_on_the_size_of_tasks(store, look_ahead, monkeypatch, tmp_path):
    stage = CallStage("weak", "x", **SETTINGS)
    correction = stage.learn(store)
    assert correction.learnt.reads is not None

    def called(length):
        starts = range(0, store.n_bases, length)
        regions = [Region(i, start, min(start + length, store.n_bases)) for i, start in enumerate(starts)]
        monkeypatch.setattr(CallStage, "_correction", lambda self, store, work: correction)
        return RegionResult.merged([stage.run(store, region, None) for region in regions]).tables

    whole = called(store.n_bases)
    monkeypatch.setattr("helixdask.calling.stage._LOOK_AHEAD", look_ahead)
    parts = called(2_900)
    assert len(whole["gene_start"]) > 20
    order = [np.lexsort((t["gene_strand"], t["gene_start"], t["gene_contig"])) for t in (whole, parts)]
    for column in ("gene_contig", "gene_start", "gene_end", "gene_strand", "gene_n_cds"):
        assert np.array_equal(whole[column][order[0]], parts[column][order[1]])


def test_labels_of_called_genes(store, tmp_path):
    stage, work = CallStage("base", "x", min_coding_length=12), Work(Folder(str(tmp_path / "work")))
    stage.prepare(store, work)
    columns = stage.run(store, Region(0, 0, store.n_bases), work).tables
    label = called_labels(columns, 1, store.contigs.offsets, 0, store.n_bases)
    exonic = (columns["exon_end"] - columns["exon_start"])[
        np.repeat(columns["gene_strand"] == 1, columns["gene_n_exons"])
    ]
    assert np.isin(label, (1, 2)).sum() == exonic.sum() > 0
    part = called_labels(columns, 1, store.contigs.offsets, 777, 12_345)
    assert np.array_equal(part, label[777:12_345])


def test_what_cannot_weigh_in_is_refused(store):
    with pytest.raises(BadInputError, match="as they are"):
        CallStage("weak", "x", coverage="rnaseq", rules="helixer").inputs(store)
    with pytest.raises(MissingInputError, match="no library of RNA-seq"):
        CallStage("weak", "x", coverage="far").inputs(store)
    with pytest.raises(MissingInputError, match="coverage/other is not in the store"):
        CallStage("weak", "x", coverage="other").inputs(store)


def test_without_genes_reads_are_not_looked_at(store, tmp_path, caplog):
    stage = CallStage("weak", "x", coverage="rnaseq", peak_threshold=1.0, edge_threshold=1.0)
    work = Work(Folder(str(tmp_path / "work")))
    stage.prepare(store, work)
    assert "hardly any gene is called" in caplog.text
    assert stage._correction(store, work).changes_nothing


def test_utrs_are_as_probable_as_is_expected(store, tmp_path):
    for ratio, factor in ((None, 1.0), (0.0, 1.0), (0.01, 1.0), (3.0, None), (10.0, 30.0)):
        found = CallStage("base", "x", utr_ratio=ratio).learn(store).learnt.utr_factor
        assert found == factor or (factor is None and 1 < found < 30)
    with pytest.raises(BadInputError, match="as they are"):
        CallStage("base", "x", utr_ratio=0.3, rules="helixer").inputs(store)


@given(st.integers(0, 1 << 32), st.floats(0.01, 5))
def test_the_factor_gives_the_ratio(seed, ratio):
    rng = np.random.default_rng(seed)
    classes = rng.dirichlet([2.0, 0.3, 1.0, 0.5], 5_000).T.astype(np.float32)
    factor = utr_factor(classes[1], classes[2], ratio)
    raised = raise_utr(classes, factor)
    assert np.allclose(raised.sum(0), 1, atol=1e-5)
    reached = raised[1].sum() / raised[2].sum()
    if factor == 1.0:
        assert reached >= ratio
    elif factor < 30:
        assert reached == pytest.approx(ratio, rel=0.01)
    else:
        assert reached < ratio
