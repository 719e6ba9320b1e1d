"""The worked examples of the reference: what Helixer makes of small loci, and what the default rules change."""

from __future__ import annotations

import numpy as np
import pytest

from tests.labels.support import Labelled

LETTERS = np.array(list("guci"))
PHASES = np.array(list("-012"))


def gene(name, start, end, *, exons, cds=(), strand="+", seqid="c", phases=None, level="mRNA"):
    """GFF3 lines of a gene with one transcript; coordinates as in GFF."""
    rows = [("gene", start, end, ".", f"ID={name}"), (level, start, end, ".", f"ID={name}.t;Parent={name}")]
    rows += [("exon", a, b, ".", f"Parent={name}.t") for a, b in exons]
    rows += [("CDS", a, b, p, f"Parent={name}.t") for (a, b), p in zip(cds, phases or [0] * len(cds), strict=True)]
    return "".join(f"{seqid}\tx\t{kind}\t{a}\t{b}\t.\t{strand}\t{p}\t{more}\n" for kind, a, b, p, more in rows)


def sequence(length, **letters_at):
    """Bases with words at 1-based places: ``at8="ATG"``."""
    bases = ["C"] * length
    for place, word in letters_at.items():
        start = int(place[2:]) - 1
        bases[start : start + len(word)] = word
    return "".join(bases)


def reverse_complement(text):
    return text[::-1].translate(str.maketrans("ACGT", "TGCA"))


@pytest.fixture
def label(tmp_path):
    def made(text, bases, rules="helixer"):
        path = tmp_path / "genes.gff3"
        path.write_text("##gff-version 3\n" + text)
        return Labelled(path, {"c": bases} if isinstance(bases, str) else bases, rules)

    return made


def text_of(labelled, strand=0):
    return "".join(LETTERS[labelled.row("label", strand)])


def phases_of(labelled, strand=0):
    return "".join(PHASES[labelled.row("phase", strand)])


def columns(labelled, strand=0):
    """Places of each transition column, read 5' to 3'."""
    bits = labelled.row("transition", strand)
    return {j: np.flatnonzero(bits >> j & 1).tolist() for j in range(6) if (bits >> j & 1).any()}


def mirror_of(text, length):
    out = []
    for line in text.splitlines():
        f = line.split("\t")
        f[3], f[4], f[6] = str(length + 1 - int(f[4])), str(length + 1 - int(f[3])), "-" if f[6] == "+" else "+"
        out.append("\t".join(f))
    return "\n".join(out) + "\n"


WORKED = gene("g", 5, 54, exons=[(5, 20), (41, 54)], cds=[(8, 20), (41, 51)], phases=[0, 2])
WORKED_BASES = sequence(60, at8="ATG", at49="TAA")
WORKED_LABELS = "gggguuuccccccccccccciiiiiiiiiiiiiiiiiiiicccccccccccuuugggggg"
WORKED_PHASES = "-------0210210210210--------------------21021021021---------"


def test_one_gene_on_plus(label):
    made = label(WORKED, WORKED_BASES)
    assert text_of(made) == WORKED_LABELS
    assert phases_of(made) == WORKED_PHASES
    assert columns(made) == {0: [3, 4], 1: [6, 7], 2: [19, 20], 5: [39, 40], 4: [50, 51], 3: [53, 54]}
    assert made.row("gene_length").tolist() == [0] * 4 + [50] * 50 + [0] * 6
    assert made.row("valid").all()
    assert text_of(made, 1) == "g" * 60


@pytest.mark.parametrize("rules", ["helixer", "default"])
def test_the_same_gene_on_minus(label, rules):
    made = label(mirror_of(WORKED, 60), reverse_complement(WORKED_BASES), rules)
    assert text_of(made, 1) == WORKED_LABELS
    assert phases_of(made, 1) == WORKED_PHASES
    assert made.row("valid", 1).all()
    if rules == "helixer":
        # Named in the direction of the plus strand: the transcript's start closes it.
        assert columns(made, 1) == {3: [3, 4], 4: [6, 7], 5: [19, 20], 2: [39, 40], 1: [50, 51], 0: [53, 54]}
    else:
        assert columns(made, 1) == {0: [3, 4], 1: [6, 7], 2: [19, 20], 5: [39, 40], 4: [50, 51], 3: [53, 54]}


