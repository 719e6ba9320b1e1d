"""Scores against sums over all paths written down one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helixdask.calling.decode import decode_region
from helixdask.calling.donors import donor_bits
from helixdask.calling.emission import emission_costs
from helixdask.calling.gene_states import HOSTS
from helixdask.calling.hmm import build_hmm
from helixdask.calling.path_genes import genes_in_path
from helixdask.calling.posterior import stretch_probabilities
from helixdask.calling.scored import scored_stretches
from helixdask.calling.source import ArraySource
from tests.calling.made_up import certain, encode, random_case

N_HOSTS = len(HOSTS)
SHORT = build_hmm(min_intron_length=10)


def all_paths(model, source, begin_open, end_open):
    """Every path and its cost in bits, one step at a time."""
    n = source.length
    codes, classes, phases = source.read(0, n)
    emissions = np.empty((n, 7))
    emission_costs(classes, phases, 0, n, model.phase_weight, False, emissions)
    groups = model.group_host.shape[0]
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
                acceptor = model.acceptor_cost[model.acceptor_of_type[kind]]
                leave = cost + acceptor[0, codes[position - 2]] + acceptor[1, codes[position - 1]]
                for way in np.flatnonzero(model.exit_group == group):
                    if model.exit_cost[way, code] < 1e9:
                        step(path, leave + model.exit_cost[way, code], model.exit_to[way])
            return
        for edge in np.flatnonzero(model.edge_from == host):
            if model.edge_cost[edge, code] < 1e9:
                step(path, cost + model.edge_cost[edge, code], model.edge_to[edge])
        for group in np.flatnonzero((model.group_host == host).any(axis=1)):
            for kind, length in enumerate(model.block.tolist()):
                bits = donor_bits(model, codes, 0, n, position, kind)
                if bits >= 0:
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


def tiny(seed, n):
    rng = np.random.default_rng(seed)
    codes = rng.choice([0, 1, 2, 3], n, p=[0.1, 0.3, 0.3, 0.3]).astype(np.uint8)
    classes, phases = (rng.dirichlet([0.4] * 4, n).T.astype(np.float32) for _ in range(2))
    return ArraySource(codes, classes, phases)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.booleans(), st.booleans(), st.sampled_from([0.05, 0.3, 1.0]), st.sampled_from([4, 99]))
def test_probabilities_are_sums_over_all_paths(seed, begin_open, end_open, sharpness, block):
    source = tiny(seed, 13)
    paths = all_paths(SHORT, source, begin_open, end_open)
    weight = np.array([2 ** (-sharpness * cost) for _, cost in paths])
    table = np.array([path for path, _ in paths])
    # Any path may be the called one.
    for chosen in np.random.default_rng(seed).permutation(len(paths))[:4]:
        states = table[chosen].astype(np.uint8)
        hosts = np.flatnonzero(states < N_HOSTS)
        if not len(hosts):
            continue
        low, high = int(hosts[0]), int(hosts[-1])
        wanted = np.array([[low, high], [low, low], [high, high]])
        found = stretch_probabilities(
            SHORT, source, states, wanted, begin_open=begin_open, end_open=end_open, sharpness=sharpness, block=block
        )
        for (first, last), value in zip(wanted.tolist(), found.tolist(), strict=True):
            same = (table[:, first : last + 1] == states[first : last + 1]).all(axis=1)
            assert value == pytest.approx(weight[same].sum() / weight.sum(), rel=2e-4, abs=1e-30)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_blocks_change_no_score(seed):
    case = random_case(seed, [1500], noise=0.4)
    model = build_hmm(min_intron_length=30, min_exon_length=3)
    source = ArraySource(case.codes, case.classes[0].astype(np.float32), case.phases[0].astype(np.float32))
    states = decode_region(model, source, begin_open=True, end_open=True).states
    genes, exons, cds = genes_in_path(states, 3)
    if not len(genes):
        return
    wanted = np.concatenate(scored_stretches(states, genes, exons, cds, model.block))
    whole = stretch_probabilities(model, source, states, wanted, begin_open=True, end_open=True)
    parts = stretch_probabilities(model, source, states, wanted, begin_open=True, end_open=True, block=170)
    assert np.allclose(whole, parts, rtol=1e-4)
    assert (whole > 0).all()
    assert (whole <= 1).all()


def test_a_gene_is_at_most_as_probable_as_its_parts():
    for seed in range(5):
        case = random_case(seed, [3000], noise=0.3)
        models = case.call()
        for row, gene in enumerate(models.genes.itertuples()):
            parts = models.cds["score"][models.cds["transcript"] == row]
            assert 0 < gene.score <= parts.min() * 1.001
        assert models.exons["score"].between(0, 1).all()


def test_certain_predictions_give_more_than_doubtful_ones():
    labels = "g" * 30 + "u" * 10 + "c" * 30 + "i" * 60 + "c" * 39 + "u" * 10 + "g" * 30
    text = "C" * 40 + "ATG" + "GCT" * 9 + "GT" + "C" * 56 + "AG" + "GCT" * 12 + "TAA" + "C" * 40
    model = build_hmm(min_intron_length=30, min_exon_length=3)
    scores = []
    for truth in (0.6, 0.8, 0.97):
        source = ArraySource(encode(text), *certain(labels, truth))
        states = decode_region(model, source).states
        tables = genes_in_path(states, 3)
        assert [len(table) for table in tables] == [1, 2, 2]
        wanted = np.concatenate(scored_stretches(states, *tables, model.block))
        scores.append(stretch_probabilities(model, source, states, wanted))
    assert (np.diff(np.array(scores), axis=0) > 0).all()
    assert (scores[-1] > 0.85).all()
