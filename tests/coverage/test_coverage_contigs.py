"""Genomes of very many contigs: one stream over consecutive contigs, any order of contigs, nothing crosses an edge."""

import random
from pathlib import Path

import numpy as np
import pytest

from helixdask.alignments.bam_blocks import BamReader
from helixdask.alignments.bam_header import NameTable, match_names, read_bam_header
from helixdask.alignments.bgzf import BlockStream
from helixdask.alignments.byte_ranges import ByteRanges
from helixdask.alignments.stretches import stretches_of
from helixdask.coverage.pileup import Pileup
from helixdask.coverage.reading import load_index
from helixdask.coverage.rules import make_rules
from helixdask.errors import BadInputError
from helixdask.store.contigs import ContigTable
from tests.coverage.plain_count import Read, plain_tracks, write_bam

N = 3000


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    rng = random.Random(7)
    lengths = [rng.randrange(40, 160) for _ in range(N)]
    reads = []
    for i in range(2500):
        contig = rng.randrange(N)
        a = rng.randrange(0, lengths[contig] - 20)
        b = min(a + rng.randrange(0, 15), lengths[contig] - 5)
        cigar = rng.choice(["20M", "8M12N10M", "30M", "5M200N5M"])  # many reach beyond their contig's end
        reads += [Read(f"p{i}", 99, contig, a, cigar, 60, b), Read(f"p{i}", 147, contig, b, "20M", 60, a)]
    path = write_bam(tmp_path_factory.mktemp("contigs") / "a.bam", {f"c{i}": n for i, n in enumerate(lengths)}, reads)
    return path, lengths, plain_tracks(reads, lengths, "reverse", "default"), len(reads)


class Counting(BamReader):
    streams = 0

    def records(self, stretch):
        self.streams += 1
        return super().records(stretch)


def count(path, table, numbers, step):
    reader = Counting(path, load_index(path))
    parts, used = [], 0
    for start in range(0, table.n_bases, step):
        stop = min(table.n_bases, start + step)
        pileup = Pileup(stop - start, "reverse", make_rules("default"))
        for stretch in stretches_of(table.pieces(start, stop), numbers, start):
            for records in reader.records(stretch):
                pileup.add(records)
        tracks = pileup.finish()
        parts.append(np.zeros((2, 2, stop - start), np.uint32) if tracks is None else tracks)
        used += int(pileup.counts.sum())
    return np.concatenate(parts, axis=-1), used, reader.streams


@pytest.mark.parametrize("step", [10_007, 10**9])
def test_consecutive_contigs_are_one_stream(case, step):
    path, lengths, plain, n_reads = case
    table = ContigTable(np.array([f"c{i}" for i in range(N)], object), np.array(lengths))
    mine, used, streams = count(path, table, np.arange(N, dtype=np.int32), step)
    np.testing.assert_array_equal(mine, np.concatenate(plain, axis=-1))
    assert used == n_reads
    assert streams == -(-table.n_bases // step)


def test_another_order_of_contigs_gives_the_same(case):
    path, lengths, plain, n_reads = case
    order = np.arange(N)
    order[100:200] = order[100:200][::-1]
    order[1000:2000] = np.roll(order[1000:2000], 300)
    missing = 50  # a contig of the genome that the BAM does not have
    numbers = np.where(order == missing, -1, order).astype(np.int32)
    table = ContigTable(np.array([f"c{i}" for i in order], object), np.array(lengths)[order])
    mine, used, streams = count(path, table, numbers, 20_011)
    for i, part in zip(order.tolist(), np.split(mine, table.offsets[1:-1], axis=-1), strict=True):
        np.testing.assert_array_equal(part, 0 if i == missing else plain[i])
    assert n_reads - 20 < used < n_reads
    assert streams < 200


def test_a_header_of_many_contigs_is_read_as_arrays(case):
    path, lengths, _, _ = case
    header = read_bam_header(ByteRanges(path))
    assert header.lengths.tolist() == lengths
    assert header.order == "coordinate"
    assert header.names.names(np.array([0, 7, N - 1])) == ["c0", "c7", f"c{N - 1}"]
    assert match_names(NameTable.of(["c2999", "c", "c10", "", "c0"]), header.names).tolist() == [2999, -1, 10, -1, 0]
    assert match_names(NameTable.of([]), header.names).tolist() == []


def test_a_damaged_header_is_named(case, tmp_path):
    path, _, _, _ = case
    raw = BlockStream(ByteRanges(path), 0).more(np.empty(0, np.uint8))
    assert raw[:4].tobytes() == b"BAM\1"
    data = Path(path).read_bytes()
    for keep in (10, 3000, 20_000):
        cut = tmp_path / "cut.bam"
        cut.write_bytes(data[:keep])
        with pytest.raises(BadInputError, match=r"cut\.bam"):
            read_bam_header(ByteRanges(str(cut)))
