"""Where each row of a Helixer file lies in the genome, made once from its small data sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from helixdask.engine.identity import file_identity
from helixdask.errors import BadInputError
from helixdask.exchange.helixer_columns import ID_BYTES
from helixdask.exchange.helixer_file import reading_h5
from helixdask.store.contigs import ContigTable

_BYTES_AT_ONCE: Final = 1 << 25


@dataclass(frozen=True, eq=False)
class FileRows:
    """Rows of one species: contigs in the order in which the file names them, and the place of each row.

    Parameters
    ----------
    names
        Ids of the contigs.
    lengths
        Largest end seen on each contig, ``(contig,)`` int64.
    known
        Whether that is certainly the contig's end, because a shorter window ends there, ``(contig,)`` bool.
    row
        Number of each row in the file, ``(row,)`` int64.
    contig, start, end, strand
        Its place, half-open and in plus orientation, ``(row,)``.
    """

    names: list[str]
    lengths: NDArray[np.int64]
    known: NDArray[np.bool_]
    row: NDArray[np.int64]
    contig: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    strand: NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class RowIndex:
    """Rows sorted by their place on the genome-long axis; all ``(row,)``.

    ``row`` is the number in the file, ``[position, end)`` the place, ``strand`` 0 or 1.
    """

    row: NDArray[np.int64]
    position: NDArray[np.int64]
    end: NDArray[np.int64]
    strand: NDArray[np.int8]

    def overlapping(self, start: int, stop: int, window_length: int) -> RowIndex:
        """Rows that lie at least partly in ``[start, stop)``, in the order of the file."""
        first = int(np.searchsorted(self.position, start - window_length, side="right"))
        last = int(np.searchsorted(self.position, stop, side="left"))
        near = np.arange(first, last)
        near = near[self.end[near] > start]
        near = near[np.argsort(self.row[near], kind="stable")]
        return RowIndex(self.row[near], self.position[near], self.end[near], self.strand[near])

    def runs(self, bytes_per_row: int) -> Iterator[slice]:
        """Slices of neighbours in the file, none longer than some megabytes."""
        most = max(1, _BYTES_AT_ONCE // max(1, bytes_per_row))
        cuts = np.flatnonzero(np.diff(self.row) != 1) + 1
        for first, last in zip([0, *cuts.tolist()], [*cuts.tolist(), len(self.row)], strict=True):
            for begin in range(first, last, most):
                yield slice(begin, min(begin + most, last))

    def uncovered(self, n_bases: int, strand: int | None = None) -> int:
        """Bases of the genome in no row, of one strand or of both together."""
        mine = slice(None) if strand is None else self.strand == strand
        position, end = self.position[mine], self.end[mine]
        reached = np.concatenate([[0], np.maximum.accumulate(end)]) if len(end) else np.zeros(1, np.int64)
        gaps = np.maximum(np.append(position, n_bases) - reached, 0)
        return int(gaps.sum())

    def repeated(self) -> int:
        """Rows of a place and strand that an earlier row has already."""
        order = np.lexsort((self.end, self.position, self.strand))
        same = (
            (np.diff(self.position[order]) == 0) & (np.diff(self.end[order]) == 0) & (np.diff(self.strand[order]) == 0)
        )
        return int(same.sum())

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """All columns by name."""
        return dict(vars(self))


@lru_cache(maxsize=4)
def _species_column(path: str, identity: str) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Names of the species in a file, as it first names them, and which each row is of."""
    del identity
    with reading_h5(path) as file:
        names, which = _by_appearance(file["data/species"][...])
    return tuple(_text(name) for name in names), which


def species_of(path: str) -> tuple[str, ...]:
    """Names of the species in a file, as it first names them."""
    return _species_column(path, file_identity(path))[0]


def file_rows(path: str, species: str, window_length: int) -> FileRows:
    """Read and check the places of all rows of one species.

    Raises
    ------
    BadInputError
        A row has no place, one that is longer than a row, or there is no such species.
    """
    return _file_rows(path, file_identity(path), species, window_length)


