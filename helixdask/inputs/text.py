"""Text files, plain or gzip, in whole lines: one place for encodings, byte order marks, line ends and damage."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

from isal import igzip

from helixdask.errors import BadInputError
from helixdask.inputs.foreign import foreign_errors

BLOCK_BYTES: Final = 32 << 20
_LONGEST_LINE: Final = 32 << 20
_LARGEST_TABLE: Final = 512 << 20
_GZIP: Final = b"\x1f\x8b"
_BOM: Final = b"\xef\xbb\xbf"
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_PACKED: Final = {b"PK\x03\x04": "zip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
_SEQUENCES: Final = (b"\n##FASTA", b"\n>")
_LINE_END: Final = re.compile(r"\r\n|\n|\r")


def whole_lines(path: str | Path, what: str, size: int | None = None) -> Iterator[tuple[bytes, int]]:
    """Read a text file in pieces of whole lines.

    Parameters
    ----------
    path
        A local file, plain or gzip.
    what
        What is expected, for messages, such as ``GFF3 or GTF``.
    size
        Bytes that are read at a time; None: some megabytes.

    Yields
    ------
    text
        Whole lines, each with a line feed at its end, whatever ends lines in the file. A byte order mark is left out.
    number
        Number of the first of these lines in the file, from 1.

    Raises
    ------
    BadInputError
        The file is not there, damaged, packed otherwise, UTF-16, holds a NUL byte or has no lines.
    """
    path = Path(path)
    number = 1
    try:
        with foreign_errors(path), path.open("rb") as raw:
            head = raw.read(8)
            raw.seek(0)
            _check_kind(path, head, what)
            handle: BinaryIO = igzip.open(raw, "rb") if head.startswith(_GZIP) else raw
            for text in _pieces(handle, path, what, size or BLOCK_BYTES):
                yield text, number
                number += text.count(b"\n")
    except BadInputError as error:
        if error.where != str(path) or number == 1:
            raise
        raise BadInputError(error.problem, where=f"{path}, after line {number - 1:,}", remedy=error.remedy) from error


def _check_kind(path: Path, head: bytes, what: str) -> None:
    for magic, name in _PACKED.items():
        if head.startswith(magic):
            raise BadInputError(f"packed with {name}", where=str(path), remedy="Unpack it, or pack it with gzip.")
    if head.startswith(_UTF16):
        raise BadInputError(
            "no text file in UTF-8 but in UTF-16", where=str(path), remedy=f"{what} is needed, as UTF-8 text."
        )


def _pieces(handle: BinaryIO, path: Path, what: str, size: int) -> Iterator[bytes]:
    rest, first = b"", True
    while chunk := handle.read(size):
        while chunk.endswith(b"\r") and (more := handle.read(1)):
            chunk += more
        if first:
            chunk, first = chunk.removeprefix(_BOM), False
        if b"\0" in chunk:
            raise BadInputError("no text file", where=str(path), remedy=f"{what} is needed, as UTF-8 text.")
        if b"\r" in chunk:
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        text = rest + chunk
        cut = text.rfind(b"\n") + 1
        if cut == 0 and len(text) > _LONGEST_LINE:
            raise BadInputError("no text file: it has no lines", where=str(path), remedy=f"{what} is needed.")
        if cut:
            yield text[:cut]
        rest = text[cut:]
    if rest:
        yield rest + b"\n"


def start_of_sequences(text: bytes) -> int:
    """Where the sequences that may follow in GFF3 begin in whole lines, -1 where they do not."""
    if text.startswith(tuple(mark[1:] for mark in _SEQUENCES)):
        return 0
    found = [at for mark in _SEQUENCES if (at := text.find(mark)) >= 0]
    return min(found) + 1 if found else -1


def read_lines(path: str | Path, what: str) -> list[str]:
    """Read a small text file whole, such as a table that a person made.

    Parameters
    ----------
    path
        A local file, plain or gzip; UTF-8 with or without a byte order mark, or UTF-16 with one, as Excel writes it.
    what
        What is expected, for messages.

    Returns
    -------
    list of str
        Its lines without their ends. Row `i` is line `i + 1` of the file.

    Raises
    ------
    BadInputError
        The file is not there, damaged, packed otherwise, too large, in another encoding, or holds a NUL.
    """
    path = Path(path)
    remedy = f"{what} is needed. Save it as text, encoded as UTF-8."
    with foreign_errors(path), path.open("rb") as raw:
        head = raw.read(8)
        raw.seek(0)
        for magic, name in _PACKED.items():
            if head.startswith(magic):
                raise BadInputError(f"packed with {name}, or a spreadsheet", where=str(path), remedy=remedy)
        handle: Any = igzip.open(raw, "rb") if head.startswith(_GZIP) else raw
        data = handle.read(_LARGEST_TABLE + 1)
    if len(data) > _LARGEST_TABLE:
        raise BadInputError("too large for a table", where=str(path), remedy=remedy)
    encoding = "utf-16" if data.startswith(_UTF16) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        problem = f"not {'UTF-16' if encoding == 'utf-16' else 'UTF-8'} text: byte 0x{data[error.start]:02x}"
        raise BadInputError(problem, where=f"{path}, line {line:,}", remedy=remedy) from error
    lines = _LINE_END.split(text)
    if "\0" in text:
        number = next(k for k, line in enumerate(lines, 1) if "\0" in line)
        raise BadInputError("no text: there is a NUL character", where=f"{path}, line {number:,}", remedy=remedy)
    return lines[:-1] if lines[-1] == "" else lines
