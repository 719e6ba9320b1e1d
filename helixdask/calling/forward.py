"""One block of the forward pass: the cheapest cost of every state after each base, and how it was reached.

Costs are integers, millionths of a bit, cut off once per step as HelixerPost does.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.calling.emission import emission_costs
from helixdask.calling.gene_states import HOSTS, START0
from helixdask.calling.hmm import OPENS_GENE, WITHIN_EXON, Hmm
from helixdask.calling.site_costs import INFINITE, acceptor_bits, donor_costs, start_bits
from helixdask.kernels import njit

BARRED = 5 * 10**16  # dearer than any path without a forbidden transition
TIED = 0x80  # mark in a back pointer: another predecessor is as cheap
_N_HOSTS = len(HOSTS)
_SCALE = 1e6


class Frontier(NamedTuple):
    """Costs after some base: all that the next block needs to know of what was before. int64.

    Attributes
    ----------
    host
        (hosts,) in exons that have their least length, and in intergenic sequence.
    young
        (least exon length - 1, hosts) in exons of 1, 2, ... bases.
    body
        (types, groups) in introns beyond their donor block.
    pending
        (ring, types, groups) at the start of each donor block; that of base p is at p & (ring - 1).
    """

    host: NDArray[np.int64]
    young: NDArray[np.int64]
    body: NDArray[np.int64]
    pending: NDArray[np.int64]


class BackPointers(NamedTuple):
    """How each state was reached, one row for each base of a block.

    Codes of hosts: edges first, then ways out of an intron times intron types, then edges from the oldest young state.
    """

    host: NDArray[np.uint8]
    young: NDArray[np.uint8]
    body: NDArray[np.uint8]
    source: NDArray[np.uint32]

    @classmethod
    def of(cls, model: Hmm, width: int) -> BackPointers:
        """Room for a block of `width` bases."""
        bodies = model.block.size * model.group_host.shape[0]
        return cls(
            np.empty((width, _N_HOSTS), np.uint8),
            np.empty((width, (model.min_exon - 1) * _N_HOSTS), np.uint8),
            np.empty((width, bodies), np.uint8),
            np.empty(width, np.uint32),
        )


def first_frontier(model: Hmm, begin_open: bool) -> Frontier:
    """Costs before the first base of a region; `begin_open`: it is the first of its contig."""
    n_types, n_groups = model.block.size, model.group_host.shape[0]
    ring = 64
    while ring <= model.block.max():
        ring *= 2
    host = np.full(_N_HOSTS, INFINITE, np.int64)
    body = np.full((n_types, n_groups), INFINITE, np.int64)
    host[0] = 0
    if begin_open:
        host[model.begin] = 0
        body[model.begin_body] = 0
    young = np.full((model.min_exon - 1, _N_HOSTS), INFINITE, np.int64)
    return Frontier(host, young, body, np.full((ring, n_types, n_groups), INFINITE, np.int64))


def copied(frontier: Frontier) -> Frontier:
    """The same in arrays of its own."""
    return Frontier(*(array.copy() for array in frontier))


@njit(cache=True, nogil=True)
def _units(bits: float) -> int:
    return int(bits * _SCALE)


@njit(cache=True, nogil=True)
def advance(
    model: Hmm,
    codes: NDArray[np.uint8],
    classes: NDArray[np.float32],
    phases: NDArray[np.float32],
    low: int,
    n: int,
    start: int,
    stop: int,
    frontier: Frontier,
    back: BackPointers,
) -> None:
    """Take the bases [start, stop) of a region of `n` bases; `frontier` is before and then after them.

    Parameters
    ----------
    model
        From `build_hmm`.
    codes, classes, phases
        (m,), (4, m), (4, m): the region from base `low`, at least from `LOOKS_BACK` bases before `start` to the longest
        donor block after `stop`, where the region has them.
    low, n, start, stop
        Places in the region.
    frontier
        Changed in place.
    back
        Filled; row 0 is base `start`.
    """
    host, young, body, pending = frontier.host, frontier.young, frontier.body, frontier.pending
    ahead = min(stop + model.block.max(), n)
    emissions = np.empty((ahead - start, 7))
    emission_costs(classes, phases, start - low, ahead - low, model.phase_weight, model.raw_coding1, emissions)
    donors = np.empty((stop - start, model.block.size), np.int64)
    donor_costs(model, codes, low, n, emissions, start, stop, donors)
    acceptors = acceptor_bits(model, codes, low, n, start, stop)
    starts = start_bits(model, codes, low, n, start, stop)

    # Codes of back pointers, see `BackPointers`: edges are their own numbers, ways out of introns begin at `n_edges`,
    # edges from the oldest young state at `arrivals`.
    n_edges = model.edge_from.size
    n_types = model.block.size
    n_groups = model.group_host.shape[0]
    n_acceptors = model.acceptor_cost.shape[0]
    arrivals = n_edges + model.exit_to.size * n_types
    n_young = young.shape[0]
    mask = pending.shape[0] - 1
    # `unit`: cost of each edge at this base; `fresh`: the new costs of hosts, which replace the old ones at the end;
    # `entered`: costs of exons that begin with this base; `leaving`: the cheapest intron for each acceptor and group.
    unit = np.empty(n_edges, np.int64)
    fresh = np.empty(_N_HOSTS, np.int64)
    entered = np.empty(_N_HOSTS, np.int64)
    leaving = np.empty((n_acceptors, n_groups), np.int64)
    leaving_type = np.empty((n_acceptors, n_groups), np.int64)
    leaving_tied = np.zeros((n_acceptors, n_groups), np.int64)
    for position in range(start, stop):
        row = position - start
        code = codes[position - low]
        for edge in range(n_edges):
            emission = emissions[row, model.host_emission[model.edge_to[edge]]]
            unit[edge] = _units(model.edge_cost[edge, code] + emission)
        for edge in range(model.edge_ptr[START0], model.edge_ptr[START0 + 1]):
            unit[edge] += _units(starts[row])

        # Introns that begin here. Of the two hosts of a group the cheaper one gives the intron; `second` notes in a bit
        # for each group that it was the second one, and 16 bits above whether both cost the same.
        second = np.uint32(0)
        for group in range(n_groups):
            cost = host[model.group_host[group, 0]]
            other = model.group_host[group, 1]
            if other >= 0 and host[other] <= cost:
                second |= np.uint32(1 << (group + 16 * (host[other] == cost)))
                cost = host[other]
            for kind in range(n_types):
                pending[position & mask, kind, group] = min(cost + donors[row, kind], INFINITE)
        back.source[row] = second

        # Introns that end before this base: the cheapest of the types with the same acceptor.
        for motif in range(n_acceptors):
            for group in range(n_groups):
                leaving[motif, group] = 4 * INFINITE
        for kind in range(n_types):
            motif = model.acceptor_of_type[kind]
            for group in range(n_groups):
                if body[kind, group] < leaving[motif, group]:
                    leaving[motif, group] = body[kind, group]
                    leaving_type[motif, group] = kind
                    leaving_tied[motif, group] = 0
                elif body[kind, group] == leaving[motif, group]:
                    leaving_tied[motif, group] = TIED

        # Hosts: each is reached by an edge from another host, from the oldest young exon, or out of an intron. Where
        # exons have a least length, `best` is the way into an exon that has reached it, and `first` the way into one
        # that begins with this base.
        for state in range(_N_HOSTS):
            emission = emissions[row, model.host_emission[state]]
            best = 4 * INFINITE
            best_code = 0
            first = 4 * INFINITE  # an exon of one base
            first_code = 0
            for edge in range(model.edge_ptr[state], model.edge_ptr[state + 1]):
                cost = host[model.edge_from[edge]] + unit[edge]
                if n_young > 0 and model.edge_kind[edge] == OPENS_GENE:
                    first, first_code = cost, edge
                elif cost < best:
                    best, best_code = cost, edge
                elif cost == best:
                    best_code |= TIED
                # An exon comes of age.
                if n_young > 0 and model.edge_kind[edge] == WITHIN_EXON:
                    cost = young[n_young - 1, model.edge_from[edge]] + unit[edge]
                    if cost < best:
                        best, best_code = cost, arrivals + edge
            # An intron has ended, and an exon begins.
            for way in range(model.exit_ptr[state], model.exit_ptr[state + 1]):
                group = model.exit_group[way]
                bits = model.exit_cost[way, code]
                for motif in range(n_acceptors):
                    cost = leaving[motif, group] + _units(bits + acceptors[row, motif] + emission)
                    exit_code = n_edges + way * n_types + leaving_type[motif, group]
                    if n_young > 0:
                        if cost < first:
                            first, first_code = cost, exit_code
                    elif cost < best:
                        best, best_code = cost, exit_code | leaving_tied[motif, group]
                    elif cost == best:
                        best_code |= TIED
            fresh[state] = min(best, INFINITE)
            back.host[row, state] = best_code
            entered[state] = min(first, INFINITE)
            if n_young > 0:
                back.young[row, state] = first_code

        # Young exons grow by a base, the oldest first so that each finds the one before it unchanged.
        for age in range(n_young - 1, 0, -1):
            for state in range(1, _N_HOSTS):
                best = 4 * INFINITE
                best_code = 0
                for edge in range(model.edge_ptr[state], model.edge_ptr[state + 1]):
                    if model.edge_kind[edge] == WITHIN_EXON:
                        cost = young[age - 1, model.edge_from[edge]] + unit[edge]
                        if cost < best:
                            best, best_code = cost, edge
                young[age, state] = min(best, INFINITE)
                back.young[row, age * _N_HOSTS + state] = best_code
        if n_young > 0:
            for state in range(_N_HOSTS):
                young[0, state] = entered[state]

        # Introns that go on, or whose donor block has just ended and which began `block` bases ago.
        step = _units(emissions[row, 5])
        for kind in range(n_types):
            begun = position - model.block[kind]
            if begun >= 0:
                for group in range(n_groups):
                    new = pending[begun & mask, kind, group]
                    old = body[kind, group]
                    back.body[row, kind * n_groups + group] = (new < old) | ((new == old) << 7)
                    body[kind, group] = min(new, old) + step
            else:
                for group in range(n_groups):
                    back.body[row, kind * n_groups + group] = 0
                    body[kind, group] += step
        for state in range(_N_HOSTS):
            host[state] = fresh[state]
