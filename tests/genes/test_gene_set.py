"""Genes as people read them."""

import numpy as np

from helixdask.genes.gene_set import GeneSet
from helixdask.genes.models import GeneModels

MODELS = GeneModels.from_columns(
    genes={
        "id": ["g<1>", "g2"],
        "contig": [1, 0],
        "start": [10, 5],
        "end": [90, 20],
        "strand": [1, 0],
        "type": ["gene", "gene"],
        "source": ["me", "me"],
        "score": [0.5, np.nan],
        "attributes": ["{}", "{}"],
    },
    transcripts={
        "id": ["t1", "t2", "t3"],
        "gene": [0, 0, 1],
        "start": [10, 10, 5],
        "end": [90, 50, 20],
        "type": ["mRNA"] * 3,
        "partial5": [False] * 3,
        "partial3": [False] * 3,
    },
    exons={"transcript": [0, 0, 1, 2], "start": [10, 60, 10, 5], "end": [30, 90, 50, 20]},
    cds={"transcript": [0, 0, 2], "start": [15, 60, 5], "end": [30, 75, 20], "phase": [0, 0, 0]},
)
GENES = GeneSet(MODELS, np.array(["chr1", "chr2"], object), "made")


def test_names_and_signs_stand_where_numbers_stood():
    assert GENES.genes["contig"].tolist() == ["chr2", "chr1"]
    assert GENES.genes["strand"].tolist() == ["-", "+"]
    assert list(GENES.genes.columns) == list(MODELS.genes.columns)
    assert GENES.transcripts["gene_id"].tolist() == ["g<1>", "g<1>", "g2"]
    assert GENES.exons["transcript_id"].tolist() == ["t1", "t1", "t2", "t3"]
    assert GENES.cds["gene_id"].tolist() == ["g<1>", "g<1>", "g2"]
    assert GENES.introns[["start", "end", "contig", "strand", "gene_id"]].values.tolist() == [
        [30, 60, "chr2", "-", "g<1>"]
    ]
    assert MODELS.genes["contig"].tolist() == [1, 0]


def test_how_it_looks():
    assert repr(GENES).startswith("made: <2 genes, 3 transcripts, 4 exons, 3 coding segments>")
    assert "chr2" in repr(GENES)
    html = GENES._repr_html_()
    assert "g&lt;1&gt;" in html
    assert "made: &lt;2 genes" in html
    many = GeneSet(GeneModels.concat([MODELS] * 20), GENES.contigs)
    assert repr(many).endswith("30 more genes")
    assert "30 more genes" in many._repr_html_()


def test_no_gene_at_all():
    none = GeneSet(GeneModels.empty(), GENES.contigs)
    assert len(none) == len(none.genes) == len(none.introns) == len(none.cds) == 0
    assert "0 genes" in repr(none)
    assert "0 genes" in none._repr_html_()