OVERLAP = gene("a", 11, 100, exons=[(11, 100)], cds=[(16, 90)]) + gene(
    "b", 25, 160, exons=[(25, 36), (81, 160)], cds=[(31, 36), (81, 150)]
)


def test_overlapping_genes_are_merged_as_helixer_does(label):
    made = label(OVERLAP, sequence(200))
    assert text_of(made) == "g" * 10 + "u" * 5 + "c" * 21 + "i" * 44 + "c" * 70 + "u" * 10 + "g" * 40
    phases = phases_of(made)
    assert phases[15:30] == "021021021021021"
    # From base 31 on the frame is b's: 6 bases, then its intron, then on.
    assert phases[30:36] == "021021"
    assert phases[36:80] == "-" * 44
    assert phases[80:150] == ("021" * 24)[:70]


def test_overlapping_genes_are_masked_where_they_differ_by_default(label):
    bases = sequence(200, at16="ATG", at88="TAA", at31="ATG", at37="GT", at79="AG", at148="TAA")
    made = label(OVERLAP, bases, "default")
    masked = [(a, b) for code, a, b in made.mask_spans() if code == "overlapping_genes"]
    # UTR against CDS, CDS twice, and CDS against intron; from 91 on UTR against CDS.
    assert masked == [(24, 100)]


def test_a_two_genes_without_utr(label):
    text = gene("g1", 21, 29, exons=[(21, 29)], cds=[(21, 29)]) + gene("g2", 61, 69, exons=[(61, 69)], cds=[(61, 69)])
    bases = sequence(100, at21="ATG", at27="TAA", at61="ATG", at67="TAA")
    spans = [("missing_utr_3p", 29, 44), ("missing_utr_3p", 69, 100)]
    spans += [("missing_utr_5p", 0, 20), ("missing_utr_5p", 44, 60)]
    made = label(text, bases)
    assert sorted(made.mask_spans()) == sorted(spans)
    assert np.flatnonzero(made.row("valid")).tolist() == [*range(20, 29), *range(60, 69)]
    # b) and mirrored
    mirrored = label(mirror_of(text, 100), reverse_complement(bases))
    assert mirrored.row("valid", 1).tolist() == made.row("valid").tolist()
    assert mirrored.row("valid", 0).all()
    assert sorted(mirrored.mask_spans(1)) == sorted(spans)


def test_default_masks_reach_as_far_on_either_side(label):
    text = gene("g1", 2001, 2009, exons=[(2001, 2009)], cds=[(2001, 2009)])
    text += gene("g2", 12010, 12018, exons=[(12010, 12018)], cds=[(12010, 12018)])
    bases = sequence(14_000, at2001="ATG", at2007="TAA", at12010="ATG", at12016="TAA")
    exact = {span[1:] for span in label(text, bases).mask_spans()}
    assert exact == {(0, 2000), (2009, 3009), (3009, 12009), (12018, 14_000)}
    made = {span[1:] for span in label(text, bases, "default").mask_spans()}
    assert made == {(2000 - 440, 2000), (2009, 3009), (11_009, 12_009), (12_018, 12_018 + 440)}


def test_c_no_codons(label):
    made = label(gene("g", 11, 40, exons=[(11, 40)], cds=[(16, 24)]), sequence(60))
    assert made.mask_spans() == [("missing_start_codon", 0, 15), ("missing_stop_codon", 24, 60)]
    assert np.flatnonzero(made.row("valid")).tolist() == list(range(15, 24))


