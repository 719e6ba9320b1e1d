"""The devices that share the work of a step: each holds a copy of the network, and takes some windows of a batch.

What is learnt does not depend on how many there are, but for the last digits: losses and gradients are sums over the
windows of all devices, and so are the statistics of batch normalisation. The sums are made on one device: no group of
threads has to wait for each other, as collective operations would have them, and the order of terms is always the same.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

import keras
import tensorflow as tf

Batch = dict[str, Any]


class Replicas:
    """Copies of a network on some devices.

    Parameters
    ----------
    devices
        Names of TensorFlow's logical devices. One, or none, is where TensorFlow works by itself.
    """

    def __init__(self, devices: Sequence[str] = ()) -> None:
        self.number = max(1, len(devices))
        self._strategy = (
            tf.distribute.MirroredStrategy(list(devices), cross_device_ops=tf.distribute.ReductionToOneDevice())
            if len(devices) > 1
            else None
        )

    def scope(self) -> AbstractContextManager[Any]:
        """Where networks and optimisers are made, for each device to get a copy."""
        return contextlib.nullcontext() if self._strategy is None else self._strategy.scope()

    def total(self, function: Callable[[Batch, Any], Any], batch: Batch, network: keras.Model) -> Any:
        """Sum of what a function returns for the windows of each device.

        Parameters
        ----------
        function
            Called on each device with its windows and with the number of bases of all, which is what a mean over the
            batch is divided by.
        batch
            All windows.
        network
            Whose normalisation takes its statistics from the windows of all devices.
        """
        shape = tf.shape(batch["label"])
        if self._strategy is None:
            return function(batch, tf.cast(tf.reduce_prod(shape), tf.float32))
        times = tf.where(shape[0] < self.number, self.number, 1)  # that each window is seen
        n_bases = tf.cast(tf.reduce_prod(shape) * times, tf.float32)
        with self._strategy.scope(), _synchronised(network):
            parts = self._strategy.run(lambda: function(self._share(batch), n_bases))
            return self._strategy.reduce(tf.distribute.ReduceOp.SUM, parts, axis=None)

    def joined(self, function: Callable[[Batch], Any], batch: Batch) -> Any:
        """What a function returns for the windows of each device, put together along the first axis."""
        if self._strategy is None:
            return function(batch)
        n_windows = tf.shape(batch["label"])[0]
        with self._strategy.scope():
            parts = self._strategy.run(lambda: function(self._share(batch)))
        by_device = [self._strategy.experimental_local_results(part) for part in tf.nest.flatten(parts)]
        whole = [tf.concat(values, axis=0)[:n_windows] for values in by_device]
        return tf.nest.pack_sequence_as(parts, whole)

    def summed(self, gradients: Sequence[Any]) -> list[Any]:
        """The share of each device in the sum of all devices' gradients; Keras' optimisers add the shares up.

        They clip what they are given before that: to the norm of a share, see `share_of_norm`.
        """
        if self._strategy is None:
            return list(gradients)
        context = tf.distribute.get_replica_context()
        return [total / self.number for total in context.all_reduce(tf.distribute.ReduceOp.SUM, list(gradients))]

    def share_of_norm(self, norm: float | None) -> float | None:
        """Norm to which an optimiser clips a device's share of a gradient, so that the sum has at most some norm."""
        return None if norm is None else norm / self.number

    def _share(self, batch: Batch) -> Batch:
        """Windows of the device that asks; all of them where there are fewer than devices."""
        index = tf.distribute.get_replica_context().replica_id_in_sync_group
        with tf.device("CPU:0"):  # where batches come from: each device gets its own windows alone
            n_windows = tf.shape(batch["label"])[0]
            few = n_windows < self.number
            first = tf.where(few, 0, index * n_windows // self.number)
            last = tf.where(few, n_windows, (index + 1) * n_windows // self.number)
            return {name: values[first:last] for name, values in batch.items()}


@contextlib.contextmanager
def _synchronised(network: keras.Model) -> Iterator[None]:
    """Let normalisation add up its statistics over the devices, in graphs that are made here."""
    layers = [layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)]
    try:
        for layer in layers:
            layer.synchronized = True
        yield
    finally:
        for layer in layers:
            layer.synchronized = False
