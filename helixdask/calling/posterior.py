"""How probable parts of the called path are: sums over all paths of the same gene model (forward-backward).

A path of cost c has the weight 2 ** (-sharpness * c). Sums are in linear space with a running scale; the region is read
in blocks, once forwards and once backwards, and only values at the places asked for are kept.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from helixdask.calling.decode import BLOCK, block_bounds
from helixdask.calling.donors import donor_bits
from helixdask.calling.emission import emission_costs
from helixdask.calling.gene_states import HOSTS
from helixdask.calling.hmm import Hmm
from helixdask.calling.source import RegionSource

__all__ = ["SHARPNESS", "stretch_sums"]

#: Network outputs of neighbouring bases tell nearly the same thing, so their costs must not count in full;
#: docs/calling.md shows how this was chosen.
SHARPNESS = 0.15

_N_HOSTS = len(HOSTS)
_NOTHING = 1e-200  # beside a largest value near 1; smaller numbers make the processor slow
_RESCALE = 8  # bases between looks at the scale: no eight bases cost more than a float64 holds


class _Weights(NamedTuple):
    """Costs of a model as weights, and where transitions are found."""

    edge: NDArray[np.float64]
    exit: NDArray[np.float64]
    acceptor: NDArray[np.float64]
    edge_of: NDArray[np.int64]  # (hosts, hosts)
    exit_of: NDArray[np.int64]  # (groups, hosts)
    sharpness: float


class _Sums(NamedTuple):
    """Values of all states at one base; the true value is that times 2 ** scale."""

    host: NDArray[np.float64]
    body: NDArray[np.float64]
    ring: NDArray[np.float64]
    ring_scale: NDArray[np.float64]
    scale: NDArray[np.float64]  # (2,): scale, and the cost of the called path so far


def stretch_sums(
    model: Hmm,
    source: RegionSource,
    states: NDArray[np.uint8],
    stretches: NDArray[np.int64],
    *,
    begin_open: bool = False,
    end_open: bool = False,
    sharpness: float = SHARPNESS,
    block: int = BLOCK,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How probable it is that a path of the region has exactly the called states along each stretch.

    Parameters
    ----------
    model, source, begin_open, end_open, block
        As for `decode_region`. The least exon length is not looked at.
    states
        (n,) uint8 the called path.
    stretches
        (stretches, 2) int64 first and last base of each, in the region; neither may lie in a donor block.
    sharpness
        Factor on all costs.

    Returns
    -------
    posterior
        (stretches,) float64 share of the sum over all paths.
    mean_bits
        (stretches,) float64 cost of the path a base along the stretch.
    """
    n = source.length
    if not len(stretches):
        return np.empty(0), np.empty(0)
    marks = np.unique(stretches)
    weights = _weights_of(model, sharpness)
    forward, backward, cost = (np.zeros(marks.size) for _ in range(3))
    bounds = block_bounds(n, block)
    sums = _first_sums(model, begin_open)
    for start, stop in bounds:
        arrays, low = _context(model, source, start, stop)
        _forward(model, weights, *arrays, low, n, start, stop, sums, states, marks, forward, cost)
    total = _total(model, sums, n, end_open)
    sums = _last_sums(model, n, end_open)
    for start, stop in reversed(bounds):
        arrays, low = _context(model, source, start, stop)
        _backward(model, weights, *arrays, low, n, start, stop, sums, states, marks, backward)
    first, last = (np.searchsorted(marks, column) for column in stretches.T)
    spent = cost[last] - cost[first]
    bits = forward[first] - sharpness * spent + backward[last] - total
    return np.exp2(np.minimum(bits, 0.0)), spent / (stretches[:, 1] - stretches[:, 0] + 1)


def _context(
    model: Hmm, source: RegionSource, start: int, stop: int
) -> tuple[tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]], int]:
    low = max(0, start - 2)
    return source.read(low, min(source.length, stop + int(model.block.max()))), low


def _weights_of(model: Hmm, sharpness: float) -> _Weights:
    edge_of = np.full((_N_HOSTS, _N_HOSTS), -1, np.int64)
    edge_of[model.edge_from, model.edge_to] = np.arange(model.edge_from.size)
    exit_of = np.full((model.group_host.shape[0], _N_HOSTS), -1, np.int64)
    exit_of[model.exit_group, model.exit_to] = np.arange(model.exit_to.size)
    edge, leave, acceptor = (np.exp2(-sharpness * t) for t in (model.edge_cost, model.exit_cost, model.acceptor_cost))
    return _Weights(edge, leave, acceptor, edge_of, exit_of, sharpness)


