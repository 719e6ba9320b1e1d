"""What a Helixer file holds: opened, checked, described; rows read with named errors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import h5py
import numpy as np
from numpy.typing import NDArray

from helixdask.errors import BadInputError
from helixdask.inputs.foreign import foreign_errors
from helixdask.inputs.hdf5 import open_hdf5, text_of
from helixdask.store.objects import is_url

LABEL_TAILS: Final = {"y": 4, "phases": 4, "transitions": 6, "sample_weights": 0, "gene_lengths": 0}
"""Label data sets, and how many values each has for a base (0: it has no such axis)."""

PREDICTION_SETS: Final = ("predictions", "predictions_phase")
_PLACES: Final = ("seqids", "start_ends", "species")
_COVERAGE: Final = re.compile(r"(?:(?P<prefix>.+)_)?coverage")


@dataclass(frozen=True)
class CoverageColumns:
    """One pair of coverage data sets under ``evaluation``: its prefix, and the paths of its BAM files."""

    prefix: str
    bams: tuple[str, ...]
    n_libraries: int
    flat: bool
    """There is no axis of libraries, and one of them."""

    def dataset(self, track: str) -> str:
        """Path of a data set, ``coverage`` or ``spliced_coverage``."""
        return f"evaluation/{self.prefix}_{track}" if self.prefix else f"evaluation/{track}"


@dataclass(frozen=True)
class Layout:
    """What a file holds.

    Parameters
    ----------
    path
        The file.
    rows, window_length
        Its number of windows, and the bases of a full one.
    has_sequence
        Whether there is ``data/X``.
    labels
        Folders with labels: ``data``, ``alternative/NAME``.
    coverage
        Coverage data sets.
    predictions
        Data sets with predictions.
    """

    path: str
    rows: int
    window_length: int
    has_sequence: bool
    labels: tuple[str, ...]
    coverage: tuple[CoverageColumns, ...]
    predictions: tuple[str, ...]


@contextmanager
def open_h5(path: str) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading.

    Raises
    ------
    BadInputError
        It is behind a URL, or refused by :func:`helixdask.inputs.hdf5.open_hdf5`.
    """
    if is_url(path):
        raise BadInputError("HDF5 files are read from disks only", where=path, remedy="Download it first.")
    with open_hdf5(path) as file:
        yield file


@contextmanager
def reading_h5(path: str) -> Iterator[h5py.File]:
    """The same, where all that is done inside is reading the file: whatever fails there is damage."""
    with open_h5(path) as file, foreign_errors(path, "the HDF5 file is damaged"):
        yield file


def read_rows(dataset: h5py.Dataset, rows: slice, extra: tuple[Any, ...] = ()) -> NDArray[Any]:
    """Read neighbouring rows of a data set.

    Raises
    ------
    BadInputError
        What is stored there is damaged.
    """
    where = f"{dataset.file.filename}, rows {rows.start:,} to {rows.stop - 1:,} of {dataset.name}"
    with foreign_errors(where):
        return np.asarray(dataset[(rows, *extra)])


def describe(path: str) -> Layout:
    """Look into a file with ``data``, and check that its data sets fit together.

    Raises
    ------
    BadInputError
        It is no such file, unfinished, or its data sets contradict each other.
    """
    with reading_h5(path) as file:
        if not isinstance(file.get("data"), h5py.Group):
            alone = any(name in file for name in PREDICTION_SETS)
            raise BadInputError(
                "there is no group `data` in the file",
                where=path,
                remedy="Predictions come with the file they were made for: helixdask import DATA.h5 --predictions THIS."
                if alone
                else "Give a file that Helixer's fasta2h5 or geenuff2h5 made.",
            )
        rows, length = _size(file, path)
        _check_tail(file, "data/X", rows, length, 4)
        labels = [folder for folder in _label_folders(file) if _check_labels(file, folder, rows, length)]
        coverage = tuple(_coverage(file, rows, length))
        return Layout(
            path=path,
            rows=rows,
            window_length=length,
            has_sequence="data/X" in file,
            labels=tuple(labels),
            coverage=coverage,
            predictions=prediction_sets(file, rows, length),
        )


