"""What is chosen by rank among likes stands for all in each measure, and is still the surest of its kind."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from helixdask.selection.likes import rank_among_likes
from helixdask.selection.quota import Likes, choose
from helixdask.selection.select_on_tables import select


def distance(some, everything):
    """Kolmogorov-Smirnov distance of some values from all."""
    at = np.sort(everything)
    shares = (np.searchsorted(np.sort(values), at, "right") / len(values) for values in (some, everything))
    return np.abs(np.subtract(*shares)).max()


def windows(seed, n):
    """Measures of which two go together, contigs of which one is easy, and values that hang on all of them."""
    rng = np.random.default_rng(seed)
    gc, contig = rng.normal(0.4, 0.05, n), rng.integers(0, 8, n)
    length = np.exp(rng.normal(8, 1, n) + 4 * (gc - 0.4))
    masked = np.where(rng.random(n) < 0.5, 0.0, rng.random(n))
    value = rng.normal(0, 1, n) + 40 * (gc - 0.4) + np.log(length) + 3 * masked + 2 * (contig == 3)
    return value, (gc, length, masked), contig, rng.permutation(n).astype(np.uint64)


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5, 0.9])
@pytest.mark.parametrize("n", [500, 5_000])
def test_what_is_chosen_stands_for_all(n, share):
    value, measures, contig, lot = windows(1, n)
    chosen = np.argsort(rank_among_likes(value, measures, contig, lot, share))[: int(share * n)]
    plain = np.argsort(value)[: int(share * n)]
    rng = np.random.default_rng(0)
    for measure in measures:
        at_random = distance(measure[rng.choice(n, len(chosen), replace=False)], measure)
        assert distance(measure[chosen], measure) <= at_random + 0.1
    assert distance(measures[0][plain], measures[0]) > 0.06
    of_contig = (np.bincount(of, minlength=8) / len(of) for of in (contig[chosen], contig))
    assert np.abs(np.subtract(*of_contig)).max() <= 0.05
    assert value[chosen].mean() < value.mean() - 0.2 * value.std() * (1 - share)


@given(st.integers(0, 2**32 - 1), st.integers(0, 300), st.floats(0, 1))
def test_the_order_of_windows_does_not_matter(seed, n, share):
    value, measures, contig, lot = windows(seed, n)
    score = rank_among_likes(value, measures, contig, lot, share)
    order = np.random.default_rng(seed).permutation(n)
    again = rank_among_likes(value[order], [each[order] for each in measures], contig[order], lot[order], share)
    np.testing.assert_array_equal(again, score[order])


@given(st.integers(0, 2**32 - 1), st.floats(0.01, 1))
def test_quotas_are_met_all_the_same(seed, asked):
    value, measures, contig, lot = windows(seed, 400)
    rng = np.random.default_rng(seed)
    stratum, bases = rng.integers(0, 6, 400), rng.integers(50, 1001, 400)
    total = int(asked * bases.sum())
    likes = Likes(measures, contig)
    made = choose(stratum, bases, bases > 0, lot, total, n_strata=6, value=value, likes=likes)
    assert (np.abs(made.given - np.minimum(made.quota, made.available)) <= [501] * 5 + [1001]).all()


def test_select_compares_windows_with_their_likes():
    """A genome of which nine tenths are empty, and whose model is surest where there is little G and C."""
    rng = np.random.default_rng(5)
    n, length = 12_000, 1_000
    genic = np.where(rng.random(n) < 0.1, rng.integers(1, length + 1, n), 0)
    gc = rng.normal(0.4, 0.05, n).astype(np.float32)
    distance = np.abs(rng.normal(0, 0.02, n) + gc) * length
    count = np.zeros((n, 4), np.int32)
    count[:, 0], count[:, 2] = length - genic, genic
    start = np.arange(n) // 4 * length
    columns = {"contig": (np.arange(n) % 4).astype(np.int32), "start": start, "end": start + length,
               "strand": np.zeros(n, np.int8), "usable": np.full(n, length), "annotated": np.ones(n, bool),
               "gc": gc, "soft_masked": np.zeros(n, np.float32), "genes": (genic > 0).astype(np.int32)}  # fmt: skip
    coords = {name: ("window", column) for name, column in columns.items()}
    coords["class_count"] = (("window", "label_class"), count)
    coords["class_distance"] = (("window", "label_class"), np.repeat(distance[:, None] / 4, 4, axis=1))
    coords["contig_name"] = ("contig_row", np.array(["a", "b", "c", "d"], object))
    table = xr.Dataset(coords=coords, attrs={"window_length": length})
    kept, alone = (select(table, 0.05, by=by)["kept"].to_numpy() for by in (None, distance))
    some = genic > 0
    assert distance_of_gc(gc, kept, some) < 0.1
    assert distance_of_gc(gc, alone, some) > 0.4
    assert kept[~some].sum() / kept.sum() <= 0.35


def distance_of_gc(gc, kept, some):
    return distance(gc[kept & some], gc[some])
