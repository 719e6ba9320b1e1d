from __future__ import annotations

import json
from functools import partial

import numpy as np
import pytest

from helixdask.errors import BadInputError
from helixdask.genes.attributes import masked_reasons
from helixdask.genes.reading.gff_read import read_gff
from tests.genes.gff_support import CONTIGS, LINES, check_lines, read_text, rows, shown, spans


@pytest.fixture
def read(tmp_path):
    return partial(read_text, tmp_path)


def test_a_clean_file(read):
    models, findings = read("##gff-version 3\n" + rows(*LINES))
    check_lines(models)
    assert len(findings) == 0
    assert models.genes["score"].tolist()[0] == 0.5
    assert json.loads(models.genes["attributes"][0]) == {"Name": "a;b", "biotype": "protein_coding"}


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_lines_does_not_matter(read, seed):
    lines = [LINES[k] for k in np.random.default_rng(seed).permutation(len(LINES))]
    models, findings = read(rows(*lines))
    check_lines(models)
    assert len(findings) == 0


def test_parents_ids_and_names_are_decoded(read):
    text = rows(
        "chr1 x gene 1 100 . + . ID=g%2C1",
        "chr1 x mRNA 1 100 . + . ID=t%2C1;Parent=g%2C1",
        "chr1 x mRNA 1 100 . + . ID=t2;Parent=g%2C1",
        "chr1 x exon 1 100 . + . Parent=t%2C1,t2",
    )
    models, findings = read(text)
    assert models.transcripts["id"].tolist() == ["t,1", "t2"]
    assert models.transcripts["gene"].tolist() == [0, 0]
    assert spans(models.exons) == [(0, 0, 100), (1, 0, 100)]
    assert len(findings) == 0


def test_exons_are_made_from_cds_and_utr(read):
    text = rows(
        "chr1 x gene 1 100 . + . ID=g",
        "chr1 x mRNA 1 100 . + . ID=t;Parent=g",
        "chr1 x five_prime_UTR 1 10 . + . Parent=t",
        "chr1 x CDS 11 40 . + 0 Parent=t",
        "chr1 x CDS 61 90 . + 0 Parent=t",
        "chr1 x three_prime_UTR 91 100 . + . Parent=t",
    )
    models, findings = read(text)
    assert spans(models.exons) == [(0, 0, 40), (0, 60, 100)]
    assert findings.counts() == {"exons_made": 1}


def test_genes_without_transcripts_and_transcripts_without_genes(read):
    text = rows(
        "chr1 x gene 1 100 . + . ID=g",
        "chr1 x CDS 11 40 . + 0 Parent=g",
        "chr1 x mRNA 201 300 . + . ID=t2",
        "chr1 x exon 201 300 . + . Parent=t2",
        "chr1 x gene 401 500 . + . ID=bare",
    )
    models, findings = read(text)
    assert models.genes["id"].tolist() == ["g", "t2.gene", "bare"]
    assert models.transcripts["id"].tolist() == ["g.t1", "t2"]
    assert models.transcripts[["start", "end"]].to_numpy().tolist() == [[10, 40], [200, 300]]
    assert findings.counts()["empty_gene"] == 1


def test_rows_without_known_parent_join_the_transcript_above(read):
    text = rows(
        "chr1 x gene 1 100 . + . ID=g",
        "chr1 x mRNA 1 100 . + . ID=t",
        "chr1 x exon 1 100 . + . ID=e",
        "chr1 x CDS 11 40 . + 0 Parent=typo",
    )
    models, findings = read(text)
    assert models.transcripts["gene"].tolist() == [0]
    assert spans(models.cds) == [(0, 10, 40)]
    assert findings.counts() == {"parent_missing": 2, "parent_unknown": 1}


TAGGED = [
    "chr1 x CDS 151 200 . + 0 ID=c;locus_tag=A",
    "chr1 x gene 101 400 . + . ID=g1;locus_tag=A",
    "chr2 x gene 11 60 . - . ID=g2;locus_tag=B",
    "chr2 x mRNA 11 60 . - . ID=t2;locus_tag=B",
    "chr1 x mRNA 101 400 . + . ID=t1;locus_tag=A",
    "chr1 x exon 101 400 . + . ID=e;locus_tag=A",
]


def test_a_tag_stands_for_a_missing_parent_whatever_the_order(read):
    models, findings = read(rows(*TAGGED))
    assert shown(models) == ["g1 chr1:100-400 + | t1 mRNA 100-400 150-200:0", "g2 chr2:10-60 - | t2 mRNA"]
    assert findings.counts() == {"parent_missing": 3}


def test_rows_without_any_name_belong_to_the_gene_above(read):
    gene = "chr1 x gene 101 400 . + . gene_id 1 ; sequence s"
    models, findings = read(rows(gene, "chr1 x cds 101 200 . + .", "chr1 x exon 101 200 . + . insertions 0"))
    assert shown(models) == ["1 chr1:100-400 + | 1.t1 mRNA 100-200 100-200:0"]
    assert findings.counts() == {"parent_missing": 1, "missing_phase": 1}


