import logging

import pytest

from helixdask.coverage.libraries import Library
from helixdask.coverage.protocol import Evidence, check_stated, find_evidence, resolved
from helixdask.coverage.protocol_sample import sample_reads
from helixdask.coverage.read_sample import SampleSize
from helixdask.errors import BadInputError
from tests.coverage.plain_count import Read, write_bam
from tests.coverage.small_genome import LENGTHS, make_store, reads_of_genes

PROTOCOLS = {"forward": True, "reverse": False, "unstranded": lambda number: number % 4 == 0}


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    return make_store(tmp_path_factory.mktemp("bare"))


@pytest.fixture(scope="module")
def annotated(tmp_path_factory):
    return make_store(tmp_path_factory.mktemp("annotated"), genes=True)


def auto(path):
    return Library("x", path, "rnaseq", "auto")


@pytest.mark.parametrize("index", [True, False])
@pytest.mark.parametrize("protocol", list(PROTOCOLS))
def test_from_splice_motifs(bare, tmp_path, protocol, index):
    path = write_bam(tmp_path / "a.bam", LENGTHS, reads_of_genes(PROTOCOLS[protocol]), index=index)
    assert resolved(bare, auto(path)).strandedness == protocol
    evidence = find_evidence(bare, auto(path))
    assert evidence.source == "spliced reads"
    assert evidence.informative == evidence.spliced_reads == 408
    assert evidence.single_sense == evidence.single_antisense == 0


@pytest.mark.parametrize("protocol", list(PROTOCOLS))
def test_from_gene_models(bare, annotated, tmp_path, protocol):
    path = write_bam(tmp_path / "a.bam", LENGTHS, reads_of_genes(PROTOCOLS[protocol], spliced=False))
    assert find_evidence(annotated, auto(path)).source == "gene models"
    assert resolved(annotated, auto(path)).strandedness == protocol
    with pytest.raises(BadInputError, match=r"0 of them say something, 100 are needed(.|\n)*helixdask labels"):
        resolved(bare, auto(path))


def test_a_sample_is_always_the_same_and_takes_no_read_twice(bare, tmp_path):
    path = write_bam(tmp_path / "a.bam", LENGTHS, reads_of_genes(True))
    one, two = sample_reads(auto(path), bare), sample_reads(auto(path), bare)
    assert len(one.flag) == 816
    assert (one.start == two.start).all()
    few = sample_reads(auto(path), bare, SampleSize(40, 40))
    assert 10 < len(few.flag) <= 60
    assert len(set(few.contig.tolist())) == 2


def test_other_names_of_contigs(bare, tmp_path):
    path = write_bam(tmp_path / "a.bam", {"1": 150_000, "2": 60_000}, reads_of_genes(True))
    assert len(sample_reads(auto(path), bare).flag) == 0
    assert len(sample_reads(auto(path), bare, aliases={"1": "one", "2": "two"}).flag) == 816


def test_reads_that_do_not_count_say_nothing(bare, tmp_path):
    reads = [
        Read(f"{i}", 16 | flag, 0, 2_130, "70M200N30M", mapq)
        for i in range(200)
        for flag, mapq in ((0x400, 60), (0, 3))
    ]
    path = write_bam(tmp_path / "a.bam", LENGTHS, reads)
    assert find_evidence(bare, auto(path)).reads_sampled == 0


def test_ambiguous_reads_are_refused_with_figures(bare, tmp_path):
    path = write_bam(tmp_path / "a.bam", LENGTHS, reads_of_genes(lambda number: number % 8 != 0))
    with pytest.raises(
        BadInputError, match=r"75\.0% speak for forward: at least 85% is forward, at most 15% reverse"
    ) as caught:
        resolved(bare, auto(path))
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        ({"single_sense": 99}, None),
        ({"single_sense": 100}, "forward"),
        ({"read1_sense": 85, "read1_antisense": 15}, "forward"),
        ({"read1_sense": 84, "read1_antisense": 16}, None),
        ({"read2_sense": 85, "read2_antisense": 15}, "reverse"),
        ({"single_sense": 60, "single_antisense": 40}, "unstranded"),
        ({"single_sense": 39, "single_antisense": 61}, None),
        ({"read1_sense": 100, "read2_sense": 100}, None),  # both mates sense: no paired protocol
    ],
)
def test_thresholds(counts, verdict):
    assert Evidence("spliced reads", 1000, 100, **counts).verdict == verdict


def test_a_protocol_that_the_reads_contradict_is_warned_about(bare, tmp_path, caplog):
    path = write_bam(tmp_path / "a.bam", LENGTHS, reads_of_genes(False))
    with caplog.at_level(logging.WARNING):
        assert check_stated(bare, Library("x", path, "rnaseq", "forward")).verdict == "reverse"
    assert "stated as forward, but the reads look reverse" in caplog.text
    assert "408 antisense" in caplog.text or "antisense (0.0% for forward)" in caplog.text
    caplog.clear()
    check_stated(bare, Library("x", path, "rnaseq", "reverse"))
    assert not caplog.text


def test_the_evidence_that_is_told_is_the_evidence_that_is_stored(bare, tmp_path, caplog):
    path = write_bam(tmp_path / "a.bam", LENGTHS, reads_of_genes(False))
    with caplog.at_level(logging.INFO):
        library = resolved(bare, auto(path))
    stored = check_stated(bare, library)
    assert str(stored) in caplog.text
    # Stated, the first look is enough; a file that is another one by now is looked at again.
    write_bam(path, LENGTHS, reads_of_genes(True))
    assert check_stated(bare, library) != stored
