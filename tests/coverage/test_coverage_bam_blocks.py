import contextlib
import random

import numpy as np
import pysam
import pytest

from helixdask.alignments.bam_blocks import BamReader, Records
from helixdask.alignments.bam_index import parse_index
from helixdask.alignments.bam_records import check_records, measure_records, parse_records
from helixdask.alignments.bgzf import BlockStream
from helixdask.alignments.stretches import Stretch
from helixdask.coverage.pileup import Pileup
from helixdask.coverage.reading import load_index
from helixdask.coverage.rules import make_rules
from helixdask.errors import BadInputError
from tests.coverage.plain_count import Read, write_bam

CONTIGS = {"a": 300_000, "empty": 5000, "b:1-2": 40_000}


@pytest.fixture(scope="module")
def many_reads():
    rng = random.Random(1)
    reads = []
    for i in range(15_000):
        contig = rng.choice([0, 0, 0, 2])
        cigar = rng.choice(["100M", "40M2000N60M", "5S95M", "50M3D50M", "100M", "30M20000N70M"])
        reads.append(
            Read(f"read{i}", rng.choice([0, 16, 99, 147, 1024]), contig, rng.randrange(0, 38_000), cigar, i % 256)
        )
    reads += [Read(f"far{i}", 0, 0, 250_000 + i, "50M") for i in range(50)]
    return reads


@pytest.mark.slow
@pytest.mark.parametrize("csi", [False, True])
def test_reads_the_same_alignments_as_htslib(tmp_path, many_reads, csi):
    path = write_bam(tmp_path / "a.bam", CONTIGS, many_reads, csi=csi)
    reader = BamReader(path, load_index(path, f"{path}.{'csi' if csi else 'bai'}"))
    with pysam.AlignmentFile(path) as bam:
        for contig, start, stop in [
            (0, 0, 300_000), (0, 16_384, 16_385), (0, 60_000, 100_000), (0, 200_000, 260_000), (0, 299_000, 300_000),
            (1, 0, 5000), (2, 0, 40_000), (2, 20_000, 20_100), (2, 39_990, 40_000),
        ]:  # fmt: skip
            wanted = [
                (r.flag, r.reference_start, r.mapping_quality, r.cigartuples)
                for r in bam.fetch(bam.get_reference_name(contig), start, stop)
            ]
            mine = []
            for batch in reader.batches(contig, start, stop):
                for i in range(len(batch)):
                    ops = batch.cigar[batch.cigar_offset[i] : batch.cigar_offset[i + 1]].tolist()
                    cigar = [(op & 15, op >> 4) for op in ops]
                    mine.append((int(batch.flag[i]), int(batch.position[i]), int(batch.mapq[i]), cigar))
            assert mine == wanted


def test_mates_share_a_hash_and_others_do_not(tmp_path, many_reads):
    path = write_bam(tmp_path / "a.bam", CONTIGS, many_reads)
    reader = BamReader(path, load_index(path, None))
    hashes = np.concatenate([b.name_hash for c in (0, 2) for b in reader.batches(c, 0, 300_000)])
    assert len(np.unique(hashes)) == len(many_reads)


def test_more_cigar_operations_than_a_record_can_say(tmp_path):
    path = write_bam(tmp_path / "a.bam", {"a": 300_000}, [Read("long", 0, 0, 7, "1M1D" * 40_000 + "3M")])
    reader = BamReader(path, load_index(path, None))
    [batch] = reader.batches(0, 80_000, 80_010)
    assert len(batch.cigar) == 80_001
    assert int((batch.cigar >> 4).sum()) == 80_003


def test_a_file_that_ends_early_is_named(tmp_path, many_reads):
    path = write_bam(tmp_path / "a.bam", CONTIGS, many_reads)
    index = load_index(path, None)
    data = (tmp_path / "a.bam").read_bytes()
    (tmp_path / "a.bam").write_bytes(data[: len(data) // 2])
    with pytest.raises(BadInputError, match=r"a\.bam: (no complete BGZF block|the file ends)"):
        list(BamReader(path, index).batches(0, 0, 300_000))


def test_damage_is_never_a_crash(tmp_path, many_reads):
    path = write_bam(tmp_path / "a.bam", CONTIGS, many_reads)
    index = load_index(path, None)
    data = bytearray((tmp_path / "a.bam").read_bytes())
    rng = random.Random(2)
    found = 0
    for _ in range(30):
        broken = bytearray(data)
        for _ in range(3):
            broken[rng.randrange(200, len(data) - 28)] ^= 1 << rng.randrange(8)
        (tmp_path / "b.bam").write_bytes(broken)
        try:
            reader = BamReader(str(tmp_path / "b.bam"), index)
            for contig in range(3):
                list(reader.batches(contig, 0, 300_000))
        except BadInputError:
            found += 1
    assert found >= 28  # block checksums find a flipped bit; a few lie in header fields that nothing reads


def test_impossible_records_are_refused_and_never_a_crash(tmp_path):
    reads = [Read("x", 99, 0, 5, "10M2I3S", 60, 9), Read("x", 147, 0, 9, "15M", 60, 5), Read("y", 0, 0, 9, "2M9N4M")]
    path = write_bam(tmp_path / "a.bam", {"a": 1000}, reads)
    reader = BamReader(path, load_index(path, None))
    piece = BlockStream(reader.file, 0).more(np.empty(0, np.uint8))
    records = piece[reader.index.start_offset(0, 0) & 0xFFFF :].copy()
    stretch = Stretch.of_part(0, 0, 1000)
    rng = random.Random(3)
    sound = 0
    for _ in range(3000):
        data = records.copy()
        for _ in range(rng.randrange(1, 4)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        end, count, operations, status = check_records(data, 0, 0, 1000)
        assert 0 <= end <= len(data)
        assert status in (-2, -1, 0, 1)
        if status >= 0:
            sound += 1
            n, ops = measure_records(data, 0, end, 0, 0)
            assert n <= count
            assert ops <= operations
            assert len(parse_records(data, 0, 0, 0, n, ops)[0]) == n
            pileup = Pileup(1000, "reverse", make_rules("default"))
            with contextlib.suppress(BadInputError):  # starts are out of order
                pileup.add(Records(data, 0, end, count, operations, stretch))
                pileup.finish()
    assert 500 < sound < 3000
    data = records.copy()
    data[3] = 0x80
    assert check_records(data, 0, 0, 1000)[3] == -1


@pytest.mark.parametrize("keep", [3, 10, 60])
def test_a_damaged_index_is_named(tmp_path, many_reads, keep):
    path = write_bam(tmp_path / "a.bam", CONTIGS, many_reads)
    data = np.frombuffer((tmp_path / "a.bam.bai").read_bytes(), np.uint8)
    parse_index(data, path)
    with pytest.raises(BadInputError, match="index"):
        parse_index(data[:keep], path)
