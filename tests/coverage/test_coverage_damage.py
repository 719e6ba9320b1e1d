"""Damaged tracks and indexes, and alignments to other sequences: named before work starts, by byte or line."""

import gzip
import hashlib
import struct

import numpy as np
import pybigtools
import pysam
import pytest

from helixdask.alignments.bam_header import read_bam_header
from helixdask.alignments.byte_ranges import ByteRanges
from helixdask.alignments.cram_index import crai_difference, cram_containers, read_crai
from helixdask.coverage.bigwig_blocks import check_bigwig_blocks, check_bigwig_head
from helixdask.coverage.bigwig_read import BigWig
from helixdask.coverage.checks import check_library
from helixdask.coverage.libraries import Library
from helixdask.coverage.stage import CoverageStage
from helixdask.errors import BadInputError
from tests.coverage.plain_count import Read, write_bam

LENGTHS = {"a": 60_000, "b": 20_000}


@pytest.fixture
def bigwig(tmp_path):
    path = tmp_path / "t.bw"
    rng = np.random.default_rng(1)
    writer = pybigtools.open(str(path), "w")
    values = (
        (name, at, at + 20, float(rng.integers(1, 9)))
        for name, length in LENGTHS.items()
        for at in range(0, length - 40, 21)
    )
    writer.write(LENGTHS, values)
    writer.close()
    return path


def damaged(path, at, data):
    raw = bytearray(path.read_bytes())
    raw[at : at + len(data)] = data
    path.write_bytes(raw)
    return str(path)


def test_a_sound_bigwig(bigwig):
    check_bigwig_head(str(bigwig))
    check_bigwig_blocks(str(bigwig))
    assert BigWig(str(bigwig)).values("b", 0, 20).sum() > 0


def test_a_damaged_block_is_named_without_a_word_of_rust(bigwig, capfd):
    contigs, data, index = struct.unpack("<QQQ", bigwig.read_bytes()[8:32])
    path = damaged(bigwig, data + 300, b"\xff" * 9)
    with pytest.raises(BadInputError, match=rf"t\.bw, byte {data + 8:,}: a block does not inflate"):
        check_bigwig_blocks(path)
    assert "panicked" not in capfd.readouterr().err
    assert contigs < index


@pytest.mark.parametrize(
    ("offset", "data", "message"),
    [
        (0, b"nope", "cannot be read as bigWig: it is none"),
        (8, b"\xff" * 8, "damaged"),
        ("contigs", b"\0", "the list of contigs is damaged"),
        ("contigs+16", b"\xff" * 7, "the list of contigs is damaged"),
        ("contigs+32", b"\7", "the list of contigs of the bigWig is damaged"),
        ("contigs+34", b"\1", "the list of contigs has 1 entries, not 2"),
    ],
)
def test_a_damaged_head(bigwig, offset, data, message, capfd):
    contigs = struct.unpack("<Q", bigwig.read_bytes()[8:16])[0]
    at = contigs + int(str(offset).partition("+")[2] or 0) if str(offset).startswith("contigs") else offset
    with pytest.raises(BadInputError, match=message):
        BigWig(damaged(bigwig, at, data))
    assert "panicked" not in capfd.readouterr().err


@pytest.mark.parametrize(("place", "data"), [(0, b"\0"), (48, b"\7"), (50, b"\xff\xff")])
def test_a_damaged_index_of_a_bigwig(bigwig, place, data):
    index = struct.unpack("<24xQ", bigwig.read_bytes()[:32])[0]
    with pytest.raises(BadInputError, match="the index of the bigWig is damaged"):
        check_bigwig_blocks(damaged(bigwig, index + place, data))


def test_values_that_panic_all_the_same_are_named(bigwig, monkeypatch):
    class PanicException(BaseException):
        pass

    class Panics:
        def values(self, *_, **__):
            raise PanicException("called `Result::unwrap()` on an `Err` value: BadData")

    file = BigWig(str(bigwig))
    monkeypatch.setattr(file, "_file", Panics())
    with pytest.raises(BadInputError, match=r"t\.bw, a:5-10: is damaged or cut short"):
        file.values("a", 5, 10)


@pytest.fixture
def cram(tmp_path):
    rng = np.random.default_rng(2)
    fasta = tmp_path / "g.fa"
    fasta.write_text("".join(f">{n}\n{''.join(rng.choice(list('ACGT'), size))}\n" for n, size in LENGTHS.items()))
    reads = [Read(f"r{k}", 0, int(k % 3 == 2), int(rng.integers(0, 19_000)), "100M") for k in range(3000)]
    bam = write_bam(tmp_path / "r.bam", LENGTHS, reads)
    path = tmp_path / "r.cram"
    options = ["-C", "-T", str(fasta), "--output-fmt-option", "seqs_per_slice=200", "-o", str(path)]
    pysam.view(*options, bam, catch_stdout=False)
    pysam.index(str(path))
    return path


