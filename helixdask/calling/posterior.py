"""How probable parts of the called path are: sums over all paths of the same gene model (forward-backward).

A path of cost c has the weight 2 ** (-sharpness * c). Sums are in linear space with a running scale; the region is read
in blocks, once forwards and once backwards, and only values at the places asked for are kept.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from helixdask.calling.decode import BLOCK, block_bounds
from helixdask.calling.gene_states import HOSTS
from helixdask.calling.hmm import Hmm
from helixdask.calling.posterior_kernels import Sums, Weights, sum_backward, sum_forward
from helixdask.calling.site_costs import LOOKS_BACK
from helixdask.calling.source import RegionSource

#: Network outputs of neighbouring bases tell nearly the same thing, so their costs must not count in full;
#: docs/explanation/calling.md shows how this was chosen.
SHARPNESS = 0.15

_N_HOSTS = len(HOSTS)


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
        sum_forward(model, weights, *arrays, low, n, start, stop, sums, states, marks, forward, cost)
    total = _total(model, sums, n, end_open)
    sums = _last_sums(model, n, end_open)
    for start, stop in reversed(bounds):
        arrays, low = _context(model, source, start, stop)
        sum_backward(model, weights, *arrays, low, n, start, stop, sums, states, marks, backward)
    first, last = (np.searchsorted(marks, column) for column in stretches.T)
    spent = cost[last] - cost[first]
    bits = forward[first] - sharpness * spent + backward[last] - total
    return np.exp2(np.minimum(bits, 0.0)), spent / (stretches[:, 1] - stretches[:, 0] + 1)


def _context(
    model: Hmm, source: RegionSource, start: int, stop: int
) -> tuple[tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]], int]:
    low = max(0, start - LOOKS_BACK)
    return source.read(low, min(source.length, stop + int(model.block.max()))), low


def _weights_of(model: Hmm, sharpness: float) -> Weights:
    edge_of = np.full((_N_HOSTS, _N_HOSTS), -1, np.int64)
    edge_of[model.edge_from, model.edge_to] = np.arange(model.edge_from.size)
    exit_of = np.full((model.group_host.shape[0], _N_HOSTS), -1, np.int64)
    exit_of[model.exit_group, model.exit_to] = np.arange(model.exit_to.size)
    edge, leave = (np.exp2(-sharpness * costs) for costs in (model.edge_cost, model.exit_cost))
    return Weights(edge, leave, edge_of, exit_of, sharpness)


def _empty_sums(model: Hmm) -> Sums:
    shape = model.block.size, model.group_host.shape[0]
    ring = 64
    while ring <= model.block.max():
        ring *= 2
    return Sums(np.zeros(_N_HOSTS), np.zeros(shape), np.zeros((ring, *shape)), np.zeros(ring), np.zeros(2))


def _first_sums(model: Hmm, begin_open: bool) -> Sums:
    sums = _empty_sums(model)
    sums.host[0] = 1.0
    if begin_open:
        sums.host[model.begin] = 1.0
        sums.body[model.begin_body] = 1.0
    return sums


def _last_sums(model: Hmm, n: int, end_open: bool) -> Sums:
    sums = _empty_sums(model)
    sums.host[model.end] = 1.0
    if model.any_end or end_open:
        sums.host[:] = 1.0
        sums.body[:] = 1.0
        sums.ring[n & (sums.ring.shape[0] - 1)] = 1.0
    return sums


def _total(model: Hmm, sums: Sums, n: int, end_open: bool) -> float:
    """Bits of the sum over all paths."""
    value = float(sums.host[model.end].sum())
    if model.any_end or end_open:
        value = float(sums.host.sum() + sums.body.sum())
        for kind, length in enumerate(model.block.tolist()):
            if n >= length:
                slot = (n - length) & (sums.ring.shape[0] - 1)
                value += float(sums.ring[slot, kind].sum() * 2.0 ** (sums.ring_scale[slot] - sums.scale[0]))
    return float(np.log2(value) + sums.scale[0])
