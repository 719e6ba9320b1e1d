"""Short windows in batches of their own: every window once, little padding, the same in any order of asking."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helixdask.trainer.feed.batch_order import BatchOrder
from helixdask.trainer.feed.buckets import batches_of, n_batches, padded_lengths, shares_of_stores, windows_per_batch
from helixdask.trainer.feed.dataset import Feed
from helixdask.trainer.feed.training_windows import gather_windows, read_split
from helixdask.trainer.feed.window_reader import TrackSet, WindowReader
from helixdask.trainer.network.model_file import load_model
from helixdask.trainer.tuning.tune import TuneSettings, train_from_scratch
from tests.trainer.conftest import PLAIN, POOL, write_toy_store

WINDOW = 4_500
SIZES = st.lists(st.integers(1, WINDOW), min_size=0, max_size=60)


@given(SIZES, st.sampled_from([1, 9, 12, 900]))
def test_each_length_holds_its_windows_and_hardly_more(sizes, pool):
    size = np.array(sizes, np.int64)
    padded = padded_lengths(size, WINDOW, pool)
    assert (padded >= size).all()
    assert (padded % pool == 0).all()
    assert (padded <= WINDOW).all()
    least = 2 * max(512, pool)
    assert ((padded < 2 * size + 2 * pool) | (padded <= least)).all()


def order_of(sizes, seed=0, batch_size=4, **more):
    size = np.array(sizes, np.int64)
    start = np.arange(len(size)) * WINDOW
    padded = padded_lengths(size, WINDOW, POOL)
    return BatchOrder(start, start + size, None, WINDOW, batch_size, seed, padded=padded, **more)


@given(SIZES, st.integers(0, 99), st.integers(0, 5), st.integers(1, 8), st.booleans())
def test_every_window_once_in_batches_of_one_length(sizes, seed, epoch, batch_size, shuffle):
    order = order_of(sizes, seed, batch_size, shuffle=shuffle)
    batches = [order.batch(epoch, step)[0] for step in range(order.steps_per_epoch)]
    assert sorted(row for rows in batches for row in rows.tolist()) == [*range(len(sizes))]
    for rows in batches:
        (length,) = set(order.padded[rows].tolist())
        assert order.length_of(rows) == length
        assert len(rows) <= windows_per_batch(np.array([length]), WINDOW, batch_size)[0]
        assert len(rows) * length <= max(batch_size * WINDOW, length)
    if not shuffle:
        for length in np.unique(order.padded):
            own = [row for rows in batches for row in rows.tolist() if order.padded[row] == length]
            assert own == sorted(own)


@given(st.integers(0, 40), st.integers(1, 7), st.integers(0, 99), st.integers(0, 3))
def test_windows_of_one_length_come_as_without(n, batch_size, seed, epoch):
    order = order_of([WINDOW] * n, seed, batch_size)
    without = dataclasses.replace(order, padded=None)
    assert not order.has_lengths
    assert order.steps_per_epoch == without.steps_per_epoch == -(-n // batch_size)
    for step in range(order.steps_per_epoch):
        assert order.batch(epoch, step)[0].tolist() == without.batch(epoch, step)[0].tolist()


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(1, WINDOW)), min_size=1, max_size=50),
    st.integers(0, 99),
    st.integers(0, 4),
)
def test_balanced_epochs_have_as_many_batches_each(windows, seed, epoch):
    store, sizes = (np.array(column) for column in zip(*windows, strict=True))
    order = order_of(sizes, seed, balance=store)
    drawn = np.concatenate([order.batch(epoch, step)[0] for step in range(order.steps_per_epoch)])
    assert len(drawn) == len(sizes)
    given_ = np.bincount(store[drawn])
    there = np.unique(store)
    assert given_[there].max() - given_[there].min() <= 1
    assert sum(shares_of_stores(store, order.padded).values()) == len(sizes)


def test_padding_of_many_scaffolds_falls():
    rng = np.random.default_rng(0)
    size = np.minimum(np.maximum(rng.lognormal(7.5, 1.4, 20_000), 200), 21_384).astype(np.int64)
    padded = padded_lengths(size, 21_384, 9)
    before, after = (1 - size.sum() / bases for bases in (21_384 * len(size), padded.sum()))
    assert before > 0.75
    assert after < 0.3
    rows, bounds = batches_of(np.arange(len(size)), padded, 21_384, 8)
    assert len(bounds) - 1 == n_batches(padded, 21_384, 8)
    assert sorted(rows.tolist()) == [*range(len(size))]


@pytest.fixture(scope="module")
def scaffolds(tmp_path_factory):
    """A store whose windows are of several lengths."""
    return write_toy_store(tmp_path_factory.mktemp("toy") / "toy.zarr", window=WINDOW)


def feeds(store):
    split = read_split(store)
    train, _ = gather_windows([split], POOL)
    reader = WindowReader(store, TrackSet(split.labels))
    return [
        Feed(train, [reader], train.order(2, shuffle=True, pool_size=pool_size), POOL) for pool_size in (POOL, None)
    ]


def rows_of(feed):
    """Label rows of an epoch without their padding, and how much the bases of each row count."""
    found, bases = {}, 0
    for step in range(feed.order.steps_per_epoch):
        batch, (rows, start, end) = feed.read(step), feed.order.batch(0, step)
        bases += batch["codes"].size
        for i, (row, n) in enumerate(zip(rows.tolist(), (end - start).tolist(), strict=True)):
            width = batch["codes"].shape[1]
            part = slice(width - n, width) if feed.windows.strand[row] else slice(0, n)
            weight = batch["weight"][i] if "weight" in batch else 1.0
            found[row] = (
                batch["codes"][i, part].tolist(),
                batch["label"][i, part].tolist(),
                weight / batch["codes"].size,
            )
            outside = np.ones(width, bool)
            outside[part] = False
            assert not batch["valid"][i, outside].any()
    return found, bases


def test_the_same_bases_with_less_padding_and_as_much_weight(scaffolds):
    little, full = feeds(scaffolds)
    assert little.order.has_lengths
    (some, fewer), (every, more) = rows_of(little), rows_of(full)
    assert fewer < more
    assert some.keys() == every.keys()
    for row, (codes, label, _) in some.items():
        assert (codes, label) == every[row][:2]
    # A base counts the same in every batch, also in those that are not full.
    assert {round(share * 2 * WINDOW, 5) for *_, share in some.values()} == {1.0}


def test_the_stream_is_what_is_read(scaffolds):
    feed, _ = feeds(scaffolds)
    n = feed.order.steps_per_epoch
    for first in (0, n - 2):
        for step, batch in zip(range(first, n + 1), feed.batches(first, n + 1 - first), strict=True):
            for name, values in feed.read(step).items():
                np.testing.assert_array_equal(batch[name], values)


@pytest.mark.slow
def test_a_stopped_run_goes_on_in_the_same_order(scaffolds, tmp_path):
    known = {"stores": (scaffolds.url,), "epochs": 2, "batch_size": 2, "learning_rate": 5e-3, "threads": 1, "seed": 3}
    whole = train_from_scratch(TuneSettings(output=str(tmp_path / "whole.keras"), **known), PLAIN)

    def stop(event):
        if event.kind == "step" and event.epoch == 2 and event.done == 2:
            raise KeyboardInterrupt

    from helixdask.trainer.tuning import run

    output = str(tmp_path / "stopped.keras")
    before, run._SECONDS_BETWEEN_CHECKPOINTS = run._SECONDS_BETWEEN_CHECKPOINTS, 0.0
    try:
        with pytest.raises(KeyboardInterrupt):
            train_from_scratch(TuneSettings(output=output, **known), PLAIN, stop)
    finally:
        run._SECONDS_BETWEEN_CHECKPOINTS = before
    resumed = train_from_scratch(TuneSettings(output=output, **known), PLAIN)
    assert resumed.steps == whole.steps
    losses = [[row.get("loss") for row in result.history] for result in (resumed, whole)]
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-5)
    weights = [load_model(path).network.get_weights() for path in (output, str(tmp_path / "whole.keras"))]
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
