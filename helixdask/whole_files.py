"""Files and folders that appear under their names only when all of them are whole."""

from __future__ import annotations

import gzip
import io
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TextIO, cast

from helixdask.errors import BadInputError
from helixdask.store.objects import disk_errors, whole_file


@contextmanager
def output_file(path: str | Path) -> Iterator[Path]:
    """A file to write in place of one that a user has named, whose name it takes at the end.

    Raises
    ------
    BadInputError
        It cannot be written.
    DiskFullError
        No space was left.
    """
    try:
        with disk_errors(str(path)), whole_file(path) as aside:
            yield aside
    except OSError as error:
        raise BadInputError(f"cannot be written ({error.strerror})", where=str(path)) from error


def refuse_full_folder(path: str | Path) -> None:
    """Refuse a folder that is to be made, where something is in its place.

    Raises
    ------
    BadInputError
        It holds something, or is no folder.
    """
    target = Path(path)
    if target.exists() and not target.is_dir():
        raise BadInputError("cannot write: this is no folder", where=str(path), remedy="Choose another folder.")
    if target.is_dir() and any(target.iterdir()):
        raise BadInputError(
            "this folder holds something already", where=str(path), remedy="Name a new one, or remove it first."
        )


@contextmanager
def whole_folder(path: str | Path) -> Iterator[Path]:
    """A folder to fill in place of one that a user has named, whose name it takes at the end.

    Raises
    ------
    BadInputError
        The folder holds something, or cannot be written.
    DiskFullError
        No space was left; nothing is there then.
    """
    refuse_full_folder(path)
    target = Path(path).absolute()
    aside = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        with disk_errors(str(path)):
            aside.mkdir(parents=True)
            yield aside
            if target.is_dir():
                target.rmdir()
            aside.rename(target)
    except OSError as error:
        raise BadInputError(f"cannot be written ({error.strerror})", where=str(path)) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def refuse_clashes(targets: Sequence[Path]) -> None:
    """Refuse files of one name, and names of folders.

    Raises
    ------
    BadInputError
        Says which.
    """
    for number, target in enumerate(targets):
        if target.resolve() in [other.resolve() for other in targets[:number]]:
            raise BadInputError("two outputs go to one file", where=str(target), remedy="Name another file.")
        if target.is_dir():
            raise BadInputError("cannot write: this is a folder", where=str(target), remedy="Name a file in it.")


@contextmanager
def whole_files(paths: Sequence[str | Path]) -> Iterator[list[TextIO]]:
    """Open files for writing, UTF-8 with plain line ends; gzip where a name ends in ``.gz``.

    The same text gives the same bytes: no name and no time is in a gzip header.

    Raises
    ------
    BadInputError
        Two files of one name, or one that cannot be written.
    DiskFullError
        No space was left; none of the files is there then.
    """
    targets = [Path(path) for path in paths]
    refuse_clashes(targets)
    asides = [path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part") for path in targets]
    try:
        with disk_errors(str(targets[0]) if targets else ""), ExitStack() as stack:
            yield [_open(stack, aside, target) for aside, target in zip(asides, targets, strict=True)]
        for aside, target in zip(asides, targets, strict=True):
            aside.replace(target)
    finally:
        for aside in asides:
            aside.unlink(missing_ok=True)


def _open(stack: ExitStack, aside: Path, target: Path) -> TextIO:
    try:
        raw: IO[bytes] = stack.enter_context(aside.open("wb"))
    except OSError as error:
        raise BadInputError(
            f"cannot write: {error.strerror}", where=str(target), remedy="Choose another file."
        ) from error
    if target.name.endswith(".gz"):
        packed = gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=raw, mtime=0)
        raw = cast("IO[bytes]", stack.enter_context(packed))
    return stack.enter_context(io.TextIOWrapper(cast("io.BufferedWriter", raw), encoding="utf-8", newline="\n"))
