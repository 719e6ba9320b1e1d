"""Weights of bases, from the worked example of the reference."""

import numpy as np
import pytest

from helixdask.trainer.tuning.sample_weights import CLASS_WEIGHTS, TRANSITION_WEIGHTS, base_weights

# g intergenic, u UTR, c CDS, i intron: timesteps ggg|guc|cci|pad.
LABEL = np.array([[0, 0, 0, 0, 1, 2, 2, 2, 3, 0, 0, 0]], np.uint8)
TRANSITION = np.zeros((1, 12), np.uint8)
TRANSITION[0, [3, 4]] = 1 << 0
TRANSITION[0, [4, 5]] |= 1 << 1
VALID = np.array([[1] * 7 + [0] + [1] + [0] * 3], np.uint8)


def weights(label=LABEL, transition=TRANSITION, valid=VALID, **more):
    return base_weights(label, transition, valid, pool_size=3, **more).numpy()


def test_worked_example_under_helixer_rules():
    found = weights(class_weights=CLASS_WEIGHTS, transition_weights=TRANSITION_WEIGHTS, rules="helixer")
    assert found.shape == (1, 4, 3)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[0], np.repeat([[0.7], [45.5], [0], [0]], 3, axis=1), rtol=1e-6)


def test_default_masks_single_bases():
    found = weights(class_weights=CLASS_WEIGHTS, transition_weights=TRANSITION_WEIGHTS)
    np.testing.assert_allclose(found[0, :2], np.repeat([[0.7], [45.5]], 3, axis=1), rtol=1e-6)
    np.testing.assert_allclose(found[0, 2], [2.4, 0, 2.4], rtol=1e-6)
    assert not found[0, 3].any()


@pytest.mark.parametrize(("rules", "third"), [("helixer", [0, 0, 0]), ("default", [1, 0, 1])])
def test_without_weights_only_the_mask_is_left(rules, third):
    np.testing.assert_array_equal(weights(rules=rules)[0], [[1, 1, 1], [1, 1, 1], third, [0, 0, 0]])


def test_class_of_a_masked_base_does_not_count_by_default():
    label = np.array([[2, 0, 0]], np.uint8)
    valid = np.array([[0, 1, 1]], np.uint8)
    none = np.zeros((1, 3), np.uint8)
    np.testing.assert_allclose(weights(label, none, valid, class_weights=CLASS_WEIGHTS)[0], [[0, 0.7, 0.7]], rtol=1e-6)


def test_each_transition_bit_has_its_own_weight():
    bits = np.array([[1 << j for j in range(6)]], np.uint8)
    ones = np.ones((1, 6), np.uint8)
    found = base_weights(0 * ones, bits, ones, pool_size=1, transition_weights=[2, 3, 5, 7, 11, 13]).numpy()
    np.testing.assert_array_equal(found[0, :, 0], [2, 3, 5, 7, 11, 13])
    pair = base_weights(0 * ones, bits, ones, pool_size=2, transition_weights=[2, 3, 5, 7, 11, 13]).numpy()
    np.testing.assert_array_equal(pair[0, :, 0], [5, 12, 24])
