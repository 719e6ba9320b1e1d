import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helixdask.errors import BadInputError
from helixdask.selection.split import split_n90, split_windows
from helixdask.windows.grid import WindowGrid

LENGTH = 10


def split(lengths, val_fraction=0.2, seed=0, genic=None, **more):
    grid = WindowGrid(np.array(lengths), LENGTH)
    windows = grid.windows()
    genic = np.ones(len(grid), bool) if genic is None else np.asarray(genic)[windows.contig]
    got = split_windows(windows, genic, val_fraction=val_fraction, seed=seed, window_length=LENGTH, **more)
    return windows, got


def val_bases(windows, got):
    return int((windows.end - windows.start)[got.side == 1].sum()) // 2


lengths_strategy = st.lists(st.integers(1, 400), min_size=1, max_size=12)


@settings(max_examples=100)
@given(lengths_strategy, st.floats(0.05, 0.6), st.integers(0, 5))
def test_both_sides_have_windows_and_contigs_stay_whole(lengths, val_fraction, seed):
    if len(lengths) == 1 and lengths[0] <= LENGTH:
        with pytest.raises(BadInputError, match="one place"):
            split(lengths, val_fraction, seed)
        return
    windows, got = split(lengths, val_fraction, seed)
    assert (got.side == 0).any()
    assert (got.side == 1).any()
    if not got.by_blocks:
        assert (got.side >= 0).all()
        for contig in range(len(lengths)):
            assert len(set(got.side[windows.contig == contig])) == 1
    again = split(lengths, val_fraction, seed)[1]
    np.testing.assert_array_equal(got.side, again.side)


@settings(max_examples=60)
@given(st.lists(st.integers(1, 400), min_size=2, max_size=12), st.integers(0, 5))
def test_no_single_move_or_exchange_brings_validation_nearer(lengths, seed):
    windows, got = split(lengths, 0.2, seed)
    if got.by_blocks:
        return
    side = np.array([got.side[windows.contig == c][0] for c in range(len(lengths))])
    sizes = np.array(lengths)
    target = 0.2 * sizes.sum()
    gap = abs(sizes[side == 1].sum() - target)
    for a in range(len(sizes)):
        for b in range(len(sizes)):
            trial = side.copy()
            trial[a] = 1 - side[a]
            trial[b] = 1 - side[b]  # a == b: a move of one
            if a == b:
                trial[a] = 1 - side[a]
            if 0 < trial.sum() < len(trial):
                assert abs(sizes[trial == 1].sum() - target) >= gap - 1e-9


@settings(max_examples=40)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=12), st.integers(0, 5), st.randoms())
def test_permuting_contigs_permutes_the_split(lengths, seed, random):
    if len(lengths) == 1 and lengths[0] <= LENGTH:
        return
    names = np.array([f"contig{i}" for i in range(len(lengths))], object)
    order = list(range(len(lengths)))
    random.shuffle(order)
    windows, got = split(lengths, 0.2, seed, names=names)
    windows2, got2 = split([lengths[i] for i in order], 0.2, seed, names=names[order])
    first = zip(names[windows.contig], windows.start, windows.strand, got.side, strict=True)
    sides = {(name, start, strand): side for name, start, strand, side in first}
    second = zip(names[order][windows2.contig], windows2.start, windows2.strand, got2.side, strict=True)
    assert all(sides[name, start, strand] == side for name, start, strand, side in second)


def test_many_contigs_come_very_near_and_seeds_differ():
    rng = np.random.default_rng(0)
    lengths = rng.integers(50, 5000, 200)
    sides = []
    for seed in range(3):
        windows, got = split(lengths, 0.2, seed)
        assert val_bases(windows, got) / lengths.sum() == pytest.approx(0.2, abs=0.0005)
        sides.append(got.side)
    assert not (sides[0] == sides[1]).all()
    assert not (sides[0] == sides[2]).all()


