"""Where genes may be: stretches in which the network sees anything but intergenic sequence.

A window passes when the sum of its genic probability reaches the edge threshold. Sums are exact (integers,
millionths), so the regions do not depend on where the scan began, nor on its direction.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from helixdask.errors import BadInputError

__all__ = ["Pieces", "Scan", "check_thresholds", "find_regions", "genic_units", "scan_pieces"]


class Pieces(NamedTuple):
    """Loaded parts of contigs, end to end in one array; one row each.

    Attributes
    ----------
    start, stop
        (pieces,) int64 part of the array.
    contig_start
        (pieces,) int64 where the part begins on its contig.
    contig_length
        (pieces,) int64 length of the whole contig.
    """

    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    contig_start: NDArray[np.int64]
    contig_length: NDArray[np.int64]


class Scan(NamedTuple):
    """Regions of one strand.

    Attributes
    ----------
    piece, start, end
        (regions,) int64: row of `Pieces`, and half-open place in the loaded array.
    open_start
        Where the last region begins when it may go on beyond the loaded bases; -1 otherwise. It is not among the
        regions.
    """

    piece: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    open_start: int


def check_thresholds(window: int, edge: float, peak: float) -> None:
    """Refuse settings of the scan that cannot be meant.

    Raises
    ------
    BadInputError
        A window without bases, or a threshold that is no share.
    """
    if window < 1:
        raise BadInputError(f"a window of {window} bases", remedy="Use a window size of at least 1.")
    for name, value in (("edge", edge), ("peak", peak)):
        if not 0.0 <= value <= 1.0:
            raise BadInputError(f"the {name} threshold {value} is no share", remedy="Use a number between 0 and 1.")


def genic_units(intergenic: NDArray[np.float32]) -> NDArray[np.int32]:
    """Genic probability in millionths, cut off: (n,) float32 to (n,) int32."""
    scaled = (np.float32(1.0) - intergenic) * np.float32(1e6)
    units: NDArray[np.int32] = np.maximum(scaled, np.float32(0.0)).astype(np.int32)
    return units


def find_regions(
    intergenic: NDArray[np.float32],
    *,
    window: int = 100,
    edge: float = 0.1,
    peak: float = 0.8,
    rules: str = "default",
) -> NDArray[np.int64]:
    """Find the regions of one strand of one whole contig.

    Parameters
    ----------
    intergenic
        (n,) float32 probability of the intergenic class, in either direction.
    window
        Bases per window.
    edge, peak
        Shares of genic probability that a window needs to belong to a region, and that one window of a region must
        exceed.
    rules
        "helixer": regions may overlap by up to window - 2 bases, and contigs shorter than a window have none.
        "default": regions that touch are one, and the window shrinks to the length of a short contig.

    Returns
    -------
    numpy.ndarray
        (regions, 2) int64, half-open.

    Raises
    ------
    BadInputError
        Thresholds out of range.
    """
    n = np.array([intergenic.size], np.int64)
    pieces = Pieces(np.zeros(1, np.int64), n, np.zeros(1, np.int64), n)
    scan = scan_pieces(
        genic_units(intergenic), pieces, own=(0, intergenic.size), window=window, edge=edge, peak=peak, rules=rules
    )
    return np.stack([scan.start, scan.end], axis=1)


def scan_pieces(
    units: NDArray[np.int32],
    pieces: Pieces,
    *,
    own: tuple[int, int],
    window: int,
    edge: float,
    peak: float,
    rules: str,
) -> Scan:
    """Find the regions that begin in a range of a loaded array of many contigs.

    Parameters
    ----------
    units
        (n,) int32 from `genic_units`, in plus orientation (of either strand's probabilities).
    pieces
        Which contigs the array holds. Only the first may lack its beginning and only the last its end; `window`
        bases before the owned range must be there where the contig has them.
    own
        Half-open range of the array: regions that begin elsewhere are left out.
    window, edge, peak, rules
        As for `find_regions`.

    Returns
    -------
    Scan
    """
    check_thresholds(window, edge, peak)
    per_base_edge = np.float32(edge) * np.float32(1e6)
    per_base_peak = np.float32(peak) * np.float32(1e6)
    mend = rules == "default"
    room = 1024
    while True:
        found = np.empty((room, 3), np.int64)
        count, open_start = _scan(
            units,
            pieces.start,
            pieces.stop,
            pieces.contig_start,
            pieces.contig_length,
            own[0],
            own[1],
            window,
            per_base_edge,
            per_base_peak,
            mend,
            found,
        )
        if count <= room:
            break
        room = count
    return Scan(found[:count, 0], found[:count, 1], found[:count, 2], int(open_start))


@njit(cache=True, nogil=True)
def _scan(
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
) -> tuple[int, int]:
    """Fill `found` with (piece, start, end); return how many there are, even if more than fit, and the open start."""
    count = 0
    open_start = -1
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
                open_start = begin
            elif top > peak:
                if count < found.shape[0]:
                    found[count, 0], found[count, 1], found[count, 2] = piece, begin, latest + width
                count += 1
    return count, open_start
