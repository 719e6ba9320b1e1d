"""A model as a file that Helixer 0.3.x (Keras 2) loads: the layer graph as JSON, weights under Keras 2's names."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import h5py
import numpy as np
from numpy.typing import NDArray

from helixdask.errors import BadInputError, words_of
from helixdask.store.objects import whole_file
from helixdask.trainer.network.spec import N_CLASSES, NetworkSpec, weight_shapes

_KERAS: Final = "2.15.0"
Layer = dict[str, Any]


def write_helixer_h5(path: str | Path, spec: NetworkSpec, weights: Mapping[str, Sequence[NDArray[Any]]]) -> None:
    """Write a network in Helixer's own format; the file appears only when it is whole.

    Parameters
    ----------
    path
        The file, ``.h5``.
    spec
        The network; it must not take coverage, whose models Helixer builds from command-line flags.
    weights
        Layer name of our network to its weights, in the order of `layer.get_weights`.

    Raises
    ------
    BadInputError
        The network takes coverage or has a layer that Helixer does not know, weights do not fit, or the file cannot be
        written.
    """
    target = Path(path)
    if target.suffix != ".h5":
        raise BadInputError("the name of a file for Helixer must end in .h5", where=str(path))
    if spec.n_libraries or spec.hidden_units or spec.body_lstm_layers != spec.lstm_layers:
        raise BadInputError(
            "a model that was tuned with coverage cannot be written for Helixer, which keeps no description of those",
            where=str(path),
            remedy="Export a model that was tuned in head or whole mode.",
        )
    if {name: [tuple(w.shape) for w in values] for name, values in weights.items()} != weight_shapes(spec):
        raise BadInputError("the weights do not fit the network", where=str(path))
    try:
        with whole_file(target) as aside, h5py.File(aside, "w") as file:
            _write(file, spec, weights)
    except OSError as error:
        raise BadInputError(f"the model cannot be written ({words_of(error)})", where=str(path)) from error


def _write(file: h5py.File, spec: NetworkSpec, weights: Mapping[str, Sequence[NDArray[Any]]]) -> None:
    layers, outputs = _layers(spec)
    config = {
        "name": "model",
        "trainable": True,
        "layers": layers,
        "input_layers": [["main_input", 0, 0]],
        "output_layers": [[name, 0, 0] for name in outputs],
    }
    file.attrs.update({"backend": "tensorflow", "keras_version": _KERAS})
    file.attrs["model_config"] = json.dumps({"class_name": "Functional", "config": config})
    groups = file.create_group("model_weights")
    groups.attrs.update({"backend": "tensorflow", "keras_version": _KERAS})
    groups.attrs["layer_names"] = np.array([layer["name"] for layer in layers], object)
    ours = _our_names(spec)
    for layer in layers:
        name = layer["name"]
        group = groups.create_group(name)
        names = _weight_names(name) if name in ours else []
        group.attrs["weight_names"] = np.array(names, object) if names else np.zeros(0)
        for full_name, values in zip(names, weights[ours[name]] if names else [], strict=True):
            group.create_dataset(full_name, data=np.asarray(values, np.float32))
    groups.create_group("top_level_model_weights").attrs["weight_names"] = np.zeros(0)


def _numbered(name: str, number: int) -> str:
    """Keras 2's names: `conv1d`, `conv1d_1`, `conv1d_2`."""
    return f"{name}_{number}" if number else name


def _our_names(spec: NetworkSpec) -> dict[str, str]:
    """Layer of the file to the layer of our network, for those with weights."""
    names = {_numbered("conv1d", i): f"conv_{i + 1}" for i in range(spec.cnn_layers)}
    names |= {_numbered("batch_normalization", i): f"norm_{i + 1}" for i in range(spec.cnn_layers - 1)}
    names |= {_numbered("bidirectional", i): f"lstm_{i + 1}" for i in range(spec.lstm_layers)}
    return names | {"dense": "head"}


def _weight_names(name: str) -> list[str]:
    kind, _, number = name.partition("_") if not name.startswith("batch") else ("batch_normalization", "", "")
    if kind == "bidirectional":
        lstm = f"lstm_{number}" if number else "lstm"
        return [
            f"{name}/{direction}_{lstm}/lstm_cell/{weight}:0"
            for direction in ("forward", "backward")
            for weight in ("kernel", "recurrent_kernel", "bias")
        ]
    if kind == "batch_normalization":
        return [f"{name}/{weight}:0" for weight in ("gamma", "beta", "moving_mean", "moving_variance")]
    return [f"{name}/{weight}:0" for weight in ("kernel", "bias")]


