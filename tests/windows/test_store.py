"""Windows of a store: reading, lazily and at once, and the stage."""

import pickle
import time

import numpy as np
import pytest

from helixdask.engine.run import RunOptions, run_stage
from helixdask.errors import BadInputError, MissingInputError
from helixdask.explore import open_store
from helixdask.sequence.codes import PADDING, complement
from helixdask.store.store import Store
from helixdask.windows import view
from helixdask.windows.cut import WindowLayout
from helixdask.windows.grid import WindowGrid
from helixdask.windows.read import open_track, read_into, read_windows
from helixdask.windows.stage import WindowsStage
from helixdask.windows.view import lazy_windows
from tests.small_store import small_store

LENGTHS = [1300, 40, 505, 1000]
LENGTH = 100


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return small_store(tmp_path_factory.mktemp("stores") / "small.zarr", LENGTHS)


def expected_window(track, store, windows, w, fill, is_sequence=False, in_front=False):
    begin = store.contigs.offsets[windows.contig[w]] + windows.start[w]
    n = windows.end[w] - windows.start[w]
    part = track[begin : begin + n] if is_sequence else track[windows.strand[w], ..., begin : begin + n]
    if windows.strand[w] == 1:
        part = part[..., ::-1]
        part = complement(part) if is_sequence else part
    out = np.full((LENGTH, *part.shape[:-1]), fill, part.dtype)
    out[LENGTH - n if in_front and windows.strand[w] else 0 :][:n] = part.T
    return out


@pytest.mark.parametrize("ahead", [False, True])
@pytest.mark.parametrize("padding", ["end", "mirrored"])
def test_windows_are_read_5_to_3_with_padding_where_it_was_asked_for(made, padding, ahead):
    store, tracks = made
    layout = WindowLayout(LENGTH, padding=padding)
    windows = WindowGrid(store.contigs.lengths, LENGTH).windows()
    rows = np.random.default_rng(0).permutation(len(windows.start))
    spans = windows.spans(store.contigs.offsets).take(rows)
    for path, track, fill in (
        ("genome/sequence", tracks["sequence"], PADDING),
        ("labels/reference/label", tracks["label"], 0),
        ("labels/reference/valid", tracks["valid"], 0),
        ("predictions/base/class_probability", tracks["probability"], 0),
    ):
        source = open_track(store, path, ahead=ahead)
        got = source.rows(len(rows), LENGTH)
        read_into([source], [got], spans, layout)
        assert got.dtype == track.dtype
        for place, w in enumerate(rows):
            front = padding == "mirrored"
            expected = expected_window(track, store, windows, w, fill, path == "genome/sequence", front)
            np.testing.assert_array_equal(got[place], expected)
        np.testing.assert_array_equal(read_windows(store, path, spans, layout), got)
    assert read_windows(store, "genome/sequence", spans.take(rows[:0]), layout).shape == (0, LENGTH)


def test_in_plus_orientation_both_strands_read_the_same_bases(made):
    store, tracks = made
    windows = WindowGrid(store.contigs.lengths, LENGTH).windows()
    spans, layout = windows.spans(store.contigs.offsets), WindowLayout(LENGTH, orientation="plus")
    sequence = read_windows(store, "genome/sequence", spans, layout)
    for w in range(len(windows.start)):
        size = spans.size[w]
        np.testing.assert_array_equal(sequence[w, :size], tracks["sequence"][spans.position[w] :][:size])
        assert (sequence[w, size:] == PADDING).all()


def test_other_options_are_refused():
    for wrong in ({"orientation": "minus"}, {"padding": "front"}):
        with pytest.raises(BadInputError, match="Choose"):
            WindowLayout(10, **wrong)


