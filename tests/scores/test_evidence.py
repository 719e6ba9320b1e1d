"""Called genes against reads and reading frames, on strands that are small enough to count by hand, and at random."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helixdask.genes.genetic_code import genetic_code
from helixdask.scores.evidence import COLUMNS, CalledGenes, Reads, evidence_counts
from helixdask.sequence.codes import SOFT_MASK

IS_STOP = genetic_code(1).is_stop
NO_STOP = np.zeros(65, np.bool_)
LETTERS = {"C": 0, "A": 1, "T": 2, "G": 3, "N": 4}
REFERENCE, CALLED, FOUND, RIGHT, UTR, UTR_RIGHT, BASES = range(len(COLUMNS))


def genes_of(*genes: list[tuple[int, int]]) -> CalledGenes:
    """Genes whose exons are all coding."""
    gene = np.array([number for number, exons in enumerate(genes) for _ in exons], np.int64)
    start, end = (np.array([exon[side] for exons in genes for exon in exons], np.int64) for side in (0, 1))
    return CalledGenes(start, end, gene, start, end, gene, len(genes))


def counted(genes, reads=None, *, n=100, bounds=None, codes=None, place=None, is_stop=NO_STOP):
    codes = np.zeros(n, np.uint8) if codes is None else codes
    place = np.full(len(codes), -1, np.int8) if place is None else place
    bounds = np.array([0, len(codes)] if bounds is None else bounds)
    plain = codes & np.uint8(SOFT_MASK - 1)
    return evidence_counts(genes, plain, codes >= SOFT_MASK, place, bounds, is_stop, reads)


def main_counts(*words, **options):
    """The four counts that all terms have."""
    return counted(*words, **options)[..., :4]


def reads_of(covered, spliced, n=100):
    tracks = np.zeros((2, n), np.float32)
    for track, stretches in zip(tracks, (covered, spliced), strict=True):
        for start, end in stretches:
            track[start:end] += 1
    return Reads(*tracks)


def coded(text: str) -> np.ndarray:
    return np.array([LETTERS[letter] for letter in text], np.uint8)


def test_an_intron_is_right_where_reads_skip_exactly_it():
    reads = reads_of([(10, 20), (40, 50)], [(20, 40)])
    assert main_counts(genes_of([(10, 20), (40, 50)]), reads)[0, 0].tolist() == [2, 2, 2, 2]
    assert main_counts(genes_of([(10, 20), (43, 50)]), reads)[0, 0].tolist() == [2, 2, 1, 1]
    assert main_counts(genes_of([(10, 50)]), reads)[0, 0].tolist() == [2, 0, 0, 0]


def test_an_intron_far_from_all_reads_is_not_asked_for():
    reads = reads_of([(10, 20), (40, 50)], [(20, 40)])
    assert main_counts(genes_of([(60, 70), (80, 90)]), reads)[0, 0].tolist() == [2, 0, 0, 0]


def test_exons_of_genes_without_reads_are_not_held_against_them():
    reads = reads_of([(10, 30)], [])
    expressed, silent = [(10, 40)], [(60, 90)]
    assert main_counts(genes_of(expressed, silent), reads)[0, 1].tolist() == [20, 30, 20, 20]
    assert main_counts(genes_of(silent), reads)[0, 1].tolist() == [20, 0, 0, 0]


def test_untranslated_bases_are_counted_apart():
    exons, coding = np.array([[10, 60]]).T, np.array([[20, 40]]).T
    genes = CalledGenes(*exons, np.zeros(1, np.int64), *coding, np.zeros(1, np.int64), 1)
    coverage = counted(genes, reads_of([(15, 45)], []))[0, 1]
    assert coverage.tolist() == [30, 50, 30, 30, 30, 10, 100]


def test_raw_coding_codons_with_a_stop_inside_are_wrong():
    clean, stopped = "GCTGCTGCTTAA", "GCTTAAGCTGCT"
    place = np.tile(np.array([0, 1, 2], np.int8), 4)
    none = genes_of()
    assert main_counts(none, codes=coded(clean), place=place, is_stop=IS_STOP)[0, 2].tolist() == [0, 4, 0, 4]
    assert main_counts(none, codes=coded(stopped), place=place, is_stop=IS_STOP)[0, 2].tolist() == [0, 4, 0, 0]


def test_long_reading_frames_are_asked_for_on_the_strand_where_they_are_longer():
    rng = np.random.default_rng(0)
    flank = coded("".join(rng.choice(list("ACGT"), 3000)))
    sense = [codon for codon in map("".join, itertools.product("ACGT", repeat=3)) if codon not in ("TAA", "TAG", "TGA")]
    body = coded("".join(rng.choice(sense, 400)))
    codes = np.concatenate([flank, body, coded("TAA"), flank])
    place = np.full(len(codes), -1, np.int8)
    reference, called, found, right = main_counts(genes_of(), codes=codes, place=place, is_stop=IS_STOP)[0, 2]
    assert 400 <= reference < 460
    assert (called, found, right) == (0, 0, 0)
    place[3000:4200] = np.tile(np.array([0, 1, 2], np.int8), 400)
    _, called, found, right = main_counts(genes_of(), codes=codes, place=place, is_stop=IS_STOP)[0, 2]
    assert called == found == right == 400
    masked = np.where(np.arange(len(codes)) < 4200, codes | SOFT_MASK, codes)
    assert main_counts(genes_of(), codes=masked, place=place, is_stop=IS_STOP)[0, 2].tolist() == [0, 400, 0, 400]
    other = np.where(codes < 4, 3 - codes, codes)[::-1].copy()  # the same sequence, read on its other strand
    assert main_counts(genes_of(), codes=other, is_stop=IS_STOP)[0, 2, REFERENCE] == 0


@pytest.mark.parametrize(("letters", "n_codons"), [("GCT" * 2, 122), ("NNN", 0), ("TTAA" * 3, 0)])
def test_ambiguous_bases_end_reading_frames_as_stops_do(letters, n_codons):
    stops_in_all_frames = coded("TTAA" * 500)
    open_frame = coded("GCT" * 60 + letters + "GCT" * 60)
    codes = np.concatenate([stops_in_all_frames, coded("G"), open_frame, stops_in_all_frames])
    found = counted(genes_of(), codes=codes, is_stop=IS_STOP)[0, 2, REFERENCE]
    assert abs(found - n_codons) < 10


@given(seed=st.integers(0, 10_000), n_cuts=st.integers(0, 4))
def test_blocks_sum_to_the_whole_and_agreement_never_exceeds_what_there_is(seed, n_cuts):
    rng = np.random.default_rng(seed)
    n = 300
    exons = np.sort(rng.choice(n, 12, replace=False)).reshape(-1, 2).tolist()
    genes = genes_of(*([tuple(exon) for exon in part] for part in (exons[:2], exons[2:5], exons[5:])))
    reads = Reads(*(np.float32(rng.integers(0, 3, (2, n)))))
    place = rng.integers(-1, 3, n).astype(np.int8)
    codes = rng.integers(0, 5, n).astype(np.uint8)
    cuts = np.sort(rng.choice(np.arange(1, n), n_cuts, replace=False)).tolist()
    whole = counted(genes, reads, codes=codes, place=place, is_stop=IS_STOP)
    parts = counted(genes, reads, codes=codes, place=place, is_stop=IS_STOP, bounds=[0, *cuts, n])
    for counts in (whole, parts):
        assert (counts[..., FOUND] <= counts[..., REFERENCE]).all()
        assert (counts[..., RIGHT] <= counts[..., CALLED]).all()
        assert (counts >= 0).all()
    np.testing.assert_array_equal(parts[:, 1].sum(axis=0), whole[0, 1])  # bases belong to one block each
