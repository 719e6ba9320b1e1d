"""Genes of a region, reading only the rows of the gene tables that belong to them.

Four columns (contig, start, end, and the gene of each transcript) are read whole, once for an opened store, and
sorted; exons and coding segments are found by bisection in their chunks. Text is read for the rows that are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helixdask.genes.coding import cds_lengths, longest_coding
from helixdask.genes.models import COLUMNS, OPTIONAL, GeneModels, make_frame
from helixdask.genes.table import PREFIX
from helixdask.intervals import numbers

if TYPE_CHECKING:
    from helixdask.store.store import Store
    from helixdask.store.stored_array import StoredArray

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
        lift = contig.astype(np.int64) * np.int64(end.max(initial=0) + 1)
        row = np.arange(len(start))
        if (np.diff(start + lift) < 0).any():
            row = np.lexsort((end, start, contig))
            contig, start, end, lift = contig[row], start[row], end[row], lift[row]
        return cls(contig, start, end, np.maximum.accumulate(end + lift) - lift, row)

    def find(self, contig: int, start: int, end: int) -> NDArray[np.int64]:
        """Sorted genes that share a base with ``[start, end)`` of a contig, as indices of the columns here."""
        first, last = np.searchsorted(self.contig, np.array([contig, contig + 1], self.contig.dtype)).tolist()
        high = first + int(np.searchsorted(self.start[first:last], end))
        low = first + int(np.searchsorted(self.reach[first:high], start, side="right"))
        found: NDArray[np.int64] = low + np.flatnonzero(self.end[low:high] > start)
        return found


class _GeneTable:
    """The gene tables of one group, looked up by region."""

    def __init__(self, store: Store, group: str) -> None:
        self._store, self._group = store, group
        whole = (self._array("genes", name)[...] for name in ("contig", "start", "end"))
        self.index = RegionIndex.of(*(np.asarray(column) for column in whole))
        parent = np.asarray(self._array("transcripts", "gene")[...])
        order = np.argsort(parent, kind="stable")
        self._parent, self._transcript = parent[order], order
        self._ends: dict[tuple[str, int], int] = {}

    def _path(self, table: str, column: str) -> str:
        return f"{self._group}/{PREFIX[table]}_{column}"

    def _array(self, table: str, column: str) -> StoredArray:
        return self._store.array(self._path(table, column))

    def genes(self, found: NDArray[np.int64]) -> GeneModels:
        """Some genes, as :meth:`RegionIndex.find` gives them, with all that belongs to them."""
        rows = self.index.row[found]
        known: dict[str, NDArray[Any]] = {"contig": self.index.contig[found], "start": self.index.start[found]}
        known["end"] = self.index.end[found]
        edges: NDArray[np.int64] = np.searchsorted(self._parent, np.stack([rows, rows + 1]).astype(self._parent.dtype))
        of_gene, wanted = numbers(edges[0], edges[1] - edges[0])
        transcript = self._transcript[wanted]
        return GeneModels(
            make_frame("genes", self._take("genes", rows, **known)),
            make_frame("transcripts", self._take("transcripts", transcript, gene=of_gene)),
            *(self._parts(table, transcript) for table in ("exons", "cds")),
        )

    def _take(self, table: str, rows: NDArray[np.int64], **known: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Some rows of all columns that are there; ``known`` ones need not be read."""
        columns = dict(known)
        for name in COLUMNS[table]:
            if name not in known and ((table, name) not in OPTIONAL or self._store.has_array(self._path(table, name))):
                columns[name] = _take(self._array(table, name), rows)
        return columns

    def _parts(self, table: str, transcripts: NDArray[np.int64]) -> pd.DataFrame:
        parent = self._array(table, "transcript")
        ordered = np.unique(transcripts)
        runs = np.split(ordered, np.flatnonzero(np.diff(ordered) > 1) + 1) if len(ordered) else []
        whole = np.asarray(parent[...]) if len(runs) > _MOST_RUNS else None
        edges = np.zeros((2, len(transcripts)), np.int64)
        for run in runs:
            low, values = 0, whole
            if values is None:
                low = self._bisect(parent, int(run[0]))
                high = self._bisect(parent, int(run[-1]) + 1, low)
                values = np.asarray(parent[low:high])
            own = np.flatnonzero((transcripts >= run[0]) & (transcripts <= run[-1]))
            asked = np.stack([transcripts[own], transcripts[own] + 1]).astype(values.dtype)
            edges[:, own] = low + np.searchsorted(values, asked)
        of_transcript, rows = numbers(edges[0], edges[1] - edges[0])
        return make_frame(table, self._take(table, rows, transcript=of_transcript))

    def _bisect(self, array: StoredArray, value: int, low: int = 0) -> int:
        """First row, from ``low`` on, of an ascending column that is not below a value."""
        chunk, n = array.chunks[0], array.shape[0]
        first, last = low // chunk, -(-n // chunk)
        while first < last:
            middle = (first + last) // 2
            if self._chunk_end(array, middle) < value:
                first = middle + 1
            else:
                last = middle
        values = array[first * chunk : min(first * chunk + chunk, n)]
        return max(low, first * chunk + int(np.searchsorted(values, values.dtype.type(value))))

    def _chunk_end(self, array: StoredArray, chunk: int) -> int:
        """Last value of a chunk; those that were looked at are remembered."""
        key = (array.path, chunk)
        if key not in self._ends:
            row = min((chunk + 1) * array.chunks[0], array.shape[0]) - 1
            self._ends[key] = int(array[row : row + 1][0])
        return self._ends[key]


def _take(array: StoredArray, rows: NDArray[np.int64]) -> NDArray[Any]:
    """Some rows of a column."""
    if not len(rows):
        return array[:0]
    first, last = int(rows.min()), int(rows.max()) + 1
    if last - first <= max(_DENSE * len(rows), array.chunks[0]):
        return array[first:last][rows - first]
    found, back = np.unique(rows, return_inverse=True)
    return array.rows(found)[back]


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
    return table.genes(table.index.find(contig, start, end))


def gene_rows(models: GeneModels) -> list[dict[str, Any]]:
    """One plain dict for each gene: where it is, and how much belongs to it.

    Keys are id, start, end, strand, type, score (None where there is none), transcripts, exons and coding_bases, the
    latter two of the transcript with the most coding bases, or of the first.
    """
    first = models.transcripts.reset_index().groupby("gene")["index"].first().reindex(range(len(models)), fill_value=-1)
    chosen = longest_coding(models)
    chosen = np.where(chosen >= 0, chosen, first.to_numpy())
    n_transcripts = np.bincount(models.transcripts["gene"].to_numpy(), minlength=len(models))
    n_exons = np.append(np.bincount(models.exons["transcript"].to_numpy(), minlength=len(models.transcripts)), 0)
    coding = np.append(cds_lengths(models), 0)
    columns = (models.genes[name].tolist() for name in ("id", "start", "end", "strand", "type", "score"))
    return [
        {
            "id": name,
            "start": start,
            "end": end,
            "strand": "-" if strand else "+",
            "type": kind,
            "score": None if np.isnan(score) else score,
            "transcripts": int(n_transcripts[row]),
            "exons": int(n_exons[chosen[row]]),
            "coding_bases": int(coding[chosen[row]]),
        }
        for row, (name, start, end, strand, kind, score) in enumerate(zip(*columns, strict=True))
    ]
