"""Distances of what is kept from all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helixdask.selection.representative import cumulative, distance_of


def gap(some, every):
    """The largest difference of two cumulative shares."""
    points = np.unique(every)[:, None]
    return np.abs((some <= points).mean(axis=1) - (every <= points).mean(axis=1)).max()


VALUES = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=40)


@given(VALUES)
def test_the_distance_is_the_largest_gap(pairs):
    values, kept = (np.array(column) for column in zip(*pairs, strict=True))
    got = distance_of(values.astype(float), kept)
    if not kept.any():
        assert got is None
        return
    assert got.kept == pytest.approx(gap(values[kept], values))
    assert (got.n_all, got.n_kept) == (len(values), kept.sum())
    assert got.weighted == got.kept


@given(VALUES, st.integers(1, 4))
def test_a_weight_counts_a_window_several_times(pairs, times):
    values, kept = (np.array(column) for column in zip(*pairs, strict=True))
    weight = np.where(values > 2, times, 1)
    got = distance_of(values.astype(float), kept, weight.astype(float))
    if got is not None:
        assert got.weighted == pytest.approx(gap(np.repeat(values, weight * kept), values))


def test_windows_without_a_value_are_left_out():
    values = np.array([0.0, 1, np.nan, np.nan])
    got = distance_of(values, np.array([True, True, True, False]))
    assert (got.kept, got.n_all, got.n_kept) == (0, 2, 2)
    assert distance_of(values, np.array([False, False, True, False])) is None


def test_points_of_the_cumulative_share():
    value, share = cumulative(np.array([3.0, 1, np.nan, 2]), n=4)
    assert value.tolist() == [1, 1, 2, 3]
    np.testing.assert_allclose(share, [1 / 3, 1 / 3, 2 / 3, 1])
    value, share = cumulative(np.array([1.0, 2]), np.array([3.0, 1]), n=5)
    assert value.tolist() == [1, 1, 1, 1, 2]
