"""The loops of the forward-backward sums: one block of a region forwards, and one backwards."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.calling.emission import emission_costs
from helixdask.calling.gene_states import HOSTS, START0
from helixdask.calling.hmm import Hmm
from helixdask.calling.site_costs import NO_ROOM, acceptor_bits, donor_bits, start_bits
from helixdask.kernels import njit

_N_HOSTS = len(HOSTS)
_NOTHING = 1e-200  # beside a largest value near 1; smaller numbers make the processor slow
_RESCALE = 8  # bases between looks at the scale: no eight bases cost more than a float64 holds


class Weights(NamedTuple):
    """Costs of a model as weights, and where transitions are found."""

    edge: NDArray[np.float64]
    exit: NDArray[np.float64]
    edge_of: NDArray[np.int64]  # (hosts, hosts)
    exit_of: NDArray[np.int64]  # (groups, hosts)
    sharpness: float


class Sums(NamedTuple):
    """Values of all states at one base; the true value is that times 2 ** scale."""

    host: NDArray[np.float64]
    body: NDArray[np.float64]
    ring: NDArray[np.float64]
    ring_scale: NDArray[np.float64]
    scale: NDArray[np.float64]  # (2,): scale, and the cost of the called path so far


class _Local(NamedTuple):
    """Costs and weights of the bases of a block."""

    cost: NDArray[np.float64]  # (rows, 7) of emissions, beyond the block too
    emitted: NDArray[np.float64]  # (rows, 7)
    donor_bits: NDArray[np.float64]  # (rows, types)
    donor: NDArray[np.float64]  # (rows, types), the donor block included
    acceptor_bits: NDArray[np.float64]  # (rows, motifs)
    acceptor: NDArray[np.float64]
    start_bits: NDArray[np.float64]  # (rows,)
    start: NDArray[np.float64]


@njit(cache=True, nogil=True)
def _local_weights(
    model: Hmm,
    weights: Weights,
    codes: NDArray[np.uint8],
    classes: NDArray[np.float32],
    phases: NDArray[np.float32],
    low: int,
    n: int,
    start: int,
    stop: int,
) -> _Local:
    """What depends on a base alone, in the block [start, stop)."""
    ahead = min(stop + model.block.max(), n)
    costs = np.empty((ahead - start, 7))
    emission_costs(classes, phases, start - low, ahead - low, model.phase_weight, model.raw_coding1, costs)
    so_far = np.zeros(ahead - start + 1)
    for row in range(ahead - start):
        so_far[row + 1] = so_far[row] + costs[row, 5]
    donor, acceptor = donor_bits(model, codes, low, n, start, stop), acceptor_bits(model, codes, low, n, start, stop)
    starts = start_bits(model, codes, low, n, start, stop)
    emitted = np.empty((stop - start, 7))  # in loops: operations on whole arrays take seconds to compile
    donors, acceptors, begins = np.zeros(donor.shape), np.empty(acceptor.shape), np.empty(starts.shape)
    for row in range(stop - start):
        for kind in range(7):
            emitted[row, kind] = np.exp2(-weights.sharpness * costs[row, kind])
        for kind in range(model.block.size):
            if donor[row, kind] < NO_ROOM:
                bits = donor[row, kind] + so_far[row + model.block[kind]] - so_far[row]
                donors[row, kind] = np.exp2(-weights.sharpness * bits)
        for motif in range(acceptor.shape[1]):
            acceptors[row, motif] = np.exp2(-weights.sharpness * acceptor[row, motif])
        begins[row] = np.exp2(-weights.sharpness * starts[row])
    return _Local(costs, emitted, donor, donors, acceptor, acceptors, starts, begins)


@njit(cache=True, nogil=True)
def _keep_scale(sums: Sums) -> None:
    """Bring the largest value back to 1 when it has become small or large."""
    n_types, n_groups = sums.body.shape
    largest = 0.0
    for state in range(_N_HOSTS):
        largest = max(largest, sums.host[state])
    for kind in range(n_types):
        for group in range(n_groups):
            largest = max(largest, sums.body[kind, group])
    if largest > 0.0 and (largest < 1e-20 or largest > 1e20):
        for state in range(_N_HOSTS):
            sums.host[state] /= largest
        for kind in range(n_types):
            for group in range(n_groups):
                sums.body[kind, group] /= largest
        sums.scale[0] += np.log2(largest)


@njit(cache=True, nogil=True)
def _value_of(sums: Sums, state: int) -> float:
    """Value of one state."""
    if state < _N_HOSTS:
        return sums.host[state]  # type: ignore[no-any-return]
    n_groups = sums.body.shape[1]
    return sums.body[(state - _N_HOSTS) // n_groups, (state - _N_HOSTS) % n_groups]  # type: ignore[no-any-return]


@njit(cache=True, nogil=True)
def sum_forward(
    model: Hmm,
    weights: Weights,
    codes: NDArray[np.uint8],
    classes: NDArray[np.float32],
    phases: NDArray[np.float32],
    low: int,
    n: int,
    start: int,
    stop: int,
    sums: Sums,
    states: NDArray[np.uint8],
    marks: NDArray[np.int64],
    found: NDArray[np.float64],
    cost: NDArray[np.float64],
) -> None:
    """Take the bases [start, stop); at the marks, note the sum of the called state and the path's cost so far."""
    local = _local_weights(model, weights, codes, classes, phases, low, n, start, stop)
    n_types, n_groups = sums.body.shape
    mask = sums.ring.shape[0] - 1
    fresh = np.empty(_N_HOSTS)
    leaving, opening = np.empty(n_groups), np.empty(n_groups)
    mark = np.searchsorted(marks, start)
    path_cost = sums.scale[1]
    steps = _path_costs(model, weights, codes, local, low, start, stop, states)
    for position in range(start, stop):
        row = position - start
        code = codes[position - low]
        slot = position & mask
        sums.ring_scale[slot] = sums.scale[0]
        for group in range(n_groups):
            leaving[group] = 0.0
            opening[group] = sums.host[model.group_host[group, 0]]
            if model.group_host[group, 1] >= 0:
                opening[group] += sums.host[model.group_host[group, 1]]
        for kind in range(n_types):
            acceptor = local.acceptor[row, model.acceptor_of_type[kind]]
            for group in range(n_groups):
                leaving[group] += acceptor * sums.body[kind, group]
                sums.ring[slot, kind, group] = opening[group] * local.donor[row, kind]
        fresh[:] = 0.0
        for edge in range(model.edge_from.size):
            fresh[model.edge_to[edge]] += sums.host[model.edge_from[edge]] * weights.edge[edge, code]
        fresh[START0] *= local.start[row]
        for way in range(model.exit_to.size):
            fresh[model.exit_to[way]] += leaving[model.exit_group[way]] * weights.exit[way, code]
        for state in range(_N_HOSTS):
            value = fresh[state] * local.emitted[row, model.host_emission[state]]
            sums.host[state] = value if value > _NOTHING else 0.0
        for kind in range(n_types):
            begun = position - model.block[kind]
            factor = 0.0
            if begun >= 0:
                factor = 1.0
                if sums.ring_scale[begun & mask] != sums.scale[0]:
                    factor = np.exp2(sums.ring_scale[begun & mask] - sums.scale[0])
            for group in range(n_groups):
                begins = factor * sums.ring[begun & mask, kind, group]
                value = (sums.body[kind, group] + begins) * local.emitted[row, 5]
                sums.body[kind, group] = value if value > _NOTHING else 0.0
        if position % _RESCALE == 0:
            _keep_scale(sums)

        state = int(states[position])
        path_cost += steps[row]
        while mark < marks.size and marks[mark] == position:
            value = _value_of(sums, state)
            found[mark] = np.log2(value) + sums.scale[0]
            cost[mark] = path_cost
            mark += 1
    sums.scale[1] = path_cost


