from __future__ import annotations

import gzip
from functools import partial

import numpy as np
import pytest

from helixdask.errors import BadInputError
from helixdask.inputs import text as input_text
from helixdask.store.contigs import ContigTable
from tests.genes.gff_support import LINES, check_lines, read_text, rows, shown


@pytest.fixture
def read(tmp_path):
    return partial(read_text, tmp_path)


def test_line_ends_blank_lines_comments_gzip_and_fasta(read):
    text = rows(*LINES[:6], end="\r\n") + "\r\n   \n#comment\n" + rows(*LINES[6:]) + "##FASTA\n>chr1\nACGT\n"
    check_lines(read(text)[0])
    check_lines(read(gzip.compress(text.encode()))[0])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("size", [16, 100, 1 << 20])
def test_blocks_of_any_size_give_the_same(read, monkeypatch, end, size):
    monkeypatch.setattr(input_text, "BLOCK_BYTES", size)
    monkeypatch.setattr(input_text, "_LONGEST_LINE", 1 << 20)
    text = end.join(
        ["\ufeff##gff-version 3", *rows(*LINES[:5]).splitlines(), "", "# x", *rows(*LINES[5:]).splitlines()]
    )
    check_lines(read(text)[0])
    check_lines(read(text + end + "##FASTA" + end + ">x" + end + "ACGT")[0])
    check_lines(read(gzip.compress(text.encode()) + gzip.compress(b"\n# more\n"))[0])
    with pytest.raises(BadInputError, match="line 14"):
        read(text + end + "spoilt")


def test_a_last_column_that_is_missing_or_holds_tabs(read):
    models, findings = read(
        "track name=x\nbrowser position chr1\nchr1\tx\tgene\t1\t100\t.\t+\t.\n"
        "chr1\tx\tgene\t201\t300\t.\t+\t.\tNote=a\tb;ID=g\t\n   # comment\n \t \n"
    )
    assert shown(models) == ["g chr1:200-300 +", "gene-3 chr1:0-100 +"]
    assert [row[3] for row in findings.rows] == [3, 4]


def test_quotes_and_hashes_are_text(read):
    models, _ = read(rows('chr1 x gene 1 100 . + . ID=g"1;Note="a#b', "chr1 x gene 201 300 . + . ID=h#2;Note='c"))
    assert models.genes["id"].tolist() == ['g"1', "h#2"]


def test_numbers_that_r_wrote(read):
    models, _ = read(rows("chr1 x gene 1e+02 2e+02 1e-3 + . ID=g"))
    assert shown(models) == ["g chr1:99-200 +"]
    assert models.genes["score"].tolist() == pytest.approx([1e-3])


def test_sequences_called_by_numbers_keep_their_names(read):
    contigs = ContigTable(np.array(["1", "01", "1.0"], object), np.array([500, 500, 500], np.int64))
    text = rows(*(f"{name} 1 gene 1 100 1 + . ID=g{name}" for name in ("01", "1", "1.0")))
    models, _ = read(text, contigs)
    assert models.genes["contig"].tolist() == [1, 0, 2]
    assert models.genes["source"].tolist() == ["1"] * 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04rest", "packed with zip"),
        (b"BZh91AY", "packed with bzip2"),
        ("chr1\tx".encode("utf-16"), "no text file"),
        (b"\x00\x01\x02", "no text file"),
    ],
)
def test_what_is_no_text_is_refused(read, content, message):
    with pytest.raises(BadInputError, match=message):
        read(content)


def test_broken_utf8_is_read(read):
    first, second = (rows(f"chr1 x gene {at}1 {at}9 . + . ID=g{at};Note=").encode() for at in (1, 2))
    models, _ = read(first[:-1] + b"\xff\n" + second)
    assert models.genes["id"].tolist() == ["g1", "g2"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chr1 x gene 1 100 . + . ID=g\n", "line 1: a line with 1 tab"),
        (rows(LINES[0], "chr1 x gene one 100 . + . ID=g"), "line 2: the start must be a whole number"),
        (rows(LINES[0], "chr1 x gene 1 100 . plus . ID=g"), "line 2: the strand"),
        (gzip.compress(rows(*LINES).encode(), mtime=0)[:-20], "a.gff3"),
    ],
)
def test_bad_syntax_names_file_and_line(read, text, message):
    with pytest.raises(BadInputError, match=message):
        read(text)
