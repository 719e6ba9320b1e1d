"""Sides are drawn by lot with exact bookkeeping: groups whole, copies together, the same for any order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helixdask.errors import BadInputError
from helixdask.selection.sides import MOST_DROPPED, Kin, draw_sides
from helixdask.selection.split import TEST, TRAIN, VALIDATION
from helixdask.windows.grid import WindowGrid, Windows

LENGTH = 10


def draw(lengths, val_fraction=0.2, seed=0, genic=None, groups=None, kin=None, names=None, test_fraction=0.0):
    windows = WindowGrid(np.array(lengths), LENGTH).windows()
    genic = np.ones(len(windows.start), bool) if genic is None else np.asarray(genic)[windows.contig]
    names = np.array([f"contig{i}" for i in range(len(lengths))], object) if names is None else names
    kin = kin or Kin.of_groups(np.arange(len(lengths)) if groups is None else np.asarray(groups))
    how = {"val_fraction": val_fraction, "test_fraction": test_fraction, "seed": seed}
    return windows, draw_sides(windows, genic, kin, **how, window_length=LENGTH, names=names)


def bases(windows, got, side=VALIDATION):
    return int((windows.end - windows.start)[got.side == side].sum()) // 2


def sides_by_place(windows, got, names):
    rows = zip(names[windows.contig], windows.start.tolist(), windows.strand.tolist(), got.side.tolist(), strict=True)
    return {(name, start, strand): side for name, start, strand, side in rows}


def copies_of(lengths, n_copies, crossing=()):
    """Kin of contigs that come in copies, one after the other; ``crossing`` are pairs of windows of the plus strand."""
    contig_lengths = np.repeat(lengths, n_copies)
    windows = WindowGrid(contig_lengths, LENGTH).windows()
    key, spot = np.unique(windows.contig.astype(np.int64) * 10**6 + windows.start, return_inverse=True)
    ancestor = np.repeat(np.arange(len(lengths)), n_copies)
    axis, place = ancestor[windows.contig] * n_copies, windows.start
    found = []
    for a in range(len(key)):
        for b in range(a + 1, len(key)):
            contig, start = key[[a, b]] // 10**6, key[[a, b]] % 10**6
            if ancestor[contig[0]] == ancestor[contig[1]] and start[0] == start[1]:
                found.append((a, b))
    found += [(min(pair), max(pair)) for pair in crossing if pair[0] != pair[1] and max(pair) < len(key)]
    first, second = np.array(found, np.int64).reshape(-1, 2).T
    shared = np.full(len(first), 9)
    no = np.zeros(len(contig_lengths), bool)
    kin = Kin(ancestor, no, no, lambda: (axis, place), spot, first, second, shared)
    return contig_lengths.tolist(), kin


many = st.lists(st.integers(1, 400), min_size=1, max_size=12)


@settings(max_examples=100)
@given(many, st.floats(0.05, 0.6), st.sampled_from([0.0, 0.1]), st.integers(0, 5))
def test_each_side_has_windows_and_totals_are_exact(lengths, val_fraction, test_fraction, seed):
    n_places = sum(-(-length // LENGTH) for length in lengths)
    if n_places < (3 if test_fraction else 2):
        with pytest.raises(BadInputError, match="too few places"):
            draw(lengths, val_fraction, seed, test_fraction=test_fraction)
        return
    windows, got = draw(lengths, val_fraction, seed, test_fraction=test_fraction)
    assert (got.side == TRAIN).any()
    assert (got.side == VALIDATION).any()
    assert (got.side == TEST).any() == bool(test_fraction)
    assert not got.copies.any()
    total = sum(bases(windows, got, side) for side in (-1, TRAIN, VALIDATION, TEST))
    assert total == sum(lengths)
    if not got.by_blocks:
        assert (got.side >= 0).all()
        assert 0.5 * val_fraction <= bases(windows, got) / total <= 1.5 * val_fraction
        for contig in range(len(lengths)):
            assert len(set(got.side[windows.contig == contig])) == 1
    plus, minus = windows.strand == 0, windows.strand == 1
    names = np.arange(len(lengths))
    both = [sides_by_place(windows.take(np.flatnonzero(some)), Only(got.side[some]), names) for some in (plus, minus)]
    assert {place[:2]: side for place, side in both[0].items()} == {p[:2]: s for p, s in both[1].items()}


class Only:
    def __init__(self, side):
        self.side = side


@settings(max_examples=60)
@given(many, st.lists(st.integers(0, 3), min_size=12, max_size=12), st.integers(0, 5))
def test_groups_by_hand_are_whole_or_refused(lengths, groups, seed):
    groups = np.array(groups[: len(lengths)])
    try:
        windows, got = draw(lengths, 0.2, seed, groups=groups)
    except BadInputError as error:
        if "cannot be cut" not in error.problem and "too few places" not in error.problem:
            raise
        return
    for group in np.unique(groups):
        if (groups == group).sum() > 1:
            assert len(set(got.side[groups[windows.contig] == group])) == 1


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(100, 600), min_size=1, max_size=4),
    st.integers(1, 4),
    st.integers(0, 5),
    st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), max_size=4),
    st.sampled_from([0.0, 0.1]),
)
def test_no_copy_is_on_two_sides(lengths, n_copies, seed, crossing, test_fraction):
    lengths, kin = copies_of(lengths, n_copies, crossing)
    try:
        windows, got = draw(lengths, 0.2, seed, kin=kin, test_fraction=test_fraction)
    except BadInputError as error:
        if "copies lie everywhere" not in error.problem and "too few places" not in error.problem:
            raise
        return
    for side in (TRAIN, VALIDATION):
        assert not (kin.near(got.side > side) & (got.side == side)).any()
    dropped, trained = ((windows.end - windows.start)[some].sum() for some in (got.copies, got.side == TRAIN))
    assert dropped <= MOST_DROPPED * (dropped + trained)
    if not got.by_blocks:
        for group in np.unique(kin.group):
            mine = (kin.group[windows.contig] == group) & ~got.copies
            assert len(set(got.side[mine])) <= 1


@settings(max_examples=60, deadline=None)
@given(many, st.integers(0, 5), st.randoms(), st.sampled_from([0.0, 0.15]))
def test_the_order_of_contigs_and_windows_does_not_matter(lengths, seed, random, test_fraction):
    if sum(-(-length // LENGTH) for length in lengths) < 3:
        return
    names = np.array([f"contig{i}" for i in range(len(lengths))], object)
    order = list(range(len(lengths)))
    random.shuffle(order)
    windows, got = draw(lengths, 0.2, seed, names=names, test_fraction=test_fraction)
    expected = sides_by_place(windows, got, names)
    other, again = draw([lengths[i] for i in order], 0.2, seed, names=names[order], test_fraction=test_fraction)
    assert sides_by_place(other, again, names[order]) == expected
    rows = list(range(len(windows.start)))
    random.shuffle(rows)
    mixed = Windows(*(column[rows] for column in windows))
    kin = Kin.of_groups(np.arange(len(lengths)))
    how = {"val_fraction": 0.2, "test_fraction": test_fraction, "seed": seed, "window_length": LENGTH, "names": names}
    third = draw_sides(mixed, np.ones(len(rows), bool), kin, **how)
    assert sides_by_place(mixed, third, names) == expected


@settings(max_examples=60)
@given(st.lists(st.integers(1, 400), min_size=2, max_size=12), st.integers(0, 5))
def test_no_single_move_or_exchange_brings_validation_nearer_where_it_is_far(lengths, seed):
    windows, got = draw(lengths, 0.2, seed)
    if got.by_blocks:
        return
    side = np.array([got.side[windows.contig == c][0] for c in range(len(lengths))])
    sizes = np.array(lengths)
    target = 0.2 * sizes.sum()
    gap = abs(sizes[side == 1].sum() - target)
    if gap <= 0.4 * target:
        return
    for a in range(len(sizes)):
        for b in range(len(sizes)):
            trial = side.copy()
            trial[a] = 1 - side[a]
            trial[b] = 1 - side[b]  # a == b: a move of one
            if a == b:
                trial[a] = 1 - side[a]
            if 0 < trial.sum() < len(trial):
                assert abs(sizes[trial == 1].sum() - target) >= gap - 1e-9


def test_seeds_differ_where_few_units_are_of_much_the_same_size():
    """Seven groups of homoeologs, as in wheat, and blocks of one contig: some seed holds each of them out."""
    sizes = [1270, 1310, 1350, 1400, 1450, 1540, 1590]
    held = [set(windows.contig[got.side == VALIDATION]) for windows, got in (draw(sizes, 0.2, n) for n in range(40))]
    assert all(len(each) == 1 for each in held)
    assert set.union(*held) == set(range(7))
    places = set()
    for seed in range(40):
        windows, got = draw([1_000], 0.2, seed)
        assert got.by_blocks
        places |= set(windows.start[got.side == VALIDATION].tolist())
    assert places == set(range(0, 1_000, LENGTH))


def test_many_contigs_come_very_near_and_seeds_differ():
    lengths = np.random.default_rng(0).integers(50, 5000, 200)
    found = []
    for seed in range(3):
        windows, got = draw(lengths, 0.2, seed, test_fraction=0.1)
        assert bases(windows, got) / lengths.sum() == pytest.approx(0.2, abs=0.0005)
        assert bases(windows, got, TEST) / lengths.sum() == pytest.approx(0.1, abs=0.0005)
        found.append(got.side)
    assert not (found[0] == found[1]).all()
    assert not (found[0] == found[2]).all()


def test_one_contig_is_split_by_blocks_with_a_gap():
    windows, got = draw([4000], 0.2)
    assert got.by_blocks
    assert got.guard == LENGTH
    assert bases(windows, got) == pytest.approx(800, abs=100)
    train, held = np.unique(windows.start[got.side == TRAIN]), np.unique(windows.start[got.side == VALIDATION])
    assert np.abs(train[:, None] - held[None, :]).min() == 2 * LENGTH  # one whole window between
    assert (got.side == -1).sum() <= 4 * 5


def test_two_windows_are_split_without_a_gap():
    _, got = draw([20], 0.2)
    assert (got.by_blocks, got.guard) == (True, 0)
    assert sorted(got.side.tolist()) == [0, 0, 1, 1]


def test_contigs_too_few_or_too_unequal_are_cut_and_others_are_not():
    assert draw([4000, 100], 0.2)[1].by_blocks
    windows, got = draw([5600, 4500], 0.2)
    assert got.by_blocks
    assert bases(windows, got) == pytest.approx(0.2 * 10_100, rel=0.2)
    windows, got = draw([1000, 1100, 1200, 1300], 0.2)
    assert not got.by_blocks


def test_sides_get_genes():
    for seed in range(10):
        windows, got = draw([300] * 2 + [100] * 10, 0.2, seed, genic=[True] * 2 + [False] * 10)
        assert not got.by_blocks
        assert {0, 1} == set(got.side[windows.contig < 2].tolist())
        # All genes on one contig: that one must be cut.
        windows, got = draw([2000] + [500] * 4, 0.2, seed, genic=[True] + [False] * 4)
        assert got.by_blocks
        assert {0, 1} <= set(got.side[windows.contig == 0].tolist())


def test_groups_that_cannot_be_cut_are_refused():
    with pytest.raises(BadInputError, match="helixdask kinship"):
        draw([1000] * 4, groups=[0, 0, 1, 1])
    windows, got = draw([1000] * 4, groups=[0, 0, 0, 1])  # the last one can be cut
    assert got.by_blocks
    assert set(got.side[windows.contig < 3].tolist()) == {0}
    windows, got = draw([1000] * 4 + [4100], groups=[0, 0, 1, 1, -1])  # the last, larger than half, only trains
    assert set(got.side[windows.contig == 4].tolist()) == {0}


def test_copies_everywhere_are_refused_with_the_reason():
    lengths, kin = copies_of([400, 400, 400], 1, [(a, b) for a in range(120) for b in range(a)])
    with pytest.raises(BadInputError, match=r"copies lie everywhere: 100.0 % of the training bases"):
        draw(lengths, kin=kin)


@pytest.mark.slow
def test_validation_is_made_smaller_where_copies_are_many():
    """Each window has a copy far away: the fewer windows validate, the fewer are lost."""
    rows = np.random.default_rng(1).permutation(1200)[:240].reshape(-1, 2).tolist()
    lengths, kin = copies_of([12_000], 1, rows)
    windows, got = draw(lengths, 0.6, kin=kin)
    assert 0.05 * 12_000 <= bases(windows, got) < 0.6 * 12_000
    assert got.copies.any()


@pytest.mark.parametrize(("val_fraction", "test_fraction"), [(0, 0), (1, 0), (-0.1, 0), (2, 0), (0.5, 0.5), (0.2, -1)])
def test_fractions_out_of_range_are_refused(val_fraction, test_fraction):
    with pytest.raises(BadInputError, match="val-fraction"):
        draw([100, 100], val_fraction, test_fraction=test_fraction)
