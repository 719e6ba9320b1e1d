"""Names of sequences in text files, without reading the rest."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helixdask.errors import BadInputError
from helixdask.names import in_text
from helixdask.names.in_text import TextNames, names_in_text

NAME = st.text(st.characters(codec="ascii", categories=("L", "N"), include_characters="._|-"), min_size=1, max_size=9)
GFF = """##gff-version 3
##sequence-region chr1 1 1000
##sequence-region chr2 5 900
#!remark
chr1\tx\tgene\t5\t90\t.\t+\t.\tID=a
NC_1\tRefSeq\tregion\t1\t700\t.\t+\t.\tID=NC_1:1..700
NC_1\tx\tgene\t5\t90\t.\t+\t.\tID=b
chr1\tx\tgene\t5\t90\t.\t+\t.\tID=c
a%20b\tx\tmRNA\t1\t90\t.\t+\t.\tID=d
##FASTA
>lost
ACGT\tx
"""


def test_gff_tells_names_and_lengths(tmp_path):
    path = tmp_path / "a.gff3"
    wanted = TextNames(["chr1", "NC_1", "a b"], {"chr1": 1000, "NC_1": 700})
    for ending, text in (("", GFF), ("", GFF.replace("\n", "\r\n")), ("", "\ufeff" + GFF)):
        path.write_text(text + ending, newline="")
        assert names_in_text(path, "gff3") == wanted
    path.write_bytes(gzip.compress(GFF.encode()))
    assert names_in_text(path, "gff3") == wanted


@pytest.mark.parametrize(
    ("kind", "text", "names"),
    [
        ("bed", "track name=x\nbrowser y\n# z\na 1 2\na\t2\t3\nb\t0\t9", ["track", "browser", "a", "b"]),
        ("bedgraph", "a\t1\t2\t0.5\n\nb\t1\t2\t0.5\na\t3\t4\t1\n", ["a", "b"]),
        ("repeatmasker", "   463  1.3  0.6 1.7  chr1   1  9 (5) +\n    12 1 1 1 chr2 1 2\n", ["chr1", "chr2"]),
        ("table", "contig name\t1\nb\t2\nalone\n", ["contig name", "b"]),
        ("bed", "", []),
    ],
)
def test_columns(tmp_path, kind, text, names):
    path = tmp_path / "file"
    path.write_text(text)
    assert names_in_text(path, kind).names == names


@given(st.lists(NAME), st.integers(1, 40))
def test_any_names_in_blocks_of_any_size(tmp_path_factory, names, block):
    path = tmp_path_factory.getbasetemp() / "names.bed"
    path.write_text("".join(f"{name}\t{row}\t{row + 1}\n" for row, name in enumerate(names)))
    before, in_text._BLOCK = in_text._BLOCK, block
    in_text._names_in.cache_clear()
    try:
        assert names_in_text(path, "bed").names == list(dict.fromkeys(names))
    finally:
        in_text._BLOCK = before


def test_damaged(tmp_path):
    path = tmp_path / "a.gff3.gz"
    packed = gzip.compress(GFF.encode() * 500)
    path.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(BadInputError, match="cannot be read"):
        names_in_text(path, "gff3")
    path.write_bytes(packed[:100] + b"damage" + packed[106:])
    with pytest.raises(BadInputError, match="cannot be read"):
        names_in_text(path, "gff3")
