"""The network in Keras: convolutions, pooling by concatenation, bidirectional LSTMs, and a class for every base."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from helixdask.trainer.network.spec import N_CLASSES, NetworkSpec, parameter_count, weight_shapes
from helixdask.trainer.runtime import import_tensorflow

import_tensorflow()

import keras  # noqa: E402

__all__ = [
    "HEAD_LAYERS",
    "NetworkSpec",
    "build_network",
    "copied",
    "freeze_body",
    "logits_model",
    "output_list",
    "parameter_count",
    "unfreeze",
    "weight_shapes",
    "with_new_head",
]

HEAD_LAYERS = ("hidden", "head")


class _Seeds:
    """A new seed for every layer, so that no two start from the same numbers."""

    def __init__(self, seed: int) -> None:
        self.next = seed * 1000

    def __call__(self) -> int:
        self.next += 1
        return self.next


def build_network(spec: NetworkSpec, *, seed: int = 0, dtype: str = "float32") -> keras.Model:
    """Build a network with freshly drawn weights.

    Parameters
    ----------
    spec
        What to build.
    seed
        The weights depend on it alone.
    dtype
        Keras' policy of the layers: ``float32``, or ``mixed_bfloat16`` (weights stay float32).

    Returns
    -------
    keras.Model
        Input `main_input` (B, S, 4 + 2n), S a multiple of the pool size P. Outputs: `genic` and, with phase,
        `phase`, each (B, S / P, P, 4), probabilities; a list of two, or a single tensor (see `output_list`). The layer
        `head` gives the logits of both, (B, S / P, 4P or 8P), genic first.
    """
    seeds = _Seeds(seed)
    pool = spec.pool_size
    main_input = keras.Input((None, spec.n_channels), name="main_input")
    x = main_input[:, :, :N_CLASSES] if spec.n_libraries else main_input
    for i in range(1, spec.cnn_layers + 1):
        if i > 1:
            x = keras.layers.BatchNormalization(name=f"norm_{i - 1}", dtype=dtype)(x)
        x = keras.layers.Conv1D(
            spec.filter_depth,
            spec.kernel_size,
            padding="same",
            activation="relu",
            kernel_initializer=keras.initializers.GlorotUniform(seeds()),
            name=f"conv_{i}",
            dtype=dtype,
        )(x)
    if pool > 1:
        x = keras.layers.Reshape((-1, pool * spec.filter_depth), name="pool", dtype=dtype)(x)
    if spec.dropout1:
        x = keras.layers.Dropout(spec.dropout1, seed=seeds(), name="dropout_1", dtype=dtype)(x)
    for i in range(1, spec.body_lstm_layers + 1):
        x = keras.layers.Bidirectional(
            _lstm(spec.units, seeds, f"forward_{i}", dtype),
            backward_layer=_lstm(spec.units, seeds, f"backward_{i}", dtype, go_backwards=True),
            name=f"lstm_{i}",
            dtype=dtype,
        )(x)
    if spec.dropout2:
        x = keras.layers.Dropout(spec.dropout2, seed=seeds(), name="dropout_2", dtype=dtype)(x)
    if spec.n_libraries:
        coverage = main_input[:, :, N_CLASSES:]
        if pool > 1:
            shape = (-1, pool * 2 * spec.n_libraries)
            coverage = keras.layers.Reshape(shape, name="pool_coverage", dtype=dtype)(coverage)
        x = keras.layers.Concatenate(name="with_coverage", dtype=dtype)([x, coverage])
    if spec.hidden_units:
        x = _dense(spec.hidden_units, seeds, "hidden", dtype, spec.hidden_activation)(x)
    logits = _dense(N_CLASSES * pool * spec.n_outputs, seeds, "head", dtype)(x)
    parts = keras.ops.split(logits, spec.n_outputs, axis=-1) if spec.predict_phase else [logits]
    outputs = []
    for name, part in zip(("genic", "phase"), parts, strict=False):
        shaped = keras.layers.Reshape((-1, pool, N_CLASSES), name=f"{name}_logits", dtype="float32")(part)
        outputs.append(keras.layers.Activation("softmax", name=name, dtype="float32")(shaped))
    return keras.Model(main_input, outputs, name="network")


def _lstm(units: int, seeds: _Seeds, name: str, dtype: str, *, go_backwards: bool = False) -> keras.layers.Layer:
    return keras.layers.LSTM(
        units,
        return_sequences=True,
        go_backwards=go_backwards,
        kernel_initializer=keras.initializers.GlorotUniform(seeds()),
        recurrent_initializer=keras.initializers.Orthogonal(seed=seeds()),
        name=name,
        dtype=dtype,
    )


def _dense(units: int, seeds: _Seeds, name: str, dtype: str, activation: str = "linear") -> keras.layers.Layer:
    initializer = keras.initializers.GlorotUniform(seeds())
    return keras.layers.Dense(units, activation=activation, kernel_initializer=initializer, name=name, dtype=dtype)


def copied(network: keras.Model, spec: NetworkSpec, dtype: str = "float32") -> keras.Model:
    """Return a network with the same weights that shares none of them, every layer trainable."""
    new = build_network(spec, dtype=dtype)
    _copy_weights(network, new, weight_shapes(spec))
    return new


def _copy_weights(source: keras.Model, target: keras.Model, layers: Iterable[str]) -> None:
    for name in layers:
        target.get_layer(name).set_weights(source.get_layer(name).get_weights())


def logits_model(network: keras.Model) -> keras.Model:
    """Return the same network, sharing its weights, with logits (B, T, P, 4) instead of probabilities."""
    outputs = [network.get_layer(name).input for name in network.output_names]
    return keras.Model(network.input, outputs, name="logits")


def output_list(outputs: Any) -> list[Any]:
    """Outputs of a network as a list; Keras gives a network's only output without one."""
    return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]


def freeze_body(network: keras.Model) -> keras.Model:
    """Make everything but the head untrainable; batch normalisation then uses its stored statistics in training too."""
    for layer in network.layers:
        layer.trainable = layer.name in HEAD_LAYERS
    return network


def unfreeze(network: keras.Model) -> keras.Model:
    """Make every layer trainable."""
    for layer in network.layers:
        layer.trainable = True
    return network


def only_normalising(network: keras.Model) -> keras.Model:
    """Freeze every weight; batch normalisation still takes its means and variances from what it sees in training."""
    for layer in network.layers:
        layer.trainable = isinstance(layer, keras.layers.BatchNormalization)
        for weight in layer.trainable_weights:
            weight.trainable = False
    return network


def with_new_head(network: keras.Model, spec: NetworkSpec, *, seed: int = 0, dtype: str = "float32") -> keras.Model:
    """Put a new, randomly initialised head on the frozen body of a network.

    Parameters
    ----------
    network
        The base network; it is left as it is.
    spec
        The new one, see `helixdask.trainer.network.spec.with_head`.
    seed
        The new weights depend on it alone.
    dtype
        As in `build_network`.

    Returns
    -------
    keras.Model
        The new network, its body frozen.
    """
    new = build_network(spec, seed=seed, dtype=dtype)
    _copy_weights(network, new, (name for name in weight_shapes(spec) if name not in HEAD_LAYERS))
    return freeze_body(new)
