from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helixdask.errors import InternalError
from helixdask.genes.coding import cds_lengths, introns, longest_coding
from helixdask.genes.models import GeneModels
from helixdask.genes.table import columns_to_genes, genes_to_columns


def gene_columns(n, contig, start, end, strand=None):
    return {
        "id": [f"g{i}" for i in range(n)],
        "contig": contig,
        "start": start,
        "end": end,
        "strand": strand or [0] * n,
        "type": ["gene"] * n,
        "source": ["test"] * n,
        "score": [np.nan] * n,
        "attributes": ["{}"] * n,
    }


@pytest.fixture
def models() -> GeneModels:
    return GeneModels.from_columns(
        gene_columns(3, [1, 0, 0], [10, 50, 5], [100, 90, 20], [0, 1, 0]),
        {
            "id": ["a", "b", "c", "d"],
            "gene": [0, 0, 1, 2],
            "start": [10, 10, 50, 5],
            "end": [100, 80, 90, 20],
            "type": ["mRNA"] * 4,
            "partial5": [False, False, True, False],
            "partial3": [False] * 4,
        },
        # b's exons touch, c's overlap: neither leaves an intron.
        {
            "transcript": [0, 0, 1, 1, 2, 2, 3],
            "start": [40, 10, 10, 30, 50, 60, 5],
            "end": [100, 20, 30, 80, 70, 90, 20],
        },
        {"transcript": [0, 0, 1, 2], "start": [12, 40, 10, 60], "end": [20, 50, 28, 66], "phase": [0, 1, 0, -1]},
    )


def test_valid_and_in_order(models: GeneModels):
    models.validate(np.array([100, 100]))
    assert models.exons["start"].tolist() == [10, 40, 10, 30, 50, 60, 5]
    assert introns(models).to_numpy().tolist() == [[0, 20, 40]]
    assert cds_lengths(models).tolist() == [18, 18, 6, 0]


def test_longest_coding_takes_the_first_of_equals(models: GeneModels):
    assert longest_coding(models).tolist() == [0, 2, -1]
    assert longest_coding(models, np.array([1, 2, 0, 5])).tolist() == [1, -1, 3]


def test_sorting_carries_children(models: GeneModels):
    ordered = models.sorted()
    ordered.validate()
    assert ordered.genes["id"].tolist() == ["g2", "g1", "g0"]
    assert ordered.transcripts["id"].tolist() == ["d", "c", "a", "b"]
    assert ordered.exons["transcript"].tolist() == [0, 1, 1, 2, 2, 3, 3]
    assert ordered.transcript_strand().tolist() == [0, 1, 0, 0]
    assert ordered.transcript_contig().tolist() == [0, 0, 1, 1]


def test_region_is_half_open(models: GeneModels):
    assert models.region(0, 20, 50).genes["id"].tolist() == []
    assert models.region(0, 19, 51).genes["id"].tolist() == ["g1", "g2"]
    assert models.region(1, 0, 11).transcripts["id"].tolist() == ["a", "b"]


def test_concat_and_columns_round_trip(models: GeneModels):
    twice = GeneModels.concat([models, GeneModels.empty(), models])
    twice.validate()
    back = columns_to_genes(genes_to_columns(twice.select(np.array([3, 4, 5]))))
    for table in ("genes", "transcripts", "exons", "cds"):
        pd.testing.assert_frame_equal(getattr(back, table), getattr(models, table))
    GeneModels.concat([]).validate()


@pytest.mark.parametrize(
    ("table", "column", "value", "problem"),
    [
        ("genes", "start", 1000, "start is not before end"),
        ("genes", "strand", 2, "strand"),
        ("genes", "end", 500, "beyond the contig"),
        ("transcripts", "gene", 9, "gene is no row"),
        ("cds", "phase", 3, "phase"),
        ("exons", "start", -1, "negative"),
    ],
)
def test_validate_names_what_is_wrong(models: GeneModels, table, column, value, problem):
    frame = getattr(models, table).copy()
    frame.loc[0, column] = value
    broken = GeneModels(
        **{t: frame if t == table else getattr(models, t) for t in ("genes", "transcripts", "exons", "cds")}
    )
    with pytest.raises(InternalError, match=problem):
        broken.validate(np.array([100, 100]))
