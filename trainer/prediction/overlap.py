"""Which windows are predicted and how their predictions are merged: the same for every size of batch and region.

A contig of L bases is padded at its end to whole windows of S bases. The minus strand is the reverse complement of the
padded contig, so its padding comes first. Windows start at 0, o, 2o, ... along each strand, and one more ends exactly
at the end. A window gives away `trim` bases on each side, except at the two ends of the strand; where windows overlap,
the mean of their predictions counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from helixdask.errors import BadInputError
from helixdask.sequence.codes import COMPLEMENT, PADDING

__all__ = [
    "PlannedWindows",
    "WindowRule",
    "add_predictions",
    "count_contributions",
    "fill_codes",
    "fill_coverage",
    "plan_windows",
]

_COVERAGE_PADDING = -1.0  # what Helixer gives its network beyond the end of a contig


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
            raise BadInputError(f"a core of {core} bases does not fit a window of {length}")
        return cls(length, length // 2 if offset is None else offset, (length - core) // 2)


class PlannedWindows(NamedTuple):
    """Windows to predict, one row each; plus-strand coordinates that count from the contig's first base.

    `start` may be negative and a window may reach beyond the contig (both are padding); `keep_start` to `keep_stop` is
    the part of the contig that gets its prediction.
    """

    contig: NDArray[np.int64]
    strand: NDArray[np.int8]
    start: NDArray[np.int64]
    keep_start: NDArray[np.int64]
    keep_stop: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.contig)

    def take(self, rows: slice) -> PlannedWindows:
        """Some of the windows."""
        columns: list[NDArray[Any]] = [column[rows] for column in self]
        return PlannedWindows(*columns)


def plan_windows(
    contig: NDArray[np.int64],
    length: NDArray[np.int64],
    start: NDArray[np.int64],
    stop: NDArray[np.int64],
    rule: WindowRule,
) -> PlannedWindows:
    """Find all windows that say something about pieces of contigs.

    Parameters
    ----------
    contig, length, start, stop
        One entry for each piece: its contig, that contig's length, and the half-open slice of it. In bases.
    rule
        How windows lie.

    Returns
    -------
    PlannedWindows
        First all of the plus strand, then all of the minus strand; along each strand in the order of the pieces.
    """
    plus, minus = (_plan_strand(contig, length, start, stop, rule, strand) for strand in (0, 1))
    columns: list[NDArray[Any]] = [np.concatenate([plus[i], minus[i]]) for i in range(len(plus._fields))]
    return PlannedWindows(*columns)


def _plan_strand(
    contig: NDArray[np.int64],
    length: NDArray[np.int64],
    start: NDArray[np.int64],
    stop: NDArray[np.int64],
    rule: WindowRule,
    strand: int,
) -> PlannedWindows:
    size, offset, trim = rule.length, rule.offset, rule.trim
    padded = -(-length // size) * size
    n_windows = -(-(padded - size) // offset) + 1
    # Along the strand, from its own first base.
    begin, end = (padded - stop, padded - start) if strand else (start, stop)
    first = np.clip((begin - size) // offset, 0, n_windows - 1)
    last = np.clip(end // offset + 1, 0, n_windows - 1)
    # The last window is moved back to the end, so it may reach further back than its number says.
    last = np.where(end > padded - size, n_windows - 1, last)
    counts = last - first + 1
    piece = np.repeat(np.arange(len(contig)), counts)
    k = first[piece] + np.arange(len(piece)) - np.repeat(np.cumsum(counts) - counts, counts)

    at = np.minimum(k * offset, padded[piece] - size)
    keep_begin = np.maximum(at + np.where(k > 0, trim, 0), begin[piece])
    keep_end = np.minimum(at + size - np.where(k < n_windows[piece] - 1, trim, 0), end[piece])
    if strand:
        at = padded[piece] - at - size
        keep_begin, keep_end = padded[piece] - keep_end, padded[piece] - keep_begin
    keep = keep_end > keep_begin
    strands = np.full(int(keep.sum()), strand, np.int8)
    return PlannedWindows(contig[piece][keep], strands, at[keep], keep_begin[keep], keep_end[keep])


@njit(cache=True)
def _fill_codes(out, codes, codes_start, contig_start, contig_length, strand, start, complement, padding):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    length = out.shape[1]
    for row in range(len(start)):
        out[row, :] = padding
        low, high = max(start[row], 0), min(start[row] + length, contig_length[row])
        shift = contig_start[row] - codes_start
        for base in range(low, high):
            code = codes[shift + base]
            if strand[row] == 0:
                out[row, base - start[row]] = code
            else:
                out[row, length - 1 - (base - start[row])] = complement[code]
    out[len(start) :, :] = padding


def fill_codes(
    out: NDArray[np.uint8],
    codes: NDArray[np.uint8],
    codes_start: int,
    contig_start: NDArray[np.int64],
    contig_length: NDArray[np.int64],
    windows: PlannedWindows,
) -> None:
    """Write the base codes of windows, each in its strand's own direction; rows that are left over become padding.

    Parameters
    ----------
    out
        (B, S) uint8, overwritten.
    codes, codes_start
        A stretch of the genome's base codes, (n,) uint8, and its first position.
    contig_start, contig_length
        For each window: position of its contig's first base, and the contig's length.
    windows
        At most B.
    """
    _fill_codes(
        out,
        codes,
        codes_start,
        contig_start,
        contig_length,
        windows.strand,
        windows.start,
        COMPLEMENT,
        np.uint8(PADDING),
    )


@njit(cache=True)
def _fill_coverage(out, counts, channel, counts_start, contig_start, contig_length, strand, start, padding):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    length = out.shape[1]
    for row in range(len(start)):
        out[row, :, channel] = padding
        low, high = max(start[row], 0), min(start[row] + length, contig_length[row])
        shift = contig_start[row] - counts_start
        for base in range(low, high):
            at = base - start[row]
            if strand[row] == 1:
                at = length - 1 - at
            out[row, at, channel] = counts[strand[row], shift + base]
    out[len(start) :, :, channel] = padding


def fill_coverage(
    out: NDArray[np.float32],
    channel: int,
    counts: NDArray[np.uint32],
    counts_start: int,
    contig_start: NDArray[np.int64],
    contig_length: NDArray[np.int64],
    windows: PlannedWindows,
) -> None:
    """Write one channel of the coverage of windows, each in its strand's own direction; padding is -1, as in Helixer.

    Parameters
    ----------
    out
        (B, S, channels) float32; one channel is overwritten.
    channel
        Which.
    counts, counts_start
        A stretch of a coverage track, (2, n) uint32, plus orientation, and its first position.
    contig_start, contig_length, windows
        As in `fill_codes`.
    """
    padding = np.float32(_COVERAGE_PADDING)
    _fill_coverage(
        out, counts, channel, counts_start, contig_start, contig_length, windows.strand, windows.start, padding
    )


@njit(cache=True)
def _add_predictions(total, total_start, predicted, contig_start, strand, start, keep_start, keep_stop):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    length = predicted.shape[1]
    for row in range(len(start)):
        shift = contig_start[row] - total_start
        for base in range(keep_start[row], keep_stop[row]):
            at = base - start[row]
            if strand[row] == 1:
                at = length - 1 - at
            for k in range(predicted.shape[2]):
                total[strand[row], k, shift + base] += predicted[row, at, k]


def add_predictions(
    total: NDArray[np.float32],
    total_start: int,
    predicted: NDArray[np.float32],
    contig_start: NDArray[np.int64],
    windows: PlannedWindows,
) -> None:
    """Add what windows predict to sums in plus orientation.

    Parameters
    ----------
    total, total_start
        Sums for a region, (2, classes, n) float32, and its first position.
    predicted
        (B, S, classes) float32, each window in its strand's own direction.
    contig_start
        For each window: position of its contig's first base.
    windows
        At most B.
    """
    _add_predictions(
        total,
        total_start,
        predicted,
        contig_start,
        windows.strand,
        windows.start,
        windows.keep_start,
        windows.keep_stop,
    )


@njit(cache=True)
def _count(counts, counts_start, contig_start, strand, keep_start, keep_stop):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    for row in range(len(strand)):
        shift = contig_start[row] - counts_start
        for base in range(keep_start[row], keep_stop[row]):
            counts[strand[row], shift + base] += 1


def count_contributions(
    counts: NDArray[np.uint16], counts_start: int, contig_start: NDArray[np.int64], windows: PlannedWindows
) -> None:
    """Count the windows that each base of a region gets a prediction from.

    Parameters
    ----------
    counts, counts_start
        (2, n) uint16, added to, and the region's first position.
    contig_start
        For each window: position of its contig's first base.
    windows
        Any number.
    """
    _count(counts, counts_start, contig_start, windows.strand, windows.keep_start, windows.keep_stop)
