"""The mean of the weights of many steps."""

import keras
import numpy as np
import pytest

from helixdask.trainer.tuning.averaging import WeightAverage, share_of_step


@pytest.fixture
def network():
    body, norm, head = keras.layers.Dense(2, name="body"), keras.layers.BatchNormalization(), keras.layers.Dense(1)
    body.trainable = False
    return keras.Sequential([keras.Input((3,)), body, norm, head])


def test_late_steps_count_more_and_frozen_layers_stay(network):
    average, rng = WeightAverage(network.layers), np.random.default_rng(0)
    frozen, norm, head = (layer.get_weights() for layer in network.layers)
    steps = [[rng.normal(size=array.shape).astype(np.float32) for array in head] for _ in range(20)]
    for number, weights in enumerate(steps, 1):
        network.layers[2].set_weights(weights)
        average.add(number)
    share = np.arange(1, 21) / 210  # in the closed form
    with average.in_place():
        for got, arrays in zip(network.layers[2].get_weights(), zip(*steps, strict=True), strict=True):
            np.testing.assert_allclose(got, np.tensordot(share, np.stack(arrays), 1), rtol=1e-4, atol=1e-6)
        for layer, before in zip(network.layers[:2], (frozen, norm), strict=True):
            for got, expected in zip(layer.get_weights(), before, strict=True):
                np.testing.assert_array_equal(got, expected)
    for got, expected in zip(network.layers[2].get_weights(), steps[-1], strict=True):
        np.testing.assert_array_equal(got, expected)


def test_statistics_of_normalisation_are_averaged(network):
    average = WeightAverage(network.layers)
    norm = network.layers[1]
    for number in (1, 2):
        norm.set_weights([np.ones(2), np.zeros(2), np.full(2, float(number)), np.full(2, 4.0)])
        average.add(number)
    with average.in_place():
        np.testing.assert_allclose(norm.get_weights()[2], 5 / 3, rtol=1e-6)
        np.testing.assert_allclose(norm.get_weights()[3], 4.0)


def test_own_weights_come_back_after_an_error_and_means_after_a_restart(network):
    average = WeightAverage(network.layers)
    average.add(1)
    head = network.layers[2]
    own = [np.full_like(array, 7.0) for array in head.get_weights()]
    head.set_weights(own)
    with pytest.raises(ZeroDivisionError), average.in_place():
        raise ZeroDivisionError
    np.testing.assert_array_equal(head.get_weights()[0], own[0])
    average.add(2)
    again = WeightAverage(network.layers)
    again.restore(average.means())
    for one, other in zip(again.means(), average.means(), strict=True):
        np.testing.assert_array_equal(one, other)
    again.restore([])  # a checkpoint of a version that kept none
    with again.in_place():
        np.testing.assert_array_equal(head.get_weights()[0], own[0])
    assert share_of_step(1) == 1.0
