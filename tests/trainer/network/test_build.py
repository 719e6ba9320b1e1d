"""The network: its size, its outputs, new heads."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helixdask.errors import BadInputError
from helixdask.trainer.network.build import (
    HEAD_LAYERS,
    NetworkSpec,
    build_network,
    freeze_body,
    logits_model,
    output_list,
    parameter_count,
    weight_shapes,
    with_new_head,
)
from helixdask.trainer.network.spec import with_head

SMALL = NetworkSpec(cnn_layers=2, filter_depth=4, kernel_size=4, pool_size=3, lstm_layers=2, units=3)


def random_input(spec, length, batch=2, seed=0):
    return np.random.default_rng(seed).random((batch, length, spec.n_channels), np.float32)


def test_size_of_the_released_models():
    assert parameter_count(NetworkSpec(4, 96, 10, 9, 3, 128)) == 2_105_672


@pytest.mark.parametrize(
    "spec",
    [
        SMALL,
        NetworkSpec(cnn_layers=1, filter_depth=2, kernel_size=3, pool_size=1, lstm_layers=1, units=2, n_libraries=1),
        NetworkSpec(1, 2, 26, 4, 0, 1, dropout1=0.5, dropout2=0.5, predict_phase=False, n_libraries=2, hidden_units=3),
    ],
)
def test_shapes_and_parameters(spec):
    network = build_network(spec)
    assert network.count_params() == parameter_count(spec)
    for layer, shapes in weight_shapes(spec).items():
        assert [w.shape for w in network.get_layer(layer).get_weights()] == shapes
    outputs = output_list(network(random_input(spec, 12)))
    assert len(outputs) == spec.n_outputs
    for output in outputs:
        assert output.shape == (2, 12 // spec.pool_size, spec.pool_size, 4)
        np.testing.assert_allclose(np.sum(output, axis=-1), 1, rtol=1e-5)


def test_weights_follow_from_the_seed():
    one, same, other = (build_network(SMALL, seed=seed).get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    forward, _, _, backward, _, _ = build_network(SMALL).get_layer("lstm_1").get_weights()
    assert not np.array_equal(forward, backward)


def test_logits_are_those_of_the_head():
    network = build_network(SMALL)
    x = random_input(SMALL, 12)
    for logits, probabilities in zip(logits_model(network)(x), network(x), strict=True):
        e = np.exp(logits)
        np.testing.assert_allclose(e / e.sum(-1, keepdims=True), probabilities, rtol=1e-5)


def test_a_frozen_body_keeps_its_batch_statistics():
    network = freeze_body(build_network(SMALL))
    x = random_input(SMALL, 12)
    before = network.get_weights()
    trained, used = network(x, training=True), network(x, training=False)
    np.testing.assert_array_equal(trained[0], used[0])
    assert all(np.array_equal(a, b) for a, b in zip(before, network.get_weights(), strict=True))
    assert len(network.trainable_weights) == 2


@pytest.mark.parametrize(("cut", "kept"), [("last", 2), ("helixer", 1)])
@pytest.mark.parametrize("n_libraries", [0, 2])
def test_a_new_head_stands_on_the_old_body(cut, kept, n_libraries):
    base = build_network(SMALL, seed=1)
    spec = with_head(SMALL, n_libraries=n_libraries, hidden_units=2, cut=cut)
    network = with_new_head(base, spec, seed=5)
    assert (spec.embedding_lstm_layers, spec.lstm_layers, spec.n_channels) == (kept, 2, 4 + 2 * n_libraries)
    for layer in weight_shapes(spec):
        assert network.get_layer(layer).trainable == (layer in HEAD_LAYERS)
        if layer not in HEAD_LAYERS:
            pairs = zip(base.get_layer(layer).get_weights(), network.get_layer(layer).get_weights(), strict=True)
            assert all(np.array_equal(a, b) for a, b in pairs)
    assert not np.array_equal(base.get_layer("head").get_weights()[0][:2], network.get_layer("head").get_weights()[0])
    again = with_new_head(base, spec, seed=5)
    assert np.array_equal(again.get_layer("head").get_weights()[0], network.get_layer("head").get_weights()[0])


def test_coverage_reaches_the_head_and_not_the_body():
    spec = with_head(SMALL, n_libraries=1)
    network = with_new_head(build_network(SMALL), spec)
    x = random_input(spec, 12)
    other = x.copy()
    other[:, 6:9, 4:] += 1  # the third time step
    change = np.abs(network(x)[0] - network(other)[0]).max(axis=(0, 2, 3))
    assert change[2] > 1e-4
    assert change[[0, 1, 3]].max() == 0


def test_there_must_be_a_layer_to_drop():
    spec = NetworkSpec(1, 2, 3, 3, 0, 1)
    with pytest.raises(BadInputError):
        with_head(spec, cut="helixer")
    spec = NetworkSpec(1, 2, 3, 3, 1, 1, dropout2=0.5)
    assert with_head(spec, cut="helixer").embedding_lstm_layers == 1


@pytest.mark.parametrize("wrong", [{"pool_size": 0}, {"dropout1": 1.0}, {"units": -1}, {"embedding_lstm_layers": 4}])
def test_impossible_networks_are_refused(wrong):
    with pytest.raises(BadInputError):
        NetworkSpec(**wrong)


@given(st.builds(NetworkSpec, cnn_layers=st.integers(1, 9), n_libraries=st.integers(0, 9), dropout1=st.floats(0, 0.9)))
def test_a_spec_survives_json(spec):
    assert NetworkSpec.from_dict(spec.to_dict()) == spec


@pytest.mark.parametrize("wrong", [{"units": "3"}, {"units": True}, {"more": 1}, {"dropout1": None}])
def test_a_damaged_spec_is_refused(wrong):
    with pytest.raises(BadInputError):
        NetworkSpec.from_dict(SMALL.to_dict() | wrong)
