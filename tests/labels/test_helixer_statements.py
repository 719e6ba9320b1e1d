"""What Helixer 0.3.6 and GeenuFF were seen to do with odd annotations, and what the helixer rules make of the same.

Where Helixer paints something, the rules paint the same. Where it aborts or loses genes, the genes are kept and it is
said (docs/reference/differences.md). Worked examples are in test_examples.py.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.labels.support import Labelled
from tests.labels.test_examples import gene, mirror_of, phases_of, reverse_complement, sequence, text_of

BASES = sequence(60, at8="ATG", at49="TAA")
GENE = gene("g", 5, 54, exons=[(5, 54)], cds=[(8, 51)])
CLASSES = "gggguuu" + "c" * 44 + "uuu" + "g" * 6


@pytest.fixture
def label(tmp_path):
    def made(text, bases=BASES, rules="helixer"):
        path = tmp_path / "genes.gff3"
        path.write_text("##gff-version 3\n" + text)
        return Labelled(path, {"c": bases} if isinstance(bases, str) else bases, rules)

    return made


@pytest.mark.parametrize(
    "kind", ["protein", "scaffold", "prediction", "misc_RNA", "response_element", "NMD_transcript_variant"]
)
def test_types_at_which_geenuff_aborts_are_left_out(label, kind):
    made = label(GENE + f"c\tx\t{kind}\t20\t40\t.\t+\t.\tID=odd\n")
    assert text_of(made) == CLASSES
    assert made.row("valid").all()


def test_sequences_that_come_back_keep_their_genes(label):
    """GeenuFF keeps the genes of the last block of a sequence only."""
    there = {"c": BASES, "d": BASES}
    lines = GENE, GENE.replace("c\tx", "d\tx").replace("g.t", "h.t").replace("=g", "=h")
    late = gene("late", 55, 60, exons=[(55, 60)], cds=[(56, 58)])
    made = label(lines[0] + lines[1] + late, there)
    assert made.models.genes["id"].tolist() == ["g", "h", "late"]
    assert text_of(made)[:54] == CLASSES[:54]
    assert text_of(made)[60:114] == CLASSES[:54]
    assert text_of(made)[54:60] == "ucccuu"


def test_sequences_that_the_genome_lacks_are_skipped(label):
    """GeenuFF refuses the file."""
    made = label(GENE + GENE.replace("c\tx", "away\tx"))
    assert text_of(made) == CLASSES
    assert made.findings.counts()["contig_unknown"] == 1


def test_exons_that_touch_leave_no_intron_and_no_error(label):
    made = label(gene("g", 5, 54, exons=[(5, 30), (31, 54)], cds=[(8, 30), (31, 51)]))
    assert text_of(made) == CLASSES
    assert made.mask_spans() == []


def test_the_frame_of_a_gene_without_introns_is_not_checked(label):
    made = label(gene("g", 5, 54, exons=[(5, 54)], cds=[(8, 50)]), sequence(60, at8="ATG", at48="TAA"))
    assert made.mask_spans() == []
    assert text_of(made)[7:50] == "c" * 43


def test_genes_that_reach_beyond_the_sequence_are_cut_without_an_error(label):
    bases = sequence(40, at8="ATG")
    made = label(GENE, bases)
    assert text_of(made) == CLASSES[:40]
    assert made.mask_spans() == []
    assert made.row("valid").all()
    assert set(made.row("gene_length").tolist()) == {0, 50}
    assert made.findings.counts() == {"beyond_contig": 1}
    default = label(GENE, bases, "default")
    assert default.findings.counts() == {"bad_coordinates": 1}
    assert default.row("valid").tolist() == [1] * 4 + [0] * 36


def test_the_same_gene_on_minus_counts_its_phases_from_the_end_of_the_sequence(label):
    made = label(mirror_of(GENE, 60), reverse_complement(BASES)[:40])
    # The first 13 coding bases lie beyond; the phase of the first row stands at the first base that is there.
    assert text_of(made, 1) == CLASSES[20:]
    assert phases_of(made, 1)[:7] == "0210210"
    assert made.row("valid", 1).tolist() == [1] * 40


def test_genes_read_for_helixer_and_labelled_by_default_are_masked_beyond_the_sequence(label, tmp_path):
    from helixdask.labels.paint import paint
    from helixdask.labels.tables import label_tables

    for text, bases, strand in ((GENE, BASES[:40], 0), (mirror_of(GENE, 60), reverse_complement(BASES)[:40], 1)):
        made = label(text, bases)
        tables = label_tables(made.models, made.contigs, lambda a, b, made=made: made.codes[a:b], "default")
        valid = paint(tables.strands, 0, 40)["valid"][strand]
        assert tables.masks.code.tolist() == ["bad_coordinates"]
        assert np.flatnonzero(valid == 0).tolist() == (list(range(4, 40)) if strand == 0 else list(range(6, 40)))


def test_a_coding_row_on_the_other_strand_masks_the_gene(label):
    """GeenuFF aborts."""
    made = label(GENE + "c\tx\tCDS\t20\t22\t.\t-\t0\tParent=g.t\n")
    assert made.mask_spans() == [("mismatching_strands", 4, 54)]


def test_a_first_row_without_a_phase_masks_what_precedes(label):
    """GeenuFF takes it as a wrong phase; Helixer's export then fails. Phases are counted from 0 here."""
    made = label(GENE.replace("\t0\tParent", "\t.\tParent"))
    assert made.mask_spans() == [("wrong_starting_phase", 0, 7)]
    assert phases_of(made)[7:13] == "021021"