def test_d_phase_on_the_first_segment(label):
    text = gene("g", 11, 40, exons=[(11, 40)], cds=[(16, 25)], phases=[1])
    made = label(text, sequence(60, at16="ATG", at23="TAA"))
    assert made.mask_spans() == [("wrong_starting_phase", 0, 15)]
    assert phases_of(made)[15:25] == "1021021021"


def test_e_overlapping_exons(label):
    text = gene("g", 11, 70, exons=[(11, 30), (26, 40), (51, 70)], cds=[(14, 30), (26, 40), (51, 60)], phases=[0, 1, 1])
    made = label(text, sequence(100, at14="ATG", at58="TAA"))
    spans = made.mask_spans()
    assert ("overlapping_exons", 10, 40) in spans
    assert ("too_short_intron", 40, 50) in spans
    assert text_of(made)[40:50] == "i" * 10


def test_f_overlapping_genes_without_utr(label):
    text = gene("g1", 11, 60, exons=[(11, 60)], cds=[(16, 60)])
    text += gene("g2", 52, 125, exons=[(52, 125)], cds=[(52, 120)])
    text += gene("g3", 145, 175, exons=[(145, 175)], cds=[(150, 170)])
    bases = sequence(200, at16="ATG", at58="TAA", at52="ATG", at118="TAA", at150="ATG", at168="TAA")
    assert label(text, bases).mask_spans() == [("super_loci_overlap_error", 60, 134)]
    # Both genes lack the UTR between them: by default both sides are masked.
    spans = [span for span in label(text, bases, "default").mask_spans() if span[0] == "super_loci_overlap_error"]
    assert [span[1:] for span in spans] == [(60, 134), (0, 51)]


def test_g_nested_gene_keeps_no_masks(label):
    text = gene("g1", 11, 130, exons=[(11, 40), (81, 130)], cds=[(14, 40), (81, 120)], phases=[0, 1])
    text += gene("g2", 52, 66, exons=[(52, 66)], cds=[(52, 66)])
    bases = sequence(200, at14="ATG", at52="ATG", at64="TAA")
    # No stop codon: g1's doubt ends where it does, for the gene after it begins before that.
    assert label(text, bases).mask_spans() == [("missing_stop_codon", 120, 130)]


def test_h_noncoding_gene(label):
    text = gene("g", 11, 40, exons=[(11, 40)], level="lnc_RNA")
    made = label(text, sequence(60))
    assert text_of(made) == "g" * 60
    assert made.row("valid").all()
    assert label(text, sequence(60), "default").mask_spans() == [("noncoding_gene", 10, 40)]


def test_split_start_codon_is_found_by_default_only(label):
    text = gene("g", 5, 70, exons=[(5, 11), (41, 70)], cds=[(10, 11), (41, 53)], phases=[0, 1])
    bases = sequence(90, at10="AT", at41="G", at51="TAA")
    assert "missing_start_codon" in {span[0] for span in label(text, bases).mask_spans()}
    assert label(text, bases, "default").mask_spans() == []


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_stop_codon_inside_masks_the_gene_by_default_only(label, mirrored):
    # The inner TGA is split by the intron; the one before it is out of frame.
    text = gene("g", 5, 70, exons=[(5, 20), (41, 70)], cds=[(10, 20), (41, 53)], phases=[0, 1])
    bases = sequence(90, at10="ATG", at14="TGA", at19="TG", at21="GT", at39="AG", at41="A", at51="TAA")
    if mirrored:
        text, bases = mirror_of(text, 90), reverse_complement(bases)
    assert label(text, bases).mask_spans(int(mirrored)) == []
    assert label(text, bases, "default").mask_spans(int(mirrored)) == [("inner_stop", 4, 70)]


def test_no_transition_at_the_ends_of_a_contig(label):
    text = gene("g", 1, 60, exons=[(1, 60)], cds=[(1, 60)])
    made = label(text + text.replace("c\t", "d\t").replace("=g", "=h"), {"c": sequence(60), "d": sequence(60)})
    assert text_of(made) == "c" * 120
    assert columns(made) == {}
    assert phases_of(made) == "021" * 40
