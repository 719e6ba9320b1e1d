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

#: Longer regions keep the path of the forward pass: the search holds about 700 bytes per base.
LONGEST_SEARCH = 1 << 19

ANY_STATE = -1
_N_HOSTS = len(HOSTS)
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

    It takes about 15 microseconds for each base up to the goal, ten times as long as the forward pass: in what order
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

    best = np.full((n + 1, n_states), _UNSEEN, np.int64)
    came_from = np.zeros((n + 1, n_states), np.uint8)
    heap = np.empty((1 << 12, 3), np.int64)  # cost, position, state
    heap[0, 0] = heap[0, 1] = heap[0, 2] = 0
    size = 1
    best[0, 0] = 0
    reached = np.empty((32, 3), np.int64)
    cost = position = state = 0
    while size > 0:
        cost, position, state = heap[0, 0], heap[0, 1], heap[0, 2]
        size = _remove_first(heap, size)
        if position == goal and goal_state in (ANY_STATE, state):
            break
        if cost > best[position, state]:
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
            if new < best[after, target]:
                best[after, target] = new
                came_from[after, target] = state
                if size == heap.shape[0]:
                    larger = np.empty((2 * size, 3), np.int64)
                    for place in range(size):
                        _put(larger, place, heap[place, 0], heap[place, 1], heap[place, 2])
                    heap = larger
                _put(heap, size, new, after, target)
                _move_up(heap, size)
                size += 1

    while position > 0:
        before = int(came_from[position, state])
        length = 1 if state < first_donor else int(model.block[(state - first_donor) // n_groups])
        states[position - length : position] = state if state < first_donor else state - bodies
        position -= length
        state = before
    return cost


@njit(cache=True, nogil=True)
def _put(rows: NDArray[np.int64], row: int, cost: int, position: int, state: int) -> None:
    """Write a row number by number: assigning rows to rows takes seconds to compile."""
    rows[row, 0], rows[row, 1], rows[row, 2] = cost, position, state


@njit(cache=True, nogil=True)
def _reach(reached: NDArray[np.int64], count: int, cost: int, position: int, state: int) -> int:
    _put(reached, count, cost, position, state)
    return count + 1


@njit(cache=True, nogil=True)
def _goes_first(cost: int, position: int, other_cost: int, other_position: int) -> bool:
    """Whether the first belongs strictly nearer to the top: cheaper, or as cheap and further on."""
    return cost < other_cost or (cost == other_cost and position > other_position)


@njit(cache=True, nogil=True)
def _move_up(heap: NDArray[np.int64], place: int) -> None:
    """Move an element up until its parent is as good."""
    cost, position, state = heap[place, 0], heap[place, 1], heap[place, 2]
    while place > 0:
        parent = (place - 1) // 2
        if not _goes_first(cost, position, heap[parent, 0], heap[parent, 1]):
            break
        _put(heap, place, heap[parent, 0], heap[parent, 1], heap[parent, 2])
        place = parent
    _put(heap, place, cost, position, state)


@njit(cache=True, nogil=True)
def _remove_first(heap: NDArray[np.int64], size: int) -> int:
    """Take the top away and return the new size.

    The last element falls from the top to the bottom, always to the better child (the right one when they are as
    good), and climbs up from there.
    """
    size -= 1
    if size == 0:
        return size
    cost, position, state = heap[size, 0], heap[size, 1], heap[size, 2]
    place, child = 0, 1
    while child + 1 < size:
        if not _goes_first(heap[child, 0], heap[child, 1], heap[child + 1, 0], heap[child + 1, 1]):
            child += 1
        _put(heap, place, heap[child, 0], heap[child, 1], heap[child, 2])
        place, child = child, 2 * child + 1
    if child == size - 1:
        _put(heap, place, heap[child, 0], heap[child, 1], heap[child, 2])
        place = child
    _put(heap, place, cost, position, state)
    _move_up(heap, place)
    return size
