"""Gene models as four tables: genes, transcripts, exons and coding segments.

Coordinates are 0-based and half-open, from the contig's first base, in plus-strand orientation on both strands.
Rows refer to their parents by row number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from helixdask.errors import InternalError

COLUMNS: Final = MappingProxyType(
    {
        "genes": {
            "id": "object",
            "contig": "int32",
            "start": "int64",
            "end": "int64",
            "strand": "int8",
            "type": "object",
            "source": "object",
            "score": "float32",
            "attributes": "object",
        },
        "transcripts": {
            "id": "object",
            "gene": "int32",
            "start": "int64",
            "end": "int64",
            "type": "object",
            "partial5": "bool",
            "partial3": "bool",
        },
        "exons": {"transcript": "int32", "start": "int64", "end": "int64", "score": "float32"},
        "cds": {"transcript": "int32", "start": "int64", "end": "int64", "phase": "int8", "score": "float32"},
    }
)
"""Column names and dtypes of each table."""

OPTIONAL: Final = frozenset({("exons", "score"), ("cds", "score")})
"""Columns that need not be given: they are NaN then. Called genes have such scores, and files may have them."""


def make_frame(table: str, columns: Mapping[str, ArrayLike] | None = None) -> pd.DataFrame:
    """One of the four tables, with the right columns, order and dtypes.

    Parameters
    ----------
    table
        ``genes``, ``transcripts``, ``exons`` or ``cds``.
    columns
        Values by column name; an empty table without them.
    """
    given: Mapping[str, ArrayLike] = columns if columns is not None else {}
    n = len(np.asarray(given["start"])) if columns is not None else 0
    none = np.full(n, np.nan)
    return pd.DataFrame(
        {
            name: pd.Series(np.asarray(_column(table, name, given, none), dtype=dtype), dtype=dtype)
            for name, dtype in COLUMNS[table].items()
        }
    )


def _column(table: str, name: str, given: Mapping[str, ArrayLike], none: NDArray[np.float64]) -> ArrayLike:
    if not given or (name not in given and (table, name) in OPTIONAL):
        return none
    return given[name]


@dataclass(frozen=True, eq=False)
class GeneModels:
    """Genes of one annotation.

    Parameters
    ----------
    genes, transcripts, exons, cds
        Tables with the columns of :data:`COLUMNS`. ``strand`` is 0 for plus, 1 for minus; ``phase`` is GFF's (bases to
        skip to the next codon start, -1 unknown); ``attributes`` is JSON. Exons and coding segments of one transcript
        stand together, sorted by start.
    """

    genes: pd.DataFrame
    transcripts: pd.DataFrame
    exons: pd.DataFrame
    cds: pd.DataFrame

    @classmethod
    def empty(cls) -> GeneModels:
        """No gene at all."""
        return cls(*(make_frame(table) for table in COLUMNS))

    @classmethod
    def from_columns(
        cls,
        genes: Mapping[str, ArrayLike],
        transcripts: Mapping[str, ArrayLike],
        exons: Mapping[str, ArrayLike],
        cds: Mapping[str, ArrayLike],
    ) -> GeneModels:
        """Tables from columns; exons and coding segments are put in order."""
        parts = make_frame("exons", exons), make_frame("cds", cds)
        ordered = (_renumber(part.sort_values(["transcript", "start", "end"], kind="stable")) for part in parts)
        return cls(make_frame("genes", genes), make_frame("transcripts", transcripts), *ordered)

    @classmethod
    def concat(cls, models: Iterable[GeneModels]) -> GeneModels:
        """All genes of several, in the order given."""
        parts = list(models)
        if not parts:
            return cls.empty()
        tables: dict[str, list[pd.DataFrame]] = {table: [] for table in COLUMNS}
        n_genes = n_transcripts = 0
        for part in parts:
            tables["genes"].append(part.genes)
            tables["transcripts"].append(_shift(part.transcripts, "gene", n_genes))
            tables["exons"].append(_shift(part.exons, "transcript", n_transcripts))
            tables["cds"].append(_shift(part.cds, "transcript", n_transcripts))
            n_genes += len(part.genes)
            n_transcripts += len(part.transcripts)
        return cls(*(pd.concat(frames, ignore_index=True) for frames in tables.values()))

    def __len__(self) -> int:
        return len(self.genes)

    def __repr__(self) -> str:
        return (
            f"<{len(self.genes):,} genes, {len(self.transcripts):,} transcripts, "
            f"{len(self.exons):,} exons, {len(self.cds):,} coding segments>"
        )

    def sorted(self) -> GeneModels:
        """Genes by contig, start, end and strand; transcripts in the order of their genes."""
        return self.select(self.order_of_places())

    def order_of_places(self) -> NDArray[np.int64]:
        """Rows of the genes by contig, start, end and strand, those of one place by their names; ``(gene,)``."""
        keys = tuple(self.genes[name].to_numpy() for name in ("strand", "end", "start", "contig"))
        return _ordered(keys, (self.genes["id"], self.genes["attributes"]))

    def with_ordered_transcripts(self) -> GeneModels:
        """The same, with the transcripts of each gene by start and end, those of one place by their names."""
        table = self.transcripts
        keys = tuple(table[name].to_numpy() for name in ("end", "start", "gene"))
        order = _ordered(keys, (table["id"], table["type"]))
        if (np.diff(order) > 0).all():
            return self
        place = np.empty(len(order), np.int32)
        place[order] = np.arange(len(order))
        parts = []
        for part in (self.exons, self.cds):
            part = part.assign(transcript=place[part["transcript"].to_numpy()])
            parts.append(_renumber(part.sort_values("transcript", kind="stable")))
        return GeneModels(self.genes, _renumber(table.iloc[order]), *parts)

    def select(self, genes: NDArray[Any]) -> GeneModels:
        """Take some genes, with all that belongs to them.

        Parameters
        ----------
        genes
            A mask of all genes, or row numbers in the wanted order, each once.
        """
        rows = np.flatnonzero(genes) if genes.dtype == bool else np.asarray(genes, np.int64)
        transcripts, kept = _follow(self.transcripts, "gene", rows, len(self.genes))
        exons, _ = _follow(self.exons, "transcript", kept, len(self.transcripts))
        cds, _ = _follow(self.cds, "transcript", kept, len(self.transcripts))
        return GeneModels(_renumber(self.genes.iloc[rows]), transcripts, exons, cds)

    def region(self, contig: int, start: int, end: int) -> GeneModels:
        """Genes that share a base with ``[start, end)`` of a contig, whole."""
        genes = self.genes
        mask = (genes["contig"] == contig) & (genes["start"] < end) & (genes["end"] > start)
        return self.select(mask.to_numpy(bool))

    def in_order_of_genes(self) -> GeneModels:
        """The same, with the transcripts in the order of their genes."""
        gene = self.transcripts["gene"].to_numpy()
        if (gene[1:] >= gene[:-1]).all():
            return self
        return self.select(np.arange(len(self.genes)))

    def batches(self, size: int) -> Iterator[GeneModels]:
        """The same in parts of ``size`` genes, in their order. Transcripts must be in the order of their genes."""
        parent = self.transcripts["gene"].to_numpy()
        exon, cds = (getattr(self, table)["transcript"].to_numpy() for table in ("exons", "cds"))
        for first in range(0, len(self.genes), size):
            low, high = np.searchsorted(parent, (first, first + size)).tolist()
            parts = []
            for table, of in (("exons", exon), ("cds", cds)):
                rows = slice(*np.searchsorted(of, (low, high)).tolist())
                parts.append(_renumber(_shift(getattr(self, table).iloc[rows], "transcript", -low)))
            transcripts = _renumber(_shift(self.transcripts.iloc[low:high], "gene", -first))
            yield GeneModels(_renumber(self.genes.iloc[first : first + size]), transcripts, *parts)

    def transcript_strand(self) -> NDArray[np.int8]:
        """Strand of each transcript."""
        strand: NDArray[np.int8] = np.asarray(self.genes["strand"], np.int8)
        return strand[np.asarray(self.transcripts["gene"], np.int32)]

    def transcript_contig(self) -> NDArray[np.int32]:
        """Contig row of each transcript."""
        contig: NDArray[np.int32] = np.asarray(self.genes["contig"], np.int32)
        return contig[np.asarray(self.transcripts["gene"], np.int32)]

    def validate(self, contig_lengths: NDArray[np.int64] | None = None) -> None:
        """Check columns, dtypes, parents, order and coordinates.

        Raises
        ------
        InternalError
            The tables break a rule; the message names the table and the first bad row.
        """
        for table, columns in COLUMNS.items():
            frame: pd.DataFrame = getattr(self, table)
            if list(frame.columns) != list(columns):
                raise InternalError(f"columns are {list(frame.columns)}", where=table)
            for name, dtype in columns.items():
                if dtype != "object" and frame[name].dtype != dtype:
                    raise InternalError(f"column {name!r} is {frame[name].dtype}, not {dtype}", where=table)
            _refuse(table, "start is not before end", frame["start"].to_numpy() >= frame["end"].to_numpy())
            _refuse(table, "start is negative", frame["start"].to_numpy() < 0)
        for table, parent, n_parents in (
            ("transcripts", "gene", len(self.genes)),
            ("exons", "transcript", len(self.transcripts)),
            ("cds", "transcript", len(self.transcripts)),
        ):
            rows = getattr(self, table)[parent].to_numpy()
            _refuse(table, f"{parent} is no row of its table", (rows < 0) | (rows >= n_parents))
        for table in ("exons", "cds"):
            frame = getattr(self, table)
            parent_rows, starts = frame["transcript"].to_numpy(), frame["start"].to_numpy()
            same = parent_rows[1:] == parent_rows[:-1]
            _refuse(table, "not in order", (parent_rows[1:] < parent_rows[:-1]) | (same & (starts[1:] < starts[:-1])))
        _refuse("genes", "strand is neither 0 nor 1", ~np.isin(self.genes["strand"].to_numpy(), (0, 1)))
        _refuse("cds", "phase is not -1, 0, 1 or 2", ~np.isin(self.cds["phase"].to_numpy(), (-1, 0, 1, 2)))
        if contig_lengths is not None and len(self.genes):
            contigs = self.genes["contig"].to_numpy()
            _refuse("genes", "contig is no row of the contig table", (contigs < 0) | (contigs >= len(contig_lengths)))
            _refuse("genes", "end is beyond the contig", self.genes["end"].to_numpy() > contig_lengths[contigs])


def _ordered(keys: tuple[NDArray[Any], ...], names: tuple[pd.Series[Any], ...]) -> NDArray[np.int64]:
    """Order of rows by the keys, the last first; rows that are equal in all of them by their texts."""
    order = np.lexsort(keys).astype(np.int64)
    equal = np.ones(max(len(order) - 1, 0), bool)
    for key in keys:
        equal &= key[order][1:] == key[order][:-1]
    tied = np.flatnonzero(np.append(equal, False) | np.append(False, equal)) if equal.any() else np.empty(0, np.int64)
    if len(tied):
        group = np.cumsum(~np.append(False, equal))[tied]
        texts = [name.to_numpy(object)[order[tied]] for name in names]
        ranked = sorted(range(len(tied)), key=lambda k: (group[k], *(text[k] for text in texts)))
        order[tied] = order[tied][ranked]
    return order


def _refuse(table: str, problem: str, bad: NDArray[np.bool_]) -> None:
    if bad.any():
        raise InternalError(problem, where=f"{table}, row {int(np.argmax(bad))}")


def _renumber(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.reset_index(drop=True)


def _shift(frame: pd.DataFrame, column: str, by: int) -> pd.DataFrame:
    return frame.assign(**{column: (frame[column] + by).astype("int32")})


def _follow(
    frame: pd.DataFrame, column: str, parents: NDArray[np.int64], n_parents: int
) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Rows whose parent is kept, in the parents' new order, and their old row numbers."""
    new = np.full(n_parents, -1, np.int64)
    new[parents] = np.arange(len(parents))
    place = new[frame[column].to_numpy()]
    kept = np.flatnonzero(place >= 0)
    kept = kept[np.argsort(place[kept], kind="stable")]
    out = _renumber(frame.iloc[kept])
    return out.assign(**{column: place[kept].astype(np.int32)}), kept
