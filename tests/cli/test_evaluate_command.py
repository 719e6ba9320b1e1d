"""evaluate and call --sweep as a user meets them."""

import numpy as np
import pytest

from helixdask.store.store import Store
from tests.cli.support import done, helixdask
from tests.small_store import publish


@pytest.fixture
def predicted(labelled):
    """Predictions that are the labels, a little unsure, and others that see nothing."""
    store = Store.open(str(labelled))
    label, phase = (store.read(f"labels/reference/{name}", 0, store.n_bases) for name in ("label", "phase"))
    rng = np.random.default_rng(0)
    for name, doubt in (("good", 0.04), ("poor", 0.6)):
        noise = doubt * rng.random(label.shape)
        tracks = {}
        for track, values in (("class", label), ("phase", phase)):
            shown = (np.arange(4)[None, :, None] == values[:, None]).astype(np.float64)
            tracks[f"{track}_probability"] = (shown * (1 - noise[:, None]) + noise[:, None] / 4).astype(np.float16)
        publish(store, f"predictions/{name}", tracks)
    return labelled


@pytest.mark.slow
def test_evaluate_writes_what_is_asked_for(predicted, species, tmp_path):
    pytest.importorskip("matplotlib")
    gff3 = tmp_path / "good.gff3"
    done("call", predicted, "--predictions", "good", "-o", gff3, "--workers", "1", "-q")
    files = {kind: tmp_path / f"scores.{kind}" for kind in ("tsv", "png", "html")}
    words = [
        part
        for option, kind in (("--tsv", "tsv"), ("--plot", "png"), ("--report", "html"))
        for part in (option, files[kind])
    ]
    ran = done("evaluate", predicted, "--reference", species.truth, *words, "--per-contig")
    assert all(path.stat().st_size > 1000 for path in files.values())
    for text in ("Base by base", "Coding parts, good", "Confidence of good: gene", "chr1A", "written"):
        assert text in ran.out
    compared = done(
        *("evaluate", predicted, "--reference", species.truth, "--predictions", "good", "--compare", "poor"),
        *("--cds-only", "--json", "-q"),
    ).json()
    assert compared["genes"]["good"]["gene"]["f1"] > 0.8
    assert compared["bases"]["good"]["phase"]["coding"]["f1"] == 1
    assert compared["difference"]["bases"]["genic"]["f1"] >= 0
    assert "exons" not in compared["genes"]["good"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--compare", "nothing"], "neither a store nor an annotation"),
        (["--compare", "good"], "several predictions"),
        (["--dry-run"], "no plan"),
        (["--genes", "nothing"], "nothing"),
        (["--contigs", "nothing.txt"], "no such file"),
        (["--plot", "scores.txt"], "no figure ends in"),
        (["--tsv", "nowhere/scores.tsv"], "no such folder"),
    ],
)
def test_what_evaluate_refuses(predicted, species, words, says):
    ran = helixdask("evaluate", predicted, "--reference", species.truth, *words)
    assert ran.code == 2
    assert says in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.slow
def test_sweep(predicted, species, tmp_path):
    words = ("--sweep", "--predictions", "good", "--peaks", "0.5,0.999", "--edges", "0.1", "--lengths", "60,600")
    tsv = tmp_path / "sweep.tsv"
    found = done("call", predicted, *words, "--reference", species.truth, "--tsv", tsv, "--json", "-q").json()
    assert len(found["rows"]) == 4
    assert found["best"]["gene_f1"] == max(row["gene_f1"] for row in found["rows"]) > 0.8
    assert len(tsv.read_text().splitlines()) == 5
    assert Store.open(str(predicted)).names("genes") == ["reference"]
    assert "genes" in done("call", predicted, *words).out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "no file to write"),
        (["-o", "x.gff3", "--tsv", "x.tsv"], "without --sweep"),
        (["--sweep", "-o", "x.gff3"], "writes no annotation"),
        (["--sweep", "--peaks", "high"], "no list of numbers"),
        (["--sweep", "--edges", "2"], "no share"),
        (["--sweep", "--reference", "none.gff3"], "neither an annotation file nor a gene set"),
        (["--sweep", "--plot", "nowhere/sweep.png"], "no such folder"),
    ],
)
def test_what_a_sweep_refuses(predicted, words, says):
    ran = helixdask("call", predicted, "--predictions", "good", *words)
    assert ran.code == 2
    assert says in ran.err
