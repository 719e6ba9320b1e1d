"""The layer graph that Helixer's Keras 2 files carry as JSON, read without running it: an unknown graph is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from helixdask.errors import BadInputError
from helixdask.inputs.foreign import foreign_errors
from helixdask.trainer.network.spec import HIDDEN_ACTIVATIONS, N_CLASSES, NetworkSpec

_REMEDY = "Use a model that Helixer 0.3.x trained, or one that helixdask wrote."
_KERAS_3 = "Keras 3 saved it, in another layout than Helixer's. Use the file that Helixer wrote, not one saved again."
_PASS_THROUGH = {"TFOpLambda", "SlicingOpLambda"}


@dataclass(frozen=True)
class SourceLayer:
    """Where a layer's weights are: the top-level layer of the file, and the layer itself, perhaps nested in it."""

    top: str
    name: str


@dataclass(frozen=True)
class HelixerGraph:
    """What a file's graph says: the network, and for each of its layers with weights the layer of the file."""

    spec: NetworkSpec
    sources: dict[str, SourceLayer]


@dataclass(frozen=True)
class _Node:
    kind: str
    name: str
    top: str
    config: dict[str, Any]
    parents: tuple[str, ...]


def read_graph(model_config: Mapping[str, Any], where: str, keras_version: str = "2") -> HelixerGraph:
    """Read the network off a `model_config`.

    The graph is followed from its outputs back to its input: the names of layers differ between releases.

    Parameters
    ----------
    model_config
        The parsed JSON: class name and configuration of a functional model.
    where
        The file, for messages.
    keras_version
        The Keras that wrote it, for messages: version 3 describes networks otherwise.

    Returns
    -------
    HelixerGraph
        The spec and the sources of the weights, keyed like `spec.weight_shapes`.

    Raises
    ------
    BadInputError
        The graph is not one of Helixer's.
    """
    try:
        with foreign_errors(where, "the network description is damaged", _REMEDY):
            return _read(model_config, where)
    except BadInputError as error:
        # An impossible network does not know which file it came from.
        remedy = _KERAS_3 if keras_version.startswith("3") else _REMEDY
        raise BadInputError(error.problem, where=where, remedy=remedy) from error


def _read(model_config: Mapping[str, Any], where: str) -> HelixerGraph:
    if model_config["class_name"] not in ("Functional", "Model"):
        raise _unknown(f"a {model_config['class_name']} model", where)
    config = model_config["config"]
    nodes = _nodes(config["layers"])
    names = [output[0] for output in config["output_layers"]]
    if len(names) not in (1, 2):
        raise _unknown(f"{len(names)} outputs", where)
    pool, head = _outputs(nodes, names, where)
    if head.config["units"] != N_CLASSES * pool * len(names):
        raise _unknown(f"a head of {head.config['units']} units for {len(names)} outputs of {pool} bases", where)

    sources = {"head": SourceLayer(head.top, head.name)}
    hidden: dict[str, Any] = {"hidden_units": 0, "hidden_activation": "linear"}
    node, graph = _parent(nodes, head), nodes
    if node.kind == "Dense":
        sources["hidden"] = SourceLayer(node.top, node.name)
        hidden = {"hidden_units": node.config["units"], "hidden_activation": node.config["activation"]}
        if hidden["hidden_activation"] not in HIDDEN_ACTIVATIONS:
            raise _unknown(f"a hidden layer with activation {hidden['hidden_activation']!r}", where)
        node = _parent(nodes, node)
    with_coverage = node.kind in _PASS_THROUGH
    if with_coverage:
        node = nodes[node.parents[0]]
    if node.kind in ("Functional", "Model"):  # a coverage model: the body is a model of its own
        graph = _nodes(node.config["layers"], top=node.name)
        node = graph[node.config["output_layers"][0][0]]
    body = _body(graph, node, where)
    spec_body, body_sources = _spec_of_body(body, pool, where)

    channels = [_input_shape(n.config)[-1] for n in nodes.values() if n.kind == "InputLayer"]
    if len(channels) != 1 or (channels[0] - N_CLASSES) % 2 or (channels[0] > N_CLASSES) != with_coverage:
        raise _unknown(f"inputs of {channels} channels", where)
    return HelixerGraph(
        NetworkSpec(
            pool_size=pool,
            predict_phase=len(names) == 2,
            n_libraries=(channels[0] - N_CLASSES) // 2,
            **hidden,
            **spec_body,
        ),
        body_sources | sources,
    )


def _input_shape(config: dict[str, Any]) -> list[int]:
    """Keras 3 gives it another name."""
    shape: list[int] = config["batch_shape" if "batch_shape" in config else "batch_input_shape"]
    return shape


def _unknown(what: str, where: str) -> BadInputError:
    return BadInputError(f"not a network of Helixer: it has {what}", where=where, remedy=_REMEDY)


def _nodes(layers: list[dict[str, Any]], top: str | None = None) -> dict[str, _Node]:
    nodes = {}
    for layer in layers:
        name = layer["name"]
        inbound = layer["inbound_nodes"]
        # A TFOpLambda has one call written without the inner list.
        calls = inbound[0] if inbound and isinstance(inbound[0][0], list) else inbound
        parents = [call[0] for call in calls]
        for (
            call
        ) in calls:  # the second operand of a concatenation stands among the keyword arguments or beside the first
            parents += [v[0] for v in call[3].values() if isinstance(v, list) and v and isinstance(v[0], str)]
        nodes[name] = _Node(layer["class_name"], name, top or name, layer["config"], tuple(parents))
    return nodes


