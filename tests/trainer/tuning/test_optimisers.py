"""Optimiser steps against the formulas of the reference, and the loss against a plain sum."""

import keras
import numpy as np
import pytest

from helixdask.errors import BadInputError
from helixdask.trainer.tuning.losses import cross_entropy, total_loss
from helixdask.trainer.tuning.optimisers import make_optimiser


def reference_step(theta, g, m, v, t, *, lr, wd, clip=3.0):
    norm = np.sqrt((g**2).sum())
    g = g * min(1.0, clip / norm)
    theta = theta - wd * theta
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g**2
    step = lr * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    return theta - step * m / (np.sqrt(v) + 1e-7), m, v


@pytest.mark.parametrize(
    ("name", "rules", "kernel_decay", "bias_decay"),
    [
        ("adamw", "helixer", 0.01, 0.01),
        ("adamw", "default", 0.01 * 10, 0.0),  # the learning rate is ten times the reference
        ("adam", "default", 0.0, 0.0),
    ],
)
def test_steps_follow_the_formula(name, rules, kernel_decay, bias_decay):
    rng = np.random.default_rng(3)
    values = [rng.normal(size=(5, 4)), rng.normal(size=4)]
    gradients = [[rng.normal(size=v.shape) * scale for v in values] for scale in (5.0, 0.1, 1.0)]
    variables = [keras.Variable(v.astype(np.float32)) for v in values]
    optimiser = make_optimiser(name, learning_rate=3e-3, weight_decay=0.01, rules=rules)
    for gradient in gradients:
        optimiser.apply([keras.ops.convert_to_tensor(g.astype(np.float32)) for g in gradient], variables)
    for i, decay in enumerate((kernel_decay, bias_decay)):
        theta, m, v = values[i], np.zeros_like(values[i]), np.zeros_like(values[i])
        for t, gradient in enumerate(gradients, start=1):
            theta, m, v = reference_step(theta, gradient[i], m, v, t, lr=3e-3, wd=decay)
        np.testing.assert_allclose(variables[i].numpy(), theta, rtol=2e-5, atol=2e-6)


def test_unknown_optimiser_and_learning_rate_are_refused():
    with pytest.raises(BadInputError, match="no optimiser is called 'sgdd'"):
        make_optimiser("sgdd")
    with pytest.raises(BadInputError, match="learning rate"):
        make_optimiser(learning_rate=0)


def test_loss_is_divided_by_all_bases():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(2, 3, 5, 4)).astype(np.float32)
    target = rng.integers(0, 4, (2, 3, 5)).astype(np.uint8)
    weight = rng.choice([0.0, 0.7, 45.5], (2, 3, 5)).astype(np.float32)
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    by_hand = -(np.take_along_axis(log_p, target[..., None].astype(int), -1)[..., 0] * weight).sum() / 30
    assert float(cross_entropy(target, logits, weight)) == pytest.approx(by_hand, rel=1e-5)
    both, parts = total_loss([target, target[::-1]], [logits, logits], weight)
    assert float(both) == pytest.approx(0.8 * float(parts[0]) + 0.2 * float(parts[1]), rel=1e-6)
    alone, _ = total_loss([target], [logits], weight)
    assert float(alone) == pytest.approx(by_hand, rel=1e-5)
