"""What kind of model a file holds, told without starting TensorFlow."""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from helixdask.errors import BadInputError
from helixdask.inputs.foreign import foreign_errors
from helixdask.trainer.network.card import CARD_FORMAT, default_card, published_window
from helixdask.trainer.network.helixer_h5 import HelixerFile, read_helixer_h5
from helixdask.trainer.network.spec import NetworkSpec, parameter_count

CARD_MEMBER = "helixdask.json"
WEIGHTS_MEMBER = "model.weights.h5"
MODEL_REMEDY = "Use a .keras file that helixdask wrote or a Helixer .h5 file; copy it again if it was cut short."
_LARGEST_CARD = 16 << 20
_BYTES_PER_WEIGHT = 4
_MOST_TIMES = 8
"""An optimiser's state may lie beside the weights."""


@dataclass(frozen=True)
class ModelDescription:
    """Hyper-parameters, card and digest of a model file.

    Attributes
    ----------
    spec
        The network.
    card
        See `helixdask.trainer.network.card.default_card`.
    digest
        SHA-256 of the file, hexadecimal.
    path
        Where it was read from, absolute.
    """

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
    with foreign_errors(path, "the model file cannot be read", "Check the path."), Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_h5(path: Path) -> bool:
    """Whether a model file is one of Helixer's (True) or one of ours (False), from its first bytes.

    Raises
    ------
    BadInputError
        It is neither.
    """
    with path.open("rb") as file:
        start = file.read(8)
    if start == b"\x89HDF\r\n\x1a\n":
        return True
    if start[:2] == b"PK":
        return False
    raise BadInputError("neither a .keras nor a Helixer .h5 model", where=str(path), remedy=MODEL_REMEDY)


def describe_model(path: str | Path) -> ModelDescription:
    """Read hyper-parameters and card of a model file.

    Parameters
    ----------
    path
        A `.keras` file of helixdask or a `.h5` file of Helixer.

    Returns
    -------
    ModelDescription
        The weights are checked on the way: those of a `.keras` by their checksum.

    Raises
    ------
    BadInputError
        No such file, or neither kind, or damaged.
    """
    path = Path(path).absolute()
    digest = file_digest(path)
    if is_h5(path):
        source = read_helixer_h5(path)
        return ModelDescription(source.spec, card_of_helixer(path, source), digest, str(path))
    spec, card = read_description(path)
    _check_weights(path, digest)
    return ModelDescription(spec, card, digest, str(path))


def card_of_helixer(path: Path, source: HelixerFile) -> dict[str, Any]:
    """Make a card for a file that has none: what the file tells, and Helixer's documented values for the rest."""
    loss_weights = source.training_config.get("loss_weights") or ([0.8, 0.2] if source.spec.predict_phase else [1.0])
    return default_card(
        name=path.stem,
        loss_weights=list(loss_weights),
        inference_window=published_window(path.name) or default_card()["inference_window"],
        versions={"keras": source.keras_version},
    )


def read_description(path: Path) -> tuple[NetworkSpec, dict[str, Any]]:
    """Read spec and card of a `.keras` file.

    Raises
    ------
    BadInputError
        The file is damaged, or was not written by helixdask, or by a newer one.
    """
    where = str(path)
    with foreign_errors(where, "the model file is damaged", MODEL_REMEDY):
        with zipfile.ZipFile(path) as archive:
            sizes = {member.filename: member.file_size for member in archive.infolist()}
            if CARD_MEMBER not in sizes:
                raise BadInputError("a Keras file that helixdask did not write", where=where, remedy=MODEL_REMEDY)
            if sizes[CARD_MEMBER] > _LARGEST_CARD:
                problem = f"the model's card has {sizes[CARD_MEMBER]:,} bytes, more than {_LARGEST_CARD:,}"
                raise BadInputError(problem, where=where, remedy=MODEL_REMEDY)
            description = json.loads(archive.read(CARD_MEMBER))
        card = description["card"]
        if card["format"] != CARD_FORMAT:
            problem = f"a model file of format {card['format']}, this version reads {CARD_FORMAT}"
            raise BadInputError(problem, where=where, remedy="Update helixdask.")
        spec = NetworkSpec.from_dict(description["spec"], where=where)
        _check_size(spec, sizes.get(WEIGHTS_MEMBER, 0), where)
        return spec, default_card(**card)


@cache
def _check_weights(path: Path, digest: str) -> None:
    """Compare the weights with their checksum, once for a file's bytes: plans and stages describe it many times."""
    del digest
    with (
        foreign_errors(path, "the weights are damaged", MODEL_REMEDY),
        zipfile.ZipFile(path) as archive,
        archive.open(WEIGHTS_MEMBER) as weights,
    ):
        while weights.read(1 << 20):
            pass


def _check_size(spec: NetworkSpec, size: int, where: str) -> None:
    """Refuse weights that cannot be those of the network, before either is made."""
    least = _BYTES_PER_WEIGHT * parameter_count(spec)
    if not least <= size <= _MOST_TIMES * least + _LARGEST_CARD:
        raise BadInputError(
            f"a network of {parameter_count(spec):,} weights is described, but they have {size:,} bytes",
            where=where,
            remedy=MODEL_REMEDY,
        )
