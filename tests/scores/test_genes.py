import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helixdask.genes.models import GeneModels, make_frame
from helixdask.scores.genes import compare_genes


def models_of(*genes):
    """Gene models from (contig, strand, [chain of each transcript])."""
    transcripts = [(row, chain) for row, (_, _, chains) in enumerate(genes) for chain in chains]
    cds = [(row, start, end) for row, (_, chain) in enumerate(transcripts) for start, end in chain]
    n, m = len(genes), len(transcripts)
    return GeneModels.from_columns(
        {
            "id": [f"g{i}" for i in range(n)],
            "contig": [contig for contig, *_ in genes],
            "start": [0] * n,
            "end": [0] * n,
            "strand": [strand for _, strand, _ in genes],
            "type": ["gene"] * n,
            "source": [""] * n,
            "score": [np.nan] * n,
            "attributes": ["{}"] * n,
        },
        {
            "id": [f"t{i}" for i in range(m)],
            "gene": [row for row, _ in transcripts],
            "start": [0] * m,
            "end": [0] * m,
            "type": ["mRNA"] * m,
            "partial5": [False] * m,
            "partial3": [False] * m,
        },
        {"transcript": [], "start": [], "end": []},
        {
            "transcript": [row for row, *_ in cds],
            "start": [start for _, start, _ in cds],
            "end": [end for *_, end in cds],
            "phase": [0] * len(cds),
        },
    )


def counts(match):
    return match.n_reference, match.n_prediction, match.found, match.right


def test_isoforms_partial_hits_and_strands():
    reference = models_of(
        (0, 0, [[(0, 10), (20, 30)], [(0, 10), (40, 50)]]),  # found by its second isoform
        (0, 1, [[(100, 130)]]),  # predicted on the other strand
        (1, 0, [[(0, 9)]]),  # one base short
        (1, 0, [[]]),  # no coding segment
    )
    prediction = models_of((0, 0, [[(0, 10), (40, 50)]]), (0, 0, [[(100, 130)]]), (1, 0, [[(0, 8)]]))
    scores = compare_genes(reference, prediction)
    assert counts(scores.base) == (30 + 30 + 9, 20 + 30 + 8, 28, 28)
    assert counts(scores.exon) == (5, 4, 2, 2)
    assert counts(scores.chain) == (4, 3, 1, 1)
    assert counts(scores.gene) == (3, 3, 1, 1)
    assert scores.exon.f1 == pytest.approx(2 * 0.4 * 0.5 / 0.9)
    only = compare_genes(reference, prediction, contigs=np.array([1]))
    assert counts(only.gene) == (1, 1, 0, 0)
    assert counts(only.base) == (9, 8, 8, 8)


def test_two_predicted_copies_of_one_gene_are_both_right():
    reference, prediction = models_of((0, 0, [[(0, 9)]])), models_of((0, 0, [[(0, 9)]]), (0, 0, [[(0, 9)]]))
    assert counts(compare_genes(reference, prediction).gene) == (1, 2, 1, 2)


def test_nothing_against_nothing():
    scores = compare_genes(GeneModels.empty(), models_of((0, 0, [[(0, 9)]])))
    assert scores.gene.f1 == scores.base.sensitivity == 0.0
    assert counts(scores.base) == (0, 9, 0, 0)
    json.dumps(compare_genes(GeneModels.empty(), GeneModels.empty()).as_dict())


segment = st.tuples(st.integers(0, 30), st.integers(1, 8)).map(lambda pair: (pair[0], pair[0] + pair[1]))
gene = st.tuples(
    st.integers(0, 2), st.integers(0, 1), st.lists(st.lists(segment, max_size=3, unique=True), min_size=1, max_size=2)
)


def joined(chain):
    """Segments of a transcript; those that touch or overlap are one."""
    bases = sorted({base for start, end in chain for base in range(start, end)})
    starts = [base for base in bases if base - 1 not in bases]
    return [(start, next(end for end in range(start, 100) if end not in bases)) for start in starts]


def listed(genes):
    """Transcripts with segments: gene row, contig, strand, joined segments."""
    return [
        (row, contig, strand, joined(chain))
        for row, (contig, strand, chains) in enumerate(genes)
        for chain in chains
        if chain
    ]


def loci_of(transcripts):
    """Sets of transcript rows that share bases, directly or through others."""
    loci = []
    for row, (_, contig, strand, chain) in enumerate(transcripts):
        bases = {(contig, strand, base) for start, end in chain for base in range(start, end)}
        near = [locus for locus in loci if locus[1] & bases]
        loci = [locus for locus in loci if locus not in near]
        loci.append(({row}.union(*(locus[0] for locus in near)), bases.union(*(locus[1] for locus in near))))
    return [rows for rows, _ in loci]