def test_the_lazy_view_is_the_same_windows(made):
    store, _ = made
    windows, layout = WindowGrid(store.contigs.lengths, LENGTH).windows(), WindowLayout(LENGTH)
    spans = windows.spans(store.contigs.offsets)
    dataset = lazy_windows(store, windows, layout)
    assert dict(dataset.sizes) == {"window": 60, "offset": 100, "label_class": 4, "phase_class": 4}
    assert dataset.base_class_probability.dims == ("window", "offset", "label_class")
    sequence = read_windows(store, "genome/sequence", spans, layout)
    np.testing.assert_array_equal(dataset.sequence.compute(), sequence)
    label = read_windows(store, "labels/reference/label", spans, layout)
    np.testing.assert_array_equal(dataset.reference_label[5:30:4, 10:20].compute(), label[5:30:4, 10:20])
    np.testing.assert_array_equal(dataset.reference_label[7].compute(), label[7])
    np.testing.assert_array_equal(dataset.reference_label[[9, 2, 40]].compute(), label[[9, 2, 40]])
    minus = dataset.isel(window=windows.strand == 1)
    np.testing.assert_array_equal(minus.reference_label.compute(), label[windows.strand == 1])
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(dataset)).reference_label.compute(), label)
    none = lazy_windows(store, windows.take(slice(0, 0)), layout)
    assert none.reference_label.compute().shape == (0, LENGTH)


def test_a_slice_reads_its_own_windows_and_a_task_carries_its_own_places(made, monkeypatch):
    store, _ = made
    windows = WindowGrid(store.contigs.lengths, LENGTH).windows()
    many = windows.take(np.arange(6_000) % len(windows.start))
    label = lazy_windows(store, many, WindowLayout(LENGTH)).reference_label
    assert label.data.numblocks[0] == 12
    assert max(len(pickle.dumps(task)) for task in dict(label.data.dask).values()) < 512 * 20 + 1_000
    read = []
    monkeypatch.setattr(view, "read_windows", lambda *args: read.append(len(args[2].size)) or read_windows(*args))
    assert label[700:705].compute(scheduler="sync").shape == (5, LENGTH)
    assert read == [5]


@pytest.mark.parametrize("quantised", [False, True])
def test_probabilities_come_as_float32(tmp_path, quantised):
    store, tracks = small_store(tmp_path / "s.zarr", [300], quantised=quantised)
    windows = WindowGrid(store.contigs.lengths, LENGTH).windows()
    got = lazy_windows(store, windows, WindowLayout(LENGTH)).base_class_probability[1].compute()
    assert got.dtype == np.float32
    expected = tracks["probability"][0, :, 100:200].T.astype(np.float32) / (255 if quantised else 1)
    np.testing.assert_allclose(got, expected, rtol=1e-6)


@pytest.mark.slow
def test_a_sparse_store_of_17_gb_and_2_million_contigs_opens_at_once(tmp_path):
    lengths = np.full(2_000_000, 8_500, np.int64)
    store = Store.create(tmp_path / "s.zarr", species="sparse")
    store.begin_group("genome")
    names = np.char.add("c", np.arange(len(lengths)).astype(str)).astype(object)
    store.write_table("genome", {"contig_name": names, "contig_length": lengths})
    store.create_tracks("genome")
    store.complete_group("genome", {"digest": "genome"})
    store.begin_group("labels/reference")
    store.create_tracks("labels/reference")
    store.complete_group("labels/reference", {"digest": "labels"})
    begin = time.process_time()
    dataset = open_store(store.url).windows(21_384, padding="end")
    seconds = time.process_time() - begin
    assert seconds < 20  # of the processor; about 2 are needed, most of it reading the contig table
    last = dataset.isel(window=slice(-2, None))
    assert (last.sequence[:, :8_500].compute() == 4).all()
    assert (last.sequence[:, 8_500:].compute() == PADDING).all()
    assert (last.reference_valid[:, :8_500].compute() == 1).all()
    # One region task far beyond 2 ** 32.
    from helixdask.engine.stage import Region

    start = store.n_bases // store.shard_length * store.shard_length
    region = Region(0, start, store.n_bases)
    result = WindowsStage(labels="reference").run(store, region, None)
    owned = (store.contigs.offsets[:-1] >= start).sum()
    assert len(result.tables["row"]) == 2 * owned
    assert (result.tables["window_valid"] == 8_500).all()


