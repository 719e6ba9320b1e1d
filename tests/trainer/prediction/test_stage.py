"""Prediction of a whole store."""

from pathlib import Path

import numpy as np
import pytest

from helixdask.engine.run import RunOptions, run_stage
from helixdask.errors import BadInputError, MissingInputError
from helixdask.sequence.codes import COMPLEMENT, ONE_HOT, PADDING
from helixdask.store.store import Store
from helixdask.trainer.network.build import NetworkSpec, build_network
from helixdask.trainer.network.card import default_card
from helixdask.trainer.network.model_file import load_model, save_model
from helixdask.trainer.prediction.batches import default_batch_size
from helixdask.trainer.prediction.stage import PredictStage
from tests.small_store import publish, small_store

pytestmark = pytest.mark.slow

SPEC = NetworkSpec(2, 8, 5, 9, 1, 8)
WINDOW = 180
LENGTHS = [70_000, 5, 180, 3_000, 66_001]
QUIET = RunOptions(workers=1, quiet=True)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "tiny.keras"
    network = build_network(SPEC, seed=1)
    kernel, bias = network.get_layer("head").get_weights()
    network.get_layer("head").set_weights([5 * kernel, bias])  # opinions strong enough to differ along the genome
    save_model(path, network, SPEC, default_card(inference_window=WINDOW))
    return path


@pytest.fixture(scope="module")
def predicted(model, tmp_path_factory):
    store, _ = small_store(tmp_path_factory.mktemp("store") / "g.zarr", LENGTHS)
    stage = SmallTasks.for_model(store, model, predictions="tiny", rules="helixer")
    summary = run_stage(stage, store.url, QUIET)
    return Store.open(store.url), stage, summary


class SmallTasks(PredictStage):
    """With regions of one shard."""

    bases_per_task = 1 << 16


