"""FASTA reading: what is accepted, what is refused and how, and that any stretch can be read."""

import gzip
import hashlib
from pathlib import Path

import numpy as np
import pysam
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helixdask.errors import BadInputError
from helixdask.sequence import fasta, fasta_source
from helixdask.sequence.codes import codes_to_text, text_to_codes
from helixdask.sequence.fasta import scan
from helixdask.sequence.fasta_reader import FastaIndex, open_fasta


def read_codes(path, index, start, stop):
    with open_fasta(path, index) as reader:
        return reader.read(start, stop)


def write(tmp_path, data, name="g.fa"):
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return str(path)


def whole(path, found):
    return codes_to_text(read_codes(path, found.index, 0, found.index.n_bases))


def test_everything_allowed_at_once(tmp_path):
    text = (
        b"\xef\xbb\xbf\n>a\tdescription one\r\nACGTU\r\n\r\n  ryswkm \r\n>b  two words\nbdhvn\n\n\nN"
        b"\n> c\xc3\xa9 after a blank\n\tACGT\t\n>d old Mac\rAA\rCC"
    )
    path = write(tmp_path, text)
    found = scan(path)
    assert found.names == ["a", "b", "cé", "d"]
    assert found.lengths.tolist() == [11, 6, 4, 4]
    assert found.offsets.tolist() == [0, 11, 17, 21]
    assert whole(path, found) == "ACGTTryswkmbdhvnNACGTAACC"
    assert found.replaced == {}


def test_md5_is_refget(tmp_path):
    path = write(tmp_path, ">a\nacgt\nUU\n>b\nNN\n")
    found = scan(path)
    assert [row.tobytes().hex() for row in found.md5] == [
        hashlib.md5(text, usedforsecurity=False).hexdigest() for text in (b"ACGTUU", b"NN")
    ]