def brute_force(store, tracks, windows):
    for w in range(len(windows.start)):
        label = expected_window(tracks["label"], store, windows, w, 0)
        valid = expected_window(tracks["valid"], store, windows, w, 0) == 1
        probability = expected_window(tracks["probability"], store, windows, w, 0).astype(float)
        hot = np.eye(4)[label]
        yield hot[valid].sum(axis=0), np.abs(hot - probability)[valid].sum(axis=0), valid.sum()


@pytest.mark.parametrize("length", [LENGTH, 333])
def test_the_stage_measures_every_window(made, length):
    store, tracks = made
    stage = WindowsStage(length, "reference", "base", output=f"w{length}")
    summary = run_stage(stage, store.url, RunOptions(workers=1, quiet=True))
    assert summary.attrs["window_length"] == length
    table = Store.open(store.url).table(f"windows/w{length}")
    windows = WindowGrid(store.contigs.lengths, length).windows()
    for name, column in windows._asdict().items():
        np.testing.assert_array_equal(table[f"window_{name}"], column)
    if length == LENGTH:
        for w, (count, distance, valid) in enumerate(brute_force(store, tracks, windows)):
            assert table["window_class_count"][w].tolist() == count.tolist()
            np.testing.assert_allclose(table["window_class_distance"][w], distance, rtol=1e-12)
            assert table["window_valid"][w] == valid
    assert summary.attrs["class_bases"] == table["window_class_count"].sum(axis=0).tolist()


@pytest.mark.slow
def test_regions_of_any_size_give_the_same_table(tmp_path):
    lengths = [150_000, 30, 90_000, 70_000]
    store, _ = small_store(tmp_path / "s.zarr", lengths)
    tables = []
    for bases_per_task in (1, 1 << 22):
        stage_type = type("Sized", (WindowsStage,), {"bases_per_task": bases_per_task})
        stage = stage_type(7_000, "reference", "base", output=f"t{bases_per_task}")
        summary = run_stage(stage, store.url, RunOptions(workers=1, quiet=True))
        tables.append(Store.open(store.url).table(f"windows/t{bases_per_task}"))
        assert summary.tasks == (1 if bases_per_task > 1 else 5)
    assert tables[0].keys() == tables[1].keys()
    for name in tables[0]:
        np.testing.assert_array_equal(tables[0][name], tables[1][name])


@pytest.mark.slow
def test_predictions_alone_stand_for_labels_and_nothing_gives_only_places(made):
    store, tracks = made
    run_stage(WindowsStage(LENGTH, None, "base", "alone"), store.url, RunOptions(workers=1, quiet=True))
    run_stage(WindowsStage(LENGTH, None, None, "places"), store.url, RunOptions(workers=1, quiet=True))
    store = Store.open(store.url)
    alone = store.table("windows/alone")
    assert (alone["window_agreement"] == 1).all()
    best = tracks["probability"].argmax(axis=1)
    assert alone["window_class_count"].sum(axis=0).tolist() == np.bincount(best.ravel(), minlength=4).tolist()
    assert store.attrs("windows/alone")["predicted_labels"] is True
    assert set(store.table("windows/places")) == {f"window_{c}" for c in ("contig", "start", "end", "strand")}


def test_contigs_without_genes_are_told_apart(tmp_path):
    store, _ = small_store(tmp_path / "s.zarr", LENGTHS, genic=[True, True, False, True])
    run_stage(WindowsStage(LENGTH, "reference"), store.url, RunOptions(workers=1, quiet=True))
    table = Store.open(store.url).table("windows/default")
    np.testing.assert_array_equal(table["window_annotated"], table["window_contig"] != 2)
    assert "window_class_distance" not in table


def test_what_cannot_be_measured_is_refused_before_work_starts(made):
    store, _ = made
    for stage, error in (
        (WindowsStage(0), BadInputError),
        (WindowsStage(10, "nobody"), MissingInputError),
        (WindowsStage(10, "reference", "nobody"), MissingInputError),
    ):
        with pytest.raises(error):
            run_stage(stage, store.url, RunOptions(workers=1, quiet=True))
    with pytest.raises(BadInputError, match="Choose 'default' or 'helixer'"):
        WindowsStage(10, rules="other")