def contig_input(store, contig, strand):
    start, length = int(store.contigs.offsets[contig]), int(store.contigs.lengths[contig])
    codes = np.full(-(-length // WINDOW) * WINDOW, PADDING, np.uint8)
    codes[:length] = store.read("genome/sequence", start, start + length)
    return COMPLEMENT[codes[::-1]] if strand else codes


def test_each_base_gets_the_mean_of_its_windows(predicted, model):
    store, _, summary = predicted
    assert summary.tasks > 2  # windows on the edges of regions are there
    network = load_model(model).network
    for contig, strand in [(1, 0), (2, 1), (3, 0), (3, 1)]:
        codes = contig_input(store, contig, strand)
        starts = list(range(0, len(codes) - WINDOW + 1, WINDOW // 2))
        x = ONE_HOT.astype(np.float32)[np.stack([codes[s : s + WINDOW] for s in starts])]
        for output, track in zip(network(x), ("class_probability", "phase_probability"), strict=True):
            output = np.asarray(output).reshape(len(starts), WINDOW, 4)
            total, counts = np.zeros((len(codes), 4)), np.zeros((len(codes), 1))
            for i, s in enumerate(starts):
                trim = (WINDOW - int(0.75 * WINDOW)) // 2
                a, b = trim * (i > 0), WINDOW - trim * (i < len(starts) - 1)
                total[s + a : s + b] += output[i, a:b]
                counts[s + a : s + b] += 1
            expected = (total / counts)[::-1] if strand else total / counts
            at, length = int(store.contigs.offsets[contig]), int(store.contigs.lengths[contig])
            found = store.read(f"predictions/tiny/{track}", at, at + length)[strand].T
            assert found.dtype == np.float16
            np.testing.assert_allclose(found, expected[:length], atol=5e-4)


def test_every_base_has_probabilities_and_attributes_tell_the_model(predicted, model):
    store, _, summary = predicted
    found = store.read("predictions/tiny/class_probability", 0, store.n_bases).astype(np.float32)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=2e-3)
    assert found.std() > 0.01
    attrs = store.attrs("predictions/tiny")
    assert attrs["model_digest"] == load_model(model).digest
    assert (attrs["window_length"], attrs["offset"], attrs["core_length"]) == (180, 90, 136)
    assert attrs["has_phase"] is True
    assert summary.attrs["counts"]["windows"] > store.n_bases // 90 * 2


def test_other_regions_and_batches_change_nothing(predicted, model):
    store, _, _ = predicted
    one_region = PredictStage.for_model(store, model, predictions="whole", batch_size=50, precision="float16")
    run_stage(one_region, store.url, QUIET)
    a, b = (store.read(f"predictions/{name}/class_probability", 0, store.n_bases) for name in ("tiny", "whole"))
    np.testing.assert_allclose(a.astype(np.float32), b.astype(np.float32), atol=5e-4)


def test_the_order_of_contigs_changes_no_contig(predicted, model, tmp_path):
    store, _, _ = predicted
    order = [3, 0, 4, 2, 1]
    other, _ = small_store(tmp_path / "p.zarr", LENGTHS, order=order)
    run_stage(SmallTasks.for_model(other, model, predictions="tiny", precision="float16"), other.url, QUIET)
    for new, old in enumerate(order):
        length = LENGTHS[old]
        parts = []
        for s, contig in ((store, old), (Store.open(other.url), new)):
            at = int(s.contigs.offsets[contig])
            parts.append(s.read("predictions/tiny/class_probability", at, at + length))
        np.testing.assert_array_equal(*parts)


def test_the_number_of_workers_changes_no_byte(predicted, model, tmp_path):
    store, stage, _ = predicted
    other, _ = small_store(tmp_path / "w.zarr", LENGTHS)
    run_stage(stage, other.url, RunOptions(workers=2, quiet=True))
    for track in ("class_probability", "phase_probability"):
        shards = [sorted(Path(s.url, "predictions/tiny", track).rglob("c/**/*")) for s in (store, other)]
        one, two = ({p.name: p.read_bytes() for p in paths if p.is_file()} for paths in shards)
        assert len(one) == 3
        assert one == two


def test_probabilities_in_one_byte(predicted, model):
    store, _, _ = predicted
    run_stage(PredictStage.for_model(store, model, predictions="byte"), store.url, QUIET)
    coarse = store.read("predictions/byte/class_probability", 0, 5000)
    assert coarse.dtype == np.uint8
    fine = store.read("predictions/tiny/class_probability", 0, 5000).astype(np.float32)
    np.testing.assert_allclose(coarse / 255, fine, atol=0.5 / 255 + 5e-4)


def test_settings_that_do_not_fit_are_refused(predicted, model):
    store, _, _ = predicted
    for wrong in (
        {"window_length": 181},
        {"precision": "float8"},
        {"offset": 0},
        {"core_length": 100_000},
        {"coverage": "rnaseq"},
        {"coverage_norm": "sqrt"},
    ):
        with pytest.raises(BadInputError):
            PredictStage.for_model(store, model, **wrong)
    with pytest.raises(BadInputError, match="180"):
        PredictStage.for_model(store, model, window_length=181)
    assert default_batch_size(21_384) == 4
    assert default_batch_size(10**6) == 1


@pytest.fixture(scope="module")
def covered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("covered")
    store, _ = small_store(folder / "g.zarr", [900, 400])
    rng = np.random.default_rng(0)
    for library in ("root", "leaf"):
        tracks = {
            name: rng.integers(0, 9, (2, store.n_bases)).astype(np.uint32) for name in ("coverage", "spliced_coverage")
        }
        publish(store, f"coverage/rnaseq/{library}", tracks, kind="rnaseq")
    spec = NetworkSpec(1, 4, 5, 9, 1, 4, n_libraries=2)
    return Store.open(store.url), spec, build_network(spec, seed=2), folder


def coverage_model(covered, libraries):
    _, spec, network, folder = covered
    path = folder / f"{'-'.join(library['name'] for library in libraries)}.keras"
    save_model(path, network, spec, default_card(libraries=libraries, inference_window=WINDOW))
    return path


def test_libraries_go_to_the_channels_that_the_card_names(covered):
    store, _, network, _ = covered
    path = coverage_model(covered, [{"name": "root", "kind": "rnaseq"}, {"name": "leaf", "kind": "rnaseq"}])
    stage = PredictStage.for_model(store, path, overlap=False, precision="float16")
    assert stage.libraries == ("root", "leaf")
    run_stage(stage, store.url, QUIET)
    x = np.zeros((1, WINDOW, 8), np.float32)  # the second contig's last window on minus: 40 bases behind 140 of padding
    x[0, :, 4:] = -1
    x[0, 140:, :4] = ONE_HOT[COMPLEMENT[store.read("genome/sequence", 1260, 1300)[::-1]]]
    channel = 4
    for track in ("coverage", "spliced_coverage"):
        for library in ("root", "leaf"):
            x[0, 140:, channel] = store.read(f"coverage/rnaseq/{library}/{track}", 1260, 1300)[1, ::-1]
            channel += 1
    x[..., 4:] = np.log(x[..., 4:] + 1.1)
    expected = np.asarray(network(x)[0]).reshape(WINDOW, 4)[140:][::-1]
    found = store.read(f"{stage.group()}/class_probability", 1260, 1300)[1].T
    np.testing.assert_allclose(found, expected, atol=5e-4)


def test_a_library_that_is_missing_is_named(covered):
    store = covered[0]
    for name, kind, told in (("flower", "rnaseq", "flower"), ("root", "cage", "cage")):
        path = coverage_model(covered, [{"name": name, "kind": kind}, {"name": "leaf", "kind": "rnaseq"}])
        with pytest.raises(MissingInputError, match=told):
            PredictStage.for_model(store, path)


def test_a_model_without_phase(tmp_path):
    store, _ = small_store(tmp_path / "g.zarr", [500])
    spec = NetworkSpec(1, 4, 5, 9, 1, 4, predict_phase=False)
    network = build_network(spec, seed=2)
    save_model(tmp_path / "genic.keras", network, spec, default_card(inference_window=WINDOW))
    stage = PredictStage.for_model(store, tmp_path / "genic.keras", overlap=False, precision="float16")
    run_stage(stage, store.url, QUIET)
    assert store.attrs(stage.group())["has_phase"] is False
    with pytest.raises(MissingInputError):
        store.array(f"{stage.group()}/phase_probability")
    x = ONE_HOT.astype(np.float32)[contig_input(store, 0, 0)[:WINDOW]][None]
    found = store.read(f"{stage.group()}/class_probability", 0, WINDOW)[0].T
    np.testing.assert_allclose(found, np.asarray(network(x)).reshape(WINDOW, 4), atol=5e-4)