def _empty_sums(model: Hmm) -> _Sums:
    shape = model.block.size, model.group_host.shape[0]
    ring = 64
    while ring <= model.block.max():
        ring *= 2
    return _Sums(np.zeros(_N_HOSTS), np.zeros(shape), np.zeros((ring, *shape)), np.zeros(ring), np.zeros(2))


def _first_sums(model: Hmm, begin_open: bool) -> _Sums:
    sums = _empty_sums(model)
    sums.host[0] = 1.0
    if begin_open:
        sums.host[model.begin] = 1.0
        sums.body[model.begin_body] = 1.0
    return sums


def _last_sums(model: Hmm, n: int, end_open: bool) -> _Sums:
    sums = _empty_sums(model)
    sums.host[model.end] = 1.0
    if model.any_end or end_open:
        sums.host[:] = 1.0
        sums.body[:] = 1.0
        sums.ring[n & (sums.ring.shape[0] - 1)] = 1.0
    return sums


def _total(model: Hmm, sums: _Sums, n: int, end_open: bool) -> float:
    """Bits of the sum over all paths."""
    value = float(sums.host[model.end].sum())
    if model.any_end or end_open:
        value = float(sums.host.sum() + sums.body.sum())
        for kind, length in enumerate(model.block.tolist()):
            if n >= length:
                slot = (n - length) & (sums.ring.shape[0] - 1)
                value += float(sums.ring[slot, kind].sum() * 2.0 ** (sums.ring_scale[slot] - sums.scale[0]))
    return float(np.log2(value) + sums.scale[0])


