"""Model files: Helixer's `.h5` and our own `.keras`, which holds weights, network and card in one file."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helixdask.trainer.card import CARD_FORMAT, default_card, published_window
from helixdask.trainer.helixer_h5 import read_helixer_h5
from helixdask.trainer.network import NetworkSpec, build_network, keras, weight_shapes

from helixdask.errors import BadInputError

__all__ = ["LoadedModel", "file_digest", "load_model", "save_model"]

_MEMBER = "helixdask.json"
_WEIGHTS = "model.weights.h5"
_REMEDY = "Use a .keras file that helixdask wrote or a Helixer .h5 file; copy or download it again if it was cut short."


@dataclass(frozen=True)
class LoadedModel:
    """A network ready for use, with what its file says about it.

    Attributes
    ----------
    network
        The Keras model, every layer trainable.
    spec
        Its hyper-parameters.
    card
        See `helixdask.trainer.card.default_card`.
    digest
        SHA-256 of the file, hexadecimal.
    path
        Where it was read from, absolute.
    """

    network: keras.Model
    spec: NetworkSpec
    card: dict[str, Any]
    digest: str
    path: str


def file_digest(path: str | Path) -> str:
    """SHA-256 of a file, hexadecimal.

    Raises
    ------
    BadInputError
        There is no such file, or it is a folder or cannot be read.
    """
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BadInputError(
            f"the model file cannot be read ({error.strerror})", where=str(path), remedy="Check the path."
        ) from error


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
    with path.open("rb") as file:
        start = file.read(8)
    if start == b"\x89HDF\r\n\x1a\n":
        network, spec, card = _load_h5(path)
    elif start[:2] == b"PK":
        network, spec, card = _load_keras(path)
    else:
        raise BadInputError("neither a .keras nor a Helixer .h5 model", where=str(path), remedy=_REMEDY)
    return LoadedModel(network, spec, card, digest, str(path))


def _load_h5(path: Path) -> tuple[keras.Model, NetworkSpec, dict[str, Any]]:
    source = read_helixer_h5(path)
    network = build_network(source.spec)
    for layer, values in source.weights.items():
        network.get_layer(layer).set_weights(values)
    loss_weights = source.training_config.get("loss_weights") or ([0.8, 0.2] if source.spec.predict_phase else [1.0])
    card = default_card(
        name=path.stem,
        loss_weights=list(loss_weights),
        inference_window=published_window(path.name) or default_card()["inference_window"],
        versions={"keras": source.keras_version},
    )
    return network, source.spec, card


def _load_keras(path: Path) -> tuple[keras.Model, NetworkSpec, dict[str, Any]]:
    where = str(path)
    try:
        with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory(prefix="helixdask-") as folder:
            if _MEMBER not in archive.namelist():
                raise BadInputError("a Keras file that helixdask did not write", where=where, remedy=_REMEDY)
            description = json.loads(archive.read(_MEMBER))
            if not isinstance(description, dict) or description.get("card", {}).get("format") != CARD_FORMAT:
                raise BadInputError(
                    "a model file of a format this version cannot read", where=where, remedy="Update helixdask."
                )
            spec = NetworkSpec.from_dict(description["spec"], where=where)
            network = build_network(spec)
            network.load_weights(archive.extract(_WEIGHTS, folder))
    except (OSError, KeyError, ValueError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise BadInputError(f"the model file is damaged ({error})", where=where, remedy=_REMEDY) from error
    return network, spec, description["card"]


def save_model(path: str | Path, network: keras.Model, spec: NetworkSpec, card: dict[str, Any]) -> str:
    """Write a model as one `.keras` file; an older file of that name is replaced only when the new one is complete.

    Parameters
    ----------
    path
        Where to; the name must end in `.keras`.
    network, spec
        The network and its hyper-parameters. Whether layers are frozen is not stored.
    card
        See `helixdask.trainer.card.default_card`.

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
    description = json.dumps({"spec": spec.to_dict(), "card": default_card(**card)}, indent=1)
    try:
        # Beside the target, so that the rename stays on one file system.
        with tempfile.TemporaryDirectory(prefix=".helixdask-", dir=path.parent) as folder:
            aside = Path(folder) / path.name
            network.save(aside)
            with zipfile.ZipFile(aside, "a") as archive:
                archive.writestr(_MEMBER, description)
            with aside.open("rb+") as file:
                os.fsync(file.fileno())
            aside.replace(path)
    except OSError as error:
        raise BadInputError(f"the model cannot be written ({error.strerror})", where=str(path)) from error
    return file_digest(path)
