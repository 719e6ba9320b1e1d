"""The whole way as a user goes it: prepare, tune, annotate, evaluate."""

import json
from pathlib import Path

import numpy as np
import pytest

import helixdask as hd
from helixdask import trainer
from helixdask.cli.main import _repeat_options
from helixdask.genes.reading.gff_read import read_gff
from helixdask.sequence.codes import COMPLEMENT
from helixdask.store.store import Store
from tests.cli.conftest import WINDOW
from tests.cli.support import contents, done, helixdask, process

pytestmark = pytest.mark.slow

HERE = ["--workers", "1", "-q"]
STOPS = {"TAA", "TAG", "TGA"}
LETTERS = np.array(list("CATGNYRWSKMDVHB"))


def test_several_bam_files_after_one_option():
    command = ["coverage", "s", "--bam", "a.bam", "b.bam", "c.cram", "--strandedness", "reverse"]
    expected = ["coverage", "s", "--bam", "a.bam", "--bam", "b.bam", "--bam", "c.cram", "--strandedness", "reverse"]
    assert _repeat_options(command) == expected
    assert _repeat_options(["coverage", "odd.bam", "--bam", "a.bam"]) == ["coverage", "odd.bam", "--bam", "a.bam"]
    assert _repeat_options(expected) == expected


BASE_MODEL = Path(trainer.__file__).parent / "base_models" / "demo.keras"


def check_genes(gff3, store, *, some=True):
    """Sorted; each coding sequence starts and ends as it should, or is marked partial."""
    opened = hd.open_store(store)
    lines = [line.split("\t") for line in gff3.read_text().splitlines() if line and not line.startswith("#")]
    order = {str(name): row for row, name in enumerate(opened.contigs.names)}
    genes = [(order[line[0]], int(line[3])) for line in lines if line[2] == "gene"]
    assert genes == sorted(genes)
    models, findings = read_gff(str(gff3), opened.contigs)
    assert findings.counts() == ({} if len(models) else {"no_genes": 1})
    models.validate(opened.contigs.lengths)
    assert len(models) or not some
    assert len(models) == len(genes)
    codes = opened.read("genome/sequence", 0, opened.n_bases) & 0x7F
    strand, contig = models.transcript_strand(), models.transcript_contig()
    n_whole = 0
    for row, transcript in enumerate(models.transcripts.itertuples()):
        parts = models.cds[models.cds["transcript"] == row]
        begin = int(opened.contigs.offsets[contig[row]])
        coding = np.concatenate(
            [codes[begin + a : begin + b] for a, b in zip(parts["start"], parts["end"], strict=True)]
        )
        if strand[row]:
            coding = COMPLEMENT[coding[::-1]]
        text = "".join(LETTERS[coding])
        skip = int((parts.iloc[-1] if strand[row] else parts.iloc[0])["phase"])
        codons = [text[at : at + 3] for at in range(skip, len(text) - 2, 3)]
        if not transcript.partial5:
            assert codons[0] == "ATG"
        if not transcript.partial3:
            assert codons[-1] in STOPS
            assert (len(text) - skip) % 3 == 0
        assert not STOPS & set(codons[:-1])
        n_whole += not (transcript.partial5 or transcript.partial3)
    return n_whole


