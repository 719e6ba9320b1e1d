import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helixdask.errors import BadInputError
from helixdask.selection.select import quotas, select_windows


def counts_of(fractions, bases=1000):
    """Class counts of windows with these intergenic fractions; the rest is CDS."""
    intergenic = np.round(np.asarray(fractions) * bases).astype(np.int64)
    zero = np.zeros_like(intergenic)
    return np.stack([intergenic, zero, bases - intergenic, zero], axis=1)


def distances_of(values, bases=1000):
    """Distances whose mean per base are the values."""
    out = np.zeros((len(values), 4))
    out[:, 0] = np.asarray(values) * bases
    return out


def helixer(fractions, distance, keep_fraction):
    return select_windows(counts_of(fractions), distances_of(distance), keep_fraction=keep_fraction, rules="helixer")


def test_helixer_strata_of_the_first_example():
    fractions = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1]
    got = helixer(fractions, np.arange(12)[::-1], 0.5)
    assert [s.available for s in got.strata] == [2] * 6
    assert got.rows.tolist() == [1, 3, 5, 7, 9, 11]


def test_helixer_strata_collapse_when_windows_are_empty():
    got = helixer([1.0] * 8 + [0.5, 0.2, 0, 0.9], np.linspace(0, 1, 12), 0.5)
    assert [(s.name, s.available) for s in got.strata] == [
        ("sextile rank 0", 2),
        ("sextile rank 1", 2),
        ("sextile rank 2", 8),
    ]
    assert helixer([1.0] * 12, np.linspace(1, 0, 12), 0.5).rows.tolist() == [6, 7, 8, 9, 10, 11]


def test_helixer_drops_the_remainder():
    # 6 asked for, 5 strata, so one of each
    fractions = [1.0] * 4 + [0.9, 0.8, 0.6, 0.5, 0.4, 0.3, 0.1, 0.0]
    got = helixer(fractions, np.linspace(0, 1, 12), 0.5)
    assert len(got.strata) == 5
    assert len(got.rows) == 5


def test_helixer_fills_a_small_stratum_with_windows_of_others():
    # Small strata beside one of 9: they take rows 0, 1, ... of others, at infinite distance.
    got = helixer([0.0, 0.0, 0.5] + [1.0] * 9, np.arange(12), 0.99)
    each = 11 // len(got.strata)
    assert any(s.kept < each for s in got.strata)
    assert len(got.rows) < each * len(got.strata)


@pytest.mark.parametrize("keep_fraction", [1.0, 0.05])
def test_helixer_refuses_all_and_none(keep_fraction):
    with pytest.raises(BadInputError):
        helixer([0.5] * 12, np.arange(12), keep_fraction)
    with pytest.raises(BadInputError, match="none would be kept"):
        helixer(np.arange(12) / 12, np.arange(12), 0.2)


def test_default_quotas_of_wheat_yeast_and_in_between():
    wheat = np.array([0, 10, 200, 1_300, 13_490, 85_000])
    given_by = quotas(wheat, 20_000)
    assert given_by.sum() == 20_000
    assert (given_by[:-1] <= np.ceil(wheat[:-1] / 2)).all()  # no uncertain half is taken ...
    assert given_by[:-1].sum() == pytest.approx(7_500, abs=5)  # ... and genic windows give all of the certain half
    yeast = quotas(np.array([50, 400, 400, 100, 40, 10]), 200)
    assert yeast.tolist() == [10, 80, 80, 20, 8, 2]
    between = quotas(np.array([0, 0, 100, 100, 300, 500]), 200)
    assert between.tolist() == [0, 0, 30, 30, 90, 50]
    assert quotas(np.array([0, 0, 0, 0, 0, 10]), 4).tolist() == [0, 0, 0, 0, 0, 4]


@given(st.lists(st.integers(0, 60), min_size=6, max_size=6), st.integers(0, 500))
def test_quotas_are_exact(available, total):
    available = np.array(available)
    wanted = quotas(available, total)
    assert wanted.sum() == min(total, available.sum())
    assert (wanted >= 0).all()
    assert (wanted <= available).all()


def random_windows(rng, n):
    fractions = np.where(rng.random(n) < 0.4, 1.0, rng.random(n))
    return counts_of(fractions), distances_of(rng.random(n))


@settings(max_examples=60)
@given(st.integers(1, 200), st.integers(0, 2**32), st.floats(0.05, 1))
def test_exactly_what_was_asked_for_once_each_and_only_usable(n, seed, keep_fraction):
    rng = np.random.default_rng(seed)
    counts, distance = random_windows(rng, n)
    usable = rng.random(n) < 0.8
    expected = min(int(n * keep_fraction), int(usable.sum()))
    if expected == 0:
        with pytest.raises(BadInputError):
            select_windows(counts, distance, keep_fraction=keep_fraction, usable=usable)
        return
    got = select_windows(counts, distance, keep_fraction=keep_fraction, usable=usable)
    assert len(got.rows) == expected == sum(s.kept for s in got.strata)
    assert (np.diff(got.rows) > 0).all()
    assert usable[got.rows].all()
    assert all(s.kept == s.wanted for s in got.strata)


@settings(max_examples=30)
@given(st.integers(10, 150), st.integers(0, 2**32))
def test_the_order_of_windows_does_not_matter(n, seed):
    rng = np.random.default_rng(seed)
    counts, distance = random_windows(rng, n)
    distance = np.round(distance, -2)  # many ties, which the key decides
    key = rng.permutation(n)
    order = rng.permutation(n)
    rows = select_windows(counts, distance, keep_fraction=0.3, tie_break=key).rows
    permuted = select_windows(counts[order], distance[order], keep_fraction=0.3, tie_break=key[order]).rows
    assert sorted(order[permuted].tolist()) == rows.tolist()


def test_the_most_certain_of_each_stratum_are_taken_and_masked_windows_never():
    counts = np.concatenate([counts_of([0.5] * 10 + [1.0] * 10), np.zeros((5, 4), int)])
    distance = distances_of(np.concatenate([np.arange(10)[::-1], np.arange(10), np.zeros(5)]) + 0.5)
    got = select_windows(counts, distance, keep_fraction=0.4)
    middle, empty = got.strata[2], got.strata[5]
    assert got.rows.tolist() == [*range(10 - middle.kept, 10), *range(10, 10 + empty.kept)]
    assert middle.threshold == middle.kept - 0.5
    assert (middle.available, empty.available) == (10, 10)


def test_without_predictions_every_usable_window_is_kept():
    counts = counts_of([0.5, 1.0, 0.0])
    got = select_windows(counts, None, keep_fraction=0.2, usable=np.array([True, False, True]))
    assert got.rows.tolist() == [0, 2]
    with pytest.raises(BadInputError, match="none of the 3 windows"):
        select_windows(counts, None, keep_fraction=0.2, usable=np.zeros(3, bool))


def test_fractions_out_of_range_are_refused():
    for fraction in (0, 1.5, -1, float("nan")):
        with pytest.raises(BadInputError, match="keep-fraction"):
            select_windows(counts_of([0.5]), None, keep_fraction=fraction)