@pytest.mark.slow
@settings(max_examples=30)
@given(st.lists(gene, max_size=6), st.lists(gene, max_size=6))
def test_levels_equal_counting_with_sets(reference, prediction):
    def sets(genes):
        transcripts = listed(genes)
        segments = {(c, s, *part) for _, c, s, chain in transcripts for part in chain}
        introns = [[(c, s, a[1], b[0]) for a, b in pairwise(chain)] for _, c, s, chain in transcripts]
        return {
            "base": {(c, s, base) for c, s, start, end in segments for base in range(start, end)},
            "exon": segments,
            "intron": {intron for chain in introns for intron in chain},
            "intron_chain": {tuple(chain) for chain in introns if chain},
            "chain": {(c, s, *chain) for _, c, s, chain in transcripts},
        }

    scores = compare_genes(models_of(*reference), models_of(*prediction))
    mine, other = sets(reference), sets(prediction)
    for level in mine:
        both = len(mine[level] & other[level])
        assert counts(scores.match(level)) == (len(mine[level]), len(other[level]), both, both), level
    shared = mine["chain"] & other["chain"]

    def hit(transcripts, groups):
        return sum(
            any((c, s, *chain) in shared for _, c, s, chain in (transcripts[row] for row in rows)) for rows in groups
        )

    expected = []
    for genes in (reference, prediction):
        transcripts = listed(genes)
        loci = loci_of(transcripts)
        own = [{i for i, t in enumerate(transcripts) if t[0] == row} for row in {t[0] for t in transcripts}]
        expected.append((len(loci), hit(transcripts, loci), len(own), hit(transcripts, own)))
    (n1, hit1, g1, found1), (n2, hit2, g2, found2) = expected
    assert counts(scores.match("locus")) == (n1, n2, hit1, hit2)
    assert counts(scores.gene) == (g1, g2, found1, found2)
    for level in ("base", "exon", "gene"):
        by_contig = scores.by_contig(level, "coding", 3)
        assert tuple(by_contig.sum(axis=0)) == counts(scores.match(level))
        for contig in range(3):
            alone = compare_genes(models_of(*reference), models_of(*prediction), np.array([contig]))
            assert tuple(by_contig[contig]) == counts(alone.match(level))


def test_what_touches_in_a_transcript_is_one_segment():
    whole, pieces = models_of((0, 0, [[(0, 30)]])), models_of((0, 0, [[(0, 10), (10, 20), (15, 30)]]))
    assert counts(compare_genes(whole, pieces).exon) == (1, 1, 1, 1)
    assert counts(compare_genes(whole, pieces).match("intron")) == (0, 0, 0, 0)


def exon_models(*transcripts, score=None):
    """Gene models of one transcript each, with exons and a coding base or none, from (exons, is coding)."""
    models = models_of(*((0, 0, [[exons[0]] if coding else []]) for exons, coding in transcripts))
    exons = [(row, *exon) for row, (all_exons, _) in enumerate(transcripts) for exon in all_exons]
    frame = make_frame("exons", dict(zip(("transcript", "start", "end"), zip(*exons, strict=True), strict=True)))
    genes = models.genes if score is None else models.genes.assign(score=np.array(score, np.float32))
    return replace(models, exons=frame, genes=genes)


def exon_counts(reference, prediction, level, **options):
    return counts(compare_genes(reference, prediction, **options).match(level, "exons"))


def test_free_ends_of_transcripts_under_the_rules_of_gffcompare():
    reference = exon_models(([(1000, 1100), (1200, 1300), (1400, 1500)], True))
    longer = exon_models(([(920, 1100), (1200, 1300), (1400, 1700)], True))
    loose = {"matching": "gffcompare"}
    assert exon_counts(reference, longer, "exon") == (3, 3, 1, 1)
    assert exon_counts(reference, longer, "exon", **loose) == (3, 3, 2, 2)  # 80 bases at one end, 200 at the other
    assert exon_counts(reference, longer, "intron_chain") == (1, 1, 1, 1)
    assert exon_counts(reference, longer, "chain") == (1, 1, 0, 0)
    assert exon_counts(reference, longer, "chain", **loose) == (1, 1, 1, 1)
    assert exon_counts(reference, longer, "locus", **loose) == (1, 1, 1, 1)
    inner = exon_models(([(1010, 1100), (1200, 1290), (1400, 1500)], True))
    assert exon_counts(reference, inner, "exon", **loose) == (3, 3, 2, 2)  # inner exons must be exact
    assert exon_counts(reference, inner, "chain", **loose) == (1, 1, 0, 0)


@pytest.mark.parametrize(("end", "found"), [(1100, 1), (1080, 1), (1079, 0), (1125, 1), (1126, 0)])
def test_single_exons_match_by_four_fifths_of_the_longer_one(end, found):
    reference, other = exon_models(([(1000, 1100)], True)), exon_models(([(1000, end)], True))
    assert exon_counts(reference, other, "chain", matching="gffcompare") == (1, 1, found, found)
    assert exon_counts(other, reference, "chain", matching="gffcompare") == (1, 1, found, found)
    assert exon_counts(reference, other, "chain") == (1, 1, int(end == 1100), int(end == 1100))


def test_noncoding_transcripts_take_part_where_asked():
    reference = exon_models(([(0, 50)], True), ([(90, 150), (200, 260)], False))
    assert exon_counts(reference, reference, "exon") == (1, 1, 1, 1)
    assert exon_counts(reference, reference, "exon", noncoding=True) == (3, 3, 3, 3)
    assert "exons" not in compare_genes(reference, reference, cds_only=True).parts


def test_confidence():
    reference = exon_models(([(0, 50)], True), ([(100, 150)], True))
    prediction = exon_models(([(0, 50)], True), ([(100, 151)], True), ([(300, 350)], True), score=[0.95, 0.85, 0.12])
    scores = compare_genes(reference, prediction)
    curve = scores.reliability("gene")
    assert curve.count.tolist() == [0, 1, 0, 0, 0, 0, 0, 0, 1, 1]
    assert curve.right.tolist() == [0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    assert curve.calibration_error == pytest.approx((0.12 + 0.85 + 0.05) / 3, abs=1e-6)
    assert scores.reliability("base").count.sum() == 151
    assert scores.reliability("base").right[8] == 50
    kept = scores.above("gene", np.array([0.0, 0.5, 0.9], np.float32))
    assert [counts(match) for match in kept] == [(2, 3, 1, 1), (2, 2, 1, 1), (2, 1, 1, 1)]
    assert compare_genes(prediction, reference).reliability("gene") is None
    too_high = exon_models(([(0, 50)], True), score=[250.0])
    assert compare_genes(reference, too_high).reliability("gene") is None
