"""Which parts of the genome are scored: contigs, a region, a BED file, or one side of a split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from helixdask.errors import BadInputError
from helixdask.intervals import joined, numbers
from helixdask.registry import SIDES
from helixdask.selection.table import window_table, windows_of
from helixdask.store.contigs import ContigTable
from helixdask.store.store import Store
from helixdask.tracks.interval_files import read_intervals


@dataclass(frozen=True, eq=False)
class ScoredRegions:
    """Stretches of contigs, sorted, disjoint and apart from each other: what touches is one.

    Attributes
    ----------
    contig
        (region,) int64 row in the contig table.
    start, end
        (region,) int64, half-open, from the contig's first base.
    """

    contig: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]

    @classmethod
    def of(cls, contig: NDArray[np.int64], start: NDArray[np.int64], end: NDArray[np.int64]) -> ScoredRegions:
        """Sort any stretches, and join those that touch or overlap."""
        contig, start, end = (np.asarray(values, np.int64) for values in (contig, start, end))
        unions = joined(contig, start, end)
        return cls(contig[unions.rows], start[unions.rows], unions.end)

    @classmethod
    def of_contigs(cls, table: ContigTable, rows: NDArray[np.int64]) -> ScoredRegions:
        """Whole contigs."""
        rows = np.unique(np.asarray(rows, np.int64))
        return cls.of(rows, np.zeros(len(rows), np.int64), np.asarray(table.lengths, np.int64)[rows])

    @classmethod
    def of_text(cls, text: str, table: ContigTable, aliases: Mapping[str, str] | None = None) -> ScoredRegions:
        """The regions of a BED file, plain or gzip, or one region such as ``chr1A:1,000,000-1,050,000``.

        Raises
        ------
        BadInputError
            There is no such file and no such contig, the file is no BED, or names no region of the genome.
        """
        if not Path(text).is_file():
            if "/" in text or text.endswith((".bed", ".gz")):
                raise BadInputError("no such file", where=text, remedy="Give a BED file, or CONTIG:START-END.")
            row, first, last = table.parse_region(text)
            return cls.of(np.array([row]), np.array([first]), np.array([last]))
        found = read_intervals(text, "bed", table, aliases=aliases)
        parts = [table.pieces(a, b) for a, b in zip(found.start.tolist(), found.end.tolist(), strict=True)]
        if not parts:
            raise BadInputError("the file names no region", where=text, remedy="BED has contig, start and end.")
        contig, start, end, _ = (np.concatenate(column) for column in zip(*parts, strict=True))
        return cls.of(contig, start, end)

    def __len__(self) -> int:
        return len(self.contig)

    @property
    def n_bases(self) -> int:
        """Bases of one strand."""
        return int((self.end - self.start).sum())

    @property
    def contigs(self) -> NDArray[np.int64]:
        """Rows of the contigs that are scored at least in part, ascending."""
        return np.unique(self.contig)

    def within(self, other: ScoredRegions) -> ScoredRegions:
        """What both have in common."""
        # Of each stretch all of the other's on its contig; there are few.
        low = np.searchsorted(other.contig, self.contig, side="left")
        count = np.searchsorted(other.contig, self.contig, side="right") - low
        mine, theirs = numbers(low, count)
        start = np.maximum(self.start[mine], other.start[theirs])
        end = np.minimum(self.end[mine], other.end[theirs])
        keep = start < end
        return ScoredRegions.of(self.contig[mine][keep], start[keep], end[keep])

    def pieces(self, table: ContigTable, low: int, high: int) -> tuple[NDArray[np.int64], ...]:
        """What of the regions lies in a slice of ``position``.

        Returns
        -------
        tuple of numpy.ndarray
            Contig rows, and where each piece begins and ends in the slice; (piece,) int64.
        """
        offset = np.asarray(table.offsets, np.int64)[self.contig]
        # Positions ascend with contig and start.
        a = int(np.searchsorted(offset + self.end, low, side="right"))
        b = int(np.searchsorted(offset + self.start, high, side="left"))
        start = np.maximum(offset + self.start, low)[a:b] - low
        end = np.minimum(offset + self.end, high)[a:b] - low
        return self.contig[a:b], start, end

    def place(
        self, contig: NDArray[np.int64], start: NDArray[np.int64], end: NDArray[np.int64]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Which spans lie whole in one region, and which share at least a base with one; (span,) bool each."""
        if not len(self):
            nowhere = np.zeros(len(contig), np.bool_)
            return nowhere, nowhere
        width = int(max(self.end.max(), end.max(initial=0))) + 1
        starts, ends = self.contig * width + self.start, self.contig * width + self.end
        a, b = contig * width + start, contig * width + end
        row = np.maximum(np.searchsorted(starts, a, side="right") - 1, 0)
        inside = (starts[row] <= a) & (b <= ends[row])
        touched = np.searchsorted(ends, a, side="right") < np.searchsorted(starts, b, side="left")
        return inside, touched


