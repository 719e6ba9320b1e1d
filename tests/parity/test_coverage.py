"""Tracks by the rules `helixer` against the files that Helixer wrote, and by the default rules against pysam."""

import h5py
import numpy as np
import pysam
import pytest

from helixdask.alignments.bam_blocks import BamReader
from helixdask.alignments.stretches import Stretch
from helixdask.coverage.checks import check_library
from helixdask.coverage.libraries import Library
from helixdask.coverage.pileup import Pileup
from helixdask.coverage.reading import load_index
from helixdask.coverage.rules import make_rules
from helixdask.errors import BadInputError
from tests.coverage.plain_count import tracks_of

LENGTHS = {"NW_003315902.1": 5431, "NW_003315901.1": 8981, "NW_003315900.1": 245704}
PROTOCOLS = {"second": "reverse", "first": "forward", "unstranded": "unstranded"}


def rows_like_helixer(track, starts_ends, size):
    """Windows of a (2, n) track: minus rows reversed, padding of -1 at the end."""
    rows = np.full((len(starts_ends), size), -1, np.int64)
    for row, (start, end) in zip(rows, starts_ends.tolist(), strict=True):
        piece = track[0, start:end] if start < end else track[1, end:start][::-1]
        row[: len(piece)] = piece
    return rows


def compare(h5, column, tracks, names):
    with h5py.File(h5) as file:
        ids = np.array([i.decode() for i in file["data/seqids"][:]])
        starts_ends = file["data/start_ends"][:]
        for kind, name in enumerate(("coverage", "spliced_coverage")):
            theirs = file[f"evaluation/rnaseq_{name}"][:, :, column]
            assert set(ids) <= set(names)
            compared = 0
            for contig, track in zip(names, tracks, strict=True):
                rows = np.flatnonzero(ids == contig)
                mine = rows_like_helixer(track[kind], starts_ends[rows], theirs.shape[1])
                np.testing.assert_array_equal(mine, theirs[rows])
                compared += len(rows)
            assert compared == len(ids) > 0
            assert theirs.max() > 0


@pytest.mark.parametrize("region", [None, 6407])
@pytest.mark.parametrize("protocol", list(PROTOCOLS))
def test_one_read_per_rule(golden, protocol, region):
    folder = golden / "coverage"
    tracks, _ = tracks_of(str(folder / "cases.bam"), LENGTHS.values(), PROTOCOLS[protocol], "helixer", region)
    compare(folder / f"cases.{protocol}.h5", 0, tracks, list(LENGTHS))


@pytest.mark.parametrize(
    ("h5", "bam", "column", "strandedness"),
    [
        ("sim1.second.h5", "sim1", 0, "reverse"),
        ("sim1.fasta2h5.second.h5", "sim1", 0, "reverse"),
        ("sim12.second.h5", "sim1", 0, "reverse"),
        ("sim12.second.h5", "sim2", 1, "reverse"),
        ("sim1then2.second.first.h5", "sim1", 0, "reverse"),
        ("sim1then2.second.first.h5", "sim2", 1, "forward"),
    ],
)
def test_simulated_libraries(golden, h5, bam, column, strandedness):
    folder = golden / "coverage"
    if not (folder / h5).exists():
        pytest.skip(f"{h5} is not among the files at hand")
    tracks, _ = tracks_of(str(folder / f"{bam}.bam"), LENGTHS.values(), strandedness, "helixer", 50_000)
    compare(folder / h5, column, tracks, list(LENGTHS))


def check(path):
    return check_library(Library("x", str(path)), list(LENGTHS), np.array(list(LENGTHS.values())))


@pytest.mark.parametrize(
    ("bam", "message"),
    [
        ("odd_longer_len", "contig `NW_003315902.1` has 5,931 bases in the BAM, 5,431 in the genome; 2 more"),
        ("odd_shorter_len", "contig `NW_003315902.1` has 4,931 bases in the BAM, 5,431 in the genome; 2 more"),
    ],
)
def test_another_assembly_is_refused(golden, bam, message):
    with pytest.raises(BadInputError, match=message):
        check(golden / "coverage" / f"{bam}.bam")


def test_a_paired_read_without_number_is_refused(golden):
    path = golden / "coverage" / "odd_paired_noflag.bam"
    check(path)
    with pytest.raises(BadInputError, match="base 500 is neither the first nor the second read"):
        tracks_of(str(path), LENGTHS.values(), "reverse", "helixer")