FAULTS = {
    "duplicate": (">d1 a\nACGT\n>d1 b\nACGT\n", "'d1' is used twice, by records 1 and 2"),
    "empty record": (">e1\n>e2\nACGT\n", "record 1 ('e1'), line 2: the record has no sequence"),
    "empty last record": (">e2\nACGT\n>e1\n", "record 2 ('e1'), line 4: the record has no sequence"),
    "bare header": (">e1", "the record has no sequence"),
    "only blank lines in a record": (">e1\n\n \n>e2\nA\n", "record 1 ('e1'), line 4: the record has no sequence"),
    "no id": (">a\nAC\n>\nAC\n", "record 2 (''), line 3: the header has no id"),
    "gap": (">a\nAC\nGT-A\n", "record 1 ('a'), line 3: '-' at position 5 of the sequence is no nucleotide letter"),
    "stop": (">a\nACGT*\n", "'*' at position 5"),
    "protein": (">p\nMKLV\n", "'L' at position 3"),
    "sequence first": ("ACGT\n>a\nACGT\n", "line 1: sequence before the first header"),
    "bad letter first": ("*\n>a\nACGT\n", "line 1: sequence before the first header"),
    "inner space": (">a\nAC GT\n", "white space between two bases, before position 3"),
    "inner tab before a bad letter": (">a\nAC\t-\n", "white space between two bases, before position 3"),
    "joined files": (">a\nACGT>b\nACGT\n", "'>' inside a line, at position 5"),
    "indented header": (">a\nACGT\n >b\nACGT\n", "'>' inside a line"),
    "binary": (b">a\nAC\x00GT\n", "the byte 0x00 at position 3 of the sequence is no text"),
    "latin-1 base": (b">a\nAC\xe9GT\n", "the byte 0xe9"),
    "latin-1 id": (b">ok\nA\n>d\xe9 a\nACGT\n", "record 2: the id 'd\\xe9' is not UTF-8"),
    "nothing": ("", "the file is empty"),
    "blank lines only": ("\n\n \n", "there is no sequence"),
    "zip": (b"PK\x03\x04abc", "a zip archive"),
    "bzip2": (b"BZh91AY", "bzip2"),
    "UTF-16": (">a\nA\n".encode("utf-16"), "UTF-16"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults_are_named(tmp_path, name):
    data, message = FAULTS[name]
    path = write(tmp_path, data)
    with pytest.raises(BadInputError) as caught:
        scan(path)
    assert message in str(caught.value)
    assert path in str(caught.value)
    assert caught.value.remedy


def test_missing_file(tmp_path):
    with pytest.raises(BadInputError, match="cannot be read"):
        scan(str(tmp_path / "none.fa"))


def test_bad_letters_become_n_and_are_counted(tmp_path):
    path = write(tmp_path, ">a\n-ACxXT.\n>b\n*\n")
    found = scan(path, on_bad_base="n")
    assert whole(path, found) == "NACnNTNN"
    assert found.replaced == {"-": 1, "x": 1, "X": 1, ".": 1, "*": 1}
    # The MD5 is that of the letters in the file.
    assert found.md5[0].tobytes() == hashlib.md5(b"-ACXXT.", usedforsecurity=False).digest()


@pytest.mark.parametrize("name", ["inner space", "joined files", "binary", "sequence first", "bad letter first"])
def test_faults_of_form_are_never_turned_into_n(tmp_path, name):
    data, message = FAULTS[name]
    with pytest.raises(BadInputError) as caught:
        scan(write(tmp_path, data), on_bad_base="n")
    assert message in str(caught.value)


@st.composite
def genomes(draw):
    """Records of any shape, with line ends and blank lines anywhere, and the text that should come out."""
    records = draw(st.lists(st.text("ACGTNacgtnRYK", min_size=1, max_size=60), min_size=1, max_size=8))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    out = []
    for row, sequence in enumerate(records):
        out.append(f">{row}x{draw(st.sampled_from(['', ' d', chr(9) + 'tab ACGT>']))}{end}")
        width = draw(st.integers(1, 70))
        for start in range(0, len(sequence), width):
            out.append(sequence[start : start + width] + draw(st.sampled_from(["", " ", "\t "])) + end)
            out.append(end * draw(st.integers(0, 2)))
    text = "".join(out)
    return records, text if draw(st.booleans()) else text.rstrip()


@settings(deadline=None, max_examples=150)
@given(genomes(), st.sampled_from([1, 2, 3, 7, 64]), st.data())
def test_any_stretch_from_any_block_size(tmp_path_factory, genome, block, data):
    records, text = genome
    folder = tmp_path_factory.mktemp("fasta")
    path = write(folder, text)
    with pytest.MonkeyPatch.context() as patch:
        # Blocks of a few bytes: ids, lines and records end anywhere; checkpoints every few bases.
        original = fasta_source.read_blocks
        patch.setattr(fasta, "read_blocks", lambda file, size=block: original(file, min(size, block)))
        found = scan(path)
        assert found.names == [f"{row}x" for row in range(len(records))]
        assert found.lengths.tolist() == [len(sequence) for sequence in records]
        expected = text_to_codes("".join(records))
        start = data.draw(st.integers(0, len(expected)))
        stop = data.draw(st.integers(start, len(expected)))
        assert read_codes(path, found.index, start, stop).tolist() == expected[start:stop].tolist()
        assert [row.tobytes() for row in found.md5] == [
            hashlib.md5(sequence.upper().encode(), usedforsecurity=False).digest() for sequence in records
        ]


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A genome of several blocks and checkpoints in all three containers, with its text."""
    rng = np.random.default_rng(1)
    folder = tmp_path_factory.mktemp("large")
    parts, text = [], []
    for row, (length, width) in enumerate(
        [(300_000, 60), (1, 60), (1_500_000, 1_500_000), (700_001, 71), (65_536, 100)]
    ):
        sequence = rng.choice(np.frombuffer(b"ACGTacgtNR", np.uint8), length).tobytes().decode()
        parts.append(f">c{row} some title\n")
        parts.extend(sequence[start : start + width] + "\n" for start in range(0, length, width))
        text.append(sequence)
    data = "".join(parts).encode()
    plain = write(folder, data, "plain.fa")
    zipped = write(folder, gzip.compress(data, 6), "gzip.fa.gz")
    members = write(folder, gzip.compress(data[:999_999]) + gzip.compress(data[999_999:]), "members.fa.gz")
    bgzip = str(folder / "bgzip.fa.gz")
    pysam.tabix_compress(plain, bgzip)
    return {"plain": plain, "gzip": zipped, "members": members, "bgzip": bgzip}, "".join(text)


@pytest.mark.parametrize("kind", ["plain", "gzip", "members", "bgzip"])
def test_reading_from_the_middle(large, kind):
    paths, text = large
    path = paths[kind]
    found = scan(path)
    assert found.index.kind == {"members": "gzip"}.get(kind, kind)
    assert found.lengths.tolist() == [300_000, 1, 1_500_000, 700_001, 65_536]
    assert len(found.index.checkpoints) == -(-len(text) // fasta.CHECKPOINT)
    index = FastaIndex.from_arrays(found.index.to_arrays())  # as a worker gets it
    expected = text_to_codes(text)
    for start, stop in [(0, 10), (65_536, 65_540), (299_990, 300_020), (2_500_000, 2_565_538), (1_234_567, 2_345_678)]:
        assert np.array_equal(read_codes(path, index, start, stop), expected[start:stop])
    with open_fasta(path, index) as reader:  # backwards and forwards in one open file
        for start in (2_000_000, 100, 1_000_000, 65_535):
            assert np.array_equal(reader.read(start, start + 70_000), expected[start : start + 70_000])


@pytest.mark.parametrize("kind", ["gzip", "members", "bgzip"])
@pytest.mark.parametrize("keep", [0.0, 0.01, 0.3, 0.9, -28, -9, -4, -1])
def test_truncated_files_are_refused(large, tmp_path, kind, keep):
    data = Path(large[0][kind]).read_bytes()
    size = int(keep) if keep < 0 else max(12, int(len(data) * keep))
    with pytest.raises(BadInputError, match=r"cut off|damaged"):
        scan(write(tmp_path, data[:size], "cut.fa.gz"))


@pytest.mark.parametrize("kind", ["gzip", "bgzip"])
def test_damaged_files_are_refused(large, tmp_path, kind):
    data = bytearray(Path(large[0][kind]).read_bytes())
    data[len(data) // 2] ^= 0x55
    with pytest.raises(BadInputError):
        scan(write(tmp_path, bytes(data), "bad.fa.gz"))


def test_file_that_shrank_is_refused(tmp_path):
    path = write(tmp_path, ">a\nACGTACGT\n")
    found = scan(path)
    write(tmp_path, ">a\nACG\n")
    with pytest.raises(BadInputError, match="shorter"):
        read_codes(path, found.index, 0, 8)


def test_a_hundred_thousand_contigs(tmp_path):
    n = 100_000
    path = write(tmp_path, "".join(f">contig_{row}\nACGTA\n" for row in range(n)))
    found = scan(path)
    assert found.names[0] == "contig_0"
    assert found.names[-1] == f"contig_{n - 1}"
    assert (found.lengths == 5).all()
    assert (found.md5 == found.md5[0]).all()
    assert found.md5[0].tobytes() == hashlib.md5(b"ACGTA", usedforsecurity=False).digest()


def test_a_short_bgzip_file_is_read_in_parts(tmp_path):
    text = "ACGTN" * 20_000
    plain = write(tmp_path, f">a\n{text}\n".encode(), "short.fa")
    pysam.tabix_compress(plain, str(tmp_path / "short.fa.gz"))
    path = str(tmp_path / "short.fa.gz")
    index = FastaIndex.from_arrays(scan(path).index.to_arrays())
    assert np.array_equal(read_codes(path, index, 70_000, 90_000), text_to_codes(text)[70_000:90_000])
