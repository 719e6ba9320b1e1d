"""Scores against sums over all paths written down one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helixdask.calling.confidence import CDS_WEIGHTS, GENE_WEIGHTS, confidence
from helixdask.calling.decode import decode_region
from helixdask.calling.hmm import build_hmm
from helixdask.calling.path_genes import genes_in_path
from helixdask.calling.posterior import stretch_sums
from helixdask.calling.scored import scored_stretches
from helixdask.calling.source import ArraySource
from tests.calling.every_path import N_HOSTS, all_paths, tiny, with_random_sites
from tests.calling.made_up import certain, encode, random_case

SHORT = build_hmm(min_intron_length=10)


@settings(max_examples=12, deadline=None)
@given(
    st.integers(0, 10_000), st.booleans(), st.booleans(), st.sampled_from([0.05, 0.3, 1.0]), st.sampled_from([4, 99])
)
def test_probabilities_are_sums_over_all_paths(seed, begin_open, end_open, sharpness, block):
    source = tiny(seed, 13)
    model = with_random_sites(SHORT, seed) if seed % 2 else SHORT
    paths = all_paths(model, source, begin_open, end_open)
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
        found, _ = stretch_sums(
            model, source, states, wanted, begin_open=begin_open, end_open=end_open, sharpness=sharpness, block=block
        )
        for (first, last), value in zip(wanted.tolist(), found.tolist(), strict=True):
            same = (table[:, first : last + 1] == states[first : last + 1]).all(axis=1)
            assert value == pytest.approx(weight[same].sum() / weight.sum(), rel=2e-4, abs=1e-30)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_blocks_change_no_score(seed):
    case = random_case(seed, [1500], noise=0.4)
    model = with_random_sites(build_hmm(min_intron_length=30, min_exon_length=3), seed)
    source = ArraySource(case.codes, case.classes[0].astype(np.float32), case.phases[0].astype(np.float32))
    states = decode_region(model, source, begin_open=True, end_open=True).states
    genes, exons, cds = genes_in_path(states, 3)
    if not len(genes):
        return
    wanted = np.concatenate(scored_stretches(states, genes, exons, cds, model.block))
    whole, bits = stretch_sums(model, source, states, wanted, begin_open=True, end_open=True)
    parts, same_bits = stretch_sums(model, source, states, wanted, begin_open=True, end_open=True, block=170)
    assert np.allclose(bits, same_bits)
    assert np.allclose(whole, parts, rtol=1e-4)
    assert (whole > 0).all()
    assert (whole <= 1).all()


def test_called_genes_have_scores_between_0_and_1():
    for seed in range(5):
        models = random_case(seed, [3000], noise=0.3).call()
        for frame in (models.genes, models.exons, models.cds):
            assert frame["score"].between(0, 1).all()
            assert len(frame) > 0
        assert models.genes["attributes"].str.contains("cds_confidence").all()


def test_confidence_rises_with_posterior_agreement_and_length():
    one = np.array([0.5]), np.array([1.0]), np.array([900])
    for weights in (GENE_WEIGHTS, CDS_WEIGHTS):
        for better in ((np.array([0.9]), *one[1:]), (one[0], np.array([0.1]), one[2]), (*one[:2], np.array([1800]))):
            assert confidence(*better, weights) > confidence(*one, weights)
        extreme = confidence(np.array([0.0, 1.0]), np.array([30.0, 0.0]), np.array([1, 10**7]), weights)
        assert 0 <= extreme[0] < extreme[1] <= 1


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
        scores.append(stretch_sums(model, source, states, wanted)[0])
    assert (np.diff(np.array(scores), axis=0) > 0).all()
    assert (scores[-1] > 0.85).all()