@pytest.mark.parametrize(
    ("bam", "contig", "covered"),
    [
        ("odd_both_flags", 2, (500, 550)),
        ("odd_past_end", 0, (5411, 5431)),
        ("odd_nocigar_mapped", 2, None),
        ("odd_noindex", 2, (500, 550)),
        ("odd_empty", 2, None),
    ],
)
def test_odd_files_that_can_be_counted(golden, bam, contig, covered):
    path = golden / "coverage" / f"{bam}.bam"
    assert check(path).contig_numbers.tolist() == [0, 1, 2]
    tracks, _ = tracks_of(str(path), LENGTHS.values(), "reverse", "helixer")
    assert sum(int(t.sum()) for t in tracks) == (covered[1] - covered[0] if covered else 0)
    if covered:
        assert np.flatnonzero(tracks[contig][0, 1]).tolist() == list(range(*covered))


def test_contigs_on_one_side_only(golden):
    extra = check(golden / "coverage" / "odd_extra_contig.bam")
    assert extra.foreign_contigs == ["extra"]
    missing = check(golden / "coverage" / "odd_missing_contig.bam")
    assert missing.contigs_without_reads == ["NW_003315902.1"]
    assert missing.contig_numbers.tolist() == [-1, 0, 1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("bam", "contig", "start", "stop", "strandedness"),
    [
        ("spombe/spombe_dUTP.bam", "I", 2_000_000, 2_100_000, "reverse"),
        ("spombe/spombe_dUTP.bam", "II", 1_000_000, 1_100_000, "unstranded"),
        ("athaliana_chr3/at3_SRR5956436.bam", "Chr3:1065466-1464870", 100_000, 200_000, "reverse"),
        ("athaliana_chr3/at3_ont_SRR11031292.bam", "Chr3:1065466-1464870", 100_000, 200_000, "forward"),
        ("dmel/SRR1732756_chr2L_0-5M.primary.hisat2.bam", None, 1_000_000, 1_100_000, "unstranded"),
    ],
)
def test_default_rules_on_real_reads(shared, bam, contig, start, stop, strandedness):
    """Every read in turn, with sets of bases for mates, from pysam."""
    path = str(shared / "data" / bam)
    expected = np.zeros((2, 2, stop - start), np.int64)
    first, second, used = {}, [], 0
    with pysam.AlignmentFile(path) as file:
        contig = contig or file.references[0]
        number, length = file.get_tid(contig), file.get_reference_length(contig)
        for r in file.fetch(contig, start, stop):
            if r.is_unmapped or r.is_secondary or r.is_supplementary or r.is_duplicate or r.is_qcfail:
                continue
            if r.mapping_quality < 10:
                continue
            used += start <= r.reference_start < stop
            strand = int(r.is_reverse)
            if strandedness == ("forward" if r.is_paired and r.is_read2 else "reverse"):
                strand = 1 - strand
            blocks, at = [], r.reference_start
            for op, n in r.cigartuples:
                if op in (0, 7, 8, 3):
                    blocks += [(int(op == 3), p) for p in range(max(at, start), min(at + n, stop))]
                at += n if op in (0, 2, 3, 7, 8) else 0
            if r.is_paired and r.is_read1 and r.next_reference_id == r.reference_id:
                first[r.query_name, r.reference_start, r.next_reference_start] = set(blocks)
            if r.is_paired and r.is_read2:
                mate = (r.query_name, r.next_reference_start, r.reference_start)
                second.append((mate if r.next_reference_id == r.reference_id else None, strand, blocks))
                continue
            for track, p in blocks:
                expected[track, strand, p - start] += 1
    for mate, strand, blocks in second:
        for track, p in blocks:
            if (track, p) not in first.get(mate, ()):
                expected[track, strand, p - start] += 1
    assert expected.sum() > 10_000
    for region in (stop - start, 7_001):
        mine, counts = count_part(path, number, start, stop, min(length, stop), strandedness, region)
        np.testing.assert_array_equal(mine, expected)
        assert counts[0] == used


def count_part(path, number, start, stop, end, strandedness, region):
    reader = BamReader(path, load_index(path, f"{path}.bai"))
    parts, counts = [], 0
    for a in range(start, stop, region):
        b = min(a + region, stop)
        pileup = Pileup(b - a, strandedness, make_rules("default"))
        for records in reader.records(Stretch.of_part(number, a, b)):
            pileup.add(records)
        parts.append(pileup.finish())
        counts = counts + pileup.counts
    return np.concatenate(parts, axis=-1), counts
