"""The cheapest path of the gene model through a region, exactly, in memory that hardly grows with the region.

A long region is done in blocks. The first pass keeps only the costs at each block's start; the blocks are done again
from the last to the first for their back pointers. What is kept of the whole region is one byte a base, the path.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.calling.emission import emission_costs
from helixdask.calling.forward import BARRED, BackPointers, advance, copied, first_frontier
from helixdask.calling.hmm import Hmm
from helixdask.calling.site_costs import LOOKS_BACK, donor_costs
from helixdask.calling.source import RegionSource
from helixdask.calling.ties import ANY_STATE, LONGEST_SEARCH, search_best_first
from helixdask.calling.trace import best_end, trace

#: Bases per block.
BLOCK = 1 << 17
#: Cost of a region that no path is allowed through.
NO_PATH = 1 << 62


class Path(NamedTuple):
    """A decoded region.

    Attributes
    ----------
    states
        (n,) uint8 number of the state that took each base: hosts 0-12, then intron states.
    cost
        Cost of the path in millionths of a bit, below 0 where splice sites look as those of this genome do; `NO_PATH`
        when no path is allowed.
    """

    states: NDArray[np.uint8]
    cost: int


def decode_region(
    model: Hmm, source: RegionSource, *, begin_open: bool = False, end_open: bool = False, block: int = BLOCK
) -> Path:
    """Find the cheapest path through a region.

    Parameters
    ----------
    model
        From `build_hmm`.
    source
        Bases and probabilities of the region, in the orientation of its strand. A region of more than one block is
        read twice.
    begin_open, end_open
        The region touches the 5', 3' end of its contig: genes may begin, end beyond it (where the model allows that
        at all).
    block
        Bases per block. It changes memory and time, never the path.

    Returns
    -------
    Path
    """
    n = source.length
    states = np.zeros(n, np.uint8)
    frontier = first_frontier(model, begin_open)
    back = BackPointers.of(model, min(n, block))
    bounds = block_bounds(n, block)
    saved = []
    for start, stop in bounds:
        if len(bounds) > 1:
            saved.append(copied(frontier))
        low = max(0, start - LOOKS_BACK)
        arrays = source.read(low, min(n, stop + int(model.block.max())))
        advance(model, *arrays, low, n, start, stop, frontier, back)
    at, state, cost, ends = best_end(model, n, end_open, frontier)
    if state < 0:
        return Path(states, NO_PATH)
    position = n
    goal = (n, ANY_STATE) if ends > 0 else None
    for number in range(len(bounds) - 1, -1, -1):
        start, stop = bounds[number]
        if number < len(bounds) - 1:
            # A donor block that began in here and ended beyond needs its bases again, but not its end.
            frontier = saved.pop()
            low = max(0, start - LOOKS_BACK)
            arrays = source.read(low, min(n, stop + int(model.block.max())))
            advance(model, *arrays, low, n, start, stop, frontier, back)
        elif saved:
            saved.pop()
        position, at, state, *tied = trace(model, start, position, at, state, back, states)
        if goal is None and tied[0] >= 0:
            goal = (tied[0], tied[1])
    if goal is not None and model.any_end and n <= LONGEST_SEARCH:
        _search(model, source, states, goal)
    return Path(states, int(cost))


def block_bounds(n: int, block: int) -> list[tuple[int, int]]:
    """Blocks of a region of `n` bases, half-open."""
    return [(start, min(start + block, n)) for start in range(0, n, block)]


def _search(model: Hmm, source: RegionSource, states: NDArray[np.uint8], goal: tuple[int, int]) -> None:
    """Settle ties as HelixerPost does, up to the last of them: behind it only one path is cheapest."""
    n = source.length
    codes, classes, phases = source.read(0, n)
    emissions = np.empty((n, 7))
    donors = np.empty((n, model.block.size), np.int64)
    emission_costs(classes, phases, 0, n, model.phase_weight, model.raw_coding1, emissions)
    donor_costs(model, codes, 0, n, emissions, 0, n, donors)
    search_best_first(model, codes, emissions, donors, BARRED, states, *goal)
