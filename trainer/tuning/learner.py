"""One compiled training step, and scoring on validation windows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from helixdask.scores.bases import BaseScores, confusion
from helixdask.settings import Rules
from helixdask.trainer.feed.dataset import network_input
from helixdask.trainer.network.build import HEAD_LAYERS
from helixdask.trainer.network.spec import N_CLASSES, NetworkSpec
from helixdask.trainer.tuning.bootstrap import window_confusions
from helixdask.trainer.tuning.losses import total_loss
from helixdask.trainer.tuning.replicas import Replicas
from helixdask.trainer.tuning.sample_weights import base_weights


class Confusions(NamedTuple):
    """Confusion matrices ``[reference][prediction]`` over validation windows, (4, 4) int64 each."""

    genic: NDArray[np.int64]
    phase: NDArray[np.int64] | None
    by_window: NDArray[np.int64]
    """``genic`` of each window, ``(window, 4, 4)``."""

    def scores(self) -> dict[str, Any]:
        """Scores by name: ``genic``, each class, ``accuracy``, ``phase`` (F1 of each phase class) as plain numbers."""
        scores = BaseScores.from_confusion(self.genic).as_dict()
        if self.phase is not None:
            by_phase = BaseScores.from_confusion(self.phase)
            names = ("none", "0", "1", "2")
            scores["phase"] = {name: score.f1 for name, score in zip(names, by_phase.classes, strict=True)}
            scores["phase"]["accuracy"] = by_phase.accuracy
        return scores


Batch = dict[str, Any]


def _compiled(function: Callable[[Batch], Any], *, xla: bool) -> Callable[[Batch], Any]:
    """Compile a function of a batch.

    One graph serves batches of any number of windows of any length: making it takes longer than many steps of a small
    network. XLA compiles for one shape at a time, and would compile anew on every call for a shape that is left open.
    """
    if xla:
        compiled: Callable[[Batch], Any] = tf.function(function, autograph=False, jit_compile=True)
        return compiled
    graphs: dict[frozenset[tuple[str, Any]], Callable[[Batch], Any]] = {}

    def call(batch: Batch) -> Any:
        kind = {
            name: tf.TensorSpec((None,) * min(values.ndim, 2) + tuple(values.shape[2:]), values.dtype)
            for name, values in batch.items()
        }
        key = frozenset(kind.items())
        if key not in graphs:
            graphs[key] = tf.function(function, autograph=False, input_signature=[kind])
        return graphs[key](batch)

    return call


_JUDGED: Final = ("codes", "coverage", "label", "transition", "valid")


def _to_judge(batch: Batch) -> Batch:
    """What scoring needs of a batch: weights and targets of the loss would ask for a graph of their own."""
    return {name: batch[name] for name in _JUDGED if name in batch}


class Learner:
    """A network with what it needs to learn.

    Parameters
    ----------
    network, spec
        The network; its layers are frozen or not as they are to be trained.
    optimiser
        None: the network is only scored.
    class_weights, transition_weights
        Weights of the loss; None: factor 1.
    coverage_norm
        How coverage is shown to the network.
    rules
        ``helixer``: masks by timestep, in loss and scores. ``default``: by base.
    xla
        Compile with XLA.
    replicas
        Devices that share the work; network and optimiser were made in their scope. None: the only one.
    """

    def __init__(
        self,
        network: keras.Model,
        spec: NetworkSpec,
        optimiser: keras.optimizers.Optimizer | None = None,
        *,
        class_weights: Sequence[float] | None = None,
        transition_weights: Sequence[float] | None = None,
        coverage_norm: str = "log",
        rules: Rules = Rules.DEFAULT,
        xla: bool = False,
        replicas: Replicas | None = None,
    ) -> None:
        self.network = network
        self.replicas = replicas or Replicas()
        self.spec = spec
        self.optimiser = optimiser
        self.class_weights = class_weights
        self.transition_weights = transition_weights
        self.coverage_norm = coverage_norm
        self.rules = rules
        head = [network.get_layer(layer.name) for layer in network.layers if layer.name in HEAD_LAYERS]
        self._head = head
        self._body = keras.Model(network.input, head[0].input, name="body")
        # A frozen body runs in inference mode outside the gradient tape: no activations are kept for it.
        self._body_learns = bool(self._body.trainable_variables)
        norms = [layer for layer in self._body.layers if isinstance(layer, keras.layers.BatchNormalization)]
        self._normalises = any(layer.trainable for layer in norms)
        self._rate = -1.0
        if optimiser is not None:
            with self.replicas.scope():
                optimiser.build(network.trainable_variables)
        self._train = _compiled(self._train_eagerly, xla=xla)
        self._judge = _compiled(self._judge_eagerly, xla=xla)

    def set_rate(self, rate: float) -> None:
        """Set the learning rate of the steps that follow."""
        if self.optimiser is not None and rate != self._rate:
            self.optimiser.learning_rate = rate
            self._rate = rate

    def train(self, batch: Batch) -> NDArray[np.float32]:
        """Take one step; (1 + outputs,) float32: total loss, genic loss, phase loss, all before the step."""
        return np.asarray(self._train(batch))

    def classify(self, batch: Batch) -> tuple[list[NDArray[np.uint8]], NDArray[np.bool_]]:
        """Most probable class of every base, per output, and which bases count: (B, S) each."""
        _, classes, mask = self._judge(_to_judge(batch))
        return [np.asarray(c) for c in classes], np.asarray(mask)

    def probabilities(self, batch: Batch) -> list[NDArray[np.float32]]:
        """Probabilities of the classes, and of the phases where the network has them: (B, S, 4) float32 each."""
        probabilities, _, _ = self._judge(_to_judge(batch))
        return [np.asarray(output) for output in probabilities]

    def confusions(self, batches: Iterable[Batch], on_batch: Callable[[int], None] | None = None) -> Confusions:
        """Sum confusion matrices over batches; ``on_batch`` is told the number of windows of each."""
        windows = [np.zeros((0, N_CLASSES, N_CLASSES), np.int64)]
        phase = np.zeros((N_CLASSES, N_CLASSES), np.int64) if self.spec.predict_phase else None
        for batch in batches:
            classes, mask = self.classify(batch)
            windows.append(window_confusions(np.asarray(batch["label"]), classes[0], mask))
            if phase is not None:
                phase += confusion(np.asarray(batch["phase"]), classes[1], mask)
            if on_batch is not None:
                on_batch(len(mask))
        by_window = np.concatenate(windows)
        return Confusions(by_window.sum(axis=0), phase, by_window)

    def _input(self, batch: Batch) -> Any:
        sequence = {"codes": batch["codes"]}
        seen = self.spec.n_libraries
        if not seen:
            return network_input(sequence)
        # A base model sees the first libraries only: those that are new to it come behind.
        there = batch["coverage"].shape[-1] // 2
        channels = [*range(seen), *range(there, there + seen)]
        coverage = batch["coverage"] if seen == there else tf.gather(batch["coverage"], channels, axis=-1)
        return network_input({**sequence, "coverage": coverage}, self.coverage_norm)

    def _logits(self, features: Any) -> list[Any]:
        for layer in self._head:
            features = layer(features)
        shape = (tf.shape(features)[0], tf.shape(features)[1], self.spec.pool_size, N_CLASSES)
        return [tf.reshape(part, shape) for part in tf.split(features, self.spec.n_outputs, axis=-1)]

    def _by_timestep(self, values: Any) -> Any:
        return tf.reshape(values, (tf.shape(values)[0], -1, self.spec.pool_size))

    def _train_eagerly(self, batch: Batch) -> Any:
        return self.replicas.total(self._step, batch, self.network)

    def _step(self, batch: Batch, n_bases: Any) -> Any:
        """The step of one device on its windows; ``n_bases`` are those of the windows of all devices."""
        weight = base_weights(
            batch["label"],
            batch["transition"],
            batch["valid"],
            pool_size=self.spec.pool_size,
            class_weights=self.class_weights,
            transition_weights=self.transition_weights,
            rules=self.rules,
        )
        if "confidence" in batch:
            weight *= self._by_timestep(batch["confidence"])
        if "weight" in batch:
            weight *= batch["weight"][:, tf.newaxis, tf.newaxis]
        targets = [self._by_timestep(batch[name]) for name in ("label", "phase")[: self.spec.n_outputs]]
        inputs = self._input(batch)
        if not self._body_learns:
            features = self._body(inputs, training=self._normalises)
        variables = self.network.trainable_variables
        with tf.GradientTape() as tape:
            if self._body_learns:
                features = self._body(inputs, training=True)
            loss, parts = total_loss(targets, self._logits(features), weight, n_bases)
        gradients = tape.gradient(loss, [variable.value for variable in variables])
        if self.optimiser is not None and variables:
            self.optimiser.apply(self.replicas.summed(gradients), variables)
        return tf.stack([loss, *parts])

    def _judge_eagerly(self, batch: Batch) -> Any:
        return self.replicas.joined(self._judged, batch)

    def _judged(self, batch: Batch) -> tuple[list[Any], list[Any], Any]:
        """Probabilities, most probable classes and which bases count, in one graph: a second would cost as much."""
        logits = self._logits(self._body(self._input(batch), training=False))
        shape = tf.shape(batch["label"])
        of_classes = tf.concat([shape, [N_CLASSES]], axis=0)
        probabilities = [tf.reshape(tf.nn.softmax(tf.cast(output, tf.float32)), of_classes) for output in logits]
        classes = [tf.reshape(tf.cast(tf.argmax(output, axis=-1), tf.uint8), shape) for output in logits]
        mask = base_weights(
            batch["label"], batch["transition"], batch["valid"], pool_size=self.spec.pool_size, rules=self.rules
        )
        return probabilities, classes, tf.reshape(mask, shape) > 0
