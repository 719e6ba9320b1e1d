"""Scores of a store and of annotation files."""

from __future__ import annotations

import numpy as np
import pytest

from helixdask.engine.run import RunOptions, run_stage
from helixdask.errors import BadInputError
from helixdask.evaluation import evaluate
from helixdask.genes.reading.stage import ImportGenesStage
from helixdask.labels.stage import LabelsStage
from tests.labels.store_of import store_of
from tests.small_store import publish

HERE = RunOptions(workers=1, quiet=True)
GENE = "ATG" + "GCA" * 50 + "TAA"
FLANK = "CCTTG" * 20
GFF = """##gff-version 3
a	x	gene	91	266	.	+	.	ID=g
a	x	mRNA	91	266	.	+	.	ID=t;Parent=g
a	x	exon	91	266	.	+	.	Parent=t
a	x	CDS	101	256	.	+	0	Parent=t
"""


@pytest.fixture
def store(tmp_path):
    """Two contigs, one with a gene; predictions that are the labels, and some that are never right."""
    (tmp_path / "truth.gff3").write_text(GFF)
    store = store_of(str(tmp_path / "a.zarr"), {"a": FLANK + GENE + FLANK, "b": FLANK})
    run_stage(ImportGenesStage(str(tmp_path / "truth.gff3")), store.url, HERE)
    run_stage(LabelsStage(), store.url, HERE)
    label = store.read("labels/reference/label", 0, store.n_bases)
    for name, shown in (("right", label), ("wrong", (label + 1) % 4)):
        probability = (np.arange(4)[None, :, None] == shown[:, None]).astype(np.float16)
        publish(store, f"predictions/{name}", {"class_probability": probability})
    return store


def test_right_is_one_and_wrong_is_nothing(store, tmp_path):
    scores = evaluate(store.url, str(tmp_path / "truth.gff3"), quiet=True)
    assert scores.bases["right"].genic.f1 == 1
    assert scores.bases["right"].accuracy == 1
    assert scores.bases["wrong"].accuracy == 0
    assert 0 < scores.bases["right"].n_bases <= 2 * store.n_bases
    assert scores.genes == {}


def test_only_some_contigs(store, tmp_path):
    scores = evaluate(store.url, str(tmp_path / "truth.gff3"), predictions="right", contigs=["b"], quiet=True)
    assert list(scores.bases) == ["right"]
    assert scores.bases["right"].n_bases == 2 * len(FLANK)
    assert scores.contigs == ["b"]
    with pytest.raises(BadInputError, match="no contig"):
        evaluate(store.url, str(tmp_path / "truth.gff3"), contigs=["c"], quiet=True)


def test_two_annotations(tmp_path):
    truth, other = tmp_path / "truth.gff3", tmp_path / "other.gff3"
    truth.write_text(GFF)
    other.write_text(GFF.replace("101	256", "104	256"))
    assert evaluate(str(truth), str(truth)).genes["truth.gff3"].gene.f1 == 1
    scores = evaluate(str(other), str(truth)).genes["other.gff3"]
    assert scores.gene.f1 == 0
    assert 0.9 < scores.base.f1 < 1
    with pytest.raises(BadInputError, match="neither"):
        evaluate(str(tmp_path / "nothing"), str(truth))


def test_a_store_without_anything_to_score(tmp_path):
    (tmp_path / "truth.gff3").write_text(GFF)
    store = store_of(str(tmp_path / "empty.zarr"), {"a": FLANK + GENE + FLANK})
    with pytest.raises(BadInputError, match="helixdask predict"):
        evaluate(store.url, str(tmp_path / "truth.gff3"))


def test_the_reference_may_be_a_gene_set_of_the_store(store, tmp_path):
    by_file = evaluate(store.url, str(tmp_path / "truth.gff3"), genes="reference", quiet=True).as_dict()
    for name in ("reference", "genes/reference"):
        assert evaluate(store.url, name, genes="reference", quiet=True).as_dict() == by_file
    with pytest.raises(BadInputError, match=r"Gene sets of .*: reference") as error:
        evaluate(store.url, "known")
    assert "known" in str(error.value)
    with pytest.raises(BadInputError, match="no such annotation file"):
        evaluate(str(tmp_path / "truth.gff3"), "reference")


def test_coding_segments_of_a_file_have_their_own_scores(tmp_path):
    truth, scored = tmp_path / "truth.gff3", tmp_path / "scored.gff3"
    truth.write_text(GFF)
    scored.write_text(
        GFF.replace("gene	91	266	.", "gene	91	266	0.3").replace(
            "CDS	101	256	.", "CDS	101	256	0.8"
        )
    )
    scores = evaluate(str(scored), str(truth)).genes["scored.gff3"]
    assert scores.reliability("gene").count.nonzero()[0].tolist() == [3]
    assert scores.reliability("exon").count.nonzero()[0].tolist() == [8]
