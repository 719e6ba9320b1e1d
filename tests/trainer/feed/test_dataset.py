"""Batches read from a store."""

import dataclasses

import numpy as np
import pytest

from helixdask.errors import BadInputError, MissingInputError
from helixdask.explore import open_store
from helixdask.sequence.codes import PADDING, one_hot, reverse_complement
from helixdask.trainer.feed.batch_order import Stretches, touching_stretches
from helixdask.trainer.feed.dataset import Feed, network_input, normalised_coverage
from helixdask.trainer.feed.training_windows import gather_windows, read_split
from helixdask.trainer.feed.window_reader import TrackSet, WindowReader
from helixdask.windows.cut import WindowLayout
from helixdask.windows.grid import Windows
from helixdask.windows.view import lazy_windows
from tests.trainer.conftest import POOL, add_library, write_split, write_toy_store

WHOLE = Windows(np.array([2, 2]), np.array([0, 0]), np.array([400, 400]), np.array([0, 1]))
"""The third contig, on both strands."""

COLUMNS = ("contig", "start", "end", "strand")


def make_feeds(store, batch_size=4, rules="default", **more):
    split = read_split(store)
    train, validation = gather_windows([split], POOL, rules=rules)
    reader = WindowReader(store, TrackSet(split.labels))
    return (
        Feed(train, [reader], train.order(batch_size, shuffle=True, **more), POOL),
        Feed(validation, [reader], validation.order(batch_size, shuffle=False), POOL),
    )


@pytest.mark.parametrize("window", [900, 904])
def test_validation_windows_are_the_tracks_oriented_and_padded(tmp_path, window):
    toy_store = write_toy_store(tmp_path / "toy.zarr", window=window)
    _, feed = make_feeds(toy_store, rules="helixer")  # which cuts what is no multiple of a time step
    assert feed.length == 900
    windows = feed.windows
    assert set(windows.contig) == {1}
    row = 0
    for step in range(feed.order.steps_per_epoch):
        batch = feed.read(step)
        x = network_input(batch).numpy()
        for i in range(len(x)):
            first = int(toy_store.contigs.offsets[1] + windows.start[row])
            last = int(toy_store.contigs.offsets[1] + windows.end[row])
            strand = int(windows.strand[row])
            pad = window - (last - first)
            codes = toy_store.read("genome/sequence", first, last)
            widths = (pad, 0) if strand else (0, pad)  # a minus window is the reverse complement of the plus one
            expected = np.pad(reverse_complement(codes) if strand else codes, widths, constant_values=PADDING)
            np.testing.assert_array_equal(x[i], one_hot(expected)[:900].astype(np.float32))
            for name in ("label", "phase", "transition", "valid"):
                values = toy_store.read(f"labels/reference/{name}", first, last)[strand]
                expected = np.pad(values[::-1] if strand else values, widths)[:900]
                np.testing.assert_array_equal(batch[name][i], expected)
            row += 1
    assert row == len(windows)
    assert (windows.end - windows.start < window).any()


@pytest.mark.parametrize("max_shift", [0, 200])
def test_every_batch_is_the_rows_of_the_lazy_dataset(tmp_path, max_shift):
    store = write_toy_store(tmp_path / "toy.zarr")
    groups = tuple(f"coverage/rnaseq/{name}" for name in ("a", "b"))
    for seed, group in enumerate(groups):
        add_library(store, group, seed)
    split = read_split(store)
    windows, _ = gather_windows([split], POOL)
    order = windows.order(16, shuffle=True, max_shift=max_shift)
    feed = Feed(windows, [WindowReader(store, TrackSet(split.labels, groups))], order, POOL)
    shown = open_store(store.url).windows(side="train").load()
    place = {key: row for row, key in enumerate(zip(*(shown[c].values.tolist() for c in COLUMNS), strict=True))}
    for step in range(order.steps_per_epoch):
        rows, start, end = order.batch(0, step)
        batch, places = feed.read(step), Windows(windows.contig[rows], start, end, windows.strand[rows])
        if max_shift:  # windows that no table holds
            ds = lazy_windows(store, places, WindowLayout(windows.window_length)).load()
        else:
            ds = shown.isel(window=[place[key] for key in zip(*(c.tolist() for c in places), strict=True)])
        np.testing.assert_array_equal(batch["codes"], ds.sequence)
        for name in ("label", "phase", "transition", "valid"):
            np.testing.assert_array_equal(batch[name], ds[f"reference_{name}"])
        both = np.concatenate([ds.rnaseq_coverage, ds.rnaseq_spliced_coverage], axis=-1)
        np.testing.assert_array_equal(batch["coverage"], both)
        assert batch["coverage"].dtype == both.dtype


