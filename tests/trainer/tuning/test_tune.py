"""Training end to end on a small store."""

import csv
import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from helixdask.errors import BadInputError, MissingInputError
from helixdask.trainer.feed.training_windows import read_split
from helixdask.trainer.network.build import build_network
from helixdask.trainer.network.card import default_card
from helixdask.trainer.network.model_file import load_model, save_model
from helixdask.trainer.network.spec import NetworkSpec
from helixdask.trainer.tuning.card_page import card_page
from helixdask.trainer.tuning.tune import dry_run, train_from_scratch, tune
from tests.trainer.conftest import LITTLE, PLAIN, RECURRENT, add_library, settings_for, write_split, write_toy_store

pytestmark = pytest.mark.slow

SPEC = replace(RECURRENT, cnn_layers=2)


@pytest.fixture(scope="module")
def recurrent(little_store, tmp_path_factory):
    """A model with an LSTM, trained from scratch for two epochs, and what training told."""
    events = []
    output = tmp_path_factory.mktemp("recurrent") / "base.keras"
    result = train_from_scratch(settings_for(little_store, output), SPEC, events.append)
    return result, events


@pytest.fixture(scope="module")
def base(little_store, tmp_path_factory):
    """A model without LSTM, trained from scratch for two epochs: what is tested does not depend on the layers."""
    output = tmp_path_factory.mktemp("base") / "base.keras"
    return train_from_scratch(settings_for(little_store, output), replace(PLAIN, cnn_layers=2))


