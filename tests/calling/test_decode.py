from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helixdask.calling.decode import decode_region
from helixdask.calling.emission import emission_costs
from helixdask.calling.gene_states import BODY_STATES, HOSTS, state_labels
from helixdask.calling.hmm import build_hmm
from helixdask.calling.source import ArraySource
from helixdask.errors import BadInputError
from tests.calling.made_up import certain, encode, random_case

LABELS = "ggggguuucccccccccuuuggggg"
HELIXER, DEFAULT = build_hmm("helixer"), build_hmm()


def path_of(sequence, labels, model=HELIXER, **options):
    path = decode_region(model, ArraySource(encode(sequence), *certain(labels)), **options)
    return "".join("guci"[label] for label in state_labels()[path.states]), path.cost


def test_there_are_73_states_with_three_intron_types_in_two_parts():
    assert len(HOSTS) + 2 * BODY_STATES == 73


def test_emission_example_of_the_reference():
    classes = np.array([[0.05], [0.05], [0.85], [0.05]], np.float64)
    phases = np.array([[0.1], [0.7], [0.1], [0.1]], np.float64)
    costs = np.empty((1, 7))
    emission_costs(classes, phases, 0, 1, 0.2, True, costs)
    assert costs[0, :6] == pytest.approx([4.021874, 4.021874, 0, 0.216811, 0.216811, 4.021874], abs=5e-7)
    assert costs[0, 6] == pytest.approx(-np.log2(0.698889), abs=1e-5)
    emission_costs(classes, phases, 0, 1, 0.2, False, costs)
    assert costs[0, 6] == costs[0, 4]


def test_without_phases_all_codon_bases_cost_the_same():
    costs = np.empty((1, 7))
    emission_costs(np.full((4, 1), 0.25, np.float32), np.zeros((4, 1), np.float32), 0, 1, 0.2, False, costs)
    assert costs[0, 2] == costs[0, 3] == costs[0, 4] == pytest.approx(-np.log2(0.2 / 3 + 0.8))


@pytest.mark.parametrize(
    ("sequence", "expected", "cost"),
    [
        ("CCCCCCCCATGGCTTAACCCCCCCC", "g" * 5 + "u" * 3 + "c" * 9 + "u" * 3 + "g" * 5, 101_092),
        ("CCCCCCCCATGGCTTCACCCCCCCC", "g" * 5 + "u" * 3 + "c" * 17, 46_558_300),
        ("CCCCCCCCACGGCTTAACCCCCCCC", "g" * 5 + "u" * 20, 77_657_807),
        ("CCCCCCCCNNNGCTNNNCCCCCCCC", "g" * 5 + "u" * 3 + "c" * 9 + "u" * 3 + "g" * 5, 101_092),
    ],
)
def test_tiny_examples_of_the_reference(sequence, expected, cost):
    assert path_of(sequence, LABELS) == (expected, cost)


@pytest.mark.parametrize(("intron", "found", "cost"), [(50, 50, 202_184), (49, 52, 16_729_382)])
def test_introns_have_at_least_50_bases(intron, found, cost):
    sequence = "CCCCCCCCATGGCT" + "GT" + "C" * (intron - 4) + "AG" + "GCTTAACCCCCCCC"
    labels = "ggggguuucccccc" + "i" * intron + "ccccccuuuggggg"
    states, observed = path_of(sequence, labels)
    assert observed == cost
    assert states.count("i") == found
    if intron == found:
        assert states == labels


def test_u12_introns_may_be_shorter():
    sequence = "CCCCCCCCATGGCT" + "ATATCCT" + "C" * 21 + "AC" + "GCTTAACCCCCCCC"
    labels = "ggggguuucccccc" + "i" * 30 + "ccccccuuuggggg"
    states, cost = path_of(sequence, labels)
    assert states == labels
    # One wrong base in the donor site is dear, not impossible.
    assert path_of(sequence.replace("ATATCCT", "GTATCCT"), labels)[1] - cost == pytest.approx(29_897_353, abs=1)


def test_default_rules_take_no_gene_without_start_or_stop():
    complete = path_of("CCCCCCCCATGGCTTAACCCCCCCC", LABELS, DEFAULT)
    assert complete == (LABELS, 0)
    for sequence in ("CCCCCCCCATGGCTTCACCCCCCCC", "CCCCCCCCACGGCTTAACCCCCCCC", "CCCCCCCCNNNGCTNNNCCCCCCCC"):
        assert "c" not in path_of(sequence, LABELS, DEFAULT)[0]


def test_default_rules_let_unknown_bases_stand_inside_a_coding_sequence():
    labels = "ggggguuu" + "c" * 12 + "uuuggggg"
    for codon in ("NNN", "TNN", "TAN", "TGN", "YAA"):
        assert path_of("CCCCCCCCATG" + codon + "GCTTAACCCCCCCC", labels, DEFAULT)[0] == labels
    # TAR is a stop whichever base it is, so it is no codon; but a coding sequence ends in a stop that can be read.
    assert path_of("CCCCCCCCATGTARGCTTAACCCCCCCC", labels, DEFAULT)[0] != labels
    assert path_of("CCCCCCCCATGGCTGCTTARCCCCCCCC", labels, DEFAULT)[0] != labels


def test_genes_over_the_ends_of_a_contig():
    inside = "GCTGCTGCTGCTGCTGCTGCT"
    sequence, labels = inside + "TAA" + "CCCCCCCC", "c" * 24 + "uuuggggg"
    assert "c" not in path_of(sequence, labels, DEFAULT)[0]
    assert path_of(sequence, labels, DEFAULT, begin_open=True)[0] == labels
    # HelixerPost knows no gene without start.
    assert path_of(sequence, labels, HELIXER, begin_open=True)[0] != labels
    sequence, labels = "CCCCCCCC" + "ATG" + inside, "ggggguuu" + "c" * 24
    assert "c" not in path_of(sequence, labels, DEFAULT)[0]
    assert path_of(sequence, labels, DEFAULT, end_open=True)[0] == labels


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(20, 400), st.sampled_from(["default", "helixer"]))
def test_blocks_change_nothing(seed, block, rules):
    case = random_case(seed, [900])
    model = build_hmm(rules)
    source = ArraySource(case.codes, case.classes[0].astype(np.float32), case.phases[0].astype(np.float32))
    whole = decode_region(model, source, begin_open=True, end_open=True)
    blocks = decode_region(model, source, begin_open=True, end_open=True, block=block)
    assert whole.cost == blocks.cost
    assert np.array_equal(whole.states, blocks.states)


@pytest.mark.parametrize("length", [0, 1, 2, 5, 49, 50])
def test_very_short_regions(length):
    codes = np.full(length, 3, np.uint8)
    flat = np.full((4, length), 0.25, np.float32)
    for model in (HELIXER, DEFAULT):
        path = decode_region(model, ArraySource(codes, flat, flat), begin_open=True, end_open=True)
        assert path.cost >= 0
        assert path.states.size == length


def test_unknown_rules_and_impossible_introns_are_refused():
    with pytest.raises(BadInputError):
        build_hmm("other")
    with pytest.raises(BadInputError):
        build_hmm(min_intron_length=3)
