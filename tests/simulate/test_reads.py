"""Simulated reads: spliced at true introns, with the strand protocol they claim, in a valid BAM."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import numpy as np
import pysam
import pytest

from helixdask.simulate import SimulateResult, SimulateSettings, simulate
from helixdask.simulate.bam import _bins


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> SimulateResult:
    return simulate(SimulateSettings(bases=200_000, contigs=2, seed=5), tmp_path_factory.mktemp("simulated"))


@pytest.fixture(scope="module")
def reads(made: SimulateResult) -> list[pysam.AlignedSegment]:
    with pysam.AlignmentFile(str(made.reads)) as bam:
        return list(bam)


def genes_and_introns(truth: Path) -> tuple[dict[str, list[tuple[int, int, str]]], dict[tuple[str, int, int], str]]:
    genes = defaultdict(list)
    exons = defaultdict(list)
    for line in truth.read_text().splitlines()[1:]:
        row = line.split("\t")
        if row[2] == "gene":
            genes[row[0]].append((int(row[3]) - 1, int(row[4]), row[6]))
        if row[2] == "exon":
            exons[row[8]].append(row)
    introns = {
        (left[0], int(left[4]), int(right[3]) - 1): left[6] for rows in exons.values() for left, right in pairwise(rows)
    }
    return genes, introns


def strand_by_protocol(read: pysam.AlignedSegment) -> str:
    """Strandedness 'reverse': read 2 has the sense of the transcript."""
    forward = not read.is_reverse
    return "+" if forward == read.is_read2 else "-"


def test_counts_and_order(made, reads):
    assert len(reads) == 2 * made.read_pairs > 5_000
    pysam.quickcheck(str(made.reads))
    places = [(read.reference_id, read.reference_start) for read in reads]
    assert places == sorted(places)
    with pysam.AlignmentFile(str(made.reads)) as bam:
        assert bam.has_index()
        assert dict(bam.header)["HD"] == {"VN": "1.6", "SO": "coordinate"}
        assert "PG" not in dict(bam.header)
        assert sum(entry.mapped for entry in bam.get_index_statistics()) == len(reads)
        third = reads[len(reads) // 3]
        near = bam.fetch(third.reference_name, third.reference_start, third.reference_start + 1)
        assert third.query_name in {read.query_name for read in near}
    assert made.libraries.read_text() == "name\tpath\tkind\tstrandedness\nleaf\treads.bam\trnaseq\treverse\n"


def test_splices_are_true_introns_on_the_strand_of_the_protocol(made, reads):
    _, introns = genes_and_introns(made.truth)
    seen = Counter()
    for read in reads:
        place = read.reference_start
        for operation, length in read.cigartuples:
            assert operation in (0, 3)
            if operation == 3:
                strand = introns[read.reference_name, place, place + length]
                assert strand == strand_by_protocol(read) == read.get_tag("XS")
                seen[strand] += 1
            place += length
    assert seen["+"] > 100
    assert seen["-"] > 100


def test_nearly_all_reads_lie_in_genes_of_their_strand_and_some_do_not(made, reads):
    genes, _ = genes_and_introns(made.truth)
    inside = 0
    for read in reads:
        strand = strand_by_protocol(read)
        inside += any(
            start <= read.reference_start and read.reference_end <= end and strand == of_gene
            for start, end, of_gene in genes[read.reference_name]
        )
    assert 0.95 < inside / len(reads) < 0.999


def test_pairs_agree(reads):
    pairs = defaultdict(list)
    for read in reads:
        pairs[read.query_name].append(read)
    inserts = []
    for left, right in pairs.values():
        assert {left.is_read1, right.is_read1} == {True, False}
        assert left.is_proper_pair
        assert left.mate_is_reverse == right.is_reverse != left.is_reverse
        assert (left.next_reference_id, left.next_reference_start) == (right.reference_id, right.reference_start)
        assert (right.next_reference_id, right.next_reference_start) == (left.reference_id, left.reference_start)
        assert left.template_length == -right.template_length
        forward, backward = (right, left) if left.is_reverse else (left, right)
        assert forward.template_length == backward.reference_end - forward.reference_start
        if "N" not in forward.cigarstring + backward.cigarstring:
            inserts.append(forward.template_length)
    assert 230 < np.median(inserts) < 270


def test_bases_are_those_of_the_genome_but_for_errors(made, reads):
    with pysam.FastaFile(str(made.genome)) as genome:
        contigs = {name: np.frombuffer(genome.fetch(name).upper().encode(), dtype="S1") for name in genome.references}
    different = bases = 0
    for read in reads[::7]:
        aligned = np.array(read.get_aligned_pairs(matches_only=True))
        own = np.frombuffer(read.query_sequence.encode(), dtype="S1")[aligned[:, 0]]
        different += int((own != contigs[read.reference_name][aligned[:, 1]]).sum())
        bases += len(own)
    assert len(read.query_sequence) == 100
    assert 0.001 < different / bases < 0.006


def test_depth_is_about_what_was_asked_for(made, reads):
    exonic = 0
    for line in made.truth.read_text().splitlines()[1:]:
        row = line.split("\t")
        if row[2] == "exon":
            exonic += int(row[4]) - int(row[3]) + 1
    assert 10 < 100 * len(reads) / exonic < 90


def test_bins_are_those_of_the_format():
    start = np.array([0, 16_000, 130_000, 1_000_000, 60_000_000, 67_108_000, 2**29 - 10, 2**29 + 5])
    end = start + np.array([100, 800, 2_000, 100_000, 100, 1_000, 10, 100])
    own = [pysam_bin(int(a), int(b)) for a, b in zip(start[:-1], end[:-1], strict=True)]
    assert _bins(start, end).tolist() == [*own, 0]


def pysam_bin(start: int, end: int) -> int:
    read = pysam.AlignedSegment(pysam.AlignmentHeader.from_dict({"SQ": [{"SN": "a", "LN": 2**29}]}))
    read.query_name, read.reference_id, read.reference_start = "r", 0, start
    read.cigartuples = [(0, end - start)]
    return read.bin