def test_labels_beyond_what_was_selected_are_not_taught(tmp_path):
    """Shifted windows show the network what lies beside them; only labels of selected windows count."""
    store = write_toy_store(tmp_path / "toy.zarr")
    split = read_split(store)
    windows, _ = gather_windows([split], POOL)
    chosen = np.arange(len(windows)) % 3 != 1
    columns = {name: getattr(windows, name)[chosen] for name in ("store", "contig", "start", "end", "strand")}
    room = Stretches(windows.stretches.lower[chosen], windows.stretches.upper[chosen])
    places = tuple(columns[name] for name in COLUMNS)
    few = dataclasses.replace(windows, **columns, stretches=room, taught=touching_stretches(*places))
    counted = np.zeros((2, store.n_bases), np.bool_)
    for contig, start, end, strand in zip(*(column.tolist() for column in places), strict=True):
        offset = int(store.contigs.offsets[contig])
        counted[strand, offset + start : offset + end] = True
    reader = WindowReader(store, TrackSet(split.labels))
    order = few.order(16, shuffle=True, max_shift=200)
    feeds = [Feed(each, [reader], order, POOL) for each in (few, dataclasses.replace(few, taught=None))]
    n_left_out = 0
    for step in range(order.steps_per_epoch):
        rows, start, end = order.batch(0, step)
        taught, everything = (feed.read(step) for feed in feeds)
        for name in ("codes", "label", "phase", "transition"):
            np.testing.assert_array_equal(taught[name], everything[name])
        for i, row in enumerate(rows):
            strand, offset = int(few.strand[row]), int(store.contigs.offsets[few.contig[row]])
            expected = counted[strand, offset + start[i] : offset + end[i]]
            pad = few.window_length - len(expected)
            expected = np.pad(expected[::-1] if strand else expected, (pad, 0) if strand else (0, pad))
            np.testing.assert_array_equal(taught["valid"][i] != 0, (everything["valid"][i] != 0) & expected)
            n_left_out += int((~expected).sum()) - pad
    assert n_left_out > 0


def test_minus_window_is_the_reverse_complement_of_the_plus_window(toy_store):
    reader = WindowReader(toy_store, TrackSet(None))
    buffers = reader.new_buffers(4, 700)
    contig, start, end = np.array([0, 0, 2, 2]), np.array([60, 60, 0, 0]), np.array([760, 760, 400, 400])
    reader.fill(buffers, np.arange(4), Windows(contig, start, end, np.array([0, 1, 0, 1])))
    x = network_input(buffers).numpy()
    for plus, minus in ((0, 1), (2, 3)):
        np.testing.assert_array_equal(x[minus], x[plus][::-1, ::-1])
    assert not x[2][400:].any()
    assert x[2][:400].any(axis=-1).all()
    np.testing.assert_array_equal(x[0][100 - 60], [0.25] * 4)


def test_stream_equals_reading_step_by_step_and_resumes_anywhere(toy_store):
    feed, _ = make_feeds(toy_store, batch_size=16, max_shift=200)
    steps = feed.order.steps_per_epoch + 2  # into the second epoch
    streamed = list(feed.dataset(0, steps).as_numpy_iterator())
    later = list(feed.dataset(3, 2).as_numpy_iterator())
    for step, batch in enumerate(streamed):
        for name, values in feed.read(step).items():
            np.testing.assert_array_equal(batch[name], values)
    for name, values in later[1].items():
        np.testing.assert_array_equal(values, streamed[4][name])
    assert not np.array_equal(streamed[0]["codes"], streamed[feed.order.steps_per_epoch]["codes"])


