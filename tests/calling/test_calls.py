"""Properties of whole calls: mirrored genomes, valid coding sequences, nothing twice."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helixdask.calling.gene_states import HOSTS, complement_codes
from helixdask.calling.path_genes import genes_in_path
from tests.calling.made_up import LETTERS, Case, certain, decode, encode, random_case

LENGTHS = st.lists(st.sampled_from([1, 30, 70, 99, 100, 150, 400, 1500]), min_size=1, max_size=5)
STOPS = {"TAA", "TAG", "TGA"}


def genes_of(models):
    """Everything that identifies a gene, without ids."""
    parts = [
        _by_transcript(frame, columns, len(models))
        for frame, columns in ((models.exons, ["start", "end"]), (models.cds, ["start", "end", "phase"]))
    ]
    return [
        (gene.contig, gene.start, gene.end, gene.strand, bool(own.partial5), bool(own.partial3), exons, cds)
        for gene, own, exons, cds in zip(
            models.genes.itertuples(), models.transcripts.itertuples(), *parts, strict=True
        )
    ]


def _by_transcript(frame, columns, n_transcripts):
    """Rows of a table of exons as tuples, in one tuple for each transcript."""
    out = [[] for _ in range(n_transcripts)]
    for transcript, *values in frame[["transcript", *columns]].to_numpy().tolist():
        out[transcript].append(tuple(values))
    return list(map(tuple, out))


def mirrored(genes, lengths):
    out = []
    for contig, start, end, strand, partial5, partial3, exons, cds in genes:
        n = int(lengths[contig])
        new_exons = tuple((n - e, n - s) for s, e in reversed(exons))
        new_cds = tuple((n - e, n - s, phase) for s, e, phase in reversed(cds))
        out.append((contig, n - end, n - start, 1 - strand, partial5, partial3, new_exons, new_cds))
    return sorted(out)


def coding_sequence(case: Case, gene):
    contig, *_, strand, _, _, _, cds = gene
    codes = case.codes[case.lengths[:contig].sum() :][: case.lengths[contig]]
    joined = np.concatenate([codes[start:end] for start, end, _ in cds])
    return decode(complement_codes()[joined[::-1]] if strand else joined)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), LENGTHS)
def test_reverse_complement_gives_the_mirrored_genes(seed, lengths):
    case = random_case(seed, lengths)
    genes = genes_of(case.call(min_coding_length=9))
    assert genes_of(case.mirrored().call(min_coding_length=9)) == mirrored(genes, case.lengths)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), LENGTHS, st.sampled_from([0.1, 0.6, 0.95]))
def test_every_coding_sequence_is_whole_or_marked(seed, lengths, noise):
    case = random_case(seed, lengths, noise=noise)
    models = case.call(min_coding_length=3, peak_threshold=0.3)
    models.validate(case.lengths)
    taken = set()
    found = genes_of(models)
    for gene in found:
        contig, start, end, strand, partial5, partial3, exons, cds = gene
        mates = [other[1:3] for other in found if (other[0], other[3]) == (contig, strand)]
        text = coding_sequence(case, gene)
        phase = cds[-1][2] if strand else cds[0][2]
        codons = [text[i : i + 3] for i in range(phase, len(text) - 2, 3)]
        # Only the outermost gene of a strand can lack an end (where an intron runs over the edge it does not touch it).
        if (partial5, partial3)[strand]:
            assert (start, end) == min(mates)
        if (partial3, partial5)[strand]:
            assert (start, end) == max(mates)
        if not partial5:
            assert phase == 0
            assert text.startswith("ATG")
        if not partial3:
            assert codons.pop() in STOPS
            assert (len(text) - phase) % 3 == 0
        assert not STOPS & set(codons)
        # Phases agree with the lengths of the segments before.
        order = cds[::-1] if strand else cds
        for before, after in pairwise(order):
            assert after[2] == (before[2] - (before[1] - before[0])) % 3
        for s, e in exons:
            bases = {(contig, strand, b) for b in range(s, e)}
            assert not taken & bases
            taken |= bases


def test_made_up_genomes_hold_whole_and_partial_genes():
    found = [random_case(seed, [1500, 200], noise=0.2).call() for seed in range(10)]
    partial = [m.transcripts["partial5"].to_numpy() | m.transcripts["partial3"].to_numpy() for m in found]
    assert sum(p.sum() for p in partial) >= 3
    assert sum((~p).sum() for p in partial) >= 20


def test_order_of_contigs_does_not_matter():
    case = random_case(5, [700, 90, 1200], noise=0.3)
    stop = np.cumsum(case.lengths)
    order = [2, 0, 1]
    bases = np.concatenate([np.arange(stop[i] - case.lengths[i], stop[i]) for i in order])
    moved = Case(case.codes[bases], case.classes[..., bases], case.phases[..., bases], case.lengths[order])
    new_place = {old: new for new, old in enumerate(order)}
    expected = sorted((new_place[gene[0]], *gene[1:]) for gene in genes_of(case.call()))
    assert genes_of(moved.call()) == expected
    assert len(expected) > 2


def test_nothing_is_called_where_nothing_was_predicted():
    case = random_case(1, [500])
    case.classes[:] = 0
    assert len(case.call()) == 0


def test_quantised_predictions_are_255ths():
    case = random_case(2, [1500, 1500], noise=0.1)
    coarse = [np.round(track.astype(np.float32) * 255).astype(np.uint8) for track in (case.classes, case.phases)]
    exact = [track.astype(np.float32) / np.float32(255) for track in coarse]
    genes = genes_of(Case(case.codes, *coarse, case.lengths).call())
    assert genes == genes_of(Case(case.codes, *exact, case.lengths).call())
    assert len(genes) > 3


def test_soft_masked_bases_are_bases():
    case = random_case(3, [1500], noise=0.1)
    masked = Case(case.codes | 0x80, case.classes, case.phases, case.lengths)
    assert genes_of(masked.call()) == genes_of(case.call())


def test_complement_of_every_letter():
    pairs = dict(zip("CATGNYRWSKMDVHB", "GTACNRYWSMKHBDV", strict=True))
    assert [LETTERS[code] for code in complement_codes()[:15]] == [pairs[letter] for letter in LETTERS]


def test_a_path_is_cut_into_genes_exons_and_coding_segments():
    state = {name: number for number, name in enumerate(HOSTS)}
    names = ["intergenic", "utr5", "start0", "start1", "start2", "coding0"]
    intron = [20] * 4
    after = ["coding1", "coding2", "stop0t", "stop1ta", "stop2", "utr3", "intergenic", "utr5", "utr5"]
    states = np.array([state[n] for n in names] + intron + [state[n] for n in after], np.uint8)
    genes, exons, cds = genes_in_path(states, 1)
    assert genes.tolist() == [[1, 16, 0, 0, 2, 2]]
    assert exons.tolist() == [[1, 6], [10, 16]]
    assert cds.tolist() == [[2, 6, 0], [10, 15, 2]]
    assert len(genes_in_path(states, 10)[0]) == 0


def test_a_gene_without_coding_bases_is_none():
    states = np.full(90, HOSTS.index("intergenic"), np.uint8)
    states[30:60] = HOSTS.index("utr5")
    assert [len(table) for table in genes_in_path(states, 0)] == [0, 0, 0]


def test_ids_count_along_each_contig():
    case = random_case(4, [1500, 1500], noise=0.1)
    models = case.call()
    for contig in (0, 1):
        ids = models.genes["id"][models.genes["contig"] == contig].tolist()
        assert ids == [f"toy_c{contig}_{i:06d}" for i in range(1, len(ids) + 1)]
        assert ids


@pytest.mark.parametrize("strand", [0, 1])
def test_one_gene_from_its_labels(strand):
    labels = "g" * 30 + "u" * 10 + "c" * 69 + "u" * 10 + "g" * 30
    codes = encode("C" * 40 + "ATG" + "GCT" * 21 + "TAA" + "C" * 40)
    classes, phases = certain(labels, 0.97)
    quiet = np.zeros((4, codes.size), np.float32)
    quiet[0] = 1
    both = [np.stack([classes, quiet]), np.stack([phases, quiet])]
    case = Case(codes, both[0].astype(np.float16), both[1].astype(np.float16), np.array([codes.size]))
    n = codes.size
    (gene,) = genes_of((case.mirrored() if strand else case).call())
    if strand:
        assert gene == (0, n - 119, n - 30, 1, False, False, ((n - 119, n - 30),), ((n - 109, n - 40, 0),))
    else:
        assert gene == (0, 30, 119, 0, False, False, ((30, 119),), ((40, 109, 0),))
