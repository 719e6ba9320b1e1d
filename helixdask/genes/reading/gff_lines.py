"""Lines of a GFF3 or GTF file as columns: those rows that gene models may be made of."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helixdask.errors import BadInputError
from helixdask.genes.reading.gff_relations import relations
from helixdask.genes.reading.gff_types import GENE, OTHER, level_of
from helixdask.inputs.gff_text import Block, plain, read_blocks

_FIELDS: Final = 9
_STRANDS: Final = {"+": 0, "-": 1, ".": -1, "?": -1}
_PHASES: Final = {"0": 0, "1": 1, "2": 2}
_CIRCULAR: Final = ("Is_circular=true", "Is_circular=True")


class GffRows(NamedTuple):
    """Rows in file order, each column ``(row,)``.

    ``seqid`` is a row of the file's sequence names, or after :func:`gff_names.on_contigs` of the contig
    table. ``start`` is 0-based, ``end`` exclusive. ``strand`` is 0 plus, 1 minus, -1 none; ``phase`` is -1 and
    ``score`` NaN where there is none. ``id``, ``parents`` (comma-joined, as written) and ``tag`` (another attribute
    that groups rows) are empty where there is none; exons and the like with a parent have no ``id``.
    """

    line: NDArray[np.int64]
    seqid: NDArray[np.int32]
    source: NDArray[np.object_]
    type: NDArray[np.object_]
    level: NDArray[np.int8]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    score: NDArray[np.float32]
    strand: NDArray[np.int8]
    phase: NDArray[np.int8]
    attributes: NDArray[np.object_]
    id: NDArray[np.object_]
    parents: NDArray[np.object_]
    tag: NDArray[np.object_]


class GffFile(NamedTuple):
    """What a file holds.

    ``types`` counts the rows of each type that was left out; ``seqids`` names the sequences in order of appearance,
    ``seqid_rows`` and ``seqid_genes`` count the rows and gene rows of each; ``circular`` are the names of those that
    the file calls circular. ``other_case`` counts rows whose attributes are named in another case, such as ``PARENT``.
    """

    rows: GffRows
    types: Counter[str]
    seqids: list[str]
    seqid_rows: NDArray[np.int64]
    seqid_genes: NDArray[np.int64]
    circular: frozenset[str]
    is_gtf: bool
    other_case: int


@dataclass
class _Tally:
    """What is gathered over all blocks."""

    path: Path
    numbers: dict[str, int] = field(default_factory=dict)
    rows: Counter[int] = field(default_factory=Counter)
    genes: Counter[int] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    circular: set[str] = field(default_factory=set)


def read_rows(path: str | Path) -> GffFile:
    """Read a GFF3 or GTF file, plain or gzip.

    Raises
    ------
    BadInputError
        The file cannot be read, or a line is none of GFF; names file and line.
    """
    tally = _Tally(Path(path))
    parts = [_parsed(block, tally) for block in read_blocks(tally.path)]
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)] if parts else _no_columns()
    found = relations(columns[4], columns[10].tolist())
    return GffFile(
        GffRows(*(*columns, *found.columns())),
        tally.types,
        list(tally.numbers),
        _counts(tally.rows, len(tally.numbers)),
        _counts(tally.genes, len(tally.numbers)),
        frozenset(tally.circular),
        found.is_gtf,
        found.other_case,
    )


def _counts(counter: Counter[int], n: int) -> NDArray[np.int64]:
    return np.array([counter[k] for k in range(n)], np.int64)


def _no_columns() -> list[NDArray[Any]]:
    return [np.empty(0, kind) for kind in ("i8", "i4", "O", "O", "i1", "i8", "i8", "f4", "i1", "i1", "O")]


def _parsed(block: Block, tally: _Tally) -> tuple[NDArray[Any], ...]:
    """Columns line … attributes of the rows of a block that are kept."""
    table = pd.read_csv(
        io.BytesIO(block.text),
        sep="\t",
        header=None,
        names=list(range(_FIELDS)),
        dtype=object,
        quoting=csv.QUOTE_NONE,
        na_filter=False,
        low_memory=False,
        encoding_errors="replace",
        index_col=False,
    )
    seqid = _sequences(table[0], tally)
    types, kind = _coded(table[2])
    level = np.array([level_of(name) for name in types], np.int8)[kind]
    attributes = table[8].to_numpy(object)
    keep = level < OTHER
    other = np.flatnonzero(level == OTHER)
    keep[other] = ["ID=" in text.upper() for text in attributes[other].tolist()]
    _count(tally.rows, seqid)
    _count(tally.genes, seqid[level == GENE])
    left_out: Counter[int] = Counter()
    _count(left_out, kind[~keep])
    tally.types.update({types[k]: n for k, n in left_out.items()})
    if any(mark.encode() in block.text for mark in _CIRCULAR):
        names = list(tally.numbers)
        marked = [row for row, text in enumerate(attributes.tolist()) if any(mark in text for mark in _CIRCULAR)]
        tally.circular.update(names[k] for k in seqid[marked].tolist())
    rows = np.flatnonzero(keep)
    where = _Where(tally.path, block.lines[rows])
    sources, source = _coded(table[1])
    return (
        where.lines,
        seqid[rows],
        _texts(sources)[source[rows]],
        _texts(types)[kind[rows]],
        level[rows],
        _integers(table[3], rows, "start", where) - 1,
        _integers(table[4], rows, "end", where),
        _scores(table[5], rows, where),
        _strands(table[6], rows, where),
        _lookup(table[7], rows, _PHASES),
        attributes[rows],
    )


def _sequences(column: pd.Series[Any], tally: _Tally) -> NDArray[np.int32]:
    """Number of each row's sequence, counted in order of appearance over all blocks."""
    names, codes = _coded(column)
    numbers = [tally.numbers.setdefault(plain(name), len(tally.numbers)) for name in names]
    return np.array(numbers, np.int32)[codes]