def _parent(nodes: dict[str, _Node], node: _Node) -> _Node:
    return nodes[node.parents[0]]


def _outputs(nodes: dict[str, _Node], names: list[str], where: str) -> tuple[int, _Node]:
    """Bases per time step and the head, from softmax, reshape and split."""
    found = set()
    for name in names:
        softmax = nodes[name]
        if softmax.kind not in ("Activation", "Softmax") or softmax.config.get("activation", "softmax") != "softmax":
            raise _unknown(f"an output {name!r} that is no softmax", where)
        reshape = _parent(nodes, softmax)
        if reshape.kind != "Reshape" or reshape.config["target_shape"][-1] != N_CLASSES:
            raise _unknown(f"an output {name!r} that is not shaped into {N_CLASSES} classes", where)
        head = _parent(nodes, reshape)
        if len(names) == 2:
            if head.kind != "TFOpLambda" or head.config["function"] != "split":
                raise _unknown("two outputs that are not halves of one layer", where)
            head = _parent(nodes, head)
        if head.kind != "Dense" or head.config["activation"] != "linear":
            raise _unknown("an output without a linear dense layer", where)
        found.add((reshape.config["target_shape"][-2], head.name))
    if len(found) != 1:
        raise _unknown("outputs with different heads", where)
    pool, head_name = found.pop()
    return int(pool), nodes[head_name]


def _body(nodes: dict[str, _Node], node: _Node, where: str) -> list[_Node]:
    """The body from its last layer back to the input, turned round; slices of the input are left out."""
    chain: list[_Node] = []
    for _ in range(len(nodes) + 1):
        if node.kind == "InputLayer":
            return chain[::-1]
        if node.kind not in _PASS_THROUGH:
            chain.append(node)
        node = _parent(nodes, node)
    raise _unknown("a circle in its graph", where)


def _spec_of_body(body: list[_Node], pool: int, where: str) -> tuple[dict[str, Any], dict[str, SourceLayer]]:
    letters = {"Conv1D": "c", "BatchNormalization": "n", "Reshape": "r", "Dropout": "d", "Bidirectional": "l"}
    odd = [node.kind for node in body if node.kind not in letters]
    if odd:
        raise _unknown(f"a layer of kind {odd[0]}", where)
    order = "".join(letters[node.kind] for node in body)
    convolutions = [node for node in body if node.kind == "Conv1D"]
    lstms = [node for node in body if node.kind == "Bidirectional"]
    norms = [node for node in body if node.kind == "BatchNormalization"]
    dropouts = [node for node in body if node.kind == "Dropout"]
    rest = order.removeprefix("c" + "nc" * (len(convolutions) - 1))
    pooled, rest = rest.startswith("r"), rest.removeprefix("r")
    before, recurrent, after = rest.partition("l" * len(lstms)) if lstms else (rest, "", "")
    if not convolutions or len(recurrent) != len(lstms) or len(before) > 1 or len(after) > 1 or "l" in before + after:
        raise _unknown(f"its layers in an unknown order ({order})", where)
    if set(before + after) - {"d"} or len(norms) != len(convolutions) - 1 or pooled != (pool > 1):
        raise _unknown(f"its layers in an unknown order ({order})", where)

    shape = {(node.config["filters"], node.config["kernel_size"][0]) for node in convolutions}
    units = {node.config["layer"]["config"]["units"] for node in lstms} or {1}
    for node in body:
        _check(node, where)
    if len(shape) != 1 or len(units) != 1:
        raise _unknown("layers of one kind with different sizes", where)
    filters, kernel = shape.pop()
    if pooled and next(n for n in body if n.kind == "Reshape").config["target_shape"][-1] != pool * filters:
        raise _unknown("another pooling before the LSTM layers than in the head", where)
    spec = {
        "cnn_layers": len(convolutions),
        "filter_depth": filters,
        "kernel_size": kernel,
        "lstm_layers": len(lstms),
        "units": units.pop(),
        "dropout1": float(dropouts[0].config["rate"]) if before else 0.0,
        "dropout2": float(dropouts[-1].config["rate"]) if after else 0.0,
    }
    sources = {}
    for prefix, nodes in (("conv", convolutions), ("norm", norms), ("lstm", lstms)):
        sources.update({f"{prefix}_{i}": SourceLayer(node.top, node.name) for i, node in enumerate(nodes, 1)})
    return spec, sources


def _check(node: _Node, where: str) -> None:
    """Refuse a layer that computes something else than ours of the same kind."""
    config = node.config
    expected: dict[str, Any] = {}
    if node.kind == "Conv1D":
        expected = {
            "padding": "same",
            "activation": "relu",
            "strides": [1],
            "dilation_rate": [1],
            "groups": 1,
            "use_bias": True,
        }
    elif node.kind == "BatchNormalization":
        expected = {"epsilon": 0.001, "center": True, "scale": True}
    elif node.kind == "Bidirectional":
        if config["merge_mode"] != "concat" or config["layer"]["class_name"] != "LSTM":
            raise _unknown(f"a recurrent layer {node.name!r} that is no concatenated LSTM", where)
        config = config["layer"]["config"]
        expected = {"activation": "tanh", "recurrent_activation": "sigmoid", "use_bias": True, "return_sequences": True}
        expected |= {"go_backwards": False}
    for key, value in expected.items():
        if config[key] != value:
            raise _unknown(f"a layer {node.name!r} with {key} {config[key]!r} instead of {value!r}", where)