def test_two_stores_are_one_stream(toy_store, tmp_path):
    other = write_toy_store(tmp_path / "other.zarr", seed=5)
    splits = [read_split(toy_store), read_split(other)]
    train, _ = gather_windows(splits, POOL)
    readers = [WindowReader(split.store, TrackSet(split.labels)) for split in splits]
    feed = Feed(train, readers, train.order(8, shuffle=True), POOL)
    rows, start, _ = feed.order.batch(0, 0)
    assert set(train.store[rows]) == {0, 1}
    batch = feed.read(0)
    for i, row in enumerate(rows):
        store = (toy_store, other)[train.store[row]]
        first = int(store.contigs.offsets[train.contig[row]] + start[i])
        codes = store.read("genome/sequence", first, first + 100)
        if train.strand[row] == 0:
            np.testing.assert_array_equal(batch["codes"][i, :100], codes)


def test_named_errors_before_training(tmp_path):
    store = write_toy_store(tmp_path / "toy.zarr")
    n = len(store.table("windows/default")["window_contig"])
    write_split(store, np.zeros(n, int), "no_validation")
    with pytest.raises(MissingInputError, match="several splits"):
        read_split(store)
    with pytest.raises(MissingInputError, match="no validation windows"):
        gather_windows([read_split(store, "no_validation")], POOL)
    with pytest.raises(MissingInputError, match="labels/other is not in the store"):
        read_split(store, "default", "other")
    with pytest.raises(BadInputError, match="shorter than a timestep"):
        gather_windows([read_split(store, "default")], 2000)
    store.remove_group("labels/reference")
    with pytest.raises(MissingInputError, match="labels"):
        read_split(store, "default")


def write_selection(store, rows, name, split=None):
    store.begin_group(f"selections/{name}")
    store.write_table(f"selections/{name}", {"window_row": np.asarray(rows, np.int64)})
    store.complete_group(f"selections/{name}", {"digest": name, "windows": "default", "split": split})


def test_what_is_selected_of_the_training_side_is_learnt_and_all_of_validation_scored(tmp_path):
    store = write_toy_store(tmp_path / "toy.zarr")
    place = store.table("windows/default")["window_start"] // 900
    side = np.where(place % 5 == 0, 1, np.where(place % 7 == 0, 2, np.where(place % 11 == 3, -1, 0)))
    side[[2, 9]] = -1  # the other strand trains
    write_split(store, side, "all", selection=None)
    train, held = gather_windows([read_split(store, "all")], POOL)  # nothing was selected yet
    assert (len(train), len(held)) == ((side == 0).sum(), (side == 1).sum())
    chosen = np.flatnonzero(side == 0)[::3]
    write_selection(store, chosen, "some", "all")
    write_selection(store, [*np.flatnonzero(side)[:4], *chosen[:5]], "before")
    split = read_split(store, "all")
    assert split.selection == "some"
    train, held = gather_windows([split], POOL)
    table = store.table("windows/default")
    np.testing.assert_array_equal(train.start, table["window_start"][chosen])
    assert len(held) == (side == 1).sum()
    assert (train.stretches.upper - train.stretches.lower > 900).any()
    # A selection that was not made for the split: of its windows those that train.
    train, _ = gather_windows([read_split(store, "all", selection="before")], POOL)
    np.testing.assert_array_equal(np.sort(train.start), np.sort(table["window_start"][chosen[:5]]))
    assert {"selection", "selection_digest", "leakage"} <= split.card().keys()
    # Shifted windows keep out of all that is not on the training side, left out windows included.
    side[[2, 9]] = 0
    others = [table[f"window_{name}"][side != 0] for name in ("contig", "start", "end")]
    for contig, low, high in zip(train.contig, train.stretches.lower, train.stretches.upper, strict=True):
        assert not ((others[0] == contig) & (others[1] < high) & (others[2] > low)).any()

    write_selection(store, chosen, "more", "all")
    with pytest.raises(MissingInputError, match="several selections of the windows of this split"):
        read_split(store, "all")
    write_split(store, side, "other", selection=None)
    with pytest.raises(BadInputError, match="splits/all"):
        read_split(store, "other", selection="some")
    assert read_split(store, "default").selection is None  # it was made from a selection