@njit(cache=True, nogil=True)
def _path_costs(
    model: Hmm,
    weights: Weights,
    codes: NDArray[np.uint8],
    local: _Local,
    low: int,
    start: int,
    stop: int,
    states: NDArray[np.uint8],
) -> NDArray[np.float64]:
    """Bits of each base of the called path in [start, stop). One loop: a call for each base would take far longer."""
    n_groups = model.group_host.shape[0]
    out = np.empty(stop - start)
    before = int(states[start - 1]) if start > 0 else 0
    for position in range(start, stop):
        row = position - start
        state = int(states[position])
        code = codes[position - low]
        if state >= _N_HOSTS:
            bits = local.cost[row, 5]
            if before < _N_HOSTS:
                donor = local.donor_bits[row, (state - _N_HOSTS) // n_groups]
                bits += donor if donor < NO_ROOM else 0.0
        else:
            bits = local.cost[row, model.host_emission[state]]
            if before < _N_HOSTS:
                edge = weights.edge_of[before, state]
                if edge >= 0:
                    bits += model.edge_cost[edge, code]
                    if state == START0:
                        bits += local.start_bits[row]
            elif position >= 2:
                way = weights.exit_of[(before - _N_HOSTS) % n_groups, state]
                motif = model.acceptor_of_type[(before - _N_HOSTS) // n_groups]
                if way >= 0:
                    bits += model.exit_cost[way, code]
                bits += local.acceptor_bits[row, motif]
        out[row] = bits
        before = state
    return out


@njit(cache=True, nogil=True)
def sum_backward(
    model: Hmm,
    weights: Weights,
    codes: NDArray[np.uint8],
    classes: NDArray[np.float32],
    phases: NDArray[np.float32],
    low: int,
    n: int,
    start: int,
    stop: int,
    sums: Sums,
    states: NDArray[np.uint8],
    marks: NDArray[np.int64],
    found: NDArray[np.float64],
) -> None:
    """Take the bases [start, stop) from the last to the first; `sums` is what may follow after base stop - 1."""
    local = _local_weights(model, weights, codes, classes, phases, low, n, start, stop)
    n_types, n_groups = sums.body.shape
    mask = sums.ring.shape[0] - 1
    fresh = np.empty(_N_HOSTS)
    coming = np.empty(_N_HOSTS)
    entering = np.empty(n_groups)
    mark = np.searchsorted(marks, stop) - 1
    for position in range(stop - 1, start - 1, -1):
        row = position - start
        code = codes[position - low]
        state = int(states[position])
        while mark >= 0 and marks[mark] == position:
            value = _value_of(sums, state)
            found[mark] = np.log2(value) + sums.scale[0]
            mark -= 1
        slot = position & mask
        for kind in range(n_types):
            for group in range(n_groups):
                sums.ring[slot, kind, group] = sums.body[kind, group] * local.emitted[row, 5]
        sums.ring_scale[slot] = sums.scale[0]
        for other in range(_N_HOSTS):
            coming[other] = sums.host[other] * local.emitted[row, model.host_emission[other]]
        fresh[:] = 0.0
        out_of_intron = coming[START0]
        coming[START0] *= local.start[row]
        for edge in range(model.edge_from.size):
            fresh[model.edge_from[edge]] += coming[model.edge_to[edge]] * weights.edge[edge, code]
        coming[START0] = out_of_intron
        for kind in range(n_types):
            after = position + model.block[kind]
            if after > n or local.donor[row, kind] == 0.0:
                continue
            weight = local.donor[row, kind]
            if sums.ring_scale[after & mask] != sums.scale[0]:
                weight *= np.exp2(sums.ring_scale[after & mask] - sums.scale[0])
            for group in range(n_groups):
                value = weight * sums.ring[after & mask, kind, group]
                fresh[model.group_host[group, 0]] += value
                if model.group_host[group, 1] >= 0:
                    fresh[model.group_host[group, 1]] += value
        entering[:] = 0.0
        for way in range(model.exit_to.size):
            entering[model.exit_group[way]] += coming[model.exit_to[way]] * weights.exit[way, code]
        for kind in range(n_types):
            acceptor = local.acceptor[row, model.acceptor_of_type[kind]]
            for group in range(n_groups):
                value = sums.ring[slot, kind, group] + acceptor * entering[group]
                sums.body[kind, group] = value if value > _NOTHING else 0.0
        for other in range(_N_HOSTS):
            sums.host[other] = fresh[other] if fresh[other] > _NOTHING else 0.0
        if position % _RESCALE == 0:
            _keep_scale(sums)
