"""Helixer's published models: the list, finding them on this machine, downloading them once.

Their publishers give no checksums. What a file is when it is first downloaded is written down; one that has changed
since is refused.
"""

from __future__ import annotations

import csv
import json
import os
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final
from urllib.error import URLError

import platformdirs

from helixdask.errors import BadInputError, MissingInputError, words_of
from helixdask.own_folder import own_temporary_folder
from helixdask.store.objects import whole_file
from helixdask.trainer.base_models import shipped_model, shipped_models
from helixdask.trainer.network.describe import file_digest

BASE_URL: Final = "https://zenodo.org/records/10836346/files"
_URL_VARIABLE: Final = "HELIXDASK_MODELS_URL"
_FOLDER_VARIABLE: Final = "HELIXDASK_MODELS"
_CHECKSUMS: Final = "sha256.json"
_HDF5: Final = b"\x89HDF\r\n\x1a\n"


@dataclass(frozen=True)
class PublishedModel:
    """One model of Helixer's list; the lowest ``priority`` of a lineage is what Helixer itself would take.

    ``window``, ``overlap_offset`` and ``core_length`` are what Helixer's guide recommends for prediction, in bases.
    """

    lineage: str
    priority: int
    name: str
    file: str
    since: str
    window: int
    overlap_offset: int
    core_length: int


@cache
def published_models() -> tuple[PublishedModel, ...]:
    """All published models, by lineage and priority."""
    with (files(__package__) / "published_models.tsv").open(encoding="utf-8") as file:
        rows = [
            PublishedModel(lineage, int(priority), name, path, since, *map(int, sizes))
            for lineage, priority, name, path, since, *sizes in list(csv.reader(file, delimiter="\t"))[1:]
        ]
    return tuple(sorted(rows, key=lambda model: (model.lineage, model.priority)))


def model_folder() -> Path:
    """Where downloaded models are kept: ``HELIXDASK_MODELS``, else a folder of the user's."""
    given = os.environ.get(_FOLDER_VARIABLE)
    return Path(given) if given else _user_folder("helixdask") / "models"


def _user_folder(program: str) -> Path:
    """A program's data at home; without a home, in the temporary folder."""
    try:
        return platformdirs.user_data_path(program)
    except RuntimeError:  # no HOME, and a user whom the machine does not know
        return own_temporary_folder("data") / program


def find(model: PublishedModel) -> Path | None:
    """The model's file on this machine, downloaded by us or by Helixer; None where there is none.

    Raises
    ------
    BadInputError
        Our file has changed since it was downloaded.
    """
    ours = model_folder() / model.file
    if ours.is_file():
        _check_unchanged(ours)
        return ours
    theirs = _user_folder("Helixer") / "models" / model.lineage / model.file
    return theirs if theirs.is_file() else None


def fetch(model: PublishedModel) -> Path:
    """The model's file, downloaded if it is not on this machine.

    Raises
    ------
    BadInputError
        What was downloaded is no HDF5 file, or another one than before.
    MissingInputError
        It cannot be downloaded.
    """
    if (there := find(model)) is not None:
        return there
    import pooch
    import requests

    folder = model_folder()
    url = f"{os.environ.get(_URL_VARIABLE, BASE_URL)}/{model.file}?download=1"
    known = _checksums(folder).get(model.file)
    aside = f".{model.file}.part"
    downloader = pooch.HTTPDownloader(progressbar=_bar(model))
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel("WARNING")
    try:
        pooch.retrieve(url, known and f"sha256:{known}", fname=aside, path=folder, downloader=downloader)
        _check_hdf5(folder / aside, url)
        _note_checksum(folder, model.file, file_digest(folder / aside))
        (folder / aside).replace(folder / model.file)
    except ValueError as error:
        raise BadInputError(f"another file than before is there now ({words_of(error)})", where=url) from error
    except (requests.RequestException, URLError, OSError) as error:
        raise MissingInputError(
            f"the model cannot be downloaded ({type(error).__name__})",
            where=url,
            remedy=f"Check the connection, or download it elsewhere and put it into {folder}.",
        ) from error
    finally:
        logger.setLevel(level)
        (folder / aside).unlink(missing_ok=True)
    return folder / model.file


def model_path(text: str) -> str:
    """A model's file from what a user typed: a path, a model that comes along, a published one or its lineage.

    Raises
    ------
    BadInputError
        Neither a file nor a name in the list.
    MissingInputError
        It cannot be downloaded.
    """
    if Path(text).is_file():
        return text
    if (shipped := shipped_model(text)) is not None:
        return str(shipped)
    for model in published_models():
        if text in (model.name, model.file, model.lineage):
            return str(fetch(model))
    if "/" in text or text.endswith((".keras", ".h5")):
        return text  # whoever opens it says that it is not there
    here = ", ".join(model.name for model in shipped_models())
    lineages = ", ".join(dict.fromkeys(model.lineage for model in published_models()))
    raise BadInputError(
        f"{text!r} is neither a file nor a model that comes with helixdask or is published",
        remedy=f"Models that come along are {here}; published lineages are {lineages}; see helixdask models.",
    )


def _bar(model: PublishedModel) -> _RichBar:
    return _RichBar(model.name)


class _RichBar:
    """A progress bar as pooch wants it, drawn by rich."""

    def __init__(self, name: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
        self._task = self._progress.add_task(name, total=None)
        self.total = 0

    def update(self, n: int) -> None:
        """Some bytes have come."""
        self._progress.start()
        self._progress.update(self._task, total=self.total or None, advance=n)

    def reset(self) -> None:
        """Begin anew, as pooch does at the end to show the whole."""
        self._progress.update(self._task, completed=0)

    def close(self) -> None:
        """No more will come."""
        self._progress.stop()


def _checksums(folder: Path) -> dict[str, str]:
    path = folder / _CHECKSUMS
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _note_checksum(folder: Path, name: str, digest: str) -> None:
    with whole_file(folder / _CHECKSUMS) as aside:
        aside.write_text(json.dumps(_checksums(folder) | {name: digest}, indent=1, sort_keys=True), encoding="utf-8")


def _check_unchanged(path: Path) -> None:
    known = _checksums(path.parent).get(path.name)
    if known and file_digest(path) != known:
        raise BadInputError(
            "the file has changed since it was downloaded", where=str(path), remedy="Delete it to download it again."
        )


def _check_hdf5(path: Path, url: str) -> None:
    with path.open("rb") as file:
        if file.read(len(_HDF5)) != _HDF5:
            raise BadInputError("what was downloaded is no HDF5 file", where=url, remedy="Is there a login page?")