def side_regions(store: Store, split: str | None, side: str) -> ScoredRegions:
    """Stretches of the genome that one side of a split has for itself.

    A contig whose windows are all of this side is taken whole. Of a contig that was cut into blocks, each run of
    neighbouring windows of this side is a stretch, from its first window's start to its last one's end, with what lies
    between: windows there are on no side, since they were not selected or cannot be used.

    Parameters
    ----------
    store
        The store.
    split
        Name of the split; None: the only one.
    side
        ``train``, ``validation`` or ``test``.

    Raises
    ------
    BadInputError
        No such split or side, an empty side, or windows that were made anew after the split.
    """
    if side not in SIDES:
        raise BadInputError(f"there is no side {side!r}", remedy=f"Choose {', '.join(SIDES)}.")
    name = store.resolve("splits", split)
    table = window_table(store, split=name)
    table = table.isel(window=(table["side"] >= 0).to_numpy())
    contig, start, end, _ = windows_of(table)
    mine = table["side"].to_numpy() == SIDES.index(side)
    return _runs(contig.astype(np.int64), start, end, mine, store.contigs, f"splits/{name}, {side}")


def _runs(
    contig: NDArray[np.int64],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    mine: NDArray[np.bool_],
    contigs: ContigTable,
    where: str,
) -> ScoredRegions:
    if not mine.any():
        raise BadInputError("there is no window on this side", where=where, remedy="Choose the other side.")
    order = np.lexsort((end, start, contig))
    contig, start, end, mine = contig[order], start[order], end[order], mine[order]
    fresh = np.ones(len(contig), np.bool_)
    fresh[1:] = (contig[1:] != contig[:-1]) | (mine[1:] != mine[:-1])
    first = np.flatnonzero(fresh)
    last = np.append(first[1:], len(contig)) - 1
    run_contig, run_start, run_end, run_mine = contig[first], start[first], end[last], mine[first]
    n_runs = np.bincount(run_contig, minlength=len(contigs))
    whole = n_runs[run_contig] == 1
    run_start = np.where(whole, 0, run_start)
    run_end = np.where(whole, np.asarray(contigs.lengths, np.int64)[run_contig], run_end)
    return ScoredRegions.of(run_contig[run_mine], run_start[run_mine], run_end[run_mine])


def scored_regions(
    table: ContigTable,
    *,
    rows: NDArray[np.int64] | None = None,
    regions: str | None = None,
    aliases: Mapping[str, str] | None = None,
    store: Store | None = None,
    split: str | None = None,
    side: str | None = None,
) -> ScoredRegions | None:
    """What all that was asked for has in common; None where nothing was.

    Parameters
    ----------
    table
        All contigs.
    rows
        Contigs to score.
    regions, aliases
        See `ScoredRegions.of_text`.
    store, split, side
        See `side_regions`; the default of `side` is ``validation``.

    Raises
    ------
    BadInputError
        Something that was asked for is not there, or nothing is left.
    """
    asked = []
    if rows is not None:
        asked.append(ScoredRegions.of_contigs(table, rows))
    if regions is not None:
        asked.append(ScoredRegions.of_text(regions, table, aliases))
    if split is not None or side is not None:
        if store is None:
            raise BadInputError("only a store has splits", remedy="Leave --split and --side out, or name a store.")
        asked.append(side_regions(store, split, side or "validation"))
    if not asked:
        return None
    found = asked[0]
    for other in asked[1:]:
        found = found.within(other)
    if not len(found):
        raise BadInputError("no base of the genome is left to score", remedy="Ask for fewer restrictions.")
    return found