def _layers(spec: NetworkSpec) -> tuple[list[Layer], list[str]]:
    """Layers of the file in their order, and the names of the outputs."""
    layers: list[Layer] = [
        {
            "class_name": "InputLayer",
            "config": {
                "batch_input_shape": [None, None, N_CLASSES],
                "dtype": "float32",
                "sparse": False,
                "ragged": False,
                "name": "main_input",
            },
            "name": "main_input",
            "inbound_nodes": [],
        }
    ]

    def add(kind: str, name: str, config: dict[str, Any], after: list[Any] | None = None) -> None:
        parent = [layers[-1]["name"], 0, 0, {}]
        calls = [[parent]] if after is None else after
        base = {"name": name, "trainable": False, "dtype": "float32"}
        layers.append({"class_name": kind, "config": base | config, "name": name, "inbound_nodes": calls})

    for i in range(spec.cnn_layers):
        if i:
            add("BatchNormalization", _numbered("batch_normalization", i - 1), _NORM)
        sizes = {"filters": spec.filter_depth, "kernel_size": [spec.kernel_size]}
        add("Conv1D", _numbered("conv1d", i), sizes | _CONVOLUTION)
    if spec.pool_size > 1:
        add("Reshape", "reshape", {"target_shape": [-1, spec.pool_size * spec.filter_depth]})
    if spec.dropout1:
        add("Dropout", "dropout", {"rate": spec.dropout1, "noise_shape": None, "seed": None})
    for i in range(spec.lstm_layers):
        inner = {"name": _numbered("lstm", i), "units": spec.units} | _LSTM
        layer = {"module": "keras.layers", "class_name": "LSTM", "config": inner, "registered_name": None}
        add("Bidirectional", _numbered("bidirectional", i), {"layer": layer, "merge_mode": "concat"})
    if spec.dropout2:
        name = "dropout_1" if spec.dropout1 else "dropout"
        add("Dropout", name, {"rate": spec.dropout2, "noise_shape": None, "seed": None})
    units = N_CLASSES * spec.pool_size * spec.n_outputs
    add("Dense", "dense", {"units": units, "activation": "linear", "use_bias": True} | _PLAIN)
    shape = {"target_shape": [-1, spec.pool_size, N_CLASSES]}
    softmax = {"activation": "softmax"}
    if not spec.predict_phase:
        add("Reshape", "reshape_hat", shape)
        add("Activation", "main", softmax)
        return layers, ["main"]
    split = [["dense", 0, 0, {"num_or_size_splits": 2, "axis": -1}]]
    add("TFOpLambda", "tf.split", {"function": "split"}, split)
    for number, name in enumerate(("reshape_hat", "reshape_hat1")):
        add("Reshape", name, shape, [[["tf.split", 0, number, {}]]])
    for name, parent in (("genic", "reshape_hat"), ("phase", "reshape_hat1")):
        add("Activation", name, softmax, [[[parent, 0, 0, {}]]])
    return layers, ["genic", "phase"]


def _initial(name: str, **config: Any) -> dict[str, Any]:
    return {"module": "keras.initializers", "class_name": name, "config": config, "registered_name": None}


_PLAIN: Final = {
    "kernel_initializer": _initial("GlorotUniform", seed=None),
    "bias_initializer": _initial("Zeros"),
    "kernel_regularizer": None,
    "bias_regularizer": None,
    "activity_regularizer": None,
    "kernel_constraint": None,
    "bias_constraint": None,
}
_CONVOLUTION: Final = {
    "strides": [1],
    "padding": "same",
    "data_format": "channels_last",
    "dilation_rate": [1],
    "groups": 1,
    "activation": "relu",
    "use_bias": True,
} | _PLAIN
_NORM: Final = {
    "axis": [2],
    "momentum": 0.99,
    "epsilon": 0.001,
    "center": True,
    "scale": True,
    "beta_initializer": _initial("Zeros"),
    "gamma_initializer": _initial("Ones"),
    "moving_mean_initializer": _initial("Zeros"),
    "moving_variance_initializer": _initial("Ones"),
    "beta_regularizer": None,
    "gamma_regularizer": None,
    "beta_constraint": None,
    "gamma_constraint": None,
}
_LSTM: Final = {
    "trainable": True,
    "dtype": "float32",
    "return_sequences": True,
    "return_state": False,
    "go_backwards": False,
    "stateful": False,
    "unroll": False,
    "time_major": False,
    "activation": "tanh",
    "recurrent_activation": "sigmoid",
    "use_bias": True,
    "recurrent_initializer": _initial("Orthogonal", gain=1.0, seed=None),
    "unit_forget_bias": True,
    "recurrent_regularizer": None,
    "recurrent_constraint": None,
    "dropout": 0.0,
    "recurrent_dropout": 0.0,
    "implementation": 2,
} | _PLAIN
