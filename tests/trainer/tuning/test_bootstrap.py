"""Intervals of the gain over a base model."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helixdask.scores.bases import BaseScores, confusion
from helixdask.scores.match import Match
from helixdask.trainer.tuning.bootstrap import base_intervals, match_intervals, window_confusions


@given(seed=st.integers(0, 1000), n=st.integers(1, 5))
def test_windows_sum_to_the_whole(seed, n):
    rng = np.random.default_rng(seed)
    reference, prediction = rng.integers(0, 4, (2, n, 30))
    mask = rng.random((n, 30)) < 0.7
    by_window = window_confusions(reference, prediction, mask)
    np.testing.assert_array_equal(by_window.sum(axis=0), confusion(reference, prediction, mask))


def test_gain_is_the_difference_of_the_scores_and_lies_in_its_interval():
    rng = np.random.default_rng(0)
    reference = rng.integers(0, 4, (60, 200))
    noisy = [
        np.where(rng.random(reference.shape) < share, reference, rng.integers(0, 4, reference.shape))
        for share in (0.8, 0.6)
    ]
    tuned, base = (window_confusions(reference, p, np.ones(reference.shape, bool)) for p in noisy)
    scores = [BaseScores.from_confusion(part.sum(axis=0)).as_dict() for part in (tuned, base)]
    found = base_intervals(tuned, base)
    for name in ("genic", "intergenic", "utr", "cds", "intron"):
        gain, low, high = found[name]
        assert gain == pytest.approx(scores[0][name]["f1"] - scores[1][name]["f1"])
        assert 0 < low < gain < high
    assert base_intervals(tuned, base) == found


def test_equal_models_gain_nothing():
    same = np.ones((5, 4, 4), np.int64)
    assert all(values == (0.0, 0.0, 0.0) for values in base_intervals(same, same).values())


def test_genes_gain_like_bases():
    rng = np.random.default_rng(1)
    reference = rng.integers(0, 5, (80, 2))
    predicted = rng.integers(0, 5, (80, 2))
    better, worse = (np.minimum(np.minimum(reference, predicted), most) for most in (5, 2))
    tuned, base = (np.stack([reference, predicted, hit, hit], axis=-1) for hit in (better, worse))
    found = match_intervals(tuned, base, ("gene", "exon"))
    for number, level in enumerate(("gene", "exon")):
        f1 = [Match(*counts[:, number].sum(axis=0).tolist()).f1 for counts in (tuned, base)]
        gain, low, high = found[level]
        assert gain == pytest.approx(f1[0] - f1[1])
        assert 0 < low < gain < high
    nothing = np.zeros((3, 2, 4), np.int64)
    assert match_intervals(nothing, nothing, ("gene", "exon"))["gene"] == (0.0, 0.0, 0.0)
