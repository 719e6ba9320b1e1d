"""Least lengths of exons and introns, and what splice sites cost."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helixdask.calling.decode import decode_region
from helixdask.calling.gene_states import state_labels
from helixdask.calling.hmm import build_hmm
from helixdask.calling.settings import CallSettings
from helixdask.calling.source import ArraySource
from helixdask.errors import BadInputError
from tests.calling.every_path import all_paths, tiny, with_random_sites
from tests.calling.made_up import certain, encode, random_case

LABELS = state_labels()


def exon_lengths(states, begin_open, end_open):
    """Lengths of exons that no end of the region cuts."""
    runs = [(key, len(list(run))) for key, run in groupby(np.isin(LABELS[states], (1, 2)))]
    out = []
    for place, (is_exon, length) in enumerate(runs):
        cut = (place == 0 and begin_open) or (place == len(runs) - 1 and end_open)
        if is_exon and not cut:
            out.append(length)
    return out


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.booleans(), st.booleans(), st.sampled_from([1, 2, 3, 5]), st.sampled_from([5, 99]))
def test_the_path_is_the_cheapest_of_all_that_keep_the_least_exon_length(seed, begin_open, end_open, least, block):
    model = build_hmm(min_intron_length=10, min_exon_length=least)
    model = with_random_sites(model, seed) if seed % 2 else model
    source = tiny(seed, 13)
    allowed = [
        cost
        for states, cost in all_paths(model, source, begin_open, end_open)
        if min(exon_lengths(np.array(states), begin_open, end_open), default=99) >= least
    ]
    path = decode_region(model, source, begin_open=begin_open, end_open=end_open, block=block)
    assert path.cost / 1e6 == pytest.approx(min(allowed), abs=2e-5)
    assert min(exon_lengths(path.states, begin_open, end_open), default=99) >= least


@pytest.mark.parametrize("least", [1, 3, 9, 30])
def test_no_exon_and_no_intron_is_shorter_than_asked_for(least):
    shortest, shortest_intron = [], []
    for seed in range(12):
        case = random_case(seed, [2500], noise=0.85)
        models = case.call(min_exon_length=least, min_intron_length=35, min_coding_length=3, peak_threshold=0.1)
        whole = ~(models.transcripts["partial5"] | models.transcripts["partial3"]).to_numpy()
        inside = (models.exons["start"] > 0) & (models.exons["end"] < 2500)
        keep = whole[models.exons["transcript"]] & inside
        shortest.append((models.exons["end"] - models.exons["start"])[keep].min())
        same = models.exons["transcript"].to_numpy()[1:] == models.exons["transcript"].to_numpy()[:-1]
        gaps = (models.exons["start"].to_numpy()[1:] - models.exons["end"].to_numpy()[:-1])[same]
        shortest_intron.append(gaps.min() if gaps.size else 99)
    assert min(shortest) >= least
    assert min(shortest_intron) >= 30  # AT-AC introns may have 30
    if least == 1:
        assert min(shortest) < 3


def test_splice_site_cost_decides_about_odd_introns():
    labels = "g" * 30 + "u" * 10 + "c" * 30 + "i" * 60 + "c" * 39 + "u" * 10 + "g" * 30
    text = "C" * 40 + "ATG" + "GCT" * 9 + "CT" + "C" * 56 + "AG" + "GCT" * 12 + "TAA" + "C" * 40
    source = ArraySource(encode(text), *certain(labels, 0.6))
    found = [
        (LABELS[decode_region(build_hmm(splice_site_cost=cost), source).states] == 3).sum() for cost in (0, 30, 1000)
    ]
    assert found[0] == found[1] == 60
    assert found[2] != 60


@pytest.mark.parametrize(
    "settings",
    [
        {"min_exon_length": 0},
        {"min_exon_length": 31},
        {"min_intron_length": 9},
        {"splice_site_cost": -1.0},
        {"splice_site_cost": float("nan")},
        {"phase_weight": 1.1},
        {"rules": "helixer", "min_exon_length": 3},
        {"rules": "helixer", "phase_weight": 0.2},
    ],
)
def test_impossible_settings_are_refused(settings):
    with pytest.raises(BadInputError):
        CallSettings(**settings).check()
