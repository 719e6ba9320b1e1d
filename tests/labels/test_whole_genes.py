"""Genes that the default rules mask whole, and those that they do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from helixdask.errors import BadInputError
from helixdask.labels import translation
from helixdask.labels.gene_codes import codes_of_genes, read_genetic_codes
from helixdask.labels.label_findings import label_findings
from helixdask.labels.paint import paint
from tests.labels.gene_sets import Gene, GeneSet, Isoform, models_of, plant

EXONS = ((10, 40), (70, 100), (130, 160))


def sound(name="t", shift=0, exons=EXONS, cds=((21, 40), (70, 100), (130, 150))) -> Isoform:
    """An isoform of 69 coding bases, with UTRs."""
    return Isoform(name, *(tuple((a + shift, b + shift) for a, b in part) for part in (exons, cds)), 0)


def genome(*genes: Gene, length: int = 400, letters: str = "CG") -> GeneSet:
    """Genes of a genome without stop codons, each with its codons and splice sites."""
    rng = np.random.default_rng(1)
    codes = {"a": rng.choice(["CATG".index(c) for c in letters], length).astype(np.uint8)}
    for gene in genes:
        for isoform in gene.isoforms:
            plant(codes["a"], gene.strand, isoform)
    return GeneSet(genes, codes)


def put(genes: GeneSet, at: int, word: str) -> None:
    genes.codes["a"][at : at + len(word)] = ["CATG".index(c) for c in word]


def findings(genes: GeneSet, made=None) -> list[tuple[str, str]]:
    table = label_findings(models_of(genes), genes.contigs, made or genes.tables()).frame()
    return list(zip(table["code"], table["action"], strict=True))


def codes(genes: GeneSet, **given) -> set[str]:
    return {code for code, _ in findings(genes, genes.tables(**given))}


def one(strand=0, attributes="{}", **changes) -> GeneSet:
    return genome(Gene("g", "a", strand, (replace(sound(), **changes),), attributes))


@pytest.mark.parametrize("strand", [0, 1])
def test_a_sound_gene_has_no_findings(strand):
    genes = one(strand)
    assert findings(genes) == []
    assert genes.tables().learnt.tolist() == [True]


@pytest.mark.parametrize("strand", [0, 1])
def test_wrong_at_both_ends_is_another_sequence(strand):
    genes = one(strand)
    put(genes, 21, "CCC")
    assert "disagrees_with_sequence" not in codes(genes)
    put(genes, 147, "CCC")
    made = genes.tables()
    # Half of nothing is left to the contig's ends: ten times the root of 10, and of 240.
    assert findings(genes, made) == [("disagrees_with_sequence", f"masked 0-310 {'-' if strand else '+'}")]
    assert not made.features.chosen.any()
    assert not paint(made.strands, 0, 400)["label"].any()


def test_one_sign_is_not_enough():
    odd_introns = one()
    put(odd_introns, 40, "CC")
    put(odd_introns, 70 + 30, "CC")
    assert codes(odd_introns) == set()
    put(odd_introns, 36, "TAA")  # in frame: 15 bases from the start
    assert codes(odd_introns) == {"disagrees_with_sequence"}
    stopped = one()
    put(stopped, 36, "TAA")
    assert findings(stopped) == [("inner_stop", "masked 10-160 +")]


def test_a_partial_gene_is_not_another_sequence():
    # It begins and ends with its transcript: both codons are lacking, and nothing says that it is wrong.
    genes = one(exons=((21, 40), (70, 100), (130, 150)))
    put(genes, 21, "CCC")
    put(genes, 147, "CCC")
    assert codes(genes) == {"missing_utr_5p", "missing_utr_3p", "missing_start_codon", "missing_stop_codon"}
    labels = paint(genes.tables().strands, 0, 400)
    assert labels["valid"][0, 21:150].all()


def test_unknown_bases_speak_for_nothing():
    genes = one()
    for start, stop in ((21, 24), (40, 42), (100, 102), (147, 150)):
        genes.codes["a"][start:stop] = 4
    assert codes(genes) == {"missing_start_codon", "missing_stop_codon"}


def test_a_gene_that_runs_off_the_contig_may_end_inside_a_codon():
    cut = one()
    cut = GeneSet(cut.genes, {"a": cut.codes["a"][:149]})
    isoform = replace(sound(), exons=((10, 40), (70, 100), (130, 149)), cds=((21, 40), (70, 100), (130, 149)))
    cut = replace(cut, genes=(replace(cut.genes[0], isoforms=(isoform,)),))
    # Nothing follows that could be masked for the lack of a stop codon.
    assert codes(cut) == set()
    assert cut.tables().learnt.tolist() == [True]
    inside = one(cds=((21, 40), (70, 100), (130, 149)))
    assert "mismatched_ending_phase" in codes(inside)


def test_one_isoform_of_another_sequence_masks_the_gene():
    odd = replace(sound("odd"), cds=((22, 40), (70, 100), (130, 144)))  # in frame, wrong at both ends
    genes = genome(Gene("g", "a", 0, (sound(),)))
    genes = replace(genes, genes=(Gene("g", "a", 0, (odd, sound())),))
    made = genes.tables()
    assert codes(genes) == {"disagrees_with_sequence"}
    assert not made.learnt.any()


@pytest.mark.parametrize("turn", [1, -1])
def test_the_longest_sound_isoform_stands_for_the_gene(turn):
    short = replace(sound("short"), cds=((21, 40), (70, 100), (130, 141)))
    genes = genome(Gene("g", "a", 0, (sound("long"),)))
    put(genes, 138, "TAA")  # 66 bases from the start: a stop inside the long one, the last of the short one
    genes = replace(genes, genes=(Gene("g", "a", 0, (sound("long"), short)[::turn]),))
    assert findings(genes) == [("other_isoform", "short stands for the gene: the longest, long, is broken")]
    labels = paint(genes.tables().strands, 0, 400)
    assert np.flatnonzero(labels["label"][0] == 2).tolist()[-1] == 140
    assert labels["valid"].all()


@pytest.mark.parametrize("turn", [1, -1])
def test_of_equal_isoforms_the_one_with_more_exon_bases_stands_then_the_first_by_name(turn):
    wide = replace(sound("wide"), exons=((5, 40), *EXONS[1:]))
    genes = genome(Gene("g", "a", 0, (sound("b"), sound("a"), wide)[::turn]))
    names = np.array([i.name for i in genes.genes[0].isoforms])
    assert names[genes.tables().features.chosen].tolist() == ["wide"]
    genes = replace(genes, genes=(Gene("g", "a", 0, (sound("b"), sound("a"))[::turn]),))
    names = np.array([i.name for i in genes.genes[0].isoforms])
    assert names[genes.tables().features.chosen].tolist() == ["a"]


def test_an_exception_is_masked_only_where_translation_does_not_fit():
    said = '{"translation_exception": "ribosomal slippage"}'
    assert findings(one(attributes=said)) == []
    genes = one(attributes=said)
    put(genes, 36, "TGA")
    assert findings(genes) == [("translation_exception", "masked 10-160 +")]


def test_genes_without_a_strand_are_masked_on_both():
    genes = one(attributes='{"masked": "no_strand"}')
    made = genes.tables()
    assert findings(genes, made) == [("no_strand", "masked 10-160 +"), ("no_strand", "masked 10-160 -")]
    valid = paint(made.strands, 0, 400)["valid"]
    for strand in (0, 1):
        assert np.flatnonzero(valid[strand] == 0).tolist() == list(range(10, 160))


def test_coding_bases_beyond_the_transcript_are_masked():
    genes = one(cds=((3, 9), (21, 40), (70, 100), (130, 150)))
    assert ("cds_outside_exons", "masked 3-160 +") in findings(genes)


def test_noncoding_genes_do_not_hide_coding_ones():
    genes = one()
    silent = [
        Gene(name, "a", 0, (Isoform(f"{name}.t", (span,), (), 0),))
        for name, span in (("in", (45, 60)), ("at", (150, 190)))
    ]
    genes = replace(genes, genes=(*genes.genes, *silent))
    table = label_findings(models_of(genes), genes.contigs, genes.tables()).frame()
    assert list(zip(table["code"], table["gene"], table["action"], strict=True)) == [
        ("noncoding_gene", "at", "masked 160-190 +"),
        ("noncoding_gene", "in", "not labelled: a coding gene is labelled there"),
    ]


def test_genetic_codes():
    genes = one()
    put(genes, 36, "TGA")
    assert codes(genes) == {"inner_stop"}
    assert codes(genes, table=2) == set()
    assert codes(genes, of_contigs={"a": 4}) == set()
    # The annotation's word for the gene comes first.
    told = replace(genes, genes=(replace(genes.genes[0], attributes='{"transl_table": 2}'),))
    assert codes(told) == set()
    assert codes(told, of_contigs={"a": 1}) == set()
    wrong = replace(genes, genes=(replace(genes.genes[0], attributes='{"transl_table": 7777}'),))
    assert codes(wrong) == {"inner_stop", "genetic_code_unknown"}
    with pytest.raises(BadInputError, match="no genetic code 7"):
        genes.tables(table=7)


def test_starts_of_genetic_codes():
    genes = one()
    put(genes, 21, "TTG")
    # NCBI's standard table has it as a start, but so rarely that it is none here.
    assert codes(genes) == {"missing_start_codon"}
    assert codes(genes, table=11) == set()
    assert codes(genes, table=2) == {"missing_start_codon"}


def test_a_contig_full_of_stops_is_suspected_of_another_code():
    genes = genome(*(Gene(f"g{k}", "a", 0, (sound(f"t{k}", 200 * k),)) for k in range(3)), length=700)
    put(genes, 36, "TGA")
    assert "genetic_code_suspect" not in codes(genes)
    put(genes, 236, "TGA")
    told = dict(findings(genes))["genetic_code_suspect"]
    assert told.startswith("2 of 3 coding genes")
    assert "--genetic-codes" in told
    assert codes(genes, table=2) == set()


def test_read_genetic_codes(tmp_path):
    contigs = one().contigs
    path = tmp_path / "codes.tsv"
    path.write_text("# organelles\n\na\t11\na\t11\n")
    assert read_genetic_codes(path, contigs) == {"a": 11}
    for text, problem in (
        ("a 11\n", "is 'a 11'"),
        ("a\tmt\n", "is 'a.tmt'"),
        ("b\t1\n", "no contig 'b'"),
        ("a\t7\n", "no genetic code 7"),
        ("a\t1\na\t2\n", "was given genetic code 1 above"),
    ):
        path.write_text(text)
        with pytest.raises(BadInputError, match=problem) as caught:
            read_genetic_codes(path, contigs)
        assert str(caught.value.where).startswith(f"{path}, line")
    with pytest.raises(BadInputError, match="no such file"):
        read_genetic_codes(tmp_path / "none.tsv", contigs)


@pytest.mark.parametrize(("block", "batch"), [(7, 1 << 24), (1 << 20, 40), (13, 90)])
def test_blocks_and_batches_do_not_matter(monkeypatch, block, batch):
    genes = genome(
        *(Gene(f"g{k}", "a", k % 2, (sound(f"t{k}", 200 * k), sound(f"u{k}", 200 * k + 9))) for k in range(8)),
        length=1800,
        letters="CATG",
    )
    put(genes, 40, "CC")
    models = models_of(genes)
    features, table = genes.tables().features, codes_of_genes(models, genes.contigs)
    whole = translation.read_features(features, table, genes.contigs.offsets, genes.read)
    assert whole.inner.any()
    assert whole.odd_introns.any()
    sizes = []

    def read(start, stop):
        sizes.append(stop - start)
        return genes.read(start, stop)

    monkeypatch.setattr(translation, "_BLOCK", block)
    monkeypatch.setattr(translation, "_BATCH", batch)
    parts = translation.read_features(features, table, genes.contigs.offsets, read)
    assert max(sizes) <= block
    for name, values in vars(whole).items():
        np.testing.assert_array_equal(values, getattr(parts, name), err_msg=name)