@njit(cache=True, nogil=True)
def _local_weights(
    model: Hmm,
    weights: _Weights,
    codes: NDArray[np.uint8],
    classes: NDArray[np.float32],
    phases: NDArray[np.float32],
    low: int,
    n: int,
    start: int,
    stop: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Emission costs and weights of a block, and weights of donor blocks that begin in it."""
    ahead = min(stop + model.block.max(), n)
    costs = np.empty((ahead - start, 7))
    emission_costs(classes, phases, start - low, ahead - low, model.phase_weight, model.raw_coding1, costs)
    emitted = np.exp2(-weights.sharpness * costs[: stop - start])
    so_far = np.zeros(ahead - start + 1)
    for row in range(ahead - start):
        so_far[row + 1] = so_far[row] + costs[row, 5]
    donors = np.zeros((stop - start, model.block.size))
    for row in range(stop - start):
        for kind in range(model.block.size):
            bits = donor_bits(model, codes, low, n, start + row, kind)
            if bits >= 0.0:
                bits += so_far[row + model.block[kind]] - so_far[row]
                donors[row, kind] = np.exp2(-weights.sharpness * bits)
    return costs, emitted, donors


@njit(cache=True, nogil=True)
def _keep_scale(sums: _Sums) -> None:
    """Bring the largest value back to 1 when it has become small or large."""
    largest = max(sums.host.max(), sums.body.max())
    if largest > 0.0 and (largest < 1e-20 or largest > 1e20):
        sums.host[:] /= largest
        sums.body[:] /= largest
        sums.scale[0] += np.log2(largest)


@njit(cache=True, nogil=True)
def _forward(
    model: Hmm,
    weights: _Weights,
    codes: NDArray[np.uint8],
    classes: NDArray[np.float32],
    phases: NDArray[np.float32],
    low: int,
    n: int,
    start: int,
    stop: int,
    sums: _Sums,
    states: NDArray[np.uint8],
    marks: NDArray[np.int64],
    found: NDArray[np.float64],
    cost: NDArray[np.float64],
) -> None:
    """Take the bases [start, stop); at the marks, note the sum of the called state and the path's cost so far."""
    costs, emitted, donors = _local_weights(model, weights, codes, classes, phases, low, n, start, stop)
    n_types, n_groups = sums.body.shape
    mask = sums.ring.shape[0] - 1
    fresh = np.empty(_N_HOSTS)
    leaving, opening = np.empty(n_groups), np.empty(n_groups)
    mark = np.searchsorted(marks, start)
    path_cost = sums.scale[1]
    steps = _path_costs(model, weights, codes, costs, low, n, start, stop, states)
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
            motif = model.acceptor_of_type[kind]
            acceptor = 0.0
            if position >= 2:
                acceptor = (
                    weights.acceptor[motif, 0, codes[position - 2 - low]]
                    * weights.acceptor[motif, 1, codes[position - 1 - low]]
                )
            for group in range(n_groups):
                leaving[group] += acceptor * sums.body[kind, group]
                sums.ring[slot, kind, group] = opening[group] * donors[row, kind]
        fresh[:] = 0.0
        for edge in range(model.edge_from.size):
            fresh[model.edge_to[edge]] += sums.host[model.edge_from[edge]] * weights.edge[edge, code]
        for way in range(model.exit_to.size):
            fresh[model.exit_to[way]] += leaving[model.exit_group[way]] * weights.exit[way, code]
        for state in range(_N_HOSTS):
            value = fresh[state] * emitted[row, model.host_emission[state]]
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
                value = (sums.body[kind, group] + begins) * emitted[row, 5]
                sums.body[kind, group] = value if value > _NOTHING else 0.0
        if position % _RESCALE == 0:
            _keep_scale(sums)

        state = int(states[position])
        path_cost += steps[row]
        while mark < marks.size and marks[mark] == position:
            value = sums.host[state] if state < _N_HOSTS else sums.body.ravel()[state - _N_HOSTS]
            found[mark] = np.log2(value) + sums.scale[0]
            cost[mark] = path_cost
            mark += 1
    sums.scale[1] = path_cost


@njit(cache=True, nogil=True)
def _path_costs(
    model: Hmm,
    weights: _Weights,
    codes: NDArray[np.uint8],
    costs: NDArray[np.float64],
    low: int,
    n: int,
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
            bits = costs[row, 5]
            if before < _N_HOSTS:
                bits += max(donor_bits(model, codes, low, n, position, (state - _N_HOSTS) // n_groups), 0.0)
        else:
            bits = costs[row, model.host_emission[state]]
            if before < _N_HOSTS:
                edge = weights.edge_of[before, state]
                if edge >= 0:
                    bits += model.edge_cost[edge, code]
            elif position >= 2:
                way = weights.exit_of[(before - _N_HOSTS) % n_groups, state]
                motif = model.acceptor_of_type[(before - _N_HOSTS) // n_groups]
                if way >= 0:
                    bits += model.exit_cost[way, code]
                bits += model.acceptor_cost[motif, 0, codes[position - 2 - low]]
                bits += model.acceptor_cost[motif, 1, codes[position - 1 - low]]
        out[row] = bits
        before = state
    return out


@njit(cache=True, nogil=True)
def _backward(
    model: Hmm,
    weights: _Weights,
    codes: NDArray[np.uint8],
    classes: NDArray[np.float32],
    phases: NDArray[np.float32],
    low: int,
    n: int,
    start: int,
    stop: int,
    sums: _Sums,
    states: NDArray[np.uint8],
    marks: NDArray[np.int64],
    found: NDArray[np.float64],
) -> None:
    """Take the bases [start, stop) from the last to the first; `sums` is what may follow after base stop - 1."""
    _, emitted, donors = _local_weights(model, weights, codes, classes, phases, low, n, start, stop)
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
            value = sums.host[state] if state < _N_HOSTS else sums.body.ravel()[state - _N_HOSTS]
            found[mark] = np.log2(value) + sums.scale[0]
            mark -= 1
        slot = position & mask
        for kind in range(n_types):
            for group in range(n_groups):
                sums.ring[slot, kind, group] = sums.body[kind, group] * emitted[row, 5]
        sums.ring_scale[slot] = sums.scale[0]
        for other in range(_N_HOSTS):
            coming[other] = sums.host[other] * emitted[row, model.host_emission[other]]
        fresh[:] = 0.0
        for edge in range(model.edge_from.size):
            fresh[model.edge_from[edge]] += coming[model.edge_to[edge]] * weights.edge[edge, code]
        for kind in range(n_types):
            after = position + model.block[kind]
            if after > n or donors[row, kind] == 0.0:
                continue
            weight = donors[row, kind]
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
            motif = model.acceptor_of_type[kind]
            acceptor = 0.0
            if position >= 2:
                acceptor = (
                    weights.acceptor[motif, 0, codes[position - 2 - low]]
                    * weights.acceptor[motif, 1, codes[position - 1 - low]]
                )
            for group in range(n_groups):
                value = sums.ring[slot, kind, group] + acceptor * entering[group]
                sums.body[kind, group] = value if value > _NOTHING else 0.0
        for other in range(_N_HOSTS):
            sums.host[other] = fresh[other] if fresh[other] > _NOTHING else 0.0
        if position % _RESCALE == 0:
            _keep_scale(sums)
