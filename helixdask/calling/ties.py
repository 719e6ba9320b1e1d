"""Which of several equally cheap paths HelixerPost would take.

HelixerPost searches best first, and where costs tie the layout of its binary heap decides. To give the very same
path, this search keeps its heap in the same way, element for element, and tries transitions in the same order. It is
needed only where the cheapest path is not unique, which happens with predictions made from labels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from helixdask.calling.gene_states import HOSTS
from helixdask.calling.hmm import Hmm
from helixdask.kernels import njit

#: Longer regions keep the path of the forward pass: the search holds about 600 bytes per base and its heap.
LONGEST_SEARCH = 1 << 19

ANY_STATE = -1
_N_HOSTS = len(HOSTS)
#: A state's number beside a position or a cost in one int64: memory is what the search waits for.
STATE_BITS = 7
_STATE_MASK = (1 << STATE_BITS) - 1
_UNSEEN = np.int64(1) << 62


@njit(cache=True, nogil=True)
def search_best_first(
    model: Hmm,
    codes: NDArray[np.uint8],
    emissions: NDArray[np.float64],
    donors: NDArray[np.int64],
    barred: int,
    states: NDArray[np.uint8],
    goal: int,
    goal_state: int,
) -> int:
    """Fill `states` with the path that a best-first search finds, and return its cost.

    It takes 10 to 25 microseconds for each base up to the goal, ten times as long as the forward pass: in what order
    states are reached depends on all that was reached before, so nothing on the way can be left out.

    Parameters
    ----------
    model
        A model whose paths begin in intergenic sequence and end anywhere.
    codes
        (n,) uint8 sequence codes 0-15.
    emissions
        (n, 7) float64 from `emission_costs`.
    donors
        (n, types) int64 cost of each donor block, from the forward pass.
    barred
        Donor blocks at this cost or more cannot be.
    states
        (n,) uint8, overwritten up to the goal.
    goal, goal_state
        Bases that the path takes, and the state in which it ends; `ANY_STATE`: the first that is reached.
    """
    n = codes.size
    n_types = model.block.size
    n_groups = model.group_host.shape[0]
    bodies = n_types * n_groups
    first_body, first_donor = _N_HOSTS, _N_HOSTS + bodies
    n_states = _N_HOSTS + 2 * bodies
    groups = np.full(_N_HOSTS, -1, np.int64)
    for group in range(n_groups):
        for place in range(2):
            if model.group_host[group, place] >= 0:
                groups[model.group_host[group, place]] = group

    # Cost of each state, and the state before it.
    best = np.full((n + 1, n_states), _UNSEEN, np.int64)
    heap = np.empty((1 << 12, 2), np.int64)  # cost, and position and state in one number
    heap[0, 0] = heap[0, 1] = 0
    size = 1
    best[0, 0] = 0
    reached = np.empty((32, 3), np.int64)
    cost = position = state = 0
    while size > 0:
        cost, place = heap[0, 0], heap[0, 1]
        position, state = place >> STATE_BITS, place & _STATE_MASK
        size = _remove_first(heap, size)
        if position == goal and goal_state in (ANY_STATE, state):
            break
        if cost > best[position, state] >> STATE_BITS:
            continue
        n_reached = 0
        code = codes[position]
        if state < _N_HOSTS:
            for place in range(model.source_ptr[state], model.source_ptr[state + 1]):
                edge = model.edge_by_source[place]
                target = model.edge_to[edge]
                bits = model.edge_cost[edge, code] + emissions[position, model.host_emission[target]]
                n_reached = _reach(reached, n_reached, cost + np.int64(bits * 1e6), position + 1, target)
            if groups[state] >= 0:
                for kind in range(n_types):
                    if donors[position, kind] < barred:
                        target = first_donor + kind * n_groups + groups[state]
                        after = position + model.block[kind]
                        n_reached = _reach(reached, n_reached, cost + donors[position, kind], after, target)
        else:
            number = (state - _N_HOSTS) % bodies
            step = np.int64(emissions[position, 5] * 1e6)
            n_reached = _reach(reached, n_reached, cost + step, position + 1, first_body + number)
            if state < first_donor and position >= 2:
                kind, group = number // n_groups, number % n_groups
                motif = model.acceptor_of_type[kind]
                acceptor = (
                    model.acceptor_cost[motif, 0, codes[position - 2]]
                    + model.acceptor_cost[motif, 1, codes[position - 1]]
                )
                for place in range(model.group_ptr[group], model.group_ptr[group + 1]):
                    way = model.exit_by_group[place]
                    target = model.exit_to[way]
                    emission = emissions[position, model.host_emission[target]]
                    bits = model.exit_cost[way, code] + acceptor + emission
                    n_reached = _reach(reached, n_reached, cost + np.int64(bits * 1e6), position + 1, target)
        for row in range(n_reached):
            new, after, target = reached[row, 0], reached[row, 1], reached[row, 2]
            if new < best[after, target] >> STATE_BITS:
                best[after, target] = (new << STATE_BITS) | state
                if size == heap.shape[0]:
                    larger = np.empty((2 * size, 2), np.int64)
                    for row_of in range(size):
                        _put(larger, row_of, heap[row_of, 0], heap[row_of, 1])
                    heap = larger
                _put(heap, size, new, (after << STATE_BITS) | target)
                _move_up(heap, size)
                size += 1

    while position > 0:
        before = best[position, state] & _STATE_MASK
        length = 1 if state < first_donor else int(model.block[(state - first_donor) // n_groups])
        states[position - length : position] = state if state < first_donor else state - bodies
        position -= length
        state = before
    return cost


@njit(cache=True, nogil=True)
def _put(heap: NDArray[np.int64], row: int, cost: int, place: int) -> None:
    """Write a row number by number: assigning rows to rows takes seconds to compile."""
    heap[row, 0], heap[row, 1] = cost, place


@njit(cache=True, nogil=True)
def _reach(reached: NDArray[np.int64], count: int, cost: int, position: int, state: int) -> int:
    reached[count, 0], reached[count, 1], reached[count, 2] = cost, position, state
    return count + 1


@njit(cache=True, nogil=True)
def _goes_first(cost: int, place: int, other_cost: int, other_place: int) -> bool:
    """Whether the first belongs strictly nearer to the top: cheaper, or as cheap and further on."""
    return cost < other_cost or (cost == other_cost and place >> STATE_BITS > other_place >> STATE_BITS)


@njit(cache=True, nogil=True)
def _move_up(heap: NDArray[np.int64], row: int) -> None:
    """Move an element up until its parent is as good."""
    cost, place = heap[row, 0], heap[row, 1]
    while row > 0:
        parent = (row - 1) // 2
        if not _goes_first(cost, place, heap[parent, 0], heap[parent, 1]):
            break
        _put(heap, row, heap[parent, 0], heap[parent, 1])
        row = parent
    _put(heap, row, cost, place)


@njit(cache=True, nogil=True)
def _remove_first(heap: NDArray[np.int64], size: int) -> int:
    """Take the top away and return the new size.

    The last element falls from the top to the bottom, always to the better child (the right one when they are as
    good), and climbs up from there.
    """
    size -= 1
    if size == 0:
        return size
    cost, place = heap[size, 0], heap[size, 1]
    row, child = 0, 1
    while child + 1 < size:
        if not _goes_first(heap[child, 0], heap[child, 1], heap[child + 1, 0], heap[child + 1, 1]):
            child += 1
        _put(heap, row, heap[child, 0], heap[child, 1])
        row, child = child, 2 * child + 1
    if child == size - 1:
        _put(heap, row, heap[child, 0], heap[child, 1])
        row = child
    _put(heap, row, cost, place)
    _move_up(heap, row)
    return size
