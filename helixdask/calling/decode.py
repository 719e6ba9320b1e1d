"""The cheapest path of the gene model through a region, exactly.

Forward dynamic programming over (position, state) in integer costs of a millionth of a bit, cut off once per step as
HelixerPost does, with one byte of back pointer per state and base. Long regions are done in blocks: the first pass
keeps only the state at each block's start, and the blocks are done again from the last to the first, so memory does
not grow with the region beyond its inputs.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from helixdask.calling.emission import emission_costs
from helixdask.calling.hmm import HOSTS, Hmm
from helixdask.calling.ties import LONGEST_SEARCH, search_best_first

__all__ = ["BLOCK", "Path", "decode_region"]

#: Bases per block; about 130 bytes of working memory each.
BLOCK = 1 << 19

_N_HOSTS = len(HOSTS)
_SCALE = 1e6
_INFINITE = 10**18
_BARRED = 5 * 10**16  # dearer than any path without a forbidden transition
_TIED = 0x80  # mark in a back pointer: another predecessor is as cheap
_AT_HOST, _AT_BODY, _AT_DONOR = 0, 1, 2


class Path(NamedTuple):
    """A decoded region.

    Attributes
    ----------
    states
        (n,) uint8 number of the state that took each base: hosts 0-12, then intron states.
    cost
        Cost of the path in millionths of a bit; -1 when no path is allowed.
    """

    states: NDArray[np.uint8]
    cost: int


def decode_region(
    model: Hmm,
    codes: NDArray[np.uint8],
    class_probability: NDArray[np.float32],
    phase_probability: NDArray[np.float32],
    *,
    begin_open: bool = False,
    end_open: bool = False,
    block: int = BLOCK,
) -> Path:
    """Find the cheapest path through a region.

    Parameters
    ----------
    model
        From `build_hmm`.
    codes
        (n,) uint8 sequence codes 0-15 in the orientation of the strand, without the soft-mask bit.
    class_probability, phase_probability
        (4, n) float32, same orientation.
    begin_open, end_open
        The region touches the 5', 3' end of its contig: genes may begin, end beyond it (where the model allows that
        at all).
    block
        Bases per block.

    Returns
    -------
    Path
    """
    # One memory layout: the kernel is compiled anew for every other.
    codes = np.ascontiguousarray(codes)
    classes, phases = np.ascontiguousarray(class_probability), np.ascontiguousarray(phase_probability)
    states, cost = _decode(model, codes, classes, phases, begin_open, end_open, block)
    return Path(states, int(cost))


@njit(cache=True, nogil=True)
def _cost_units(bits: float) -> int:
    return int(bits * _SCALE)


@njit(cache=True, nogil=True)
def _donor_costs(
    model: Hmm,
    codes: NDArray[np.uint8],
    emissions: NDArray[np.float64],
    start: int,
    stop: int,
    costs: NDArray[np.int64],
) -> None:
    """Cost of entering a donor block of each type at [start, stop), the emissions of its bases included."""
    n = codes.size
    longest = model.block.max()
    known = min(stop + longest, n) - start
    intron = np.zeros(stop - start + longest)
    for row in range(known):
        intron[row] = emissions[row, 5]
    total = np.zeros(stop - start)
    for ahead in range(longest):
        # One pass per offset adds in the order of the bases and runs in vector registers.
        for row in range(stop - start):
            total[row] += intron[row + ahead]
        for kind in range(model.block.size):
            if model.block[kind] != ahead + 1:
                continue
            offset = model.donor_offset[kind]
            length = model.donor_length[kind]
            for row in range(stop - start):
                position = start + row
                first = position + offset
                # GC-AG looks at the base before the intron, of which at least one more must exist.
                if first + min(offset, 0) < 0 or first + length > n or position + ahead + 1 > n:
                    costs[row, kind] = _INFINITE
                    continue
                bits = 0.0
                for place in range(length):
                    bits += model.donor_cost[kind, place, codes[first + place]]
                costs[row, kind] = _cost_units(bits + total[row])


@njit(cache=True, nogil=True)
def _advance(
    model: Hmm,
    codes: NDArray[np.uint8],
    emissions: NDArray[np.float64],
    donors: NDArray[np.int64],
    start: int,
    stop: int,
    host: NDArray[np.int64],
    body: NDArray[np.int64],
    pending: NDArray[np.int64],
    back_host: NDArray[np.uint8],
    back_body: NDArray[np.uint8],
    back_source: NDArray[np.uint32],
) -> None:
    """Take the bases [start, stop): the costs in `host`, `body` and `pending` are those before and then after them.

    `pending[p & mask]` is the cost, before its donor block, of an intron of each group and type that began at base p.
    """
    n_edges = model.edge_from.size
    n_types = model.block.size
    n_groups = model.group_host.shape[0]
    n_acceptors = model.acceptor_cost.shape[0]
    mask = pending.shape[0] - 1
    fresh = np.empty(_N_HOSTS, np.int64)
    leaving = np.empty((n_acceptors, n_groups), np.int64)
    leaving_type = np.empty((n_acceptors, n_groups), np.int64)
    leaving_tied = np.zeros((n_acceptors, n_groups), np.int64)
    acceptor = np.empty(n_acceptors)
    for position in range(start, stop):
        row = position - start
        code = codes[position]

        # Introns that begin here.
        second = np.uint32(0)
        for group in range(n_groups):
            cost = host[model.group_host[group, 0]]
            other = model.group_host[group, 1]
            if other >= 0 and host[other] <= cost:
                second |= np.uint32(1 << (group + 16 * (host[other] == cost)))
                cost = host[other]
            for kind in range(n_types):
                pending[position & mask, kind, group] = min(cost + donors[row, kind], _INFINITE)
        back_source[position] = second

        # Introns that end before this base: the cheapest of the types with the same acceptor.
        for motif in range(n_acceptors):
            if position >= 2:
                acceptor[motif] = (
                    model.acceptor_cost[motif, 0, codes[position - 2]]
                    + model.acceptor_cost[motif, 1, codes[position - 1]]
                )
            else:
                acceptor[motif] = 1e11
            leaving[motif, :] = 4 * _INFINITE
        for kind in range(n_types):
            motif = model.acceptor_of_type[kind]
            for group in range(n_groups):
                if body[kind, group] < leaving[motif, group]:
                    leaving[motif, group] = body[kind, group]
                    leaving_type[motif, group] = kind
                    leaving_tied[motif, group] = 0
                elif body[kind, group] == leaving[motif, group]:
                    leaving_tied[motif, group] = _TIED

        for state in range(_N_HOSTS):
            emission = emissions[row, model.host_emission[state]]
            best = 4 * _INFINITE
            best_code = 0
            for edge in range(model.edge_ptr[state], model.edge_ptr[state + 1]):
                before = host[model.edge_from[edge]]
                cost = before + _cost_units(model.edge_cost[edge, code] + emission)
                if cost < best:
                    best, best_code = cost, edge
                elif cost == best:
                    best_code |= _TIED
            for way in range(model.exit_ptr[state], model.exit_ptr[state + 1]):
                group = model.exit_group[way]
                bits = model.exit_cost[way, code]
                for motif in range(n_acceptors):
                    before = leaving[motif, group]
                    cost = before + _cost_units(bits + acceptor[motif] + emission)
                    if cost < best:
                        best = cost
                        best_code = (n_edges + way * n_types + leaving_type[motif, group]) | leaving_tied[motif, group]
                    elif cost == best:
                        best_code |= _TIED
            fresh[state] = min(best, _INFINITE)
            back_host[row, state] = best_code

        # Introns that go on, or whose donor block has just ended.
        step = _cost_units(emissions[row, 5])
        for kind in range(n_types):
            begun = position - model.block[kind]
            if begun >= 0:
                for group in range(n_groups):
                    new = pending[begun & mask, kind, group]
                    old = body[kind, group]
                    back_body[row, kind * n_groups + group] = (new < old) | ((new == old) << 7)
                    body[kind, group] = min(new, old) + step
            else:
                for group in range(n_groups):
                    back_body[row, kind * n_groups + group] = 0
                    body[kind, group] += step
        host[:] = fresh


@njit(cache=True, nogil=True)
def _best_end(
    model: Hmm, n: int, end_open: bool, host: NDArray[np.int64], body: NDArray[np.int64], pending: NDArray[np.int64]
) -> tuple[int, int, int, int]:
    """Kind, number and cost of the cheapest state in which the path may end, and how many others are as cheap."""
    anywhere = model.any_end or end_open
    kind_of_best, number, best, ties = _AT_HOST, -1, _BARRED, 0
    for state in range(_N_HOSTS):
        if anywhere or model.end[state]:
            ties = _tied(host[state], best, ties)
            if host[state] < best:
                kind_of_best, number, best = _AT_HOST, state, host[state]
    if anywhere:
        n_types, n_groups = body.shape
        mask = pending.shape[0] - 1
        for kind in range(n_types):
            begun = n - model.block[kind]
            for group in range(n_groups):
                ties = _tied(body[kind, group], best, ties)
                if body[kind, group] < best:
                    kind_of_best, number, best = _AT_BODY, kind * n_groups + group, body[kind, group]
                if begun >= 0:
                    cost = pending[begun & mask, kind, group]
                    ties = _tied(cost, best, ties)
                    if cost < best:
                        kind_of_best, number, best = _AT_DONOR, kind * n_groups + group, cost
    return kind_of_best, number, best, ties


@njit(cache=True, nogil=True)
def _tied(cost: int, best: int, ties: int) -> int:
    """Number of states that are as cheap as the best so far, once another has been looked at."""
    if cost < best:
        return 0
    return ties + (cost == best)


@njit(cache=True, nogil=True)
def _trace(
    model: Hmm,
    start: int,
    position: int,
    at: int,
    number: int,
    back_host: NDArray[np.uint8],
    back_body: NDArray[np.uint8],
    back_source: NDArray[np.uint32],
    states: NDArray[np.uint8],
) -> tuple[int, int, int, int]:
    """Follow the path backwards from `position` bases taken to `start`; a donor block may reach further back.

    The last value returned is above 0 where another path is as cheap.
    """
    ties = 0
    n_edges = model.edge_from.size
    n_types = model.block.size
    n_groups = model.group_host.shape[0]
    while position > start:
        if at == _AT_HOST:
            position -= 1
            states[position] = number
            code = int(back_host[position - start, number])
            ties += code & _TIED
            code &= _TIED - 1
            if code < n_edges:
                number = model.edge_from[code]
            else:
                at = _AT_BODY
                way = (code - n_edges) // n_types
                number = ((code - n_edges) % n_types) * n_groups + model.exit_group[way]
        elif at == _AT_BODY:
            position -= 1
            states[position] = _N_HOSTS + number
            ties += int(back_body[position - start, number]) & _TIED
            if back_body[position - start, number] & 1:
                at = _AT_DONOR
        else:
            begun = position - model.block[number // n_groups]
            states[begun:position] = _N_HOSTS + number
            position = begun
            group = number % n_groups
            other = (back_source[position] >> np.uint32(group)) & np.uint32(1)
            ties += int((back_source[position] >> np.uint32(group + 16)) & np.uint32(1))
            at = _AT_HOST
            number = model.group_host[group, 1 if other else 0]
    return position, at, number, ties


@njit(cache=True, nogil=True)
def _decode(
    model: Hmm,
    codes: NDArray[np.uint8],
    class_probability: NDArray[np.float32],
    phase_probability: NDArray[np.float32],
    begin_open: bool,
    end_open: bool,
    block: int,
) -> tuple[NDArray[np.uint8], int]:
    n = codes.size
    n_types = model.block.size
    n_groups = model.group_host.shape[0]
    longest = model.block.max()
    ring = 64
    while ring <= longest:
        ring *= 2
    host = np.full(_N_HOSTS, _INFINITE, np.int64)
    body = np.full((n_types, n_groups), _INFINITE, np.int64)
    pending = np.full((ring, n_types, n_groups), _INFINITE, np.int64)
    host[0] = 0
    if begin_open:
        for state in range(_N_HOSTS):
            if model.begin[state]:
                host[state] = 0
        for kind in range(n_types):
            for group in range(n_groups):
                if model.begin_body[kind, group]:
                    body[kind, group] = 0

    n_blocks = max(1, (n + block - 1) // block)
    width = min(n, block)
    emissions = np.empty((width + longest, 7))
    donors = np.empty((width, n_types), np.int64)
    back_host = np.empty((width, _N_HOSTS), np.uint8)
    back_body = np.empty((width, n_types * n_groups), np.uint8)
    back_source = np.empty(n, np.uint32)
    saved_host = np.empty((n_blocks, _N_HOSTS), np.int64)
    saved_body = np.empty((n_blocks, n_types, n_groups), np.int64)
    saved_pending = np.empty((n_blocks, ring, n_types, n_groups), np.int64)
    states = np.zeros(n, np.uint8)

    for number in range(n_blocks):
        start, stop = number * block, min((number + 1) * block, n)
        saved_host[number], saved_body[number], saved_pending[number] = host, body, pending
        ahead = min(stop + longest, n)
        emission_costs(class_probability, phase_probability, start, ahead, model.raw_coding1, emissions)
        _donor_costs(model, codes, emissions, start, stop, donors)
        _advance(model, codes, emissions, donors, start, stop, host, body, pending, back_host, back_body, back_source)

    at, state, cost, ties = _best_end(model, n, end_open, host, body, pending)
    if state < 0:
        return states, -1
    position = n
    for number in range(n_blocks - 1, -1, -1):
        start, stop = number * block, min((number + 1) * block, n)
        if position <= start and number > 0:
            continue
        if number < n_blocks - 1:
            host[:], body[:, :], pending[:, :, :] = saved_host[number], saved_body[number], saved_pending[number]
            ahead = min(stop + longest, n)
            emission_costs(class_probability, phase_probability, start, ahead, model.raw_coding1, emissions)
            _donor_costs(model, codes, emissions, start, stop, donors)
            _advance(
                model, codes, emissions, donors, start, stop, host, body, pending, back_host, back_body, back_source
            )
        position, at, state, more = _trace(model, start, position, at, state, back_host, back_body, back_source, states)
        ties += more
    if ties > 0 and model.any_end and n <= LONGEST_SEARCH:
        emissions = np.empty((n, 7))
        donors = np.empty((n, n_types), np.int64)
        emission_costs(class_probability, phase_probability, 0, n, model.raw_coding1, emissions)
        _donor_costs(model, codes, emissions, 0, n, donors)
        search_best_first(model, codes, emissions, donors, _BARRED, states)
    return states, cost
