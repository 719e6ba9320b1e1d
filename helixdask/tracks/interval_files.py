"""Files of intervals (BED, GFF3, bedGraph, RepeatMasker's .out) as columns; plain or gzip."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helixdask.errors import BadInputError
from helixdask.inputs.text import whole_lines
from helixdask.intervals import joined
from helixdask.store.contigs import ContigTable

_BLOCK_BYTES: Final = 1 << 24
_EXACT: Final = float(1 << 53)
_LARGEST_VALUE: Final = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class _Format:
    """Where a format keeps name, start, end and value, and whether starts count from 1."""

    columns: tuple[int, ...]
    from_one: bool
    type_column: int = -1
    value: bool = False


FORMATS: Final[Mapping[str, _Format]] = MappingProxyType(
    {
        "bed": _Format((0, 1, 2), False),
        "gff3": _Format((0, 3, 4), True, type_column=2),
        "bedgraph": _Format((0, 1, 2, 3), False, value=True),
        "repeatmasker": _Format((4, 5, 6), True),
    }
)
# Features that are the sequence itself, not something on it.
_WHOLE: Final = frozenset({"region", "chromosome", "contig", "supercontig", "scaffold"})
_HEADERS: Final = ("track", "browser", "SW", "score")
"""First words of lines that are no rows, in BED and in RepeatMasker's file."""
_NO_REPEATS: Final = "There were no repetitive sequences detected"
"""What RepeatMasker writes instead of a table where it found nothing."""
_NAMES: Final = ("name", "start", "end", "value")


@dataclass(frozen=True)
class Intervals:
    """Intervals on ``position``, sorted; ``value`` is empty where the format has none.

    ``rows`` counts the rows that were taken, ``unmatched`` those of each sequence that the genome has not, ``ignored``
    those that are left out for another reason.
    """

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    value: NDArray[np.float32]
    rows: int
    unmatched: dict[str, int] = field(default_factory=dict)
    ignored: int = 0


def read_intervals(
    path: str | Path,
    kind: str,
    contigs: ContigTable,
    *,
    aliases: Mapping[str, str] | None = None,
    types: tuple[str, ...] = (),
) -> Intervals:
    """Read a file of intervals.

    Parameters
    ----------
    path
        The file.
    kind
        A key of :data:`FORMATS`.
    contigs
        Sequences of the genome.
    aliases
        Names in the file that stand for other names in the genome; exact matches win.
    types
        Of GFF3 only features of these types; without it all but those that stand for a whole sequence.

    Returns
    -------
    Intervals
        Without values those that touch or overlap are one.

    Raises
    ------
    BadInputError
        The file cannot be read, a row is no interval of its sequence, no row is on a sequence of the genome, or two
        rows give one base a value; names file and line.
    """
    form = FORMATS[kind]
    unmatched: Counter[str] = Counter()
    parts: list[tuple[NDArray[Any], ...]] = []
    ignored = 0
    for frame in _frames(path, form):
        chosen = _chosen(frame, form, types)
        ignored += int((~chosen).sum())
        frame = frame[chosen]
        known = {
            name: contigs.index(target)
            for name in frame["name"].unique()
            if (target := _target(name, contigs, aliases))
        }
        row = frame["name"].map(known)
        unmatched.update(frame["name"][row.isna()].tolist())
        frame = frame[row.notna()]
        parts.append(_placed(path, frame, row.dropna().to_numpy(np.int64), form, contigs))
    start, end, value, line = (np.concatenate(column) for column in zip(*parts, strict=True)) if parts else _nothing()
    if unmatched and not len(start):
        raise BadInputError(
            f"none of its sequence names is in the genome: {', '.join(sorted(unmatched)[:5])} …",
            where=str(path),
            remedy=f"The genome has {', '.join(map(str, contigs.names[:5]))} …; give a table of names with --aliases.",
        )
    n = len(start)
    order = np.lexsort((line, end, start))
    start, end, value, line = start[order], end[order], value[order], line[order]
    if form.value:
        twice = np.flatnonzero(start[1:] < end[:-1])
        if len(twice):
            first, second = sorted((int(line[twice[0]]), int(line[twice[0] + 1])))
            raise BadInputError(
                f"lines {first} and {second} both give a value to one base", where=str(path), remedy="Keep one of them."
            )
    else:
        unions = joined(np.zeros_like(start), start, end)
        start, end = start[unions.rows], unions.end
    return Intervals(start, end, value if form.value else value[:0], n, dict(sorted(unmatched.items())), ignored)


