"""The text of an annotation file, some lines at a time: unpacked, without comments, nine columns in every line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, pairwise, zip_longest
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from helixdask.errors import BadInputError
from helixdask.inputs.text import start_of_sequences, whole_lines

_TABS: Final = 8
_NO_FEATURE: Final = re.compile(rb"\s*(?:#|track |browser |$)")


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
    for text, first in whole_lines(path, "GFF3 or GTF"):
        end = start_of_sequences(text)
        block = _features(path, text if end < 0 else text[:end], first - 1)
        if len(block.lines):
            yield block
        if end >= 0:
            return


def _features(path: Path, text: bytes, number: int) -> Block:
    """Feature lines of a text whose first line follows on line ``number``."""
    if not text:
        return Block(b"", np.zeros(0, np.int64))
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
            mended[row] = line + b"\n"
    if not keep.all():
        kept = np.repeat(keep, feeds - starts + 1)
        cuts = [0, *(int(starts[row]) for row in mended), len(text)]
        parts = [values[first:end][kept[first:end]].tobytes() for first, end in pairwise(cuts)]
        text = b"".join(chain.from_iterable(zip_longest(parts, mended.values(), fillvalue=b"")))
        keep[list(mended)] = True
    return Block(text, np.flatnonzero(keep) + number + 1)


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
