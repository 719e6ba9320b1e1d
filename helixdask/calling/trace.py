"""Where the cheapest path ends, and the way back along it through one block."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from helixdask.calling.forward import BARRED, TIED, BackPointers, Frontier
from helixdask.calling.gene_states import HOSTS
from helixdask.calling.hmm import Hmm
from helixdask.kernels import njit

_N_HOSTS = len(HOSTS)
_AT_HOST, _AT_BODY, _AT_DONOR, _AT_YOUNG = 0, 1, 2, 3


@njit(cache=True, nogil=True)
def best_end(model: Hmm, n: int, end_open: bool, frontier: Frontier) -> tuple[int, int, int, int]:
    """Kind, number and cost of the cheapest state in which the path may end, and how many others are as cheap.

    The number is -1 where no path is allowed.
    """
    anywhere = model.any_end or end_open
    kind_of_best, number, best, ties = _AT_HOST, -1, BARRED, 0
    for state in range(_N_HOSTS):
        if anywhere or model.end[state]:
            ties = _tied(frontier.host[state], best, ties)
            if frontier.host[state] < best:
                kind_of_best, number, best = _AT_HOST, state, frontier.host[state]
    if anywhere:
        for age in range(frontier.young.shape[0]):
            for state in range(1, _N_HOSTS):
                if frontier.young[age, state] < best:
                    kind_of_best, number, best = _AT_YOUNG, age * _N_HOSTS + state, frontier.young[age, state]
        n_types, n_groups = frontier.body.shape
        mask = frontier.pending.shape[0] - 1
        for kind in range(n_types):
            begun = n - model.block[kind]
            for group in range(n_groups):
                cost = frontier.body[kind, group]
                ties = _tied(cost, best, ties)
                if cost < best:
                    kind_of_best, number, best = _AT_BODY, kind * n_groups + group, cost
                if begun >= 0:
                    cost = frontier.pending[begun & mask, kind, group]
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
def trace(
    model: Hmm, start: int, position: int, at: int, number: int, back: BackPointers, states: NDArray[np.uint8]
) -> tuple[int, int, int, int, int]:
    """Follow the path backwards from `position` bases taken to `start`, the first of the block.

    Parameters
    ----------
    model
        The model of the forward pass.
    start, position
        Places in the region.
    at, number
        State after `position` bases: its kind and its number among them.
    back
        Of the block that begins at `start`.
    states
        (n,) uint8 of the whole region, filled.

    Returns
    -------
    position, at, number
        Where the path stands now. A donor block that began in an earlier block is left for that.
    tied, tied_state
        The last base count of the path at which another way is as cheap, and the state there as `search_best_first`
        numbers it; -1 where there is none in this block.
    """
    tied, tied_state = -1, -1
    n_edges = model.edge_from.size
    n_types = model.block.size
    n_groups = model.group_host.shape[0]
    arrivals = n_edges + model.exit_to.size * n_types
    oldest = (model.min_exon - 2) * _N_HOSTS
    while position > start:
        if at in (_AT_HOST, _AT_YOUNG):
            position -= 1
            if at == _AT_HOST:
                states[position] = number
                code = int(back.host[position - start, number])
                if tied < 0 and code & TIED:
                    tied, tied_state = position + 1, number
                code &= TIED - 1
                below = -1
            else:
                states[position] = number % _N_HOSTS
                code = int(back.young[position - start, number])
                below = number - number % _N_HOSTS - _N_HOSTS
            if code >= arrivals:
                at, number = _AT_YOUNG, oldest + model.edge_from[code - arrivals]
            elif code >= n_edges:
                at = _AT_BODY
                way = (code - n_edges) // n_types
                number = ((code - n_edges) % n_types) * n_groups + model.exit_group[way]
            elif at == _AT_YOUNG and below >= 0:
                number = below + model.edge_from[code]
            else:
                at, number = _AT_HOST, model.edge_from[code]
        elif at == _AT_BODY:
            position -= 1
            states[position] = _N_HOSTS + number
            if tied < 0 and int(back.body[position - start, number]) & TIED:
                tied, tied_state = position + 1, _N_HOSTS + number
            if back.body[position - start, number] & 1:
                at = _AT_DONOR
        else:
            begun = position - model.block[number // n_groups]
            if begun < start:
                break
            states[begun:position] = _N_HOSTS + number
            group = number % n_groups
            other = (back.source[begun - start] >> np.uint32(group)) & np.uint32(1)
            if tied < 0 and (back.source[begun - start] >> np.uint32(group + 16)) & np.uint32(1):
                tied, tied_state = position, _N_HOSTS + n_types * n_groups + number
            position = begun
            at = _AT_HOST
            number = model.group_host[group, 1 if other else 0]
    return position, at, number, tied, tied_state
