"""Which coding bases of a genome have near copies, and where, by alignment: once for a genome, for any split of it.

A near copy is 500 aligned columns of which 450 match. Coding stretches are aligned with the whole genome (minimap2:
``-x asm20 -N 50 -p .1``). What is nearly alike is cut wherever a window begins on either side, so that for any split it
is a look-up which pieces lie in validation and have their copy in training.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

COLUMNS = 500
MATCHES = 450
_MARGIN = 300
_LONGEST = 4_000
_OVERLAP = 1_000


class Pieces(NamedTuple):
    """Parts of near copies, in order along each: ``(piece,)``.

    ``run`` numbers the near copy; ``low`` and ``high`` are positions of the coding stretch, ``here`` and ``there`` the
    rows of the windows' places that hold the two sides, ``columns`` how long the part is.
    """

    run: np.ndarray
    low: np.ndarray
    high: np.ndarray
    here: np.ndarray
    there: np.ndarray
    columns: np.ndarray


def near_copies(store: Any, places: np.ndarray, folder: Path, minimap2: str) -> Pieces:
    """Align the coding stretches of a store with its genome.

    Parameters
    ----------
    store
        A store with labels.
    places
        ``(place,)`` positions at which windows begin, ascending.
    folder
        For the files.
    minimap2
        The program.
    """
    from helixdask.sequence.codes import CODE_MASK, LETTERS

    letters = np.array(list(LETTERS.encode()), np.uint8)
    text = letters[store.read("genome/sequence", 0, store.n_bases) & CODE_MASK]
    coding = (store.read("labels/reference/label", 0, store.n_bases) == 2).any(axis=0)
    offsets, names = store.contigs.offsets[:-1], [str(name) for name in store.contigs.names]
    ends = offsets + store.contigs.lengths
    target, query = folder / "target.fa", folder / "query.fa"
    with target.open("wb") as out:
        for name, low, high in zip(names, offsets, ends, strict=True):
            out.write(b">%b\n%b\n" % (name.encode(), text[low:high].tobytes()))
    with query.open("wb") as out:
        for low, high in _stretches(coding, offsets, ends):
            out.write(b">%d\n%b\n" % (low, text[low:high].tobytes()))
    command = [minimap2, "-x", "asm20", "-N", "50", "-p", "0.1", "-c", "--cs", "-t", "1", str(target), str(query)]
    where = dict(zip(names, offsets.tolist(), strict=True))
    parts = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as running:
        for line in running.stdout or ():
            fields = line.rstrip("\n").split("\t")
            here, there = int(fields[0]), where[fields[5]]
            if here + int(fields[2]) == there + int(fields[7]) and fields[4] == "+":
                continue  # with itself
            parts += _pieces(fields, here, there, places)
    if running.returncode:
        raise SystemExit(f"{minimap2} failed")
    rows = np.array([(number, *row) for number, part in enumerate(parts) for row in part], np.int64).reshape(-1, 6)
    return Pieces(*rows.T)


def leaked_bases(pieces: Pieces, held: np.ndarray, train: np.ndarray, coding: np.ndarray) -> int:
    """Coding bases of held places with a near copy in training.

    Parameters
    ----------
    pieces
        What is nearly alike.
    held, train
        ``(place,)`` bool, places of either side.
    coding
        ``(position + 1,)`` how many coding bases lie before each.
    """
    from helixdask.intervals import joined

    if not len(pieces.run):
        return 0
    counts = held[pieces.here] & train[pieces.there]
    # Parts that follow each other in one near copy, all of which count, are one.
    fresh = np.ones(len(counts), bool)
    fresh[1:] = (pieces.run[1:] != pieces.run[:-1]) | ~counts[:-1]
    row = np.cumsum(fresh) - 1
    enough = np.bincount(row, pieces.columns * counts)[row] >= COLUMNS
    low, high = pieces.low[counts & enough], pieces.high[counts & enough]
    union = joined(np.zeros(len(low), np.int64), low, high)
    return int((coding[union.end] - coding[low[union.rows]]).sum())


def _stretches(coding: np.ndarray, offsets: np.ndarray, ends: np.ndarray) -> Iterator[tuple[int, int]]:
    """Coding bases and what is beside them, in pieces that overlap."""
    for begin, stop in zip(offsets.tolist(), ends.tolist(), strict=True):
        places = np.flatnonzero(coding[begin:stop]) + begin
        if not len(places):
            continue
        cuts = np.flatnonzero(np.diff(places) > 2 * _MARGIN)
        for first, last in zip(np.append(0, cuts + 1), np.append(cuts, len(places) - 1), strict=True):
            low, high = max(int(places[first]) - _MARGIN, begin), min(int(places[last]) + _MARGIN + 1, stop)
            while high - low > _LONGEST:
                yield low, low + _LONGEST
                low += _LONGEST - _OVERLAP
            yield low, high


def _pieces(fields: list[str], here: int, there: int, places: np.ndarray) -> list[list[tuple[int, ...]]]:
    """Near copies in one hit: for each its parts with low, high, both places and columns."""
    cs = next(field[5:] for field in fields[12:] if field.startswith("cs:Z:"))
    query, target, match = _columns(cs)
    if len(match) < COLUMNS:
        return []
    sums = np.concatenate([[0], np.cumsum(match)])
    good = np.flatnonzero(sums[COLUMNS:] - sums[:-COLUMNS] >= MATCHES)
    depth = np.zeros(len(match) + 1, np.int64)
    np.add.at(depth, good, 1)
    np.add.at(depth, good + COLUMNS, -1)
    near = np.cumsum(depth[:-1]) > 0
    if not near.any():
        return []
    # The cs string runs along the target; a reverse hit runs backwards along the query.
    q = here + (int(fields[2]) + query if fields[4] == "+" else int(fields[3]) - 1 - query)
    t = there + int(fields[7]) + target
    mine, other = (np.searchsorted(places, np.maximum(at, 0), side="right") - 1 for at in (q, t))
    change = np.flatnonzero((np.diff(near.astype(np.int8)) != 0) | (np.diff(mine) != 0) | (np.diff(other) != 0)) + 1
    found: list[list[tuple[int, ...]]] = []
    last = -1
    for a, b in zip([0, *change.tolist()], [*change.tolist(), len(near)], strict=True):
        if not near[a]:
            continue
        if a != last:
            found.append([])
        last = b
        low, high = sorted((int(q[a]), int(q[b - 1])))
        found[-1].append((low, high + 1, int(mine[a]), int(other[a]), b - a))
    return found


def _columns(cs: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Base of query and target, from the hit's first on, and whether it matches, of each aligned column."""
    steps = re.findall(r"([:*+-])([0-9]+|[a-z]+)", cs)
    kind = np.array([":*+-".index(sign) for sign, _ in steps])
    size = np.array([int(text) if sign == ":" else 1 if sign == "*" else len(text) for sign, text in steps])
    kind = np.repeat(kind, size)
    query, target = np.cumsum(kind != 3), np.cumsum(kind != 2)  # + is in the query only, - in the target only
    return np.maximum(query - 1, 0), np.maximum(target - 1, 0), kind == 0