def prediction_sets(file: h5py.File, rows: int, length: int) -> tuple[str, ...]:
    """Predictions in a file, checked against the rows of the file with the sequence."""
    found = tuple(name for name in PREDICTION_SETS if name in file)
    for name in found:
        _check_tail(file, name, rows, length, 4)
    if found and "predictions" not in found:
        raise BadInputError("there are phases but no `predictions`", where=file.filename)
    return found


def _size(file: h5py.File, path: str) -> tuple[int, int]:
    missing = [f"data/{name}" for name in _PLACES if f"data/{name}" not in file]
    if missing:
        raise BadInputError(
            f"{', '.join(missing)} is missing", where=path, remedy="The file is unfinished: make it again."
        )
    rows = len(file["data/seqids"])
    for name in _PLACES:
        if len(file[f"data/{name}"]) != rows:
            raise BadInputError(f"data/seqids has {rows:,} rows, data/{name} {len(file[f'data/{name}']):,}", where=path)
    if not rows:
        raise BadInputError("the file holds no row", where=path, remedy="Make it again.")
    wide = [name for name in ("X", *LABEL_TAILS) if file.get(f"data/{name}") is not None]
    paths = [f"data/{name}" for name in wide] + [
        f"{folder}/y" for folder in _label_folders(file) if f"{folder}/y" in file
    ]
    if not paths:
        raise BadInputError("there is neither a sequence (data/X) nor a label (data/y)", where=path)
    shape = file[paths[0]].shape
    if len(shape) < 2 or not shape[1]:
        raise BadInputError(f"{paths[0]} has shape {shape}", where=path)
    return rows, int(shape[1])


def _check_tail(file: h5py.File, name: str, rows: int, length: int, last: int) -> None:
    if name not in file:
        return
    expected = (rows, length, last) if last else (rows, length)
    if file[name].shape != expected:
        raise BadInputError(
            f"{name} has shape {file[name].shape}, {expected} was expected",
            where=file.filename,
            remedy="Its rows must be those of data/seqids, and all data sets of one window length.",
        )


def _label_folders(file: h5py.File) -> list[str]:
    others = file.get("alternative")
    return ["data", *(f"alternative/{name}" for name in (others or ()) if isinstance(others[name], h5py.Group))]


def _check_labels(file: h5py.File, folder: str, rows: int, length: int) -> bool:
    """Check a folder; whether it holds labels."""
    for name, last in LABEL_TAILS.items():
        _check_tail(file, f"{folder}/{name}", rows, length, last)
    if f"{folder}/y" not in file:
        return False
    for name in ("start_ends", "seqids") if folder != "data" else ():
        other = file.get(f"{folder}/{name}")
        if other is not None and not np.array_equal(other[...], file[f"data/{name}"][...]):
            raise BadInputError(
                f"the rows of {folder} are not those of data", where=file.filename, remedy="Import it by itself."
            )
    return True


def _coverage(file: h5py.File, rows: int, length: int) -> Iterator[CoverageColumns]:
    folder = file.get("evaluation")
    for name in folder if isinstance(folder, h5py.Group) else ():
        found = _COVERAGE.fullmatch(name)
        if found is None or name == "spliced_coverage" or name.endswith("_spliced_coverage"):
            continue
        prefix = found["prefix"] or ""
        shape = folder[name].shape
        number = shape[2] if len(shape) == 3 else 1
        made = CoverageColumns(prefix, _bam_files(folder, prefix), number, flat=len(shape) != 3)
        for track in ("coverage", "spliced_coverage"):
            if made.dataset(track) not in file:
                raise BadInputError(f"{made.dataset(track)} is missing", where=file.filename)
            _check_tail(file, made.dataset(track), rows, length, number if len(shape) == 3 else 0)
        yield made


def _bam_files(folder: h5py.Group, prefix: str) -> tuple[str, ...]:
    stored = folder.get(f"{prefix}_meta/bam_files")
    return () if stored is None else tuple(text_of(path) for path in stored[...].tolist())
