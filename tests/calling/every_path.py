"""All paths of a gene model through a few bases, one by one: what dynamic programming is compared with."""

from __future__ import annotations

import numpy as np

from helixdask.calling.emission import emission_costs
from helixdask.calling.gene_states import HOSTS, START0
from helixdask.calling.site_costs import NO_ROOM, acceptor_bits, donor_bits, start_bits
from helixdask.calling.source import ArraySource

N_HOSTS = len(HOSTS)


def all_paths(model, source, begin_open, end_open):
    """Every path and its cost in bits, one step at a time."""
    n = source.length
    codes, classes, phases = source.read(0, n)
    emissions = np.empty((n, 7))
    emission_costs(classes, phases, 0, n, model.phase_weight, False, emissions)
    groups = model.group_host.shape[0]
    donors, acceptors, starts = (bits(model, codes, 0, n, 0, n) for bits in (donor_bits, acceptor_bits, start_bits))
    out = []

    def go_on(path, cost, host, body):
        position = len(path)
        if position == n:
            if end_open or (host is not None and model.end[host]):
                out.append((tuple(path), cost))
            return
        code = codes[position]
        if body is not None:
            kind, group = divmod(body, groups)
            go_on([*path, N_HOSTS + body], cost + emissions[position, 5], None, body)
            if position >= 2:
                leave = cost + acceptors[position, model.acceptor_of_type[kind]]
                for way in np.flatnonzero(model.exit_group == group):
                    if model.exit_cost[way, code] < 1e9:
                        step(path, leave + model.exit_cost[way, code], model.exit_to[way])
            return
        for edge in np.flatnonzero(model.edge_from == host):
            if model.edge_cost[edge, code] < 1e9:
                bits = starts[position] if model.edge_to[edge] == START0 else 0.0
                step(path, cost + bits + model.edge_cost[edge, code], model.edge_to[edge])
        for group in np.flatnonzero((model.group_host == host).any(axis=1)):
            for kind, length in enumerate(model.block.tolist()):
                bits = donors[position, kind]
                if bits < NO_ROOM:
                    inside = cost + bits + emissions[position : position + length, 5].sum()
                    body = kind * groups + group
                    begun = [*path, *[N_HOSTS + body] * length]
                    if len(begun) == n:
                        if end_open:
                            out.append((tuple(begun), inside))
                    else:
                        go_on([*begun, N_HOSTS + body], inside + emissions[len(begun), 5], None, body)

    def step(path, cost, host):
        go_on([*path, int(host)], cost + emissions[len(path), model.host_emission[host]], host, None)

    go_on([], 0.0, 0, None)
    if begin_open:
        for host in np.flatnonzero(model.begin):
            if host != 0:
                go_on([], 0.0, host, None)
        for body in np.flatnonzero(model.begin_body.ravel()):
            go_on([], 0.0, None, int(body))
    return out


def with_random_sites(model, seed):
    """The same model where the bases around splice sites and start codons matter."""
    rng = np.random.default_rng(seed)
    shapes = {"donor_site": 9, "acceptor_site": 23, "start_site": 15}
    return model._replace(**{name: rng.normal(0, 2, (length, 16)) for name, length in shapes.items()})


def tiny(seed, n):
    rng = np.random.default_rng(seed)
    codes = rng.choice([0, 1, 2, 3], n, p=[0.1, 0.3, 0.3, 0.3]).astype(np.uint8)
    classes, phases = (rng.dirichlet([0.4] * 4, n).T.astype(np.float32) for _ in range(2))
    return ArraySource(codes, classes, phases)
