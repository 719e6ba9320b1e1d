"""Opening HDF5 files that others made: damaged ones are named, and nothing outside the file is followed or read."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import h5py

from helixdask.errors import BadInputError, HelixdaskError
from helixdask.inputs.foreign import COPY_AGAIN, foreign_errors

_MOST_COMPRESSED: Final = 2_000
"""No filter of HDF5's own packs more bytes into one: DEFLATE reaches 1,032."""


@contextmanager
def open_hdf5(path: str | Path) -> Iterator[h5py.File]:
    """Open a local HDF5 file for reading.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    BadInputError
        It is not there, no HDF5 file, damaged or cut short; it names data outside itself (external links, external
        and virtual data sets); a data set says to be larger than the file can hold; or h5py fails inside the block.
    """
    where = str(path)
    if not Path(path).is_file():
        raise BadInputError("no such file", where=where, remedy="Check the path.")
    with foreign_errors(where, "this is no HDF5 file that can be read", "Copy or make it again."):
        try:
            file = h5py.File(path, "r", locking="best-effort")
        except OSError as error:
            if "truncated" in str(error):
                raise BadInputError(f"the file is cut short ({error})", where=where, remedy=COPY_AGAIN) from error
            raise
    with file:
        with foreign_errors(where, "the HDF5 file is damaged"):
            _refuse_what_lies_outside(file, Path(path).stat().st_size, where)
        try:
            yield file
        except HelixdaskError:
            raise
        except Exception as error:
            if not _raised_by_h5py(error):
                raise
            with foreign_errors(where, "the HDF5 file is damaged"):
                raise


def _raised_by_h5py(error: Exception) -> bool:
    """Whether h5py raised it, and not what was done with its values."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return str(frames[-1].f_globals.get("__name__", "")).partition(".")[0] == "h5py"


@contextmanager
def reading_hdf5(path: str | Path) -> Iterator[h5py.File]:
    """The same, where all that is done inside is reading the file: whatever fails there is damage."""
    with open_hdf5(path) as file, foreign_errors(path, "the HDF5 file is damaged"):
        yield file


def text_of(value: Any) -> str:
    """Text of an attribute or of an element of a data set, whichever way it is stored; it ends at the first NUL."""
    text = bytes(value).decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return text.partition("\0")[0]


def _refuse_what_lies_outside(file: h5py.File, size: int, where: str) -> None:
    names: list[str] = []
    file.visititems_links(lambda name, link: names.append(name) if isinstance(link, h5py.ExternalLink) else None)
    if names:
        raise _outside(names[0], "a link to another file", where)

    def check(name: str, found: h5py.HLObject) -> None:
        if not isinstance(found, h5py.Dataset):
            return
        if found.is_virtual or found.external:
            raise _outside(name, "a data set whose values lie in another file", where)
        if found.dtype.kind != "O" and found.nbytes > _MOST_COMPRESSED * size:
            raise BadInputError(
                f"{name} says to hold {found.nbytes:,} bytes, more than a file of {size:,} can",
                where=where,
                remedy=COPY_AGAIN,
            )

    file.visititems(check)


def _outside(name: str, what: str, where: str) -> BadInputError:
    return BadInputError(
        f"{name} is {what}", where=where, remedy="Use a file that holds all its data: h5repack makes one of it."
    )
