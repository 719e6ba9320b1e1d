from __future__ import annotations

import heapq

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from helixdask.calling.decode import decode_region
from helixdask.calling.emission import emission_costs
from helixdask.calling.gene_states import state_labels
from helixdask.calling.hmm import build_hmm
from helixdask.calling.site_costs import donor_costs
from helixdask.calling.source import ArraySource
from helixdask.calling.ties import ANY_STATE, STATE_BITS, _move_up, _remove_first, search_best_first
from tests.calling.made_up import certain, encode, random_case

HELIXER = build_hmm("helixer")


def search(codes, classes, phases):
    n = codes.size
    emissions, donors = np.empty((n, 7)), np.empty((n, 3), np.int64)
    emission_costs(classes, phases, 0, n, 0.2, True, emissions)
    donor_costs(HELIXER, codes, 0, n, emissions, 0, n, donors)
    states = np.zeros(n, np.uint8)
    return search_best_first(HELIXER, codes, emissions, donors, 10**17, states, n, ANY_STATE), states


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([60, 200, 700]))
def test_the_search_and_the_forward_pass_agree(seed, length):
    case = random_case(seed, [length])
    classes, phases = (np.ascontiguousarray(t[0].astype(np.float32)) for t in (case.classes, case.phases))
    cost, states = search(case.codes, classes, phases)
    path = decode_region(HELIXER, ArraySource(case.codes, classes, phases))
    assert cost == path.cost
    assert np.array_equal(state_labels()[states], state_labels()[path.states])


def test_among_equal_paths_the_search_decides():
    # Intergenic and utr cost the same at the four coding bases after the stop codon: the utr may end after any of them.
    labels = "g" * 20 + "u" * 5 + "c" * 13 + "g" * 40
    codes = encode("C" * 25 + "ATGGCTTAA" + "C" * 44)
    classes, phases = certain(labels, 0.97)
    path = decode_region(HELIXER, ArraySource(codes, classes, phases))
    cost, states = search(codes, classes, phases)
    assert path.cost == cost
    assert np.array_equal(path.states, states)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_behind_the_last_tie_nothing_is_searched(seed):
    """Probabilities of few values make many ties; the path is that of a search through the whole region."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, 400).astype(np.uint8)
    classes, phases = (rng.choice([0.1, 0.3, 0.3, 0.3], (4, 400)).astype(np.float32) for _ in range(2))
    _, states = search(codes, classes, phases)
    assert np.array_equal(decode_region(HELIXER, ArraySource(codes, classes, phases)).states, states)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=60))
def test_the_heap_gives_the_cheapest_then_the_furthest(items):
    heap = np.zeros((64, 2), np.int64)
    plain = []
    for size, (cost, position) in enumerate(items):
        heap[size] = cost, position << STATE_BITS | size
        _move_up(heap, size)
        heapq.heappush(plain, (cost, -position))
    size = len(items)
    while size:
        assert (int(heap[0, 0]), -int(heap[0, 1] >> STATE_BITS)) == heapq.heappop(plain)
        size = _remove_first(heap, size)
