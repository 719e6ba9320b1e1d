"""What it costs to open an intron, to close one, and to begin a coding sequence at each base."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from helixdask.calling.hmm import FORBIDDEN, Hmm
from helixdask.calling.sites import ACCEPTOR_BEFORE, DONOR_BEFORE, START_BEFORE
from helixdask.kernels import njit

INFINITE = 10**18
#: Bases before a place that its cost looks at.
LOOKS_BACK = max(ACCEPTOR_BEFORE, DONOR_BEFORE, START_BEFORE)
#: Bits where a site does not fit into the region.
NO_ROOM = FORBIDDEN
_U12 = 2  # AT-AC introns: their sites are not those that are learnt


@njit(cache=True, nogil=True)
def _add_site(
    site: NDArray[np.float64],
    before: int,
    codes: NDArray[np.uint8],
    low: int,
    n: int,
    start: int,
    bits: NDArray[np.float64],
) -> None:
    """Add the cost of the bases around each place from `start`; bases beyond the region of `n` cost nothing."""
    for place in range(site.shape[0]):
        first = start + place - before
        for row in range(max(0, -first), min(bits.size, n - first)):
            bits[row] += site[place, codes[first + row - low]]


@njit(cache=True, nogil=True)
def donor_bits(model: Hmm, codes: NDArray[np.uint8], low: int, n: int, start: int, stop: int) -> NDArray[np.float64]:
    """Bits of introns that begin at [start, stop), by their donors.

    Parameters
    ----------
    model
        From `build_hmm`.
    codes
        The region of `n` bases from base `low`, at least from `LOOKS_BACK` bases before `start` to the longest donor
        block after `stop`, where the region has them.
    low, n, start, stop
        Places in the region.

    Returns
    -------
    numpy.ndarray
        (stop - start, types) float64; `NO_ROOM` where the donor block does not fit.
    """
    out = np.empty((stop - start, model.block.size))
    site = np.zeros(stop - start)
    _add_site(model.donor_site, DONOR_BEFORE, codes, low, n, start, site)
    for kind in range(model.block.size):
        offset = model.donor_offset[kind]
        length = model.donor_length[kind]
        for row in range(stop - start):
            position = start + row
            first = position + offset
            # GC-AG looks at the base before the intron, of which at least one more must exist.
            before = first + min(offset, 0)
            bits = NO_ROOM
            if before >= 0 and first + length <= n and position + model.block[kind] <= n:
                bits = site[row] if kind < _U12 else 0.0
                for place in range(length):
                    bits += model.donor_cost[kind, place, codes[first + place - low]]
            out[row, kind] = bits
    return out


@njit(cache=True, nogil=True)
def acceptor_bits(model: Hmm, codes: NDArray[np.uint8], low: int, n: int, start: int, stop: int) -> NDArray[np.float64]:
    """Bits of introns that end before [start, stop), by their acceptors: (stop - start, motifs); as `donor_bits`."""
    n_motifs = model.acceptor_cost.shape[0]
    out = np.empty((stop - start, n_motifs))
    site = np.zeros(stop - start)
    _add_site(model.acceptor_site, ACCEPTOR_BEFORE, codes, low, n, start, site)
    for row in range(stop - start):
        place = start + row - low
        for motif in range(n_motifs):
            out[row, motif] = NO_ROOM
            if start + row >= 2:
                bits = model.acceptor_cost[motif, 0, codes[place - 2]] + model.acceptor_cost[motif, 1, codes[place - 1]]
                out[row, motif] = bits + site[row] if motif == 0 else bits
    return out


@njit(cache=True, nogil=True)
def start_bits(model: Hmm, codes: NDArray[np.uint8], low: int, n: int, start: int, stop: int) -> NDArray[np.float64]:
    """Bits of start codons at [start, stop), by what is around them: (stop - start,); as `donor_bits`."""
    out = np.zeros(stop - start)
    _add_site(model.start_site, START_BEFORE, codes, low, n, start, out)
    return out


@njit(cache=True, nogil=True)
def donor_costs(
    model: Hmm,
    codes: NDArray[np.uint8],
    low: int,
    n: int,
    emissions: NDArray[np.float64],
    start: int,
    stop: int,
    costs: NDArray[np.int64],
) -> None:
    """Cost of entering a donor block of each type at [start, stop), the emissions of its bases included.

    Parameters
    ----------
    model, codes, low, n
        As for `donor_bits`.
    emissions
        (rows, 7) float64 of the bases from `start`, to the longest donor block after `stop` or the region's end.
    start, stop
        Bases to do.
    costs
        (stop - start, types) int64, filled with millionths of a bit.
    """
    longest = model.block.max()
    intron = np.zeros(stop - start + longest)
    for row in range(min(stop + longest, n) - start):
        intron[row] = emissions[row, 5]
    donors = donor_bits(model, codes, low, n, start, stop)
    total = np.zeros(stop - start)
    for ahead in range(longest):
        # One pass per offset adds in the order of the bases and runs in vector registers.
        for row in range(stop - start):
            total[row] += intron[row + ahead]
        for kind in range(model.block.size):
            if model.block[kind] != ahead + 1:
                continue
            for row in range(stop - start):
                bits = donors[row, kind]
                costs[row, kind] = INFINITE if bits >= NO_ROOM else int((bits + total[row]) * 1e6)