def test_an_index_knows_the_containers_of_its_file(cram):
    index = f"{cram}.crai"
    starts, filled = cram_containers(ByteRanges(str(cram)))
    assert filled.sum() > 10
    assert not filled[-1]  # the container that ends the file
    assert set(read_crai(index)[:, 3]) == set(starts[filled])
    assert crai_difference(ByteRanges(str(cram)), index, 2) == ""


def changed(lines, k, column, value):
    fields = lines[k].split(b"\t")
    fields[column] = value
    return [*lines[:k], b"\t".join(fields), *lines[k + 1 :]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: lines[:3] + lines[4:], "it leaves out the container at byte"),
        (lambda lines: changed(lines, 2, 3, b"777"), "there is no container at byte 777"),
        (lambda lines: changed(lines, 2, 3, b"77777777777"), "it points beyond the end of the file"),
        (lambda lines: changed(lines, 2, 0, b"5"), "it has 6 contigs, the file 2"),
        (lambda lines: changed(lines, 2, 1, b"x"), r"r\.cram\.crai, line 3: the index is damaged"),
        (lambda lines: changed(lines, 4, 1, b"9" * 30), r"r\.cram\.crai, line 5: the index is damaged"),
        (lambda lines: [*lines, b"1\t2"], "the index is damaged"),
        (lambda lines: [b"\0\1\2"], "line 1: the index is damaged"),
    ],
)
def test_damaged_crai(cram, change, message):
    index = cram.with_name("r.cram.crai")
    index.write_bytes(gzip.compress(b"\n".join(change(gzip.decompress(index.read_bytes()).splitlines()))))
    with pytest.raises(BadInputError, match=message) as caught:
        check_library(Library("x", str(cram)), list(LENGTHS), np.array(list(LENGTHS.values())))
    assert "r.cram.crai" in str(caught.value)
    assert "samtools index" in caught.value.remedy


def test_a_crai_that_does_not_inflate(cram):
    index = cram.with_name("r.cram.crai")
    index.write_bytes(index.read_bytes()[:-9])
    with pytest.raises(BadInputError, match=r"r\.cram\.crai: the index is cut short"):
        check_library(Library("x", str(cram)), list(LENGTHS), np.array(list(LENGTHS.values())))


def test_a_damaged_container_is_named(cram):
    starts, _ = cram_containers(ByteRanges(str(cram)))
    path = damaged(cram, int(starts[3]), b"\xff\xff\xff\x7f")
    with pytest.raises(BadInputError, match="container"):
        check_library(Library("x", path), list(LENGTHS), np.array(list(LENGTHS.values())))


def test_cram_takes_processes_and_bam_threads(cram):
    assert CoverageStage("x", str(cram.with_name("r.bam"))).in_threads
    assert not CoverageStage("x", str(cram)).in_threads
    bare = cram.with_name("anything")
    bare.write_bytes(cram.read_bytes())
    assert not CoverageStage("x", str(bare)).in_threads


def with_md5(path, digests, extra=""):
    contigs = zip(LENGTHS.items(), digests, strict=True)
    lines = [f"@SQ\tSN:{n}\tLN:{length}{extra}" + (f"\tM5:{d}" if d else "") for (n, length), d in contigs]
    header = pysam.AlignmentHeader.from_text("\n".join(["@HD\tVN:1.6\tSO:coordinate", *lines]) + "\n")
    with pysam.AlignmentFile(str(path), "wb", header=header):
        pass
    return str(path)


def test_a_bam_of_another_sequence_is_refused(tmp_path):
    """The header of a BAM may tell MD5s, too; one that tells none, or none that is one, says nothing."""
    digest = [hashlib.md5(name.encode()).hexdigest() for name in LENGTHS]
    ours = np.array([list(bytes.fromhex(d)) for d in digest], np.uint8)
    lengths = np.array(list(LENGTHS.values()))
    sound = [digest, [digest[0].upper(), ""], ["", ""], ["*", digest[1]]]
    for k, told in enumerate(sound):
        check_library(Library("x", with_md5(tmp_path / f"{k}.bam", told, "\tUR:x")), list(LENGTHS), lengths, ours)
    path = with_md5(tmp_path / "other.bam", digest[::-1])
    assert read_bam_header(ByteRanges(path)).md5 == dict(zip(LENGTHS, digest[::-1], strict=True))
    with pytest.raises(BadInputError, match=r"the sequence of contig `a` is another one .*; 1 more contigs differ"):
        check_library(Library("x", path), list(LENGTHS), lengths, ours)
    with pytest.raises(BadInputError, match="the sequence of contig `A`"):
        check_library(Library("x", path), ["A", "B"], lengths, ours, {"a": "A", "b": "B"})
