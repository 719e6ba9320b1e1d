"""Sample weights, losses and three optimiser steps against Helixer's own."""

import json

import h5py
import numpy as np
import pytest

from helixdask.sequence.codes import ONE_HOT
from helixdask.trainer.feed.dataset import network_input
from helixdask.trainer.network.build import HEAD_LAYERS
from helixdask.trainer.network.model_file import load_model
from helixdask.trainer.tuning.learner import Learner
from helixdask.trainer.tuning.optimisers import make_optimiser
from helixdask.trainer.tuning.sample_weights import base_weights

pytestmark = pytest.mark.slow

CLASS_WEIGHTS = [0.7, 1.6, 1.2, 1.2]
TRANSITION_WEIGHTS = [1, 12, 3, 1, 12, 3]


@pytest.fixture(scope="module")
def rows(golden):
    """Rows that Helixer trains on, padding rotated to the front on minus, as a batch of our feed would have them."""
    with h5py.File(golden / "geenuff2h5" / "mini.6408.h5") as file:
        data = file["data"]
        keep = np.flatnonzero(data["is_annotated"][:] & data["err_samples"][:])
        start_ends = data["start_ends"][:][keep]
        arrays = {name: data[name][:][keep] for name in ("X", "y", "phases", "transitions", "sample_weights")}
    for i, (start, end) in enumerate(start_ends):
        pad = arrays["X"].shape[1] - abs(end - start)
        if start > end and pad:
            for array in arrays.values():
                array[i] = np.roll(array[i], pad, axis=0)
    complete = {
        "codes": (arrays["X"][:, :, None] == ONE_HOT[:16]).all(-1).argmax(-1).astype(np.uint8),
        "label": arrays["y"].argmax(-1).astype(np.uint8),
        "phase": arrays["phases"].argmax(-1).astype(np.uint8),
        "transition": (arrays["transitions"].astype(np.uint8) << np.arange(6, dtype=np.uint8)).sum(-1, dtype=np.uint8),
        "valid": arrays["sample_weights"].astype(np.uint8),
    }
    np.testing.assert_array_equal(network_input(complete).numpy(), arrays["X"].astype(np.float32))
    return complete


def batch(rows, i, size=8):
    return {name: values[i * size : (i + 1) * size] for name, values in rows.items()}


@pytest.mark.parametrize(
    ("name", "class_weights", "transition_weights"),
    [
        ("sw_plain", None, None),
        ("sw_phase_cw", CLASS_WEIGHTS, None),
        ("sw_phase_tw", None, TRANSITION_WEIGHTS),
        ("sw_phase_cw_tw", CLASS_WEIGHTS, TRANSITION_WEIGHTS),
        ("sw_phase_cw_atw", CLASS_WEIGHTS, [1, 12, 3, 2, 10, 5]),
    ],
)
def test_sample_weights(golden, rows, name, class_weights, transition_weights):
    expected = np.load(golden / "batches" / "sw_and_x.npz")[name].astype(np.float32)
    first = batch(rows, 0)
    found = base_weights(
        first["label"],
        first["transition"],
        first["valid"],
        pool_size=9,
        class_weights=class_weights,
        transition_weights=transition_weights,
        rules="helixer",
    ).numpy()
    np.testing.assert_allclose(found, np.repeat(expected[..., None], 9, axis=-1), rtol=1e-6)


@pytest.mark.parametrize(("case", "optimiser"), [("train3_resume", "adamw"), ("train3_resume_adam", "adam")])
def test_three_steps(golden, rows, case, optimiser):
    record = json.loads((golden / "batches" / "batches.json").read_text())[case]
    model = load_model(golden / "models" / "small.h5")
    learner = Learner(
        model.network,
        model.spec,
        make_optimiser(optimiser, learning_rate=0.001, rules="helixer"),
        class_weights=CLASS_WEIGHTS,
        transition_weights=TRANSITION_WEIGHTS,
        rules="helixer",
    )
    assert len(model.network.trainable_variables) == record["n_trainable"]
    losses = [learner.train(batch(rows, i)) for i in range(3)]
    np.testing.assert_allclose(losses, record["train"], atol=1e-5)
    expected = np.load(golden / "batches" / f"weights_after3_{case.removeprefix('train3_')}.npz")
    groups: dict[str, list[np.ndarray]] = {}
    for name in expected.files:
        groups.setdefault(name.split("|")[0], []).append(expected[name])
    layers = [layer for layer in model.network.layers if layer.weights]
    assert len(layers) == len(groups)
    for layer, arrays in zip(layers, groups.values(), strict=True):
        for weight, array in zip(layer.get_weights(), arrays, strict=True):
            np.testing.assert_allclose(weight, array, atol=1e-5, err_msg=layer.name)


def test_weights_of_windows_weigh_their_losses(golden, rows):
    model = load_model(golden / "models" / "small.h5")
    for layer in model.network.layers:
        layer.trainable = layer.name in HEAD_LAYERS  # statistics of a batch would differ from those of its rows
    learner = Learner(model.network, model.spec, rules="helixer")
    whole = batch(rows, 0)
    each = np.array([learner.train({name: values[k : k + 1] for name, values in whole.items()}) for k in range(8)])
    weight = np.array([0, 0.5, 1, 2, 1, 0.1, 3, 1], np.float32)
    np.testing.assert_allclose(
        learner.train(whole | {"weight": weight}), (weight[:, None] * each).mean(axis=0), rtol=1e-4
    )
