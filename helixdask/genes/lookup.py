"""Genes of a region, reading only the rows of the gene tables that belong to them.

Four columns (contig, start, end, and the gene of each transcript) are read whole, once for an opened store, and
sorted; exons and coding segments are found by bisection in their chunks. Text is read for the rows that are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import zarr
from numpy.typing import NDArray

from helixdask.genes.models import COLUMNS, GeneModels, make_frame
from helixdask.genes.table import PREFIX

if TYPE_CHECKING:
    from helixdask.store.store import Store

__all__ = ["RegionIndex", "genes_in_region"]

_DENSE: Final = 4
"""Rows are read in one slice where it holds at most so many for each that is wanted."""
_MOST_RUNS: Final = 32
"""Beyond so many stretches of transcripts it is quicker to read the whole column of parents."""


@dataclass(frozen=True, eq=False)
class RegionIndex:
    """Places of all genes, sorted by contig, start and end.

    Parameters
    ----------
    contig, start, end
        ``(gene,)`` of the sorted genes.
    reach
        Largest end so far on the contig.
    row
        Row of each sorted gene in the table.
    """

    contig: NDArray[np.int32]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    reach: NDArray[np.int64]
    row: NDArray[np.int64]

    @classmethod
    def of(cls, contig: NDArray[np.int32], start: NDArray[np.int64], end: NDArray[np.int64]) -> RegionIndex:
        """Index of genes in any order."""
        row = np.lexsort((end, start, contig))
        contig, start, end = contig[row], start[row], end[row]
        lift = contig.astype(np.int64) * np.int64(end.max(initial=0) + 1)
        return cls(contig, start, end, np.maximum.accumulate(end + lift) - lift, row)

    def rows(self, contig: int, start: int, end: int) -> NDArray[np.int64]:
        """Rows of the genes that share a base with ``[start, end)`` of a contig, in the order of their places."""
        first, last = np.searchsorted(self.contig, (contig, contig + 1)).tolist()
        high = first + int(np.searchsorted(self.start[first:last], end))
        low = first + int(np.searchsorted(self.reach[first:high], start, side="right"))
        return self.row[low:high][self.end[low:high] > start]


class _GeneTable:
    """The gene tables of one group, looked up by region."""

    def __init__(self, store: Store, group: str) -> None:
        self._store, self._group = store, group
        whole = (self._array("genes", name)[...] for name in ("contig", "start", "end"))
        self.index = RegionIndex.of(*(np.asarray(column) for column in whole))
        parent = np.asarray(self._array("transcripts", "gene")[...])
        order = np.argsort(parent, kind="stable")
        self._parent, self._transcript = parent[order], order

    def _array(self, table: str, column: str) -> zarr.Array[Any]:
        return self._store.array(f"{self._group}/{PREFIX[table]}_{column}")

    def genes(self, rows: NDArray[np.int64]) -> GeneModels:
        """Some genes with all that belongs to them."""
        transcripts = [
            self._transcript[slice(*np.searchsorted(self._parent, (row, row + 1)).tolist())] for row in rows.tolist()
        ]
        counts = [len(own) for own in transcripts]
        wanted = np.concatenate(transcripts) if transcripts else np.empty(0, np.int64)
        columns = {
            "genes": self._take("genes", rows),
            "transcripts": self._take("transcripts", wanted),
        }
        columns["transcripts"]["gene"] = np.repeat(np.arange(len(rows)), counts)
        parts = [self._parts(table, wanted) for table in ("exons", "cds")]
        return GeneModels(*(make_frame(table, values) for table, values in columns.items()), *parts)

    def _take(self, table: str, rows: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        return {name: _take(self._array(table, name), rows) for name in COLUMNS[table]}

    def _parts(self, table: str, transcripts: NDArray[np.int64]) -> Any:
        parent = self._array(table, "transcript")
        place = np.argsort(transcripts)
        ordered = transcripts[place]
        runs = np.split(np.arange(len(ordered)), np.flatnonzero(np.diff(ordered) > 1) + 1) if len(ordered) else []
        whole = np.asarray(parent[...]) if len(runs) > _MOST_RUNS else None
        ranges: list[NDArray[np.int64]] = [np.empty(0, np.int64)] * len(transcripts)
        for run in runs:
            low, values = 0, whole
            if values is None:
                low = bisect_column(parent, int(ordered[run[0]]))
                high = bisect_column(parent, int(ordered[run[-1]]) + 1, low)
                values = np.asarray(parent[low:high])
            edges = low + np.searchsorted(values, [*ordered[run], ordered[run[-1]] + 1])
            for index, (first, last) in zip(run.tolist(), pairwise(edges.tolist()), strict=True):
                ranges[int(place[index])] = np.arange(first, last)
        rows = np.concatenate(ranges) if ranges else np.empty(0, np.int64)
        values = self._take(table, rows)
        values["transcript"] = np.repeat(np.arange(len(ranges)), [len(rows) for rows in ranges])
        return make_frame(table, values)


def _take(array: zarr.Array[Any], rows: NDArray[np.int64]) -> NDArray[Any]:
    """Some rows of a column."""
    if not len(rows):
        return np.asarray(array[:0])
    first, last = int(rows.min()), int(rows.max()) + 1
    if last - first <= max(_DENSE * len(rows), array.chunks[0]):
        return np.asarray(array[first:last])[rows - first]
    found, back = np.unique(rows, return_inverse=True)
    return np.asarray(array.oindex[found])[back]


def bisect_column(array: zarr.Array[Any], value: int, low: int = 0) -> int:
    """First row of an ascending column that is not below a value, reading a chunk at each step."""
    chunk, high = array.chunks[0], array.shape[0]
    while low < high:
        middle = (low + high) // 2
        first = max(low, middle // chunk * chunk)
        last = min(high, middle // chunk * chunk + chunk)
        values = np.asarray(array[first:last])
        if values[0] >= value:
            high = first
        elif values[-1] < value:
            low = last
        else:
            return first + int(np.searchsorted(values, value))
    return low


def genes_in_region(store: Store, region: str, name: str | None = None) -> GeneModels:
    """Genes that share a base with a region, whole, in the order of their places.

    Parameters
    ----------
    store
        The store. What is needed to find rows is read at the first call and kept with it.
    region
        ``contig``, or ``contig:start-end``, 0-based half-open.
    name
        Name of the gene models; None: the only ones there are.

    Raises
    ------
    BadInputError
        No such contig, or a slice outside it.
    MissingInputError
        The store holds no such genes.
    """
    group = f"genes/{store.resolve('genes', name)}"
    contig, start, end = store.contigs.parse_region(region)
    key = (group, store.identity(group))
    tables: dict[tuple[str, str], _GeneTable] = store.__dict__.setdefault("_gene_tables", {})
    if key not in tables:
        tables[key] = _GeneTable(store, group)
    table = tables[key]
    return table.genes(table.index.rows(contig, start, end))
