"""Model files: Helixer's `.h5` and our own `.keras`, which holds weights, network and card in one file."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helixdask.errors import BadInputError, words_of
from helixdask.inputs.foreign import foreign_errors
from helixdask.inputs.hdf5 import open_hdf5
from helixdask.store.objects import PARTIAL, disk_errors
from helixdask.trainer.network.build import NetworkSpec, build_network, copied, weight_shapes
from helixdask.trainer.network.card import default_card
from helixdask.trainer.network.describe import (
    CARD_MEMBER,
    MODEL_REMEDY,
    WEIGHTS_MEMBER,
    ModelDescription,
    card_of_helixer,
    file_digest,
    is_h5,
    read_description,
)
from helixdask.trainer.network.helixer_h5 import read_helixer_h5

import keras  # isort: skip

__all__ = ["LoadedModel", "file_digest", "load_model", "save_model"]


@dataclass(frozen=True)
class LoadedModel(ModelDescription):
    """A network ready for use, with what its file says about it.

    Attributes
    ----------
    network
        The Keras model, every layer trainable.
    """

    network: keras.Model


def load_model(path: str | Path) -> LoadedModel:
    """Load a model file; nothing inside the file is executed.

    Parameters
    ----------
    path
        A `.keras` file of helixdask or a `.h5` file of Helixer; which of them it is, is told from its first bytes.

    Returns
    -------
    LoadedModel
        The network is built from the spec, then gets the weights.

    Raises
    ------
    BadInputError
        No such file, or neither kind, or damaged.
    """
    path = Path(path).absolute()
    digest = file_digest(path)
    network, spec, card = _load_h5(path) if is_h5(path) else _load_keras(path)
    return LoadedModel(spec, card, digest, str(path), network)


def _load_h5(path: Path) -> tuple[keras.Model, NetworkSpec, dict[str, Any]]:
    source = read_helixer_h5(path)
    network = build_network(source.spec)
    for layer, values in source.weights.items():
        network.get_layer(layer).set_weights(values)
    return network, source.spec, card_of_helixer(path, source)


def _load_keras(path: Path) -> tuple[keras.Model, NetworkSpec, dict[str, Any]]:
    spec, card = read_description(path)
    network = build_network(spec)
    with (
        tempfile.TemporaryDirectory(prefix="helixdask-") as folder,
        foreign_errors(path, "the weights are damaged", MODEL_REMEDY),
        zipfile.ZipFile(path) as archive,
    ):
        weights = archive.extract(WEIGHTS_MEMBER, folder)
        with open_hdf5(weights):  # Keras would follow links and read what other files hold
            pass
        network.load_weights(weights)
    return network, spec, card


def save_model(path: str | Path, network: keras.Model, spec: NetworkSpec, card: dict[str, Any]) -> str:
    """Write a model as one `.keras` file; an older file of that name is replaced only when the new one is complete.

    The same weights and card give the same bytes: no time of writing is kept.

    Parameters
    ----------
    path
        Where to; the name must end in `.keras`.
    network, spec
        The network and its hyper-parameters. Whether layers are frozen is not stored.
    card
        See `helixdask.trainer.network.card.default_card`.

    Returns
    -------
    str
        SHA-256 of the file.

    Raises
    ------
    BadInputError
        The name does not end in `.keras`, the folder cannot be written, or the network is not what the spec describes.
    """
    path = Path(path).absolute()
    if path.suffix != ".keras":
        raise BadInputError("the name of a model file must end in .keras", where=str(path))
    for layer, shapes in weight_shapes(spec).items():
        if [tuple(w.shape) for w in network.get_layer(layer).get_weights()] != shapes:
            raise BadInputError(f"layer {layer!r} of the network is not what its description says", where=str(path))
    if network.get_layer("head").dtype_policy.name != "float32":  # how it was trained is nothing to who uses it
        network = copied(network, spec)
    description = json.dumps({"spec": spec.to_dict(), "card": default_card(**card)}, indent=1)
    try:
        with disk_errors(str(path)), _folder_beside(path) as folder:
            saved, aside = folder / "saved.keras", folder / path.name
            network.save(saved)
            with zipfile.ZipFile(saved) as source, zipfile.ZipFile(aside, "w") as archive:
                for name in source.namelist():
                    data = source.read(name)
                    archive.writestr(zipfile.ZipInfo(name), _timeless(name, data))
                archive.writestr(zipfile.ZipInfo(CARD_MEMBER), description)
            with aside.open("rb+") as file:
                os.fsync(file.fileno())
            aside.replace(path)
    except OSError as error:
        raise BadInputError(f"the model cannot be written ({words_of(error)})", where=str(path)) from error
    return file_digest(path)


@contextlib.contextmanager
def _folder_beside(path: Path) -> Iterator[Path]:
    """A folder on the file system of the target; one that a killed process left is removed."""
    folder = path.with_name(f".{path.name}{PARTIAL}")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _timeless(name: str, data: bytes) -> bytes:
    """Take out of Keras' own members what differs from run to run: the date, and addresses in memory."""
    if name == "metadata.json":
        return json.dumps(json.loads(data) | {"date_saved": ""}).encode()
    if name == "config.json":
        numbers: dict[bytes, int] = {}
        return re.sub(
            rb'("shared_object_id": )(\d+)',
            lambda match: match[1] + b"%d" % numbers.setdefault(match[2], len(numbers)),
            data,
        )
    return data
