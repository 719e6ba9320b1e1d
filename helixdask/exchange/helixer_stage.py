"""What the stages that bring a Helixer file into a store share.

All read rows by way of an index that is made once; a region takes the rows that lie in it, whatever their order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, ClassVar

import h5py
import numpy as np
from numpy.typing import NDArray

from helixdask.engine.identity import file_identity
from helixdask.engine.stage import Region, RegionResult, Stage, Work
from helixdask.errors import BadInputError
from helixdask.exchange.helixer_decode import decode_bases, lay_down
from helixdask.exchange.helixer_file import Layout, describe, open_h5, read_rows
from helixdask.exchange.helixer_rows import FileRows, RowIndex, file_rows, row_index
from helixdask.names.needed import aliases_input, aliases_of
from helixdask.sequence.codes import CODE_MASK, N_CODE, PADDING
from helixdask.store.contigs import ContigTable
from helixdask.store.store import Store

_SEQUENCE = "genome/sequence"
Decode = Callable[[NDArray[Any], NDArray[np.int8]], NDArray[Any]]


@dataclass(frozen=True)
class HelixerStage(Stage):
    """What the stages below share.

    Parameters
    ----------
    helixer
        The file with ``data``.
    species
        Which rows of it.
    aliases
        Table of other names of contigs, or None.
    """

    helixer: str
    species: str
    aliases: str | None = field(default=None, kw_only=True)

    file_fields: ClassVar[tuple[str, ...]] = ("helixer", "aliases")

    def layout(self) -> Layout:
        """What the file holds."""
        return _layout(self.helixer, file_identity(self.helixer))

    def file_rows(self) -> FileRows:
        """Places of the species' rows."""
        return file_rows(self.helixer, self.species, self.layout().window_length)

    def row_index(self, contigs: ContigTable) -> RowIndex:
        """Places of the species' rows in a genome, some of whose contigs the file may call otherwise."""
        rows = self.file_rows()
        others = aliases_of(self.aliases, contigs)
        names = [name if name in contigs else others.get(name, name) for name in rows.names]
        return row_index(replace(rows, names=names), contigs, self.helixer)

    def inputs(self, store: Store) -> dict[str, str]:
        """Identities of the file and of the genome, which must fit together."""
        self.row_index(store.contigs)
        found = {"genome": store.identity("genome"), "helixer": file_identity(self.helixer)}
        return found | aliases_input(self.aliases, store.contigs, lambda: self.file_rows().names)

    def prepare(self, store: Store, work: Work) -> None:
        """Note where each row lies, for the tasks."""
        if not work.has("index"):
            work.save("index", **self.row_index(store.contigs).to_arrays())

    def rows_of(self, region: Region, work: Work) -> RowIndex:
        """Rows of a region, in the order of the file."""
        return RowIndex(**work.load("index")).overlapping(region.start, region.stop, self.layout().window_length)

    def missing(self, store: Store, work: Work) -> dict[str, int]:
        """What the file lacks: bases of each strand that no row holds; and how many rows it has twice."""
        index = RowIndex(**work.load("index"))
        return {
            "bases_missing_plus": index.uncovered(store.n_bases, 0),
            "bases_missing_minus": index.uncovered(store.n_bases, 1),
            "rows_repeated": index.repeated(),
        }


@lru_cache(maxsize=4)
def _layout(path: str, identity: str) -> Layout:
    del identity
    return describe(path)


