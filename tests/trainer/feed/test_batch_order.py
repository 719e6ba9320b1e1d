"""The order of batches and the shifts of windows."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from helixdask.trainer.feed.batch_order import BatchOrder, balanced_order, epoch_order, free_stretches


def make_order(seed=0, n=23, length=100, batch_size=4, **more):
    contig_length = np.array([1050, 500, 30, 900])
    rng = np.random.default_rng(n)
    contig = rng.integers(0, 4, n)
    start = np.array([rng.integers(0, -(-contig_length[c] // length)) * length for c in contig])
    end = np.minimum(start + length, contig_length[contig])
    held_out = rng.random(n) < 0.3
    keep = ~held_out
    stretches = free_stretches(
        contig[keep], start[keep], end[keep], contig_length, contig[held_out], start[held_out], end[held_out]
    )
    order = BatchOrder(start[keep], end[keep], stretches, length, batch_size, seed=seed, **{"max_shift": 25, **more})
    return order, contig[keep], contig_length, (contig[held_out], start[held_out], end[held_out])


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**31), n=st.integers(1, 60), epoch=st.integers(0, 1000), shift=st.integers(0, 300))
def test_every_window_once_an_epoch_and_never_over_an_edge(seed, n, epoch, shift):
    order, contig, contig_length, (held_contig, held_start, held_end) = make_order(seed, n, max_shift=shift)
    seen = []
    for step in range(order.steps_per_epoch):
        rows, start, end = order.batch(epoch, step)
        seen.append(rows)
        assert (start >= 0).all()
        assert (end <= contig_length[contig[rows]]).all()
        assert (end - start == (order.end - order.start)[rows]).all()
        assert (abs(start - order.start[rows]) <= shift).all()
        for c, a, b, a0, b0 in zip(contig[rows], start, end, order.start[rows], order.end[rows], strict=True):
            before = (held_contig == c) & (held_start < b0) & (held_end > a0)
            after = (held_contig == c) & (held_start < b) & (held_end > a)
            assert (after <= before).all()  # a shift never reaches into a held-out window
    rows = np.concatenate(seen) if seen else np.empty(0, int)
    np.testing.assert_array_equal(np.sort(rows), np.arange(len(order.start)))


def test_batches_are_a_pure_function_of_seed_epoch_and_step():
    first, *_ = make_order(seed=7)
    second, *_ = make_order(seed=7)
    for epoch, step in [(3, 1), (0, 0), (3, 2), (1, 4), (3, 1)]:  # in any order, with or without the epochs between
        for a, b in zip(first.batch(epoch, step), second.batch(epoch, step), strict=True):
            np.testing.assert_array_equal(a, b)
    other, *_ = make_order(seed=8)
    assert not np.array_equal(first.batch(0, 0)[0], other.batch(0, 0)[0])
    assert not np.array_equal(epoch_order(50, 1, 0), epoch_order(50, 1, 1))


def test_windows_do_move_and_validation_does_not():
    order, *_ = make_order(seed=1)
    moved = np.concatenate([order.batch(0, s)[1] - order.start[order.batch(0, s)[0]] for s in range(3)])
    assert (moved != 0).any()
    fixed, *_ = make_order(seed=1, shuffle=False, max_shift=0)
    rows, start, end = fixed.batch(5, 0)
    np.testing.assert_array_equal(rows, np.arange(4))
    np.testing.assert_array_equal(start, fixed.start[:4])
    np.testing.assert_array_equal(end, fixed.end[:4])


@given(sizes=st.lists(st.integers(1, 30), min_size=1, max_size=4), seed=st.integers(0, 99), epoch=st.integers(0, 5))
def test_balanced_epochs_give_each_store_its_share(sizes, seed, epoch):
    store = np.repeat(np.arange(len(sizes)), sizes)
    rows = balanced_order(store, seed, epoch)
    assert len(rows) == len(store)
    share = np.bincount(store[rows], minlength=len(sizes))
    assert share.max() - share.min() <= 1
    for number in range(len(sizes)):
        times = np.bincount(rows[store[rows] == number], minlength=len(store))[store == number]
        assert times.max() - times.min() <= 1
    np.testing.assert_array_equal(rows, balanced_order(store, seed, epoch))
