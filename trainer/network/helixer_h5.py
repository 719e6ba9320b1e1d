"""Helixer's own model files (Keras 2, HDF5): checked and read without running anything that is in them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from helixdask.errors import BadInputError
from helixdask.inputs.hdf5 import reading_hdf5, text_of
from helixdask.trainer.network.helixer_graph import SourceLayer, read_graph
from helixdask.trainer.network.spec import NetworkSpec, weight_shapes

_REMEDY = "Download or copy the file again; it must be a model of Helixer 0.3.x."
_DIRECTIONS = ("forward", "backward")
_ORDER = {
    "conv": ["kernel", "bias"],
    "norm": ["gamma", "beta", "moving_mean", "moving_variance"],
    "lstm": [
        f"{direction} {name}"
        for direction in ("forward", "backward")
        for name in ("kernel", "recurrent_kernel", "bias")
    ],
    "hidden": ["kernel", "bias"],
    "head": ["kernel", "bias"],
}


class HelixerFile:
    """Contents of a Helixer model file.

    Attributes
    ----------
    spec
        The network.
    weights
        Layer name of our network to its weights, float32, in the order of `layer.set_weights`.
    training_config
        What Keras noted about optimiser and loss; empty where the file has none.
    keras_version
        The Keras that wrote it.
    """

    def __init__(
        self,
        spec: NetworkSpec,
        weights: dict[str, list[NDArray[np.float32]]],
        training_config: dict[str, Any],
        keras_version: str,
    ) -> None:
        self.spec = spec
        self.weights = weights
        self.training_config = training_config
        self.keras_version = keras_version


def read_helixer_h5(path: str | Path) -> HelixerFile:
    """Read a model file of Helixer.

    Parameters
    ----------
    path
        A Keras 2 HDF5 file: plain, tuned, or with coverage (its body nested as a model of its own).

    Returns
    -------
    HelixerFile
        Spec and weights.

    Raises
    ------
    BadInputError
        No HDF5 file, damaged, not a Helixer model, or weights that do not fit the network described.
    """
    with reading_hdf5(path) as file:
        return _read(file, str(path))


def _read(file: h5py.File, where: str) -> HelixerFile:
    if "model_config" not in file.attrs or "model_weights" not in file:
        raise BadInputError("the file holds no Keras model (architecture and weights)", where=where, remedy=_REMEDY)
    keras = text_of(file.attrs.get("keras_version", "unknown"))
    graph = read_graph(_mapping(text_of(file.attrs["model_config"]), where), where, keras)
    expected = weight_shapes(graph.spec)
    if set(graph.sources) != set(expected):
        raise BadInputError("the layers of the file do not fit its network", where=where, remedy=_REMEDY)
    weights = {}
    for layer, shapes in expected.items():
        source = graph.sources[layer]
        found = _named_weights(file, file["model_weights"], source, layer.split("_")[0], where)
        order = _ORDER[layer.split("_")[0]]
        if set(found) != set(order):
            raise BadInputError(
                f"layer {source.name!r} has the weights {sorted(found)} instead of {sorted(order)}",
                where=where,
                remedy=_REMEDY,
            )
        weights[layer] = [_values(found[key], shape, source, where) for key, shape in zip(order, shapes, strict=True)]
    training = _mapping(text_of(file.attrs["training_config"]), where) if "training_config" in file.attrs else {}
    return HelixerFile(graph.spec, weights, training, keras)


def _named_weights(
    file: h5py.File, groups: h5py.Group, source: SourceLayer, kind: str, where: str
) -> dict[str, h5py.Dataset]:
    """Data sets of one layer by what they are: `kernel`, `forward bias`, ... ."""
    if source.top not in groups or "weight_names" not in groups[source.top].attrs:
        raise BadInputError(f"the weights of layer {source.name!r} are missing", where=where, remedy=_REMEDY)
    group = groups[source.top]
    found = {}
    for full_name in map(text_of, group.attrs["weight_names"]):
        parts = full_name.split(":")[0].split("/")
        if source.name not in parts[:-1] or full_name not in group:
            continue
        key = parts[-1]
        if kind == "lstm":
            direction = next(
                (d for d in ("forward", "backward") if any(p.startswith(d) for p in parts)), "no direction"
            )
            key = f"{direction} {key}"
        dataset = group[full_name]
        if not isinstance(dataset, h5py.Dataset) or dataset.file != file:
            raise BadInputError(f"the weight {full_name!r} is not in the file itself", where=where, remedy=_REMEDY)
        found[key] = dataset
    return found


def _values(dataset: h5py.Dataset, shape: tuple[int, ...], source: SourceLayer, where: str) -> NDArray[np.float32]:
    if dataset.shape != shape or dataset.dtype.kind != "f":
        raise BadInputError(
            f"layer {source.name!r} has a weight {dataset.shape} of type {dataset.dtype} instead of {shape}",
            where=where,
            remedy=_REMEDY,
        )
    values = np.asarray(dataset[...], dtype=np.float32)
    if not np.isfinite(values).all():
        raise BadInputError(f"layer {source.name!r} has weights that are not finite", where=where, remedy=_REMEDY)
    return values


def _mapping(text: str, where: str) -> dict[str, Any]:
    value = json.loads(text)
    if not isinstance(value, Mapping):
        raise BadInputError("the network description is not a JSON object", where=where, remedy=_REMEDY)
    return dict(value)
