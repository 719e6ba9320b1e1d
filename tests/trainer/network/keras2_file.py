"""Writes files as Helixer's Keras 2 does, so that reading them is tested where Helixer's own are absent."""

import json

import h5py
import numpy as np

from helixdask.trainer.network.spec import weight_shapes


def _layer(kind, name, config, *parents):
    inbound = [[[parent, 0, 0, {}] for parent in parents]] if parents else []
    return {"class_name": kind, "name": name, "config": {"name": name, **config}, "inbound_nodes": inbound}


def _body(spec):
    """Layers of the body and names of the weights of each of ours: {our layer: (their layer, weight names)}."""
    layers = [_layer("InputLayer", "main_input", {"batch_input_shape": [None, None, 4]})]
    names = {}
    conv = {"filters": spec.filter_depth, "kernel_size": [spec.kernel_size], "padding": "same", "activation": "relu"}
    conv |= {"strides": [1], "dilation_rate": [1], "groups": 1, "use_bias": True}
    for i in range(spec.cnn_layers):
        suffix = f"_{i}" if i else ""
        if i:
            norm = "batch_normalization" + (f"_{i - 1}" if i > 1 else "")
            config = {"momentum": 0.99, "epsilon": 0.001, "center": True, "scale": True, "axis": [2]}
            layers.append(_layer("BatchNormalization", norm, config, layers[-1]["name"]))
            names[f"norm_{i}"] = (norm, ["gamma", "beta", "moving_mean", "moving_variance"])
        layers.append(_layer("Conv1D", f"conv1d{suffix}", conv, layers[-1]["name"]))
        names[f"conv_{i + 1}"] = (f"conv1d{suffix}", ["kernel", "bias"])
    if spec.pool_size > 1:
        shape = {"target_shape": [-1, spec.pool_size * spec.filter_depth]}
        layers.append(_layer("Reshape", "reshape", shape, layers[-1]["name"]))
    if spec.dropout1:
        layers.append(_layer("Dropout", "dropout", {"rate": spec.dropout1}, layers[-1]["name"]))
    lstm = {"units": spec.units, "activation": "tanh", "recurrent_activation": "sigmoid", "use_bias": True}
    lstm |= {"return_sequences": True, "go_backwards": False}
    for i in range(spec.body_lstm_layers):
        name = "bidirectional" + (f"_{i}" if i else "")
        config = {"layer": {"class_name": "LSTM", "config": lstm}, "merge_mode": "concat"}
        layers.append(_layer("Bidirectional", name, config, layers[-1]["name"]))
        cell = [f"{d}_lstm/lstm_cell_{i}" for d in ("forward", "backward")]
        weights = [f"{c}/{w}" for c in cell for w in ("kernel", "recurrent_kernel", "bias")]
        names[f"lstm_{i + 1}"] = (name, weights)
    if spec.dropout2:
        layers.append(_layer("Dropout", "dropout_1", {"rate": spec.dropout2}, layers[-1]["name"]))
    return layers, names


def model_config(spec, *, reshape=("reshape_hat", "reshape_hat1")):
    """The graph as Helixer's files describe it, and {our layer: (top-level layer, layer, weight names)}."""
    layers, inner = _body(spec)
    sources = {ours: (theirs, theirs, weights) for ours, (theirs, weights) in inner.items()}
    if spec.n_libraries:
        output = [[layers[-1]["name"], 0, 0]]
        nested = {"name": "model", "layers": layers, "output_layers": output}
        sources = {ours: ("model", theirs, weights) for ours, (theirs, weights) in inner.items()}
        layers = [_layer("InputLayer", "main_input", {"batch_input_shape": [None, None, spec.n_channels]})]
        for name in ("tf.__operators__.getitem", "tf.__operators__.getitem_1"):
            layers.append(_layer("SlicingOpLambda", name, {"function": "__operators__.getitem"}))
            layers[-1]["inbound_nodes"] = [["main_input", 0, 0, {"slice_spec": []}]]
        layers.append(_layer("Functional", "model", nested, "tf.__operators__.getitem"))
        layers.append(_layer("Reshape", "reshape", {"target_shape": [-1, 18]}, "tf.__operators__.getitem_1"))
        layers.append(_layer("TFOpLambda", "tf.concat", {"function": "concat"}))
        layers[-1]["inbound_nodes"] = [[["model", 1, 0, {"axis": -1}], ["reshape", 0, 0, {"axis": -1}]]]
    if spec.hidden_units:
        config = {"units": spec.hidden_units, "activation": spec.hidden_activation}
        layers.append(_layer("Dense", "dense", config, layers[-1]["name"]))
        sources["hidden"] = ("dense", "dense", ["kernel", "bias"])
    head = "dense_1" if spec.hidden_units else "dense"
    config = {"units": 4 * spec.pool_size * spec.n_outputs, "activation": "linear"}
    layers.append(_layer("Dense", head, config, layers[-1]["name"]))
    sources["head"] = (head, head, ["kernel", "bias"])
    outputs = ["genic", "phase"] if spec.predict_phase else ["main"]
    if spec.predict_phase:
        layers.append(_layer("TFOpLambda", "tf.split", {"function": "split"}))
        layers[-1]["inbound_nodes"] = [[head, 0, 0, {"num_or_size_splits": 2, "axis": -1}]]
    for i, (output, shaped) in enumerate(zip(outputs, reshape, strict=False)):
        layers.append(_layer("Reshape", shaped, {"target_shape": [-1, spec.pool_size, 4]}))
        layers[-1]["inbound_nodes"] = [["tf.split", 0, i, {}]] if spec.predict_phase else [[[head, 0, 0, {}]]]
        layers.append(_layer("Activation", output, {"activation": "softmax"}, shaped))
    config = {"name": "model_1", "layers": layers, "output_layers": [[name, 0, 0] for name in outputs]}
    return {"class_name": "Functional", "config": config}, sources


def write_keras2_file(path, spec, *, seed=0, change=None, **options):
    """Write a file with random weights; ``change`` may spoil the configuration. Returns {our layer: weights}."""
    config, sources = model_config(spec, **options)
    if change is not None:
        change(config)
    rng = np.random.default_rng(seed)
    weights = {}
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(config)
        file.attrs["keras_version"] = "2.15.0"
        root = file.create_group("model_weights")
        named = {}
        for layer, shapes in weight_shapes(spec).items():
            top, name, keys = sources[layer]
            weights[layer] = [rng.uniform(0.05, 0.2, shape).astype(np.float32) for shape in shapes]
            for key, values in zip(keys, weights[layer], strict=True):
                named.setdefault(top, []).append(f"{name}/{key}:0")
                root.create_dataset(f"{top}/{name}/{key}:0", data=values)
        for top, names in named.items():
            root[top].attrs["weight_names"] = np.array(names, "S")
    return weights