def _nothing() -> tuple[NDArray[Any], ...]:
    return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32), np.empty(0, np.int64)


def _target(name: str, contigs: ContigTable, aliases: Mapping[str, str] | None) -> str:
    target = name if name in contigs else (aliases or {}).get(name, "")
    return target if target in contigs else ""


def _frames(path: str | Path, form: _Format) -> Iterator[pd.DataFrame]:
    """Rows as text, some at a time: columns name, start, end, value or type, and line."""
    for text, first in whole_lines(path, "A file of intervals", _BLOCK_BYTES):
        lines = text[:-1].decode("utf-8", "replace").split("\n")
        rows, ended = _rows(path, lines, first, form)
        yield pd.DataFrame(rows, columns=[*_NAMES[: len(form.columns)], "type", "line"])
        if ended:
            return


def _rows(path: str | Path, lines: list[str], first: int, form: _Format) -> tuple[list[list[object]], bool]:
    """Fields of the lines that are no comments or headers; whether the sequences of a GFF3 begin."""
    rows: list[list[object]] = []
    gff3 = form.type_column >= 0
    least = max(form.columns) + 1
    for number, line in enumerate(lines, first):
        if line[:1] == "#" or not line.strip():
            if gff3 and line.startswith("##FASTA"):
                return rows, True
            continue
        if gff3 and line[0] == ">":
            return rows, True
        if line.startswith(_NO_REPEATS):
            continue
        # BED may be set with spaces, too; RepeatMasker's file is.
        fields = line.split("\t", least) if "\t" in line and form.columns[0] == 0 else line.split()
        if fields[0] in _HEADERS and not (len(fields) > 1 and fields[1].isdigit()):
            continue
        if len(fields) < least:
            raise BadInputError(
                f"a line with {len(fields)} columns where {least} are needed",
                where=f"{path}, line {number}",
                remedy="Is it the format that the option names?",
            )
        rows.append([*(fields[column] for column in form.columns), fields[form.type_column] if gff3 else "", number])
    return rows, False


def _chosen(frame: pd.DataFrame, form: _Format, types: tuple[str, ...]) -> NDArray[np.bool_]:
    """Rows of the wanted types."""
    if form.type_column < 0:
        return np.ones(len(frame), bool)
    kinds = frame["type"]
    chosen = kinds.isin(types) if types else ~kinds.str.lower().isin(_WHOLE)
    return np.asarray(chosen, bool)


def _placed(
    path: str | Path, frame: pd.DataFrame, contig: NDArray[np.int64], form: _Format, contigs: ContigTable
) -> tuple[NDArray[Any], ...]:
    line = frame["line"].to_numpy(np.int64)
    numbers = []
    for name in ("start", "end", *(("value",) if form.value else ())):
        values = pd.to_numeric(frame[name], errors="coerce").to_numpy(np.float64)
        _refuse(
            path, frame, np.isnan(values) & (frame[name].str.lower() != "nan").to_numpy(bool), f"{name} is no number"
        )
        numbers.append(values)
    low, high = numbers[0], numbers[1]
    whole = (np.abs(low) < _EXACT) & (np.abs(high) < _EXACT)  # False for NaN
    whole[whole] &= (low[whole] % 1 == 0) & (high[whole] % 1 == 0)
    _refuse(path, frame, ~whole, "no whole numbers")
    start, end = low.astype(np.int64) - form.from_one, high.astype(np.int64)
    _refuse(path, frame, (start < 0) | (end < start), "no interval")
    _refuse(path, frame, end > contigs.lengths[contig], "beyond the end of its sequence")
    if form.value:
        _refuse(path, frame, np.abs(numbers[2]) > _LARGEST_VALUE, "value too large")
    value = numbers[2].astype(np.float32) if form.value else np.zeros(len(start), np.float32)
    keep = end > start
    offset = contigs.offsets[contig]
    return (start + offset)[keep], (end + offset)[keep], value[keep], line[keep]


def _refuse(path: str | Path, frame: pd.DataFrame, bad: NDArray[np.bool_], problem: str) -> None:
    if bad.any():
        row = frame.iloc[int(np.argmax(bad))]
        raise BadInputError(
            f"{problem}: {row['name']} {row['start']} {row['end']}{' ' + row['value'] if 'value' in frame else ''}",
            where=f"{path}, line {int(row['line'])}",
            remedy="Is it the format that the option names, and made for this genome?",
        )
