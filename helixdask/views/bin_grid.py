"""Where the bins of a genome lie: contigs cut into stretches of one width, none of them on two contigs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from helixdask.errors import BadInputError


@dataclass(frozen=True, eq=False)
class BinGrid:
    """Bins of all contigs, in their order; the last of a contig may be shorter.

    Parameters
    ----------
    lengths
        Contig lengths in bases, ``(contig,)`` int64.
    width
        Bases in a full bin; None: each contig is one bin.

    Raises
    ------
    BadInputError
        The width is below 1.
    """

    lengths: NDArray[np.int64]
    width: int | None

    def __post_init__(self) -> None:
        if self.width is not None and self.width < 1:
            raise BadInputError(f"bins of {self.width} bases", remedy="Use a width of 1 or more, or None for contigs.")

    @cached_property
    def _offsets(self) -> NDArray[np.int64]:
        return np.concatenate([[0], np.cumsum(self.lengths)]).astype(np.int64)

    @cached_property
    def _width(self) -> int:
        return self.width or int(self.lengths.max(initial=1))

    @cached_property
    def _first(self) -> NDArray[np.int64]:
        """First bin of each contig, and the number of all at the end."""
        return np.concatenate([[0], np.cumsum(-(-self.lengths // self._width))]).astype(np.int64)

    def __len__(self) -> int:
        return int(self._first[-1])

    def first(self, contig: int) -> int:
        """First bin of a contig."""
        return int(self._first[contig])

    def contig(self, bins: NDArray[np.int64]) -> NDArray[np.int64]:
        """Row of the contig that each bin lies on."""
        return np.searchsorted(self._first, bins, side="right") - 1

    def start(self, bins: NDArray[np.int64]) -> NDArray[np.int64]:
        """First base of each bin, from the contig's start."""
        return (bins - self._first[self.contig(bins)]) * self._width

    def end(self, bins: NDArray[np.int64]) -> NDArray[np.int64]:
        """One past the last base of each bin, from the contig's start."""
        ends: NDArray[np.int64] = np.minimum(self.start(bins) + self._width, self.lengths[self.contig(bins)])
        return ends

    def edges(self, first: int, last: int) -> NDArray[np.int64]:
        """Positions on the genome where the bins ``first`` to ``last`` begin, and where the last one ends."""
        bins = np.arange(first, last, dtype=np.int64)
        begin = self._offsets[self.contig(bins)] + self.start(bins)
        end = self._offsets[self.contig(bins[-1:])] + self.end(bins[-1:])
        return np.concatenate([begin, end])

    def blocks(self, bases: int) -> tuple[int, ...]:
        """Numbers of bins that begin in each stretch of so many bases of the genome, without empty stretches."""
        at = np.arange(0, self._offsets[-1], bases, dtype=np.int64)
        contig = np.searchsorted(self._offsets, at, side="right") - 1
        within = -(-(at - self._offsets[contig]) // self._width)
        first = np.unique(np.minimum(self._first[contig] + within, self._first[contig + 1]))
        return tuple(n for n in np.diff(np.append(first, len(self))).tolist() if n)