def _coded(column: pd.Series[Any]) -> tuple[list[str], NDArray[np.int64]]:
    """Different values in order of appearance, and the number of each row's."""
    codes, values = pd.factorize(column.to_numpy(object))
    return values.tolist(), codes.astype(np.int64)


def _texts(values: list[str]) -> NDArray[np.object_]:
    return np.array(values, object)


def _count(counter: Counter[int], codes: NDArray[Any]) -> None:
    values, counts = np.unique(codes, return_counts=True)
    counter.update(dict(zip(values.tolist(), counts.tolist(), strict=True)))


class _Where(NamedTuple):
    """File and lines of the rows that are kept."""

    path: Path
    lines: NDArray[np.int64]

    def refuse(self, bad: NDArray[np.bool_], texts: NDArray[np.object_], rule: str) -> None:
        """Stop at the first bad row."""
        if bad.any():
            first = int(np.argmax(bad))
            raise BadInputError(f"{rule}, not {texts[first]!r}", where=f"{self.path}, line {self.lines[first]}")


def _integers(column: pd.Series[Any], rows: NDArray[np.int64], name: str, where: _Where) -> NDArray[np.int64]:
    texts = column.to_numpy(object)[rows]
    try:
        return np.array(list(map(int, texts.tolist())), np.int64)
    except (ValueError, OverflowError):
        # Tables written by R hold numbers like 1e+05.
        numbers = np.asarray(pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce"), np.float64)
    bad = ~(np.isfinite(numbers) & (np.abs(numbers) < 2**53))
    bad[~bad] = numbers[~bad] % 1 != 0
    where.refuse(bad, texts, f"the {name} must be a whole number")
    return numbers.astype(np.int64)


def _scores(column: pd.Series[Any], rows: NDArray[np.int64], where: _Where) -> NDArray[np.float32]:
    names, codes = _coded(column)
    values = np.full(len(names), np.nan, np.float32)
    wrong = np.zeros(len(names), bool)
    for k, text in enumerate(names):
        try:
            values[k] = np.nan if text in (".", "") else float(text)
        except ValueError:
            wrong[k] = True
    where.refuse(wrong[codes[rows]], _texts(names)[codes[rows]], "the score must be a number")
    return values[codes[rows]]


def _strands(column: pd.Series[Any], rows: NDArray[np.int64], where: _Where) -> NDArray[np.int8]:
    names, codes = _coded(column)
    wrong = np.array([name not in _STRANDS for name in names], bool)
    where.refuse(wrong[codes[rows]], _texts(names)[codes[rows]], "the strand must be + or -")
    return _lookup(column, rows, _STRANDS)


def _lookup(column: pd.Series[Any], rows: NDArray[np.int64], values: dict[str, int]) -> NDArray[np.int8]:
    names, codes = _coded(column)
    numbers: NDArray[np.int8] = np.array([values.get(name, -1) for name in names], np.int8)[codes[rows]]
    return numbers
