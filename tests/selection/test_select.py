import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helixdask.errors import BadInputError
from helixdask.selection.select import select_helixer, select_windows


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
    counts = counts_of(fractions)
    return select_helixer(counts, distances_of(distance), int(len(counts) * keep_fraction))


def default(counts, distance, keep_fraction, **more):
    bases = np.full(len(counts), 1000)
    return select_windows(counts, distance, bases, total=int(keep_fraction * bases.sum()), **more)


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


def random_windows(rng, n):
    fractions = np.where(rng.random(n) < 0.4, 1.0, rng.random(n))
    return counts_of(fractions), distances_of(rng.random(n))


@settings(max_examples=60)
@given(st.integers(1, 200), st.integers(0, 2**32), st.floats(0.05, 1))
def test_no_more_than_was_asked_for_once_each_and_only_usable(n, seed, keep_fraction):
    rng = np.random.default_rng(seed)
    counts, distance = random_windows(rng, n)
    usable = rng.random(n) < 0.8
    if not usable.any():
        with pytest.raises(BadInputError, match="none of the"):
            default(counts, distance, keep_fraction, usable=usable)
        return
    try:
        got = default(counts, distance, keep_fraction, usable=usable)
    except BadInputError as error:
        assert keep_fraction * n < 6, error  # noqa: PT017
        return
    assert len(got.rows) == sum(s.kept for s in got.strata) == len(got.weight)
    assert len(got.rows) <= keep_fraction * n + 6
    assert (np.diff(got.rows) > 0).all()
    assert usable[got.rows].all()
    assert all(abs(s.kept_bases - s.wanted_bases) <= 500 for s in got.strata[:-1])
    assert abs(got.strata[-1].kept_bases - got.strata[-1].wanted_bases) <= 1000  # one window: never above the cap
    assert all(s.kept_bases == 1000 * s.kept for s in got.strata)


@settings(max_examples=30)
@given(st.integers(10, 150), st.integers(0, 2**32))
def test_the_order_of_windows_does_not_matter(n, seed):
    rng = np.random.default_rng(seed)
    counts, distance = random_windows(rng, n)
    distance = np.round(distance, -2)  # many ties, which the key decides
    key = rng.permutation(n).astype(np.uint64)
    order = rng.permutation(n)
    rows = default(counts, distance, 0.5, lot=key).rows
    permuted = default(counts[order], distance[order], 0.5, lot=key[order]).rows
    assert sorted(order[permuted].tolist()) == rows.tolist()


def test_the_most_certain_of_each_stratum_are_taken_and_masked_windows_never():
    counts = np.concatenate([counts_of([0.5] * 10 + [1.0] * 10), np.zeros((5, 4), int)])
    distance = distances_of(np.concatenate([np.arange(10)[::-1], np.arange(10)[::-1], np.zeros(5)]) + 0.5)
    got = default(counts, distance, 0.24)
    middle, empty = got.strata[2], got.strata[5]
    assert got.rows.tolist() == [*range(10 - middle.kept, 10), *range(10, 10 + empty.kept)]
    assert middle.threshold == middle.kept - 0.5
    assert empty.threshold is None
    assert (middle.available, middle.kept, empty.available, empty.kept) == (10, 4, 10, 2)


def test_without_predictions_windows_are_drawn_by_lot():
    counts = counts_of([0.5, 1.0, 0.0])
    got = default(counts, None, 1.0, usable=np.array([True, False, True]))
    assert got.rows.tolist() == [0, 2]
    lot = np.arange(100)[::-1].astype(np.uint64)
    assert default(counts_of([0.5] * 100), None, 0.3, lot=lot).rows.tolist() == list(range(70, 100))
    with pytest.raises(BadInputError, match="none of the 3 windows"):
        default(counts, None, 0.2, usable=np.zeros(3, bool))


def test_amounts_smaller_than_a_window_are_refused():
    with pytest.raises(BadInputError, match="keep-fraction"):
        default(counts_of([0.5]), None, 0.01)