def test_training_from_scratch_learns_and_tells(recurrent):
    result, events = recurrent
    losses = [row["loss"] for row in result.history]
    assert losses[1] < 0.9 * losses[0]
    assert result.stopped == "epochs"
    assert result.base_genic_f1 is None
    steps = [event for event in events if event.kind == "step"]
    assert len(steps) == result.steps
    assert steps[-1].done == steps[-1].total
    assert steps[-1].windows_per_second > 0
    assert sum(event.kind == "check" for event in events) == 2
    with Path(result.path).with_suffix(".csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert float(rows[1]["loss"]) == pytest.approx(losses[1])


@pytest.mark.parametrize(("share", "warned"), [(0.04, False), (0.06, True)])
def test_near_copies_in_training_are_warned_of_and_in_the_card(tmp_path, caplog, share, warned):
    store = write_toy_store(tmp_path / "toy.zarr", **LITTLE)
    side = np.where(store.table("windows/default")["window_contig"] == 1, 1, 0)
    write_split(store, side, leakage=[{"split": "this one", "windows": 0.5, "coding_bases": share}])
    dry_run(settings_for(store, tmp_path / "x.keras"), SPEC)
    assert ("have a near copy in training" in caplog.text) == warned
    card = read_split(store).card()
    assert card["leakage"] == share
    page = card_page(default_card(training_stores=[card]), {}, "digest", 1)
    assert f"{100 * share:.1f} %" in page


def test_tuned_head_is_better_and_the_body_unchanged(recurrent, little_store, tmp_path):
    model, _ = recurrent
    result = tune(settings_for(little_store, tmp_path / "tuned.keras", model=model.path, epochs=3))
    before, after = load_model(model.path), load_model(result.path)
    for layer in before.network.layers:
        for old, new in zip(layer.get_weights(), after.network.get_layer(layer.name).get_weights(), strict=True):
            assert np.array_equal(old, new) == (layer.name != "head"), layer.name
    assert result.history[0]["epoch"] == 0
    assert result.history[0]["genic_f1"] == pytest.approx(model.genic_f1)
    assert result.genic_f1 > result.base_genic_f1
    assert result.better
    card = after.card
    assert card["base_model"] == before.digest
    assert card["verdict"]["better"] is True
    assert card["training_stores"][0]["labels_digest"] == "labels"
    assert card["seed"] == 3
    assert len(card["scores"]) == 1 + 3
    assert after.digest == result.digest


def test_only_normalisation_adapts(little_store, tmp_path):
    model, spec = str(tmp_path / "new.keras"), replace(PLAIN, cnn_layers=2)
    save_model(model, build_network(spec, seed=1), spec, default_card())
    norm = {"model": model, "mode": "norm", "learning_rate": None, "epochs": 1, "keep_worse": True}
    result = tune(settings_for(little_store, tmp_path / "tuned.keras", **norm))
    before, after = load_model(model).network, load_model(result.path).network
    for layer in before.layers:
        names = [weight.name for weight in layer.weights]
        for name, old, new in zip(names, layer.get_weights(), after.get_layer(layer.name).get_weights(), strict=True):
            assert np.array_equal(old, new) != name.startswith("moving"), (layer.name, name)
    assert dry_run(settings_for(little_store, tmp_path / "x.keras", **norm))["n_weights_that_learn"] == 0
    with pytest.raises(BadInputError, match="learning_rate is given, but no weight learns"):
        tune(settings_for(little_store, tmp_path / "x.keras", **norm | {"learning_rate": 1e-3}))
    plain = str(tmp_path / "plain.keras")
    save_model(plain, build_network(PLAIN, seed=1), PLAIN, default_card())
    with pytest.raises(BadInputError, match="has no batch normalisation"):
        tune(settings_for(little_store, tmp_path / "x.keras", **norm | {"model": plain}))


def test_same_seed_gives_the_same_weights(little_store, tmp_path):
    model = str(tmp_path / "new.keras")
    save_model(model, build_network(PLAIN, seed=1), PLAIN, default_card())
    results = [
        tune(settings_for(little_store, tmp_path / f"{i}.keras", model=model, mode="whole", max_steps=3, seed=seed))
        for i, seed in enumerate((1, 1, 2))
    ]
    weights = [load_model(result.path).network.get_weights() for result in results]
    assert results[0].stopped == "max_steps"
    assert results[0].steps == 3
    assert all(np.array_equal(a, b) for a, b in zip(weights[0], weights[1], strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(weights[0], weights[2], strict=True))


def test_head_that_learns_nothing_ends_by_patience_and_is_not_called_better(base, little_store, tmp_path):
    settings = settings_for(
        little_store,
        tmp_path / "t.keras",
        model=base.path,
        learning_rate=1e-12,
        weight_decay=0.0,
        epochs=9,
        patience=1,
    )
    result = tune(settings)
    assert result.stopped == "patience"
    assert len(result.history) == 1 + 2
    assert result.best_epoch == 2  # of equal checks the later one
    assert result.genic_f1 == pytest.approx(result.base_genic_f1)  # a new head starts as the base's
    assert not result.better
    assert "NOT better" in load_model(result.path).card["verdict"]["text"]


def test_interrupt_keeps_the_best_so_far(base, little_store, tmp_path):
    before = signal.getsignal(signal.SIGINT)  # background jobs of a shell ignore it

    def interrupt(event):
        if event.kind == "step" and event.epoch == 2 and event.done == 1:
            os.kill(os.getpid(), signal.SIGINT)

    output = tmp_path / "t.keras"
    result = tune(settings_for(little_store, output, model=base.path, epochs=9), interrupt)
    assert result.stopped == "interrupted"
    assert result.best_epoch == 1
    assert [row["epoch"] for row in result.history] == [0, 1]
    assert load_model(output).card["verdict"]["best_epoch"] == 1
    assert signal.getsignal(signal.SIGINT) is before


def test_random_head_under_helixer_rules(base, little_store, tmp_path):
    result = tune(settings_for(little_store, tmp_path / "t.keras", model=base.path, rules="helixer", epochs=1))
    assert result.best_epoch == 1
    assert result.history[1]["genic_f1"] != result.history[0]["genic_f1"]


@pytest.mark.parametrize("hidden_units", [0, 6])
def test_coverage_head(base, tmp_path, hidden_units):
    store = write_toy_store(tmp_path / "toy.zarr", **LITTLE)
    add_library(store, "coverage/rnaseq/leaf")
    settings = settings_for(
        store, tmp_path / "t.keras", model=base.path, coverage="rnaseq", hidden_units=hidden_units, epochs=2
    )
    result = tune(settings)
    tuned = load_model(result.path)
    assert tuned.spec.n_libraries == 1
    assert tuned.spec.hidden_units == hidden_units
    assert tuned.card["libraries"] == [{"name": "leaf", "kind": "rnaseq"}]
    assert tuned.card["settings"]["mode"] == "coverage"
    assert result.history[-1]["loss"] < result.history[1]["loss"]
    if not hidden_units:  # a hidden layer starts from random numbers and needs longer
        assert result.better


def test_named_errors_before_training(base, little_store, tmp_path):
    out = tmp_path / "t.keras"
    for more, message in [
        ({"model": None}, "no base model"),
        ({"output": str(tmp_path / "t.h5")}, r"must end in \.keras"),
        ({"output": str(tmp_path / "absent" / "t.keras")}, "no such folder"),
        ({"class_weights": (1.0, 2.0)}, "class_weights"),
        ({"mode": "coverage"}, "the store has no coverage"),
        ({"optimiser": "sgdd"}, "no optimiser"),
        ({"batch_size": 0}, "batch_size"),
        ({"split": "absent"}, "splits/absent"),
        ({"labels": "absent"}, "labels/absent"),
    ]:
        with pytest.raises(BadInputError, match=message):
            tune(settings_for(little_store, out, **({"model": base.path} | more)))
    without_phase = NetworkSpec(**{**SPEC.to_dict(), "predict_phase": False})
    network = build_network(without_phase)
    save_model(tmp_path / "genic.keras", network, without_phase, {})
    with pytest.raises(BadInputError, match="no codon phase"):
        tune(settings_for(little_store, out, model=str(tmp_path / "genic.keras")))
    masked = write_toy_store(tmp_path / "masked.zarr", masked=True)
    with pytest.raises(MissingInputError, match="every base of the training windows is masked"):
        tune(settings_for(masked, out, model=base.path))
    odd = write_toy_store(tmp_path / "odd.zarr", window=901)
    with pytest.raises(BadInputError, match=r"window of 901 bases cannot be divided.*9 bases"):
        tune(settings_for(odd, out, model=base.path))
    empty = write_toy_store(tmp_path / "empty.zarr", **LITTLE)
    write_split(empty, np.zeros(0, np.int8), "nothing")
    with pytest.raises(MissingInputError, match="no training windows are left"):
        tune(settings_for(empty, out, model=base.path, split="nothing"))
    broken = tmp_path / "broken.keras"
    broken.write_bytes(Path(base.path).read_bytes()[:3000])
    with pytest.raises(BadInputError, match="damaged"):
        tune(settings_for(little_store, out, model=str(broken)))
    assert not out.exists()
