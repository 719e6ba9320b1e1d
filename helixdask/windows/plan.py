"""Which overlapping windows are predicted: the same for every size of batch and region.

A contig of L bases is padded at its end to whole windows of S bases. The minus strand is the reverse complement of the
padded contig, so its padding comes first. Windows start at 0, o, 2o, ... along each strand, and one more ends exactly
at the end. A window gives away `trim` bases on each side, except at the two ends of the strand; where windows overlap,
the mean of their predictions counts.

Contigs that are shorter than a window are padded to the next of a few lengths, not to a whole window: a genome of two
million contigs of 300 bases would otherwise cost seventy times what its bases cost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.errors import BadInputError
from helixdask.intervals import numbers
from helixdask.windows.grid import Spans

SHORTEST_BUCKET: Final = 300


@dataclass(frozen=True)
class WindowRule:
    """Length of windows, distance of their starts, and bases trimmed from each side.

    Parameters
    ----------
    length, offset, trim
        In bases; 0 < offset <= length - 2 trim.

    Raises
    ------
    BadInputError
        Some bases would be covered by no window.
    """

    length: int
    offset: int
    trim: int

    def __post_init__(self) -> None:
        core = self.length - 2 * self.trim
        if self.length < 1 or self.trim < 0 or not 0 < self.offset <= core:
            raise BadInputError(
                f"windows of {self.length} bases with core {core} and offset {self.offset} leave gaps",
                remedy="Use 0 < offset <= core length <= window length.",
            )

    @classmethod
    def of(cls, length: int, *, overlap: bool, offset: int | None = None, core_length: int | None = None) -> WindowRule:
        """Return Helixer's rule: offset half a window and core three quarters of it, unless said otherwise."""
        if not overlap:
            return cls(length, length, 0)
        core = int(0.75 * length) if core_length is None else core_length
        if not 0 < core <= length:
            raise BadInputError(
                f"a core of {core} bases does not fit a window of {length}",
                remedy="Use 0 < core length <= window length.",
            )
        return cls(length, length // 2 if offset is None else offset, (length - core) // 2)


class PlannedWindows(NamedTuple):
    """Windows to predict, one row each: where they lie, and the slice of positions that gets their predictions."""

    spans: Spans
    keep_start: NDArray[np.int64]
    keep_stop: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.keep_start)

    def take(self, rows: NDArray[np.int64] | slice) -> PlannedWindows:
        """Some of the windows."""
        return PlannedWindows(self.spans.take(rows), self.keep_start[rows], self.keep_stop[rows])


def plan_windows(
    offset: NDArray[np.int64],
    length: NDArray[np.int64],
    start: NDArray[np.int64],
    stop: NDArray[np.int64],
    rule: WindowRule,
) -> PlannedWindows:
    """Find all windows that say something about pieces of contigs.

    Parameters
    ----------
    offset, length, start, stop
        One entry for each piece: position of its contig's first base, that contig's length, and the half-open slice
        of the contig. In bases.
    rule
        How windows lie.

    Returns
    -------
    PlannedWindows
        First all of the plus strand, then all of the minus strand; along each strand in the order of the pieces.
    """
    parts = [_plan_strand(offset, length, start, stop, rule, strand) for strand in (0, 1)]
    spans = Spans(*(np.concatenate([getattr(part.spans, name) for part in parts]) for name in Spans._fields))
    kept = (np.concatenate([getattr(part, name) for part in parts]) for name in ("keep_start", "keep_stop"))
    return PlannedWindows(spans, *kept)


def _plan_strand(
    offset: NDArray[np.int64],
    length: NDArray[np.int64],
    start: NDArray[np.int64],
    stop: NDArray[np.int64],
    rule: WindowRule,
    strand: int,
) -> PlannedWindows:
    size, step, trim = rule.length, rule.offset, rule.trim
    padded = -(-length // size) * size
    n_windows = -(-(padded - size) // step) + 1
    # Along the strand, from its own first base.
    begin, end = (padded - stop, padded - start) if strand else (start, stop)
    first = np.clip((begin - size) // step, 0, n_windows - 1)
    last = np.clip(end // step + 1, 0, n_windows - 1)
    # The last window is moved back to the end, so it may reach further back than its number says.
    last = np.where(end > padded - size, n_windows - 1, last)
    piece, k = numbers(first, last - first + 1)
    at = np.minimum(k * step, padded[piece] - size)
    keep_begin = np.maximum(at + np.where(k > 0, trim, 0), begin[piece])
    keep_end = np.minimum(at + size - np.where(k < n_windows[piece] - 1, trim, 0), end[piece])
    if strand:
        at = padded[piece] - at - size
        keep_begin, keep_end = padded[piece] - keep_end, padded[piece] - keep_begin
    keep = keep_end > keep_begin
    at, piece = at[keep], piece[keep]
    there = np.minimum(size, length[piece] - at)
    spans = Spans(offset[piece] + at, there, np.full(len(at), strand, np.int8))
    return PlannedWindows(spans, offset[piece] + keep_begin[keep], offset[piece] + keep_end[keep])


def bucket_lengths(window_length: int, pool_size: int) -> list[int]:
    """Lengths that short contigs are padded to, ascending, the window itself the last; multiples of the pool size."""
    lengths = [window_length]
    while (half := -(-lengths[-1] // (2 * pool_size)) * pool_size) >= SHORTEST_BUCKET and half < lengths[-1]:
        lengths.append(half)
    return lengths[::-1]


def buckets(
    length: NDArray[np.int64], rule: WindowRule, pool_size: int
) -> Iterator[tuple[WindowRule, NDArray[np.int64]]]:
    """Sort pieces of contigs by the windows they get.

    Parameters
    ----------
    length
        Length of each piece's whole contig, in bases.
    rule
        Windows of contigs that fill at least one.
    pool_size
        Of the network.

    Yields
    ------
    tuple
        A rule, and the pieces it is for: ``rule`` itself for contigs as long as a window or nearly so, others for
        contigs that fit into one shorter window.
    """
    lengths = bucket_lengths(rule.length, pool_size)
    number = np.minimum(np.searchsorted(lengths, length, side="left"), len(lengths) - 1)
    for index, bucket in enumerate(lengths):
        members = np.flatnonzero(number == index)
        if len(members):
            yield (rule if bucket == rule.length else WindowRule(bucket, bucket, 0)), members
