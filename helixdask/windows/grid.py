"""Where the windows of a genome lie: a pure function of contig lengths and window length.

Every contig is cut from its first base into windows of one length; the last is shorter. Each window exists once per
strand. Rows are in Helixer's order: contig by contig, first all plus windows ascending, then all minus windows
descending, so that the minus rows read along the reverse complement of the contig.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from helixdask.errors import BadInputError
from helixdask.intervals import numbers


class Spans(NamedTuple):
    """Where some windows lie on the genome-long axis, one entry per window.

    ``position`` int64 is the first base, in plus orientation for both strands; ``size`` int64 counts bases of the
    contig, without padding; ``strand`` int8 is 0 for plus and 1 for minus.
    """

    position: NDArray[np.int64]
    size: NDArray[np.int64]
    strand: NDArray[np.int8]

    def take(self, rows: NDArray[np.int64] | slice) -> Spans:
        """Return some of the windows, in the order asked for."""
        return Spans(self.position[rows], self.size[rows], self.strand[rows])


class Windows(NamedTuple):
    """Columns of some windows, one entry per window.

    ``contig`` int32 is the row in the contig table; ``start`` and ``end`` int64 count from the contig's first base,
    half-open and in plus orientation for both strands; ``strand`` int8 is 0 for plus and 1 for minus.
    """

    contig: NDArray[np.int32]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    strand: NDArray[np.int8]

    def take(self, rows: NDArray[np.int64] | slice) -> Windows:
        """Return some of the windows, in the order asked for."""
        return Windows(self.contig[rows], self.start[rows], self.end[rows], self.strand[rows])

    def spans(self, offsets: NDArray[np.int64]) -> Spans:
        """Their places on the genome-long axis; ``offsets`` is the position of each contig's first base."""
        return Spans(offsets[self.contig] + self.start, self.end - self.start, self.strand)


@dataclass(frozen=True, eq=False)
class WindowGrid:
    """All windows of a genome, computed when asked for.

    Parameters
    ----------
    lengths
        Contig lengths in bases, ``(contig,)`` int64.
    window_length
        Bases in a full window.

    Raises
    ------
    BadInputError
        The window length is below 1.
    """

    lengths: NDArray[np.int64]
    window_length: int

    def __post_init__(self) -> None:
        if self.window_length < 1:
            raise BadInputError(f"a window of {self.window_length} bases", remedy="Use a window length of 1 or more.")

    @cached_property
    def per_strand(self) -> NDArray[np.int64]:
        """Windows on one strand of each contig, ``(contig,)`` int64."""
        return -(-np.asarray(self.lengths, np.int64) // self.window_length)

    @cached_property
    def first_row(self) -> NDArray[np.int64]:
        """Row of each contig's first window, and the number of all windows at the end: ``(contig + 1,)`` int64."""
        rows = np.zeros(len(self.lengths) + 1, np.int64)
        np.cumsum(2 * self.per_strand, out=rows[1:])
        return rows

    def __len__(self) -> int:
        return int(self.first_row[-1])

    def row(self, contig: ArrayLike, k: ArrayLike, strand: ArrayLike) -> NDArray[np.int64]:
        """Row of the ``k``-th window of a contig (counted along the plus strand) on a strand; arguments broadcast."""
        contig, k = np.asarray(contig, np.int64), np.asarray(k, np.int64)
        n = self.per_strand[contig]
        within: NDArray[np.int64] = np.where(np.asarray(strand) == 0, k, 2 * n - 1 - k)
        rows: NDArray[np.int64] = self.first_row[contig] + within
        return rows

    def windows(self, start: int = 0, stop: int | None = None) -> Windows:
        """Windows of the rows ``start`` to ``stop``."""
        return self.at(np.arange(*slice(start, stop).indices(len(self)), dtype=np.int64))

    def at(self, rows: NDArray[np.int64]) -> Windows:
        """Windows of any rows."""
        contig = np.searchsorted(self.first_row, rows, side="right") - 1
        within, n = rows - self.first_row[contig], self.per_strand[contig]
        minus = within >= n
        start = np.where(minus, 2 * n - 1 - within, within) * self.window_length
        end = np.minimum(start + self.window_length, np.asarray(self.lengths, np.int64)[contig])
        return Windows(contig.astype(np.int32), start, end, minus.astype(np.int8))

    def rows_starting(
        self, contig: NDArray[np.int64], start: NDArray[np.int64], stop: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Rows, ascending, of all windows of both strands whose first plus base lies in pieces of contigs.

        Parameters
        ----------
        contig, start, stop
            Pieces: contig rows, and half-open slices that count from the contig's first base.
        """
        k_first, k_stop = -(-start // self.window_length), -(-stop // self.window_length)
        which, k = numbers(k_first, np.maximum(k_stop - k_first, 0))
        owner = contig[which]
        return np.sort(np.concatenate([self.row(owner, k, 0), self.row(owner, k, 1)]))
