"""Counting bases in one pass equals counting with whole arrays, however the genome is cut."""

import numpy as np
import pytest

from helixdask.evaluation import evaluate
from helixdask.evaluation.base_counts import count_bases
from helixdask.evaluation.sources import read_annotation
from helixdask.evaluation.tally import BASE_BINS, BaseTally, tally_bases
from helixdask.scores.bases import confusion
from tests.labels.store_of import store_of
from tests.small_store import publish

N = 500


def random_tracks(seed, dtype):
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet([0.4] * 4, (2, N)).transpose(0, 2, 1)
    stored = (shares * 255).round().astype(np.uint8) if dtype == "uint8" else shares.astype(np.float16)
    painted = {name: rng.integers(0, top, (2, N)).astype(np.uint8) for name, top in (("label", 4), ("phase", 4))}
    painted["valid"] = (rng.random((2, N)) < 0.8).astype(np.uint8)
    return stored, painted


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["uint8", "float16"])
def test_one_pass_equals_whole_arrays(dtype):
    classes, painted = random_tracks(0, dtype)
    phases, _ = random_tracks(1, dtype)
    contig, start, stop = np.array([2, 5]), np.array([10, 200]), np.array([190, 480])
    tally = tally_bases(classes, phases, painted, contig, start, stop)
    for row, piece in enumerate(slice(a, b) for a, b in zip(start, stop, strict=True)):
        weight = painted["valid"][:, piece]
        likeliest = classes.argmax(axis=1)[:, piece]
        assert (tally.classes[row] == confusion(painted["label"][:, piece], likeliest, weight)).all()
        assert (tally.phases[row] == confusion(painted["phase"][:, piece], phases.argmax(1)[:, piece], weight)).all()
    counted = np.zeros((2, N), bool)
    for a, b in zip(start, stop, strict=True):
        counted[:, a:b] = painted["valid"][:, a:b] != 0
    top = classes.max(axis=1).astype(np.float32)[counted] / np.float32(255 if dtype == "uint8" else 1)
    right = (classes.argmax(axis=1) == painted["label"])[counted]
    place = np.minimum((top * BASE_BINS).astype(int), BASE_BINS - 1)
    assert tally.reliability.count.tolist() == np.bincount(place, minlength=BASE_BINS).tolist()
    assert tally.reliability.right.tolist() == np.bincount(place[right], minlength=BASE_BINS).tolist()
    assert tally.reliability.mean_confidence[-1] == pytest.approx(top[place == BASE_BINS - 1].mean(), abs=1e-5)
    without = tally_bases(classes, None, painted, contig, start, stop)
    assert not without.has_phase
    assert not without.phases.any()
    assert (without.classes == tally.classes).all()


def assert_same_bins(one, other):
    for name in ("count", "right", "confidence"):
        assert (getattr(one, name) == getattr(other, name)).all()


def test_sums_over_slices():
    classes, painted = random_tracks(3, "float16")
    whole = tally_bases(classes, classes, painted, np.array([0, 1]), np.array([0, 250]), np.array([250, N]))
    parts = [
        tally_bases(classes, classes, painted, np.array(rows), np.array(low), np.array(high))
        for rows, low, high in (([1], [300], [N]), ([0, 1], [100, 250], [250, 300]), ([0], [0], [100]))
    ]
    total = BaseTally.total(parts)
    assert total.contig.tolist() == [0, 1]
    for name in ("classes", "phases"):
        assert (getattr(total, name) == getattr(whole, name)).all()
    assert_same_bins(total.reliability, whole.reliability)


GFF = "a\tx\tgene\t91\t266\t.\t+\t.\tID=g\na\tx\tmRNA\t91\t266\t.\t+\t.\tID=t;Parent=g\n"
GFF += "a\tx\texon\t91\t266\t.\t+\t.\tParent=t\na\tx\tCDS\t101\t256\t.\t+\t0\tParent=t\n"


def test_the_same_for_any_size_of_tasks(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    gene = "CCTTG" * 20 + "ATG" + "GCA" * 50 + "TAA" + "CCTTG" * 20
    store = store_of(str(tmp_path / "s.zarr"), {"a": gene, "b": "ACCTG" * 7, "c": gene})
    shares = rng.dirichlet([0.4] * 4, (2, store.n_bases)).transpose(0, 2, 1).astype(np.float16)
    publish(store, "predictions/base", {"class_probability": shares, "phase_probability": shares[:, ::-1]})
    (tmp_path / "truth.gff3").write_text(GFF)
    truth = read_annotation(str(tmp_path / "truth.gff3"), store.contigs)
    whole = count_bases(store, truth, ["base"])["base"]
    assert whole.has_phase
    assert whole.classes[:, 1:].sum() > 170
    monkeypatch.setattr("helixdask.evaluation.base_counts._BLOCK", 101)
    cut = count_bases(store, truth, ["base"])["base"]
    assert (cut.classes == whole.classes).all()
    assert (cut.phases == whole.phases).all()
    assert_same_bins(cut.reliability, whole.reliability)
    some = evaluate(store.url, str(tmp_path / "truth.gff3"), contigs=["c", "b"]).tallies["base"]
    assert some.contig.tolist() == [1, 2]
    assert (some.classes == whole.classes[1:]).all()
