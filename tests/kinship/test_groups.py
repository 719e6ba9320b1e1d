"""Copies are grouped, and nothing else is: diverged, turned around, in pieces, among repeats."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helixdask.kinship.groups import find_kinship
from helixdask.kinship.sketch import sketch


def random_dna(rng, length):
    return rng.integers(0, 4, length).astype(np.uint8)


def copied(dna, rng, divergence):
    out = dna.copy()
    changed = np.flatnonzero(rng.random(len(dna)) < divergence)
    out[changed] = (out[changed] + rng.integers(1, 4, len(changed))) % 4
    return out


def turned(dna):
    return (3 - dna[::-1]).astype(np.uint8)


def kin_of(contigs, scale=20):
    """Group of each contig."""
    parts = []
    for row, dna in enumerate(contigs):
        hashes, start = sketch(dna, np.array([len(dna)]), np.zeros(len(dna), np.uint8), scale, scale)
        parts.append((hashes, np.full(len(hashes), row, np.int64), start))
    hashes, contig, start = (np.concatenate(column) for column in zip(*parts, strict=True))
    return find_kinship(hashes, contig, start, np.array([len(dna) for dna in contigs], np.int64))


def groups_of(contigs):
    return kin_of(contigs).group.tolist()


@pytest.mark.parametrize("divergence", [0.0, 0.01, 0.03, 0.08])
def test_diverged_copies_of_either_strand(divergence):
    rng = np.random.default_rng(1)
    one, two = random_dna(rng, 60_000), random_dna(rng, 50_000)
    contigs = [one, two, turned(copied(one, rng, divergence)), copied(two, rng, divergence), random_dna(rng, 40_000)]
    assert groups_of(contigs) == [0, 1, 0, 1, 4]


def test_a_piece_of_a_copy():
    rng = np.random.default_rng(2)
    one = random_dna(rng, 80_000)
    contigs = [one, copied(one[30_000:42_000], rng, 0.03), copied(one[50_000:58_000], rng, 0.03)]
    assert groups_of(contigs) == [0, 0, 0]


def test_one_translocation_joins_nothing():
    rng = np.random.default_rng(3)
    one, two = random_dna(rng, 80_000), random_dna(rng, 80_000)
    moved = np.concatenate([copied(two, rng, 0.02), copied(one[:12_000], rng, 0.02)])
    assert groups_of([one, two, copied(one, rng, 0.02), moved]) == [0, 1, 0, 1]


def test_repeats_join_nothing():
    """A family of forty copies lies everywhere, in any order."""
    rng = np.random.default_rng(4)
    family = random_dna(rng, 2_000)
    contigs = []
    for _ in range(5):
        parts = []
        for _ in range(8):
            parts += [random_dna(rng, 6_000), copied(family, rng, 0.05)]
        contigs.append(np.concatenate(parts))
    assert groups_of(contigs) == [0, 1, 2, 3, 4]


def test_short_contigs_are_unknown():
    rng = np.random.default_rng(5)
    one = random_dna(rng, 50_000)
    kin = kin_of([one, one[:300], one[20_000:20_350], one[:30_000]])
    assert kin.group.tolist() == [0, 1, 2, 0]
    assert kin.known.tolist() == [True, False, False, True]


def test_ten_copies_are_one_group():
    rng = np.random.default_rng(6)
    one = random_dna(rng, 30_000)
    kin = kin_of([one, *(copied(one, rng, 0.02) for _ in range(9))])
    assert kin.group.tolist() == [0] * 10
    assert len(kin.first) == 45


@settings(max_examples=15)
@given(order=st.permutations(range(5)))
def test_the_order_of_contigs_does_not_matter(order):
    rng = np.random.default_rng(7)
    one, two = random_dna(rng, 40_000), random_dna(rng, 30_000)
    contigs = [one, copied(one, rng, 0.03), two, turned(copied(two, rng, 0.03)), random_dna(rng, 20_000)]
    group = groups_of([contigs[row] for row in order])
    found = {frozenset(order[row] for row in np.flatnonzero(np.array(group) == g)) for g in set(group)}
    assert found == {frozenset({0, 1}), frozenset({2, 3}), frozenset({4})}


def test_nothing_at_all():
    kin = find_kinship(np.zeros(0, np.uint64), np.zeros(0, np.int64), np.zeros(0, np.int64), np.array([5, 7]))
    assert kin.group.tolist() == [0, 1]
    assert not kin.known.any()
