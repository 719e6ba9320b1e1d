"""The mean of the weights of many steps, which is the model that is scored and written.

With few windows, each step of training moves a model to and fro more than it moves it on. The mean of the weights of
many steps is nearer to what all of them lead to than the last of them is, and scores better.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import keras
import tensorflow as tf
from numpy.typing import NDArray

from helixdask.trainer.tuning.variables import assign, assigned, values_of


class WeightAverage:
    """Mean of the weights of all steps so far, in which later steps count more.

    It is the polynomial-decay averaging of `Shamir and Zhang 2013
    <https://proceedings.mlr.press/v28/shamir13.html>`_. Its memory grows with the run: nothing has to be known of how
    long that will be. All variables of layers that learn are averaged, the statistics of normalisation, too.

    Parameters
    ----------
    layers
        Of the network, frozen or not as they are to be trained. Without any, nothing is averaged.

    Examples
    --------
    >>> share_of_step(1), share_of_step(3), share_of_step(99)
    (1.0, 0.5, 0.02)
    """

    def __init__(self, layers: Sequence[keras.layers.Layer]) -> None:
        learning = [variable for layer in layers if layer.trainable for variable in layer.variables]
        self._learnt = [variable for variable in learning if variable.dtype.startswith("float")]
        self._means = [tf.Variable(value, trainable=False) for value in values_of(self._learnt)]
        self._move = tf.function(self._moved)

    @property
    def size(self) -> int:
        """Numbers that are averaged."""
        return sum(mean.shape.num_elements() for mean in self._means)

    def add(self, step: int) -> None:
        """Let the weights after this step, counted from 1, count."""
        self._move(tf.constant(share_of_step(step), tf.float32))

    def in_place(self) -> AbstractContextManager[None]:
        """The network with the mean of the weights; behind it, with its own again."""
        return assigned(self._learnt, self.means())

    def means(self) -> list[NDArray[Any]]:
        """The mean weights, for a checkpoint."""
        return values_of(self._means)

    def restore(self, means: Sequence[NDArray[Any]]) -> None:
        """Go on from the `means` of an earlier process; from the network's own weights where it had none."""
        assign(self._means, means or values_of(self._learnt))

    def _moved(self, share: Any) -> None:
        for mean, variable in zip(self._means, self._learnt, strict=True):
            mean.assign_add(share * (variable.value - mean))


def share_of_step(step: int) -> float:
    """Share of the weights of a step, counted from 1, in the mean of all up to it, where step *k* counts *k* times."""
    return 2 / (1 + step)