@lru_cache(maxsize=4)
def _file_rows(path: str, identity: str, species: str, window_length: int) -> FileRows:
    names, which = _species_column(path, identity)
    if species not in names:
        raise BadInputError(f"no row is of {species!r}", where=path, remedy=f"It has: {', '.join(names)}.")
    with reading_h5(path) as file:
        seqids, pairs = file["data/seqids"][...], file["data/start_ends"][...].astype(np.int64)
    size = np.abs(pairs[:, 1] - pairs[:, 0])
    wrong = np.flatnonzero((size == 0) | (size > window_length) | (pairs.min(axis=1) < 0))
    if len(wrong):
        at = int(wrong[0])
        raise BadInputError(
            f"row {at:,} of data cannot be at {pairs[at].tolist()} of {_text(seqids[at])!r}",
            where=path,
            remedy=f"Rows have 1 to {window_length:,} bases. An unfinished file must be made again.",
        )
    row = np.flatnonzero(which == names.index(species))
    ids, contig = _by_appearance(seqids[row])
    pairs, size = pairs[row], size[row]
    start, end = pairs.min(axis=1), pairs.max(axis=1)
    lengths = np.zeros(len(ids), np.int64)
    np.maximum.at(lengths, contig, end)
    known = np.zeros(len(ids), np.bool_)
    known[contig[(end == lengths[contig]) & (size < window_length)]] = True
    early = np.flatnonzero((size < window_length) & (end < lengths[contig]))
    if len(early):
        at = int(row[early[0]])
        raise BadInputError(
            f"row {at:,} is shorter than a window, as at the end of a contig, but others lie behind it",
            where=path,
            remedy="Two genomes may have been put together under one name.",
        )
    strand = (pairs[:, 0] > pairs[:, 1]).astype(np.int8)
    return FileRows(_contig_names(ids), lengths, known, row, contig, start, end, strand)


def row_index(rows: FileRows, contigs: ContigTable, path: str) -> RowIndex:
    """Places of the rows in a store's genome.

    Raises
    ------
    BadInputError
        A contig is not in the store, or of another length there.
    """
    places = _match(rows, contigs, path)
    position = contigs.offsets[places][rows.contig]
    order = np.lexsort((rows.strand, position + rows.start))
    return RowIndex(rows.row[order], (position + rows.start)[order], (position + rows.end)[order], rows.strand[order])


def _match(rows: FileRows, contigs: ContigTable, path: str) -> NDArray[np.int64]:
    """Row of the store's contig table for each contig of the file."""
    short: dict[str, list[int]] = {}
    for place, name in enumerate(contigs.names.tolist()):
        short.setdefault(_text(str(name).encode()[:ID_BYTES]), []).append(place)
    places = np.empty(len(rows.names), np.int64)
    for contig, name in enumerate(rows.names):
        found = [contigs.index(name)] if name in contigs else short.get(name, [])
        if len(found) != 1:
            raise BadInputError(
                f"the contig {name!r} is {'not in the store' if not found else 'several of the store'}",
                where=path,
                remedy="Import into the store of the same genome, or into a new one.",
            )
        places[contig] = found[0]
    there = contigs.lengths[places]
    other = np.flatnonzero((there < rows.lengths) | (rows.known & (there != rows.lengths)))
    if len(other):
        at = int(other[0])
        raise BadInputError(
            f"the contig {rows.names[at]!r} has {rows.lengths[at]:,} bases in the file, {there[at]:,} in the store",
            where=path,
            remedy="Import into the store of the same genome, or into a new one.",
        )
    if len(np.unique(places)) < len(places):
        raise BadInputError("two contigs of the file are one in the store", where=path)
    return places


def _by_appearance(values: NDArray[Any]) -> tuple[list[bytes], NDArray[np.int64]]:
    """Different values in the order in which they first appear, and the place of each in that list."""
    found, first, which = np.unique(values, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return found[order].tolist(), rank[which]


def _contig_names(ids: list[bytes]) -> list[str]:
    """Ids as a FASTA reader gives them: the first word, unless that makes two of them equal or none is left."""
    whole = [_text(name) for name in ids]
    words = [(text.split() or [""])[0] for text in whole]
    counts = Counter(words)
    return [word if word and counts[word] == 1 else text or "unnamed" for word, text in zip(words, whole, strict=True)]


def _text(raw: bytes) -> str:
    return bytes(raw).decode("utf-8", "ignore")
