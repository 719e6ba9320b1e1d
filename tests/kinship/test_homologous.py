"""Windows that are copies of each other get one place; what shares k-mers is found."""

from __future__ import annotations

import numpy as np
import pytest

from helixdask.kinship.groups import find_kinship
from helixdask.kinship.homologous import Sketch, Spots, copied_share, homologous_places, near_copies
from helixdask.kinship.sketch import sketch
from tests.kinship.test_groups import copied, random_dna, turned

WIDTH = 5_000


def sketch_of(contigs, scale=20):
    parts = []
    for row, dna in enumerate(contigs):
        hashes, start = sketch(dna, np.array([len(dna)]), np.zeros(len(dna), np.uint8), scale, scale)
        parts.append((hashes, np.full(len(hashes), row, np.int64), start))
    return Sketch(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def spots_of(contigs):
    rows = [(row, start) for row, dna in enumerate(contigs) for start in range(0, len(dna), WIDTH)]
    contig, start = np.array(rows, np.int64).T
    lengths = np.array([len(dna) for dna in contigs])
    return Spots(contig, start, np.minimum(start + WIDTH, lengths[contig])), lengths


def placed(contigs):
    found, (spots, lengths) = sketch_of(contigs), spots_of(contigs)
    kin = find_kinship(*found, lengths)
    axis, place = homologous_places(found, kin.first.astype(np.int64), kin.second.astype(np.int64), lengths, spots)
    return spots, axis, place


@pytest.mark.parametrize("divergence", [0.0, 0.03, 0.08])
def test_copies_lie_at_the_same_place(divergence):
    rng = np.random.default_rng(1)
    one = random_dna(rng, 100_000)
    inserted = np.concatenate([one[:40_000], random_dna(rng, 10_000), one[40_000:90_000]])
    contigs = [random_dna(rng, 60_000), one, turned(copied(one[10_000:80_000], rng, divergence)), inserted[:99_000]]
    contigs[3] = copied(contigs[3], rng, divergence)
    spots, axis, place = placed(contigs)
    assert axis.tolist() == [{0: 0}.get(row, 1) for row in spots.contig.tolist()]
    middle = (spots.start + spots.end) // 2
    on_axis = spots.contig <= 1
    assert (place[on_axis] == middle[on_axis]).all()
    back = spots.contig == 2
    assert (np.abs(place[back] - (80_000 - middle[back])) <= WIDTH).all()
    pushed = (spots.contig == 3) & (spots.start >= 50_000)
    assert (np.abs(place[pushed] - (middle[pushed] - 10_000)) <= WIDTH).all()
    gap = (spots.contig == 3) & (spots.start >= 40_000) & (spots.start < 50_000)
    assert (np.abs(place[gap] - 40_000) <= WIDTH).all()


def test_by_way_of_another_copy():
    """The third is like the second only, where the first has nothing of it."""
    rng = np.random.default_rng(2)
    base, more = random_dna(rng, 80_000), random_dna(rng, 40_000)
    contigs = [base, np.concatenate([copied(base[40_000:], rng, 0.02), more[:35_000]]), copied(more, rng, 0.02)]
    spots, axis, place = placed(contigs)
    assert (axis == 0).all()
    assert (place >= 0).all()
    assert (place[spots.contig == 2] >= 70_000).all()


def test_without_copies_every_contig_is_its_own_axis():
    rng = np.random.default_rng(3)
    spots, axis, place = placed([random_dna(rng, 30_000), random_dna(rng, 20_000)])
    assert (axis == spots.contig).all()
    assert (place == (spots.start + spots.end) // 2).all()


def test_near_copies():
    rng = np.random.default_rng(4)
    one, two = random_dna(rng, 30_000), random_dna(rng, 30_000)
    two[11_000:12_000] = copied(one[1_000:2_000], rng, 0.02)
    one[29_000:30_000] = copied(one[6_000:7_000], rng, 0.02)
    found, (spots, _) = sketch_of([one, two]), spots_of([one, two])
    first, second, shared = near_copies(found, spots)
    assert list(zip(first.tolist(), second.tolist(), strict=True)) == [(0, 6 + 2), (1, 5)]
    assert (shared > 15).all()
    assert not len(near_copies(found, spots, 100)[0])
    share = copied_share(found, spots, spots.contig == 0)
    assert np.flatnonzero(share).tolist() == [8]
    assert 0.2 <= share[8] <= 0.3  # 1,000 of 5,000 bases
