"""How much each base counts in the loss.

Helixer weighs *timesteps* (the ``pool_size`` bases that the network pools into one): by a mask, by the classes that
occur in the timestep and by the transitions in it. ``rules="helixer"`` does exactly that. The default differs in one
point: the mask is taken per base, so that a single masked or padded base no longer removes its whole timestep.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from helixdask.settings import Rules
from helixdask.trainer.network.card import CLASS_WEIGHTS, TRANSITION_WEIGHTS

__all__ = ["CLASS_WEIGHTS", "TRANSITION_WEIGHTS", "base_weights", "class_factor", "transition_factor"]


def class_factor(label: Any, counted: Any, weights: Sequence[float]) -> Any:
    """Sum of the weights of the classes that occur in each timestep.

    Parameters
    ----------
    label
        Class index, (B, T, P) uint8.
    counted
        Which bases are looked at, (B, T, P) bool.
    weights
        One weight per class.

    Returns
    -------
    tf.Tensor
        (B, T) float32; a timestep with a UTR/CDS border gets the sum of both weights.
    """
    return tf.add_n(
        [
            tf.cast(tf.reduce_any((label == tf.cast(k, label.dtype)) & counted, axis=-1), tf.float32) * weight
            for k, weight in enumerate(weights)
        ]
    )


def transition_factor(transition: Any, counted: Any, weights: Sequence[float]) -> Any:
    """Sum of the weights of the transitions set anywhere in each timestep; 1 where there is none.

    Parameters
    ----------
    transition
        Bit ``j`` is Helixer's column ``j``, (B, T, P) uint8.
    counted
        Which bases are looked at, (B, T, P) bool.
    weights
        Six weights.

    Returns
    -------
    tf.Tensor
        (B, T) float32.
    """
    bits = tf.cast(transition, tf.int32)
    total = tf.add_n(
        [
            tf.cast(tf.reduce_any((tf.bitwise.bitwise_and(bits, 1 << j) != 0) & counted, axis=-1), tf.float32) * weight
            for j, weight in enumerate(weights)
        ]
    )
    return tf.where(total == 0.0, 1.0, total)


def base_weights(
    label: Any,
    transition: Any,
    valid: Any,
    *,
    pool_size: int,
    class_weights: Sequence[float] | None = None,
    transition_weights: Sequence[float] | None = None,
    rules: Rules = Rules.DEFAULT,
) -> Any:
    """Weight of every base in the loss.

    Validation passes no class and no transition weights: what is left is the mask.

    Parameters
    ----------
    label, transition, valid
        Class index, transition bits and mask (0: masked or padding), each (B, S) uint8 in the orientation of the
        window; S is a multiple of ``pool_size``.
    pool_size
        Bases per timestep, P.
    class_weights, transition_weights
        Four and six weights, or None for a factor of 1.
    rules
        ``helixer``: a timestep with any masked base weighs 0, and masked bases still lend their class to the
        timestep's weight. ``default``: only masked bases weigh 0, and only unmasked ones set the weight.

    Returns
    -------
    tf.Tensor
        (B, S / P, P) float32.
    """
    label, transition, valid = (_by_timestep(array, pool_size) for array in (label, transition, valid))
    mask = valid != 0
    if rules == Rules.HELIXER:
        counted = tf.ones_like(mask)
        mask = tf.broadcast_to(tf.reduce_all(mask, axis=-1, keepdims=True), tf.shape(mask))
    else:
        counted = mask
    weight = tf.cast(mask, tf.float32)
    if class_weights is not None:
        weight *= class_factor(label, counted, class_weights)[..., tf.newaxis]
    if transition_weights is not None:
        weight *= transition_factor(transition, counted, transition_weights)[..., tf.newaxis]
    return weight


def _by_timestep(array: Any, pool_size: int) -> Any:
    array = tf.convert_to_tensor(array)
    return tf.reshape(array, (tf.shape(array)[0], -1, pool_size))