def test_rows_of_a_transcript_that_is_missing_do_not_spoil_another(read):
    lines = "chr1 x exon 71 90 . + . Parent=lost", "chr1 x CDS 71 90 . + 0 Parent=lost"
    models, findings = read(rows(*LINES[:6], *(line.replace("71 90", "151 190") for line in lines)))
    assert models.transcripts["id"].tolist() == ["t1", "lost"]
    assert spans(models.cds) == [(0, 150, 200), (0, 300, 340), (1, 150, 190)]
    assert findings.counts() == {"parent_unknown": 1}


def test_a_parent_that_is_no_part_of_a_gene_model_does_no_harm(read):
    protein = "chr1 x protein 151 340 . + . ID=t1-Protein;Derives_from=t1"
    models, findings = read(rows(*LINES[:4], protein, LINES[4].replace("t1", "t1,t1-Protein")))
    assert spans(models.cds) == [(0, 150, 200)]
    assert findings.counts() == {"type_ignored": 1}


def test_cds_of_noncoding_genes_are_exons(read):
    text = rows(
        "chr1 x gene 1 100 . + . ID=g",
        "chr1 x tRNA 1 100 . + . ID=t;Parent=g",
        "chr1 x CDS 1 100 . + 0 Parent=t",
    )
    models, findings = read(text)
    assert len(models.cds) == 0
    assert spans(models.exons) == [(0, 0, 100)]
    assert findings.counts() == {"cds_of_noncoding": 1, "exons_made": 1}


def test_wrong_phases_are_counted_anew(read):
    text = rows(*LINES).replace("+\t1\tID=c", "+\t0\tID=c")
    models, findings = read(text)
    check_lines(models)
    (finding,) = findings.rows
    assert finding[0] == "wrong_phase"
    assert finding[3] == 5
    assert finding[5] == "g1"
    kept, _ = read(text, phases="file")
    assert kept.cds["phase"].tolist() == [0, 0, 0]


def test_coordinates_off_the_contig_mask_the_gene(read):
    text = rows(
        "chr2 x gene 401 600 . + . ID=over",
        "chr2 x mRNA 401 600 . + . ID=t;Parent=over",
        "chr2 x CDS 401 600 . + 0 Parent=t",
        "chr2 x gene 90 10 . + . ID=turned",
        "chr2 x gene 700 800 . + . ID=away",
        "chr2 x gene 11 60 . + . ID=inside",
        "chr2 x mRNA 11 60 . + . ID=t2;Parent=inside",
        "chr2 x exon 0 60 . + . Parent=t2",
    )
    models, findings = read(text)
    assert models.genes["id"].tolist() == ["over", "inside"]
    assert models.genes["end"].tolist() == [500, 60]
    assert masked_reasons(models).tolist() == ["bad_coordinates"] * 2
    assert len(models.transcripts) == 0
    named = {row[5] for row in findings.rows}
    assert named == {"over", "turned", "away", "inside"}
    assert [row[5] for row in findings.rows if row[0] == "gene_skipped"] == ["turned", "away"]


def test_rows_on_the_other_strand_or_contig_mask_the_gene(read):
    text = rows(*LINES, "chr1 x exon 601 650 . - . Parent=t1", "chr1 x CDS 11 50 . - 0 Parent=t2")
    models, findings = read(text)
    assert shown(models)[1:] == ["g2 chr2:10-60 -", "g2.on.chr1.minus chr1:10-50 -"]
    assert masked_reasons(models).tolist() == ["mismatching_strands", "contig_mismatch", "contig_mismatch"]
    assert {row[0] for row in findings.rows} == {"mismatching_strands", "contig_mismatch"}


def test_a_colon_in_a_sequence_name(read):
    models, _ = read(rows("Chr3:1-100 x gene 1 50 . + . ID=g"))
    assert models.genes["contig"].tolist() == [2]


def test_gtf(read):
    text = "".join(
        f'chr1\tx\t{kind}\t{a}\t{b}\t.\t-\t{p}\tgene_id "g"; transcript_id "t{k}"; note "x; y";\n'
        for k, kind, a, b, p in [
            (1, "exon", 101, 200, "."),
            (1, "CDS", 111, 200, 0),
            (1, "stop_codon", 108, 110, 0),
            (2, "exon", 101, 150, "."),
            (2, "exon", 181, 200, "."),
        ]
    )
    models, findings = read(text)
    assert models.genes[["id", "start", "end", "strand"]].to_numpy().tolist() == [["g", 100, 200, 1]]
    assert models.transcripts["id"].tolist() == ["t1", "t2"]
    assert spans(models.cds) == [(0, 107, 200)]
    assert findings.counts() == {"stop_codon_added": 1}


def test_no_file_and_no_genes(read, tmp_path):
    with pytest.raises(BadInputError, match="no such file"):
        read_gff(tmp_path / "none", CONTIGS)
    models, findings = read("##gff-version 3\n")
    assert len(models) == 0
    assert findings.counts() == {"no_genes": 1}


def test_a_transcript_of_which_nothing_can_be_used_is_left_out(read):
    models, findings = read(rows("chr1 x gene 101 200 . - . ID=g", "chr1 x exon 101 200 . + . Parent=g"))
    assert shown(models) == ["g chr1:100-200 -"]
    assert masked_reasons(models).tolist() == ["mismatching_strands"]
    assert findings.counts() == {"mismatching_strands": 1}