def test_one_contig_is_split_by_blocks_with_a_gap():
    windows, got = split([4000], 0.2)
    assert got.by_blocks
    assert got.guard == LENGTH
    assert val_bases(windows, got) == pytest.approx(800, abs=100)
    train, held = np.unique(windows.start[got.side == 0]), np.unique(windows.start[got.side == 1])
    distance = np.abs(train[:, None] - held[None, :]).min()
    assert distance == 2 * LENGTH  # one whole window between
    plus, minus = windows.strand == 0, windows.strand == 1
    assert set(windows.start[plus & (got.side == 1)]) == set(windows.start[minus & (got.side == 1)])
    assert (got.side == -1).sum() <= 4 * 5


def test_contigs_too_few_or_too_unequal_are_cut_and_others_are_not():
    assert split([4000, 100], 0.2)[1].by_blocks
    windows, got = split([5600, 4500], 0.2)
    assert got.by_blocks
    assert val_bases(windows, got) == pytest.approx(0.2 * 10_100, rel=0.2)
    windows, got = split([1000, 600], 0.2)
    assert not got.by_blocks
    assert val_bases(windows, got) == 600


def test_two_windows_are_split_without_a_gap():
    _, got = split([20], 0.2)
    assert (got.by_blocks, got.guard) == (True, 0)
    assert sorted(got.side.tolist()) == [0, 0, 1, 1]


def test_both_sides_get_genes():
    for seed in range(10):
        windows, got = split([300] * 2 + [100] * 10, 0.2, seed, genic=[True] * 2 + [False] * 10)
        assert not got.by_blocks
        assert {0, 1} == set(got.side[windows.contig < 2].tolist())
        # all genes on one contig: that one must be cut
        windows, got = split([2000] + [500] * 4, 0.2, seed, genic=[True] + [False] * 4)
        assert got.by_blocks
        assert {0, 1} <= set(got.side[windows.contig == 0].tolist())


def test_groups_stay_together():
    groups = np.array([0, 1, 2, 3, 4] * 3)
    for seed in range(5):
        windows, got = split([100] * 15, 0.2, seed, groups=groups)
        assert not got.by_blocks
        for group in range(5):
            assert len(set(got.side[groups[windows.contig] == group])) == 1
        assert val_bases(windows, got) == 300


@pytest.mark.parametrize("val_fraction", [0, 1, -0.1, 2])
def test_fractions_out_of_range_are_refused(val_fraction):
    with pytest.raises(BadInputError, match="val-fraction"):
        split([100, 100], val_fraction)


def n90(sizes, val_fraction=0.2, seed=0):
    unit = np.repeat(np.arange(len(sizes)), sizes)
    names = np.array([f"c{i}" for i in range(len(sizes))], object)
    side = split_n90(unit, names, val_fraction=val_fraction, seed=seed)
    return [int(side[unit == i][0]) for i in range(len(sizes))]


def test_n90_edge_cases_of_the_reference():
    assert n90([7]) == [0]
    assert n90([10, 1]) == [0, 0]
    assert sorted(n90([10, 8])) == [0, 1]
    for bad in (0.6, 0.0, 1.0):
        with pytest.raises(BadInputError):
            n90([10, 8], bad)


@settings(deadline=None)  # the first example imports scikit-learn
@given(st.lists(st.integers(1, 30), min_size=1, max_size=20), st.integers(0, 100), st.sampled_from([0.1, 0.2, 0.35]))
def test_n90_draws_as_scikit_learn_does(sizes, seed, val_fraction):
    model_selection = pytest.importorskip("sklearn.model_selection")
    names = [f"c{i}" for i in range(len(sizes))]
    order = sorted(range(len(sizes)), key=lambda i: (-sizes[i], names[i].encode()))
    total, large = 0, 0
    while large < len(order) and total < int(0.9 * sum(sizes)):
        total += sizes[order[large]]
        large += 1
    large = max(large, 1)
    state = np.random.RandomState(seed)
    expected = [0] * len(sizes)
    for half in (order[:large], order[large:]):
        if len(half) > 1:
            for i in model_selection.train_test_split(half, test_size=val_fraction, random_state=state)[1]:
                expected[i] = 1
            assert sum(expected[i] for i in half) == math.ceil(val_fraction * len(half))
    assert n90(sizes, val_fraction, seed) == expected
