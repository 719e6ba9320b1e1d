"""Reading bedGraph text, plain or compressed, in pieces that are looked up by place.

The text has no index, so it is read once, from its first line to its last, and put into pieces of some hundred thousand
lines in the scratch folder. A task loads the pieces that touch its region.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helixdask.errors import BadInputError
from helixdask.inputs.foreign import reason
from helixdask.inputs.tables import number_in
from helixdask.inputs.text import whole_lines
from helixdask.store.contigs import ContigTable
from helixdask.store.objects import Folder

_BLOCK: Final = 1 << 24
_LARGEST: Final = (1 << 63) - 1
_LEFT_OUT: Final = (b"#", b"track", b"browser")
_COLUMNS: Final = ("contig", "start", "end", "value")
_SORT: Final = "Sort it: LC_ALL=C sort -k1,1 -k2,2n FILE > SORTED"


def bedgraph_sample(path: str) -> tuple[list[str], NDArray[np.float64]]:
    """Contigs and values of the first lines of a file: enough to see whether it belongs to a genome.

    Raises
    ------
    BadInputError
        If the file cannot be read or is no bedGraph.
    """
    for _, table in _tables(path, 1 << 16):
        return list(dict.fromkeys(table["contig"])), table["value"].to_numpy(np.float64)
    return [], np.zeros(0)


def split_bedgraph(
    path: str, contigs: ContigTable, folder: Folder, name: str, aliases: Mapping[str, str] | None = None
) -> dict[str, NDArray[np.int64]]:
    """Put the lines of a file into pieces.

    Parameters
    ----------
    path
        The file.
    contigs
        Of the genome. Lines of other contigs are counted.
    folder, name
        Where the pieces go: arrays `start`, `end` (on `position`, int64) and `value` (float64), in
        `name-NUMBER.npz`.
    aliases
        Names in the file by which a contig of the genome may go.

    Returns
    -------
    dict
        `first` and `last`: the positions between which each piece lies; `left_out`: lines on other contigs, (1,).

    Raises
    ------
    BadInputError
        If a line cannot be read, lies outside its contig, or is not in order, so that lines overlap.
    """
    rows = {alias: contigs.index(known) for alias, known in (aliases or {}).items()}
    rows |= {str(known): row for row, known in enumerate(contigs.names)}
    first, last, left_out, n = [], [], 0, 0
    seen: set[int] = set()
    contig, reached = -1, 0
    for line, table in _tables(path, _BLOCK):
        row = table["contig"].map(rows).fillna(-1).to_numpy(np.int64)
        start, end = table["start"].to_numpy(np.int64), table["end"].to_numpy(np.int64)
        value = table["value"].to_numpy(np.float64)
        left_out += int(np.count_nonzero(row < 0))
        at = np.flatnonzero(row >= 0)
        row, start, end, value, line = row[at], start[at], end[at], value[at], line[at]
        if not len(row):
            continue
        outside = (start < 0) | (end > contigs.lengths[row]) | (start >= end)
        if outside.any():
            k = int(np.argmax(outside))
            raise BadInputError(
                f"bases {start[k]:,} to {end[k]:,} are no stretch of contig `{contigs.names[row[k]]}`, "
                f"which has {int(contigs.lengths[row[k]]):,}",
                where=f"{path}, line {line[k]:,}",
                remedy="The track belongs to another assembly, or is not in bedGraph's 0-based coordinates.",
            )
        new = row != np.concatenate([[contig], row[:-1]])
        before = np.where(new, 0, np.concatenate([[reached], end[:-1]]))
        again = []
        for k in np.flatnonzero(new).tolist():
            again += [k] if int(row[k]) in seen else []
            seen.add(int(row[k]))
        if again or (start < before).any():
            k = again[0] if again else int(np.argmax(start < before))
            raise BadInputError(
                "the lines are not in order, or overlap", where=f"{path}, line {line[k]:,}", remedy=_SORT
            )
        contig, reached = int(row[-1]), int(end[-1])
        offset = contigs.offsets[row]
        folder.write_arrays(f"{name}-{n:06d}.npz", {"start": start + offset, "end": end + offset, "value": value})
        first.append(int((start + offset).min()))
        last.append(int((end + offset).max()))
        n += 1
    return {"first": np.array(first, np.int64), "last": np.array(last, np.int64), "left_out": np.array([left_out])}


def bedgraph_values(
    pieces: Mapping[str, NDArray[np.int64]], folder: Folder, name: str, start: int, stop: int
) -> NDArray[np.float64]:
    """Values of [start, stop) of `position`, (stop - start,) float64; 0 where the file says nothing.

    Parameters
    ----------
    pieces
        What `split_bedgraph` gave.
    folder, name
        Where the pieces are.
    start, stop
        The stretch.
    """
    values = np.zeros(stop - start)
    for n in np.flatnonzero((pieces["first"] < stop) & (pieces["last"] > start)).tolist():
        piece = folder.read_arrays(f"{name}-{n:06d}.npz")
        if piece is None:
            raise KeyError(f"{name}-{n:06d}")
        here = (piece["start"] < stop) & (piece["end"] > start)
        a = np.maximum(piece["start"][here], start) - start
        length = np.minimum(piece["end"][here], stop) - start - a
        at = np.repeat(a - np.concatenate([[0], np.cumsum(length)[:-1]]), length) + np.arange(int(length.sum()))
        values[at] = np.repeat(piece["value"][here], length)
    return values


def _tables(path: str, block: int | None = None) -> Iterator[tuple[NDArray[np.int64], pd.DataFrame]]:
    """Line numbers and columns of the lines, some MB at a time."""
    for text, first in whole_lines(path, "bedGraph", block):
        lines = text[:-1].split(b"\n")
        numbers = np.arange(first, first + len(lines))
        empty = [not line or line.isspace() or line.startswith(_LEFT_OUT) for line in lines]
        if any(empty):
            numbers = numbers[~np.array(empty)]
            lines = [line for line, none in zip(lines, empty, strict=True) if not none]
        if lines:
            yield numbers, _parse(path, lines, numbers)


def _parse(path: str, lines: list[bytes], numbers: NDArray[np.int64]) -> pd.DataFrame:
    try:
        with np.errstate(invalid="ignore"):  # pandas casts before it looks
            return pd.read_csv(
                io.BytesIO(b"\n".join(lines)),
                sep=r"\s+",
                header=None,
                names=list(_COLUMNS),
                index_col=False,
                usecols=range(4),
                dtype={"contig": str, "start": np.int64, "end": np.int64, "value": np.float64},
                na_filter=False,
                quoting=3,
            )
    except (ValueError, TypeError, OverflowError, pd.errors.ParserError) as error:
        bad = next((k for k, line in enumerate(lines) if not _is_row(line)), None)
        where = f"{path}, from line {numbers[0]:,} on" if bad is None else f"{path}, line {numbers[bad]:,}"
        shown = reason(error) if bad is None else lines[bad][:80].decode("utf-8", "replace")
        raise BadInputError(
            f"the line is no bedGraph: {shown}",
            where=where,
            remedy="A line is contig, start, end and value, separated by tabs or blanks, and encoded as UTF-8.",
        ) from error


def _is_row(line: bytes) -> bool:
    try:
        _, start, end, value, *_ = line.decode("utf-8").split()
        numbers = not math.isnan(float(value))
    except ValueError:
        return False
    return numbers and all(number_in(text, 0, _LARGEST) is not None for text in (start, end))
