"""The text of an annotation file, some lines at a time: unpacked, without comments, nine columns in every line."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple
from urllib.parse import unquote

import numpy as np
from isal import igzip
from numpy.typing import NDArray

from helixdask.errors import BadInputError, words_of

__all__ = ["Block", "plain", "read_blocks"]

BLOCK_BYTES: Final = 32 << 20
_LONGEST_LINE: Final = 32 << 20
_TABS: Final = 8
_NO_FEATURE: Final = re.compile(rb"\s*(?:#|track |browser |$)")
_END: Final = re.compile(rb"(?m)^(?:##FASTA|>)")
_BOM: Final = b"\xef\xbb\xbf"
_PACKED: Final = {b"PK\x03\x04": "zip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd"}


class Block(NamedTuple):
    """Feature lines: their text, eight tabs and a line feed in each, and their numbers in the file, from 1."""

    text: bytes
    lines: NDArray[np.int64]


def plain(text: str) -> str:
    """Undo percent-encoding."""
    return unquote(text) if "%" in text else text


def read_blocks(path: Path) -> Iterator[Block]:
    """Blocks of feature lines up to the end or to the sequences that may follow (``##FASTA``).

    Raises
    ------
    BadInputError
        The file cannot be read, is no text, or a line has not nine columns.
    """
    number = 0
    try:
        with path.open("rb") as raw:
            head = raw.read(8)
            raw.seek(0)
            _check_packing(path, head)
            handle: BinaryIO = igzip.open(raw, "rb") if head[:2] == b"\x1f\x8b" else raw
            for text, is_last in _whole_lines(handle, path):
                block, n_lines = _features(path, text, number)
                if len(block.lines):
                    yield block
                if is_last:
                    return
                number += n_lines
    except FileNotFoundError:
        raise BadInputError("no such file", where=str(path)) from None
    except (OSError, EOFError, zlib.error) as error:
        raise BadInputError(
            f"cannot be read: {words_of(error)}", where=f"{path}, after line {number}", remedy="Is the file complete?"
        ) from error


def _check_packing(path: Path, head: bytes) -> None:
    for magic, name in _PACKED.items():
        if head.startswith(magic):
            raise BadInputError(f"packed with {name}", where=str(path), remedy="Unpack it, or pack it with gzip.")


def _whole_lines(handle: BinaryIO, path: Path) -> Iterator[tuple[bytes, bool]]:
    """Pieces of the file that end with a line feed, and whether nothing more is to be read."""
    rest, first = b"", True
    while chunk := handle.read(BLOCK_BYTES):
        if chunk.endswith(b"\r"):
            chunk += handle.read(1)
        if first:
            chunk, first = chunk.removeprefix(_BOM), False
        if b"\0" in chunk:
            raise BadInputError("no text file", where=str(path), remedy="GFF3 or GTF is needed, as UTF-8 text.")
        if b"\r" in chunk:
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        text = rest + chunk
        cut = text.rfind(b"\n") + 1
        if cut == 0 and len(text) > _LONGEST_LINE:
            raise BadInputError("no text file: it has no lines", where=str(path), remedy="GFF3 or GTF is needed.")
        end = _END.search(text, 0, cut)
        if end:
            if end.start():
                yield text[: end.start()], True
            return
        if cut:
            yield text[:cut], False
        rest = text[cut:]
    if rest and not _END.match(rest):
        yield rest + b"\n", True


def _features(path: Path, text: bytes, number: int) -> tuple[Block, int]:
    """Feature lines of a text whose first line follows on line ``number``, and how many lines it has."""
    values = np.frombuffer(text, np.uint8)
    feeds = np.flatnonzero(values == ord("\n"))
    starts = np.append(0, feeds[:-1] + 1)
    tabs = np.diff(np.searchsorted(np.flatnonzero(values == ord("\t")), feeds), prepend=0)
    keep = (values[starts] != ord("#")) & (feeds > starts)
    odd = np.flatnonzero(keep & (tabs != _TABS)).tolist()
    mended = {}
    for row in odd:
        line = _mended(path, text[starts[row] : feeds[row]], number + int(row) + 1)
        keep[row] = False
        if line:
            mended[row] = line
    if mended:
        lines = {row: text[starts[row] : feeds[row]] for row in np.flatnonzero(keep).tolist()} | mended
        keep[list(mended)] = True
        text = b"\n".join(lines[row] for row in sorted(lines)) + b"\n"
    elif not keep.all():
        text = values[np.repeat(keep, feeds - starts + 1)].tobytes()
    return Block(text, np.flatnonzero(keep) + number + 1), len(feeds)


def _mended(path: Path, line: bytes, number: int) -> bytes:
    """A line with nine columns: the last may be missing, or hold tabs. Nothing of a line that is no feature."""
    if _NO_FEATURE.match(line):
        return b""
    parts = line.split(b"\t", _TABS)
    if len(parts) < _TABS:
        raise BadInputError(
            f"a line with {len(parts)} tab-separated columns, not 9",
            where=f"{path}, line {number}",
            remedy="Is this GFF3 or GTF? Columns must be separated by tabs, not spaces.",
        )
    parts += [b""] * (_TABS + 1 - len(parts))
    return b"\t".join([*parts[:_TABS], parts[_TABS].replace(b"\t", b" ").rstrip()])
