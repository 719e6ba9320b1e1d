"""Names of sequences in a text file, and the lengths that it tells, without reading anything else of its lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final
from urllib.parse import unquote

import numpy as np

from helixdask.engine.identity import file_identity
from helixdask.inputs.tables import LONGEST_SEQUENCE, number_in
from helixdask.inputs.text import read_lines, start_of_sequences, whole_lines
from helixdask.names.name_changes import name_changes

TEXT_COLUMNS: Final = {"gff3": 0, "bed": 0, "bedgraph": 0, "repeatmasker": 4, "table": 0}
"""Column of the name in each kind of file, from 0. All but GFF and tables may be set with spaces."""

_TABBED: Final = ("gff3", "table")
_BLOCK: Final = 1 << 24
_REGION: Final = b"##sequence-region"
_WHOLE: Final = frozenset({b"region", b"chromosome", b"contig", b"supercontig", b"scaffold"})
"""Types of rows that stand for a whole sequence, where they begin at its first base."""


@dataclass(frozen=True)
class TextNames:
    """Names in order of appearance, and the lengths of those for which the file tells one."""

    names: list[str] = field(default_factory=list)
    lengths: dict[str, int] = field(default_factory=dict)


def names_in_text(path: str | Path, kind: str) -> TextNames:
    """Names of the sequences in a file.

    Parameters
    ----------
    path
        A local file, plain or gzip.
    kind
        A key of :data:`TEXT_COLUMNS`; ``gff3`` is GTF, too. GFF3 tells lengths by ``##sequence-region``, or by rows
        such as ``region`` and ``chromosome`` that are the first of their sequence.

    Raises
    ------
    BadInputError
        The file cannot be read.
    """
    return _names_in(str(path), file_identity(path), kind)


@lru_cache(maxsize=16)
def _names_in(path: str, identity: str, kind: str) -> TextNames:
    del identity  # another file has another
    found = TextNames()
    seen: dict[bytes, None] = {}
    for block in _blocks(path, kind):
        starts, stops, lines = name_changes(np.frombuffer(block, np.uint8), TEXT_COLUMNS[kind], kind in _TABBED)
        for start, stop, line in zip(starts.tolist(), stops.tolist(), lines.tolist(), strict=True):
            name = block[start:stop]
            if name == _REGION:
                _note(found, block[line:].split(None, 4)[1:4])
            elif name not in seen:
                seen[name] = None
                found.names.append(_text(name, kind))
                fields = block[line:].split(b"\t", 5) if kind == "gff3" else []
                if len(fields) > 5 and fields[2] in _WHOLE:
                    _note(found, [fields[0], *fields[3:5]])
    return found


def _note(found: TextNames, declared: Iterable[bytes]) -> None:
    """Note the length of a sequence that is declared as name, start and end."""
    name, start, end = [*declared, b"", b"", b""][:3]
    length = number_in(end.decode("latin-1"), 1, LONGEST_SEQUENCE)
    if start == b"1" and length is not None:
        found.lengths.setdefault(_text(name, "gff3"), length)


def _text(name: bytes, kind: str) -> str:
    text = name.decode("utf-8", "replace")
    return unquote(text) if kind == "gff3" and "%" in text else text


def _blocks(path: str, kind: str) -> Iterator[bytes]:
    """Whole lines, some megabytes at a time, up to the sequences that may follow in GFF3."""
    if kind == "table":
        yield "".join(f"{line}\n" for line in read_lines(path, "A tab-separated table")).encode()
        return
    for text, _ in whole_lines(path, "GFF3 or GTF" if kind == "gff3" else "A file of intervals", _BLOCK):
        end = start_of_sequences(text) if kind == "gff3" else -1
        yield text if end < 0 else text[:end]
        if end >= 0:
            return
