"""The loops that look for regions: window by window, with sums that are exact."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from helixdask.kernels import njit


@njit(cache=True, nogil=True)
def follow_windows(
    units: NDArray[np.int32], first: int, stop: int, latest: int, top: int, window: int, edge: int, patience: int
) -> tuple[int, int, bool]:
    """Look at the windows that begin at [first, stop); `units` begins at `first`."""
    total = 0
    for offset in range(window):
        total += units[offset]
    for position in range(first, stop):
        if total >= edge:
            latest = position
            top = max(top, total)
        elif position >= latest + patience:
            return latest, top, True
        row = position - first
        if row + window < units.size:
            total += units[row + window] - units[row]
    return latest, top, False


@njit(cache=True, nogil=True)
def scan_windows(
    units: NDArray[np.int32],
    piece_start: NDArray[np.int64],
    piece_stop: NDArray[np.int64],
    contig_start: NDArray[np.int64],
    contig_length: NDArray[np.int64],
    own_start: int,
    own_stop: int,
    window: int,
    per_base_edge: np.float32,
    per_base_peak: np.float32,
    mend: bool,
    found: NDArray[np.int64],
) -> tuple[int, tuple[int, int, int, int, int]]:
    """Fill `found` with (piece, start, end); return how many there are, even if more than fit, and the open region."""
    count = 0
    opened = (-1, -1, -1, -1, -1)
    for piece in range(piece_start.size):
        first, last = piece_start[piece], piece_stop[piece]
        width = window
        if contig_length[piece] < window:
            if not mend:
                continue
            width = contig_length[piece]
        if last - first < width or width == 0:
            continue
        edge = np.int64(np.float32(per_base_edge * np.float32(width)))
        peak = np.int64(np.float32(per_base_peak * np.float32(width)))
        # A region is over when the next window fails; where touching regions are one, when the next `width` do.
        patience = width if mend else 1
        whole = contig_start[piece] + (last - first) == contig_length[piece]
        total = 0
        for position in range(first, first + width):
            total += units[position]
        begin = -1
        latest = -1
        top = 0
        for position in range(first, last - width + 1):
            if total >= edge:
                if begin < 0:
                    if position >= own_stop:
                        break
                    begin = position
                    top = 0
                latest = position
                top = max(top, total)
            elif begin >= 0 and position >= latest + patience:
                if top > peak and begin >= own_start:
                    if count < found.shape[0]:
                        found[count, 0], found[count, 1], found[count, 2] = piece, begin, latest + width
                    count += 1
                begin = -1
            if position + width < last:
                total += units[position + width] - units[position]
        if begin >= 0 and begin >= own_start:
            if not whole:
                opened = (piece, begin, latest, top, last - width + 1)
            elif top > peak:
                if count < found.shape[0]:
                    found[count, 0], found[count, 1], found[count, 2] = piece, begin, latest + width
                count += 1
    return count, opened