def fill_track(
    dataset: h5py.Dataset,
    index: RowIndex,
    region: Region,
    track: NDArray[Any],
    decode: Decode,
    *,
    extra: tuple[Any, ...] = (),
    front: bool = False,
    contigs: ContigTable,
) -> NDArray[np.bool_]:
    """Read rows and lay them on a track of the region.

    Parameters
    ----------
    dataset
        Data set of the file, rows first.
    index
        Rows of the region, in the order of the file.
    track
        ``(layer, class, base)``: one layer for both strands, or two.
    decode
        Turns rows as they are stored into ``(row, base)`` or ``(row, base, class)`` values of the track's type.
    extra
        Further indices into the data set.
    front
        Whether the padding of short minus rows is in front.
    contigs
        For messages.

    Returns
    -------
    Which bases are in a row, ``(layer, base)``.

    Raises
    ------
    BadInputError
        Two rows contradict each other, or a row cannot be read.
    """
    seen = np.zeros((track.shape[0], track.shape[2]), np.bool_)
    per_row = int(np.prod(dataset.shape[1:])) * dataset.dtype.itemsize
    for some in index.runs(per_row):
        first_row = int(index.row[some.start])
        stored = read_rows(dataset, slice(first_row, first_row + some.stop - some.start), extra)
        strand, position, end = index.strand[some], index.position[some], index.end[some]
        values = decode(stored, strand)
        if values.ndim == 2:
            values = values[..., np.newaxis]
        first = np.where(front & (strand == 1), values.shape[1] - (end - position), 0)
        layer = strand if len(track) == 2 else np.zeros_like(strand)
        clash = lay_down(track, seen, values, first, position, end, strand, layer, region.start)
        if clash >= 0:
            raise BadInputError(
                f"two rows of {dataset.name} say different things about {_base(contigs, clash)}",
                where=dataset.file.filename,
                remedy="Files of different genomes or runs may have been put together: import them one by one.",
            )
    return seen


def _base(contigs: ContigTable, position: int) -> str:
    contig = contigs.contig_at(position)
    return f"base {position - int(contigs.offsets[contig]):,} (0-based) of {contigs.names[contig]!r}"


def refuse(bad: NDArray[np.bool_], dataset: str, path: str, region: Region, contigs: ContigTable, what: str) -> None:
    """Raise where something stands that means nothing."""
    if bad.any():
        base = int(np.flatnonzero(bad.any(axis=0))[0])
        raise BadInputError(
            f"{dataset} holds {what} at {_base(contigs, region.start + base)}",
            where=path,
            remedy="The file is unfinished or damaged: make it again.",
        )


def read_sequence(
    file: h5py.File, index: RowIndex, region: Region, contigs: ContigTable
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Base codes of a region, N where no row is, and which bases are in a row: ``(base,)`` each."""
    codes = np.full((1, 1, region.length), N_CODE, np.uint8)
    seen = fill_track(file["data/X"], index, region, codes, decode_bases, contigs=contigs)
    refuse(codes[:, 0] >= PADDING, "data/X", file.filename, region, contigs, "the vector of no base")
    return codes[0, 0], seen[0]


@dataclass(frozen=True)
class HelixerTrackStage(HelixerStage):
    """A stage that adds tracks to a genome, which is compared with the file's sequence first where ``compare`` is set.

    Parameters
    ----------
    output
        Name of the group.
    compare
        Whether to compare the sequence of each region with the store's.
    """

    output: str = "reference"
    compare: bool = False

    def run(self, store: Store, region: Region, work: Work) -> RegionResult:
        """Compare the sequence, and write the tracks."""
        index = self.rows_of(region, work)
        with open_h5(self.helixer) as file:
            if self.compare and self.layout().has_sequence:
                self._compare(file, store, index, region)
            return self.write(file, store, index, region)

    def write(self, file: h5py.File, store: Store, index: RowIndex, region: Region) -> RegionResult:
        """Write the tracks of a region."""
        raise NotImplementedError

    def _compare(self, file: h5py.File, store: Store, index: RowIndex, region: Region) -> None:
        codes, seen = read_sequence(file, index, region, store.contigs)
        there = store.read(_SEQUENCE, region.start, region.stop) & CODE_MASK
        other = np.flatnonzero((codes != there) & seen)
        if len(other):
            raise BadInputError(
                f"the sequence is another than the store's from {_base(store.contigs, region.start + int(other[0]))} "
                f"on ({len(other):,} bases of this region)",
                where=self.helixer,
                remedy="Import into the store of the same genome, or into a new one.",
            )