def test_coverage_norms():
    values = np.array([0, 10, -1], np.float32)
    np.testing.assert_allclose(normalised_coverage(values, "log"), [0.0953, 2.406, -2.303], atol=1e-3)
    np.testing.assert_allclose(normalised_coverage(values, "linear"), [0, 0.1, -0.01], rtol=1e-6)
    np.testing.assert_array_equal(normalised_coverage(values, "none"), values)


def test_coverage_of_two_libraries(tmp_path):
    store = write_toy_store(tmp_path / "toy.zarr")
    groups = tuple(f"coverage/rnaseq/{name}" for name in ("a", "b"))
    counts = [add_library(store, group, seed) for seed, group in enumerate(groups)]
    reader = WindowReader(store, TrackSet(None, groups))
    buffers = reader.new_buffers(2, 500)
    reader.fill(buffers, np.arange(2), WHOLE)
    first = int(store.contigs.offsets[2])
    for channel, (library, kind) in enumerate([(0, 0), (1, 0), (0, 1), (1, 1)]):  # coverage of all, then spliced
        values = counts[library][kind][:, first : first + 400].astype(np.float32)
        np.testing.assert_array_equal(buffers["coverage"][0, :400, channel], values[0])
        np.testing.assert_array_equal(buffers["coverage"][1, 100:, channel], values[1][::-1])
    assert (buffers["coverage"][0, 400:] == -1).all()
    assert (buffers["coverage"][1, :100] == -1).all()


@pytest.mark.parametrize("dtype", ["float16", "uint8"])
def test_confidence_is_the_probability_of_the_label(tmp_path, dtype):
    store = write_toy_store(tmp_path / "toy.zarr")
    probability = np.random.default_rng(0).random((2, 4, store.n_bases)).astype(np.float32)
    if dtype == "uint8":
        probability = np.rint(probability * 255) / 255
    store.begin_group("predictions/base")
    store.create_tracks("predictions/base", {"class_probability": dtype, "phase_probability": dtype})
    stored = np.rint(probability * 255) if dtype == "uint8" else probability
    store.write_region("predictions/base/class_probability", 0, stored.astype(dtype))
    store.complete_group("predictions/base", {"digest": "predictions"})
    reader = WindowReader(store, TrackSet("reference", confidence="base"))
    buffers = reader.new_buffers(2, 500)
    reader.fill(buffers, np.arange(2), WHOLE)
    at = int(store.contigs.offsets[2])
    label = store.read("labels/reference/label", at, at + 400)
    wanted = np.take_along_axis(probability[:, :, at : at + 400], label[:, None].astype(int), axis=1)[:, 0]
    np.testing.assert_allclose(buffers["confidence"][0, :400], wanted[0], atol=1e-3)
    np.testing.assert_allclose(buffers["confidence"][1, 100:], wanted[1, ::-1], atol=1e-3)
    assert not buffers["confidence"][0, 400:].any()
    assert not buffers["confidence"][1, :100].any()


def test_windows_count_as_the_selection_says(tmp_path):
    store = write_toy_store(tmp_path / "toy.zarr")
    side = np.where(np.arange(len(store.table("windows/default")["window_start"])) % 4 == 0, 1, 0)
    write_split(store, side, "all", selection=None)
    rows = np.flatnonzero(side == 0)[:10]
    store.begin_group("selections/weighed")
    weight = np.linspace(0.1, 2, 10, dtype=np.float32)
    store.write_table("selections/weighed", {"window_row": rows, "window_weight": weight})
    store.complete_group("selections/weighed", {"digest": "x", "windows": "default", "split": "all"})
    split = read_split(store, "all")
    train, held = gather_windows([split], POOL)
    assert held.weight is None
    feed = Feed(train, [WindowReader(store, TrackSet(split.labels))], train.order(4, shuffle=True, seed=3), POOL)
    seen = {}
    for batch in feed.batches(0, feed.order.steps_per_epoch):
        for codes, counts in zip(batch["codes"].numpy(), batch["weight"].numpy(), strict=True):
            seen[codes.tobytes()] = float(counts)
    assert sorted(seen.values()) == pytest.approx(weight.tolist())
    assert gather_windows([split], POOL, weighted=False)[0].weight is None
