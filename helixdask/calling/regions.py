"""Where genes may be: stretches in which the network sees anything but intergenic sequence.

A window passes when the sum of its genic probability reaches the edge threshold. Sums are exact (integers,
millionths), so the regions do not depend on where the scan began, nor on its direction.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.calling.region_kernels import follow_windows, scan_windows
from helixdask.errors import BadInputError
from helixdask.settings import Rules


class LoadedParts(NamedTuple):
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


class OpenRegion(NamedTuple):
    """A region that may go on beyond the loaded bases.

    Attributes
    ----------
    piece, start
        Row of `LoadedParts`, and where it begins in the loaded array.
    latest, top
        Start of the last window that passed, and the largest sum so far.
    scanned
        Where the first window that has not been looked at begins.
    """

    piece: int
    start: int
    latest: int
    top: int
    scanned: int


class Scan(NamedTuple):
    """Regions of one strand.

    Attributes
    ----------
    piece, start, end
        (regions,) int64: row of `LoadedParts`, and half-open place in the loaded array.
    open_region
        The last region, when it may go on beyond the loaded bases. It is not among the regions.
    """

    piece: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    open_region: OpenRegion | None


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


def scan_pieces(
    units: NDArray[np.int32],
    pieces: LoadedParts,
    *,
    own: tuple[int, int],
    window: int,
    edge: float,
    peak: float,
    rules: Rules,
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
    Scan

    Raises
    ------
    BadInputError
        Thresholds out of range.
    """
    check_thresholds(window, edge, peak)
    per_base_edge = np.float32(edge) * np.float32(1e6)
    per_base_peak = np.float32(peak) * np.float32(1e6)
    mend = rules == Rules.DEFAULT
    room = 1024
    while True:
        found = np.empty((room, 3), np.int64)
        count, opened = scan_windows(
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
    open_region = OpenRegion(*(int(value) for value in opened)) if opened[1] >= 0 else None
    return Scan(found[:count, 0], found[:count, 1], found[:count, 2], open_region)


def follow_region(
    region: OpenRegion,
    units_of: Callable[[int, int], NDArray[np.int32]],
    last: int,
    *,
    window: int,
    edge: float,
    peak: float,
    rules: Rules,
    step: int = 1 << 20,
) -> int:
    """Find where an open region ends, reading on in steps.

    Parameters
    ----------
    region
        From `scan_pieces`.
    units_of
        Gives the units (`genic_units`) of the bases [start, stop), places counted as in the scanned array.
    last
        Where the contig ends.
    window, edge, peak, rules
        As for `scan_pieces`; the contig is at least a window long.
    step
        Windows to look at in one step.

    Returns
    -------
    int
        One past the region's last base; -1 where no window of it exceeds the peak.
    """
    low, high = _thresholds(window, edge, peak)
    patience = window if rules == Rules.DEFAULT else 1
    latest, top = region.latest, region.top
    first, over = region.scanned, False
    while first <= last - window and not over:
        stop = min(first + step, last - window + 1)
        units = units_of(first, stop + window - 1)
        latest, top, over = follow_windows(units, first, stop, latest, top, window, low, patience)
        first = stop
    return int(latest) + window if top > high else -1


def _thresholds(window: int, edge: float, peak: float) -> tuple[int, int]:
    """Window sums of the edge and the peak, in millionths: 32-bit floats from left to right, as HelixerPost has it."""
    return (
        int(np.float32(edge) * np.float32(1e6) * np.float32(window)),
        int(np.float32(peak) * np.float32(1e6) * np.float32(window)),
    )