def test_with_an_annotation(species, tiny_model, tmp_path):
    store, tuned, gff3 = tmp_path / "s.zarr", tmp_path / "tuned.keras", tmp_path / "genes.gff3"
    prepare = ["prepare", species.genome, "-o", store, "--gff3", species.truth, "--libraries", species.libraries]
    prepare += ["--window-length", WINDOW, "--groups", species.groups, "--species", "Simulata demonstrans", *HERE]

    # An earlier attempt was stopped after the genome was there.
    done("encode", species.genome, "-o", store, "--species", "Simulata demonstrans", *HERE)
    first = done(*prepare, "--json").json()
    states = {stage["group"]: stage["state"] for stage in first}
    assert states == {
        "genome": "already there",
        "genes/reference": "done",
        "labels/reference": "done",
        "coverage/rnaseq/leaf": "done",
        f"windows/{WINDOW}-reference": "done",
        "kinship/default": "done",
        "splits/default": "done",
        "selections/default": "done",
    }
    before = contents(store)
    again = done(*prepare, "--json").json()
    assert [stage["state"] for stage in again] == ["already there"] * 8
    assert contents(store) == before
    # Groups that somebody corrected make split and selection anew, and nothing else.
    corrected = tmp_path / "corrected.tsv"
    corrected.write_text("chr1A\tone\nchr1B\ttwo\nchr2A\tthree\nchr2B\tfour\n")
    prepare[prepare.index("--groups") + 1] = corrected
    refused = helixdask(*prepare)
    assert refused.code == 2
    assert "--replace" in refused.err
    anew = done(*prepare, "--replace", "--json").json()
    assert [stage["group"] for stage in anew if stage["state"] == "done"] == ["splits/default", "selections/default"]
    # `select` finds the table of windows that is there.
    chosen = done("select", store, "--name", "other", "--keep-fraction", "0.5", *HERE, "--json").json()
    assert [stage["group"] for stage in chosen] == ["selections/other"]
    assert chosen[0]["attrs"]["windows"] == f"{WINDOW}-reference"

    model = BASE_MODEL if BASE_MODEL.exists() else tiny_model
    report = done(
        *["tune", store, "--model", model, "-o", tuned, "--mode", "whole"],
        *["--epochs", "2", "--json", "-q"],
    ).json()
    assert report["path"] == str(tuned)
    assert [row["epoch"] for row in report["history"]] == list(range(len(report["history"])))
    assert tuned.exists()

    annotated = done("annotate", store, "--model", tuned, "-o", gff3, *HERE, "--json").json()
    assert [stage["group"] for stage in annotated] == ["predictions/tuned", "genes/tuned"]
    check_genes(gff3, store, some=BASE_MODEL.exists())
    assert "Simulata demonstrans" in gff3.read_text()
    predicted, called = (stage["attrs"] for stage in annotated)
    opened = Store.open(str(store))
    utr, coding = np.bincount(opened.read("labels/reference/label", 0, opened.n_bases).ravel())[1:3]
    assert predicted["utr_ratio"] == pytest.approx(utr / coding, abs=0.01)
    assert called["coverage"] == "rnaseq"

    raw = ["predict", store, "--model", tuned, "--name", "raw", "--no-overlap", "--batch-size", "16"]
    assert done(*raw, *HERE, "--json").json()[0]["attrs"]["overlap"] is False

    scores = done("evaluate", store, "--reference", species.truth, "--json", "-q").json()
    assert set(scores) == {"bases", "genes", "contigs"}
    assert 0 <= scores["bases"]["tuned"]["genic"]["f1"] <= 1
    assert scores["contigs"] == ["chr1A", "chr1B", "chr2A", "chr2B"]
    perfect = done("evaluate", species.truth, "--reference", species.truth, "--json").json()
    assert perfect["genes"]["truth.gff3"]["gene"]["f1"] == 1


def test_with_pseudolabels(species, tiny_model, tmp_path):
    store, tuned, gff3 = tmp_path / "s.zarr", tmp_path / "tuned.keras", tmp_path / "genes.gff3"
    model = BASE_MODEL if BASE_MODEL.exists() else tiny_model  # without training there are hardly any genes
    prepare = ["prepare", species.genome, "-o", store, "--model", model, "--keep-fraction", "0.5"]
    prepare += ["--window-length", WINDOW, "--kinship", "off"]
    prepare += ["--bam", species.reads, "--strandedness", "reverse"]
    stages = {stage["group"]: stage for stage in done(*prepare, *HERE, "--json").json()}
    if BASE_MODEL.exists():
        assert stages["genes/pseudo"]["attrs"]["libraries"] == ["reads"]
    assert list(stages) == [
        "genome",
        "coverage/rnaseq/reads",
        "predictions/base",
        "genes/pseudo",
        "labels/pseudo",
        f"windows/{WINDOW}-pseudo-base",
        "splits/default",
        "selections/default",
    ]
    tune = ["tune", store, "--model", model, "-o", tuned, "--epochs", "1", "--require-better", "-q", "--json"]
    ran = helixdask(*tune)
    assert ran.out, ran.err
    assert ran.code == (0 if ran.json()["verdict"]["better"] else 1)
    assert tuned.exists()
    done("annotate", store, "--model", tuned, "-o", gff3, *HERE)
    check_genes(gff3, store, some=BASE_MODEL.exists())


def test_as_processes(species, tiny_model, tmp_path):
    """What a shell script does: nothing but JSON on standard output."""
    gff3 = tmp_path / "new" / "genes.gff3"
    gff3.parent.mkdir()
    ran = process("annotate", species.genome, "--model", tiny_model, "-o", gff3, "--json", "--workers", "1")
    assert ran.code == 0, ran.err
    assert [stage["group"] for stage in json.loads(ran.out)] == ["genome", "predictions/tiny", "genes/tiny"]
    assert gff3.read_text().startswith("##gff-version 3")
    assert {path.name for path in gff3.parent.iterdir()} == {"genes.gff3", "genes.zarr"}
