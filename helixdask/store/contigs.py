"""The contig table: names, lengths and places on the genome-long axis; region strings."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.errors import BadInputError

UNKNOWN_LENGTH: Final = 1 << 40
"""Length of contigs that are known by name only."""


class Pieces(NamedTuple):
    """Parts of contigs inside a slice of ``position``, one row each, in order.

    ``position`` is where the part begins on the genome-long axis; the other two count from the contig's first base.
    """

    contig: NDArray[np.int64]
    contig_start: NDArray[np.int64]
    contig_stop: NDArray[np.int64]
    position: NDArray[np.int64]

    def rows(self) -> Iterator[tuple[int, int, int, int]]:
        """One tuple of plain integers for each part."""
        return zip(*(column.tolist() for column in self), strict=True)


@dataclass(frozen=True, eq=False)
class ContigTable:
    """Contigs of one genome, in FASTA order.

    Parameters
    ----------
    names
        Ids, ``(contig,)``.
    lengths
        Bases, ``(contig,)`` int64.
    """

    names: NDArray[Any]
    lengths: NDArray[np.int64]

    @cached_property
    def offsets(self) -> NDArray[np.int64]:
        """Position of each contig's first base, and the genome's length at the end: ``(contig + 1,)`` int64."""
        offsets = np.zeros(len(self.lengths) + 1, np.int64)
        np.cumsum(self.lengths, out=offsets[1:])
        return offsets

    @property
    def n_bases(self) -> int:
        """Length of the genome."""
        return int(self.offsets[-1])

    def __len__(self) -> int:
        return len(self.lengths)

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{name} {length:,}" for name, length in zip(self.names[:4], self.lengths[:4].tolist(), strict=True)
        )
        more = f", … {len(self) - 4:,} more" if len(self) > 4 else ""
        return f"<{len(self):,} contigs, {self.n_bases:,} bases: {shown}{more}>"

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {str(name): row for row, name in enumerate(self.names.tolist())}

    def __contains__(self, name: object) -> bool:
        return name in self._rows

    def index(self, name: str) -> int:
        """Row of a contig.

        Raises
        ------
        BadInputError
            No contig has this name.
        """
        row = self._rows.get(name)
        if row is None:
            close = difflib.get_close_matches(name, list(self._rows)[:100_000], n=3) or list(self._rows)[:5]
            raise BadInputError(f"no contig is called {name!r}", remedy=f"The genome has: {', '.join(close)} …")
        return row

    def contig_at(self, position: int) -> int:
        """Row of the contig that holds a position."""
        return int(np.searchsorted(self.offsets, position, side="right") - 1)

    def pieces(self, start: int, stop: int) -> Pieces:
        """Parts of contigs inside the slice ``[start, stop)`` of ``position``."""
        if stop <= start:
            empty = np.empty(0, np.int64)
            return Pieces(empty, empty, empty, empty)
        rows = np.arange(self.contig_at(start), self.contig_at(stop - 1) + 1, dtype=np.int64)
        offsets = self.offsets[rows]
        begin = np.maximum(offsets, start)
        end = np.minimum(offsets + self.lengths[rows], stop)
        keep = end > begin
        return Pieces(rows[keep], (begin - offsets)[keep], (end - offsets)[keep], begin[keep])

    def holding(self, start: int, label: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Rows of the contigs that hold a labelled base: annotated contigs.

        Parameters
        ----------
        start
            Position of the first base.
        label
            ``(strand, base)``, 0 where nothing is labelled.
        """
        pieces = self.pieces(start, start + label.shape[1])
        labelled = np.logical_or.reduceat(label[0] | label[1], pieces.position - start)
        return pieces.contig[labelled]

    def parse_region(self, text: str) -> tuple[int, int, int]:
        """Contig row, start and end of a region string, 0-based half-open.

        ``chr1A`` is the whole contig; ``chr1A:1,000,000-1,050,000`` is 50,000 bases; ``chr1A:1,000,000-`` runs to the
        end. A contig's own name may hold a colon: a name that matches as a whole wins.

        Raises
        ------
        BadInputError
            Unknown contig, numbers that are none, or a slice outside the contig.
        """
        text = text.strip()
        if text in self:
            row = self.index(text)
            return row, 0, int(self.lengths[row])
        name, colon, span = text.rpartition(":")
        first, dash, last = span.replace(",", "").replace("_", "").partition("-")
        if not colon or not dash:
            row = self.index(text)
            return row, 0, int(self.lengths[row])
        row = self.index(name)
        length = int(self.lengths[row])
        try:
            start, end = int(first or 0), int(last or length)
        except ValueError:
            raise BadInputError(
                "a region is CONTIG:START-END with whole numbers", where=text, remedy="For example chr1A:1,000-2,000."
            ) from None
        if not 0 <= start < end <= length:
            raise BadInputError(
                f"the slice [{start:,}, {end:,}) is not inside the contig",
                where=text,
                remedy=f"It has {length:,} bases.",
            )
        return row, start, end
