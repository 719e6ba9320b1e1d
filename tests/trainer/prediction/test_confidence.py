"""How high genic probabilities are, and when a model is flat."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helixdask.engine.stage import RegionResult
from helixdask.trainer.prediction.confidence import flat_model, genic_counts, genic_summary


@given(st.integers(1, 40), st.lists(st.integers(0, 40), max_size=3), st.integers(0, 9))
def test_regions_together_say_what_the_whole_says(n, cuts, seed):
    rng = np.random.default_rng(seed)
    means = rng.dirichlet(np.ones(4), (2, n)).astype(np.float32).swapaxes(1, 2)
    edges = sorted({0, n, *(min(cut, n) for cut in cuts)})
    parts = [genic_counts(means[..., a:b]) for a, b in itertools.pairwise(edges)]
    found, genic = genic_summary(RegionResult.merged(parts)), 1 - means[:, 0]
    assert found["highest"] == pytest.approx(genic.max(), abs=1e-4)
    assert found["mean"] == pytest.approx(genic.mean(), abs=1e-5)
    assert found["share"] == pytest.approx((genic >= 0.5).mean(), abs=1e-5)


def test_bases_that_were_not_predicted_count_for_nothing():
    means = np.full((2, 4, 3), np.nan, np.float32)
    assert genic_summary(genic_counts(means)) == {"highest": 0.0, "mean": 0.0, "share": 0.0}
    means[0, :, 1] = 0.25
    assert genic_summary(genic_counts(means)) == {"highest": 0.75, "mean": 0.75, "share": 1.0}


@pytest.mark.parametrize(
    ("highest", "share", "bases", "is_flat"),
    [
        (0.99, 0.02, 10**9, False),
        (0.99, 0.0001, 10**7, False),
        (0.99, 0.00009, 10**7, True),
        (0.99, 0.0, 999_999, False),  # a short piece may hold no gene
        (0.49, 0.0, 1000, True),
    ],
)
def test_flat(highest, share, bases, is_flat):
    told = flat_model({"highest": highest, "share": share}, bases)
    assert (told is not None) == is_flat
    assert not is_flat or f"{highest:.3f}" in told
