"""The mean of the weights of many steps, which is the model that is scored and written.

With few windows, each step of training moves a model to and fro more than it moves it on. The mean of the weights of
many steps is nearer to what all of them lead to than the last of them is, and scores better.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

_POWER: Final = 1
"""The weights of step *k* count as *k* to this power."""


class WeightAverage:
    """Mean of the weights of all steps so far, in which later steps count more.

    It is the polynomial-decay averaging of `Shamir and Zhang 2013
    <https://proceedings.mlr.press/v28/shamir13.html>`_. Its memory grows with the run: nothing has to be known of how
    long that will be. All variables of layers that learn are averaged, the statistics of normalisation, too.

    Parameters
    ----------
    network
        Its layers are frozen or not as they are to be trained.

    Examples
    --------
    >>> share_of_step(1), share_of_step(3), share_of_step(99)
    (1.0, 0.5, 0.02)
    """

    def __init__(self, network: keras.Model) -> None:
        learning = [variable for layer in network.layers if layer.trainable for variable in layer.variables]
        self._learnt = [variable for variable in learning if variable.dtype.startswith("float")]
        self._means = [tf.Variable(np.asarray(variable), trainable=False) for variable in self._learnt]
        self._move = tf.function(self._moved)

    def add(self, step: int) -> None:
        """Let the weights after this step, counted from 1, count."""
        self._move(tf.constant(share_of_step(step), tf.float32))

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The network with the mean of the weights; behind it, with its own again."""
        own = _arrays(self._learnt)
        _assign(self._learnt, self.means())
        try:
            yield
        finally:
            _assign(self._learnt, own)

    def means(self) -> list[NDArray[Any]]:
        """The mean weights, for a checkpoint."""
        return _arrays(self._means)

    def restore(self, means: Sequence[NDArray[Any]]) -> None:
        """Go on from the `means` of an earlier process; from the network's own weights where it had none."""
        _assign(self._means, means or _arrays(self._learnt))

    def _moved(self, share: Any) -> None:
        for mean, variable in zip(self._means, self._learnt, strict=True):
            mean.assign_add(share * (variable.value - mean))


def share_of_step(step: int) -> float:
    """Share of the weights of a step, counted from 1, in the mean of all up to it."""
    return (_POWER + 1) / (_POWER + step)


def _arrays(variables: Sequence[Any]) -> list[NDArray[Any]]:
    return [np.asarray(variable) for variable in variables]


def _assign(variables: Sequence[Any], values: Sequence[NDArray[Any]]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
