import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helixdask.genes.models import GeneModels
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


@given(st.lists(gene, max_size=6), st.lists(gene, max_size=6))
def test_levels_equal_counting_with_sets(reference, prediction):
    def sets(genes):
        segments = {(c, s, *part) for c, s, chains in genes for chain in chains for part in chain}
        bases = {(c, s, base) for c, s, start, end in segments for base in range(start, end)}
        chains = {(c, s, *sorted(chain)) for c, s, all_chains in genes for chain in all_chains if chain}
        return bases, segments, chains

    scores = compare_genes(models_of(*reference), models_of(*prediction))
    for level, mine, other in zip(("base", "exon", "chain"), sets(reference), sets(prediction), strict=True):
        both = len(mine & other)
        assert counts(getattr(scores, level)) == (len(mine), len(other), both, both)
    shared = sets(reference)[2] & sets(prediction)[2]

    def hit(genes):
        return sum(any((c, s, *sorted(chain)) in shared for chain in chains if chain) for c, s, chains in genes)

    assert (scores.gene.found, scores.gene.right) == (hit(reference), hit(prediction))
    assert scores.gene.n_reference == sum(any(chains) for _, _, chains in reference)
