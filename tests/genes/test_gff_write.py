from __future__ import annotations

import numpy as np
import pytest

from helixdask.errors import BadInputError
from helixdask.genes.models import GeneModels
from helixdask.genes.writing.gff_write import write_gff3
from helixdask.store.contigs import ContigTable

CONTIGS = ContigTable(np.array(["chr 1;a", "chr2", "empty"], object), np.array([1000, 500, 10]))


def gene_models(**changes) -> GeneModels:
    """A plus gene with two exons; before it on the same contig a minus gene; a non-coding gene on the first contig."""
    columns = {
        "genes": {
            "id": ["g=1", "g2", "nc"],
            "contig": [1, 1, 0],
            "start": [200, 100, 0],
            "end": [400, 160, 50],
            "strand": [0, 1, 0],
            "type": ["gene"] * 3,
            "source": ["me"] * 3,
            "score": [np.nan, 0.5, np.nan],
            "attributes": ["{}", '{"Note": ["a,b", "c"], "ID": "no"}', ""],
        },
        "transcripts": {
            "id": ["g=1.1", "g2.1", "nc.1"],
            "gene": [0, 1, 2],
            "start": [200, 100, 0],
            "end": [400, 160, 50],
            "type": ["mRNA", "mRNA", "lnc_RNA"],
            "partial5": [False, True, False],
            "partial3": [False, False, False],
        },
        "exons": {"transcript": [0, 0, 1, 2], "start": [200, 300, 100, 0], "end": [250, 400, 160, 50]},
        "cds": {"transcript": [0, 0, 1], "start": [210, 300, 120], "end": [250, 350, 160], "phase": [0, 2, 1]},
    }
    for table, change in changes.items():
        columns[table] |= change
    return GeneModels.from_columns(**columns)


EXPECTED = """\
##gff-version 3
##species my species
#!model abc
##sequence-region chr%201%3Ba 1 1000
##sequence-region chr2 1 500
chr%201%3Ba\thelixdask\tgene\t1\t50\t.\t+\t.\tID=nc
chr%201%3Ba\thelixdask\tlnc_RNA\t1\t50\t.\t+\t.\tID=nc.1;Parent=nc
chr%201%3Ba\thelixdask\texon\t1\t50\t.\t+\t.\tID=nc.1.exon.1;Parent=nc.1
chr2\thelixdask\tgene\t101\t160\t0.5\t-\t.\tID=g2;Note=a%2Cb,c;partial=true;end_range=160,.
chr2\thelixdask\tmRNA\t101\t160\t.\t-\t.\tID=g2.1;Parent=g2;partial=true;end_range=160,.
chr2\thelixdask\texon\t101\t160\t.\t-\t.\tID=g2.1.exon.1;Parent=g2.1
chr2\thelixdask\tthree_prime_UTR\t101\t120\t.\t-\t.\tID=g2.1.three_prime_UTR.1;Parent=g2.1
chr2\thelixdask\tCDS\t121\t160\t.\t-\t1\tID=g2.1.cds;Parent=g2.1;partial=true;end_range=160,.
chr2\thelixdask\tgene\t201\t400\t.\t+\t.\tID=g%3D1
chr2\thelixdask\tmRNA\t201\t400\t.\t+\t.\tID=g%3D1.1;Parent=g%3D1
chr2\thelixdask\texon\t201\t250\t.\t+\t.\tID=g%3D1.1.exon.1;Parent=g%3D1.1
chr2\thelixdask\tfive_prime_UTR\t201\t210\t.\t+\t.\tID=g%3D1.1.five_prime_UTR.1;Parent=g%3D1.1
chr2\thelixdask\tCDS\t211\t250\t.\t+\t0\tID=g%3D1.1.cds;Parent=g%3D1.1
chr2\thelixdask\texon\t301\t400\t.\t+\t.\tID=g%3D1.1.exon.2;Parent=g%3D1.1
chr2\thelixdask\tCDS\t301\t350\t.\t+\t2\tID=g%3D1.1.cds;Parent=g%3D1.1
chr2\thelixdask\tthree_prime_UTR\t351\t400\t.\t+\t.\tID=g%3D1.1.three_prime_UTR.1;Parent=g%3D1.1
"""


def test_the_whole_file(tmp_path):
    path = tmp_path / "genes.gff3"
    write_gff3(path, gene_models(), CONTIGS, species="my species", model_digest="abc")
    assert path.read_text() == EXPECTED
    assert [p.name for p in tmp_path.iterdir()] == ["genes.gff3"]


def test_the_order_of_the_tables_does_not_matter(tmp_path):
    write_gff3(
        tmp_path / "a", gene_models().select(np.array([2, 0, 1])), CONTIGS, species="my species", model_digest="abc"
    )
    assert (tmp_path / "a").read_text() == EXPECTED


def test_source_of_each_gene(tmp_path):
    write_gff3(tmp_path / "a", gene_models(), CONTIGS, species="x", source=None)
    assert {line.split("\t")[1] for line in (tmp_path / "a").read_text().splitlines() if line[0] != "#"} == {"me"}


def test_unknown_phases_are_counted_from_the_five_prime_end(tmp_path):
    models = gene_models(cds={"phase": [-1, -1, -1]})
    write_gff3(tmp_path / "a", models, CONTIGS, species="x")
    rows = [line.split("\t") for line in (tmp_path / "a").read_text().splitlines()]
    assert [row[7] for row in rows if len(row) > 2 and row[2] == "CDS"] == ["0", "0", "2"]


def test_helixer_rules_number_segments_and_descend_on_the_minus_strand(tmp_path):
    models = gene_models(
        genes={"id": ["s_chr2_000001", "s_chr2_000002", "s_chr1_000001"]},
        transcripts={"id": ["s_chr2_000001.1", "s_chr2_000002.1", "s_chr1_000001.1"]},
    )
    write_gff3(tmp_path / "a", models, CONTIGS, species="s", rules="helixer")
    lines = (tmp_path / "a").read_text().splitlines()
    assert lines[:3] == ["##gff-version 3.2.1", "##species s", "##sequence-region chr 1;a 1 1000"]
    assert lines[-1] == "##sequence-region empty 1 10"
    minus = [line.split("\t")[2:5] for line in lines if "000002" in line]
    assert minus == [
        ["gene", "101", "160"],
        ["mRNA", "101", "160"],
        ["exon", "101", "160"],
        ["CDS", "121", "160"],
        ["three_prime_UTR", "101", "120"],
    ]
    assert [line.split("ID=")[1].split(";")[0] for line in lines if "\tCDS\t" in line] == [
        "s_chr2_000001.1.CDS.1",
        "s_chr2_000001.1.CDS.2",
        "s_chr2_000002.1.CDS.1",
    ]


def test_no_genes(tmp_path):
    write_gff3(tmp_path / "a", GeneModels.empty(), CONTIGS, species="x")
    assert (tmp_path / "a").read_text() == "##gff-version 3\n##species x\n"


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(BadInputError, match="cannot write"):
        write_gff3(tmp_path / "no" / "a", gene_models(), CONTIGS, species="x")
