"""One reader for all tables: encodings, marks, line ends, remarks, headers and line numbers."""

import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helixdask.coverage.sheet import read_libraries
from helixdask.errors import BadInputError
from helixdask.inputs.tables import number_in, read_names, read_rows, read_table
from helixdask.inputs.text import read_lines, whole_lines
from helixdask.labels.gene_codes import read_genetic_codes
from helixdask.names.aliases import read_aliases
from helixdask.selection.group_table import read_groups
from helixdask.store.contigs import ContigTable
from tests.small_store import small_store

CONTIGS = ContigTable(np.array(["chr1", "chr2"], object), np.array([100, 50]))
FIELD = st.text(st.characters(codec="utf-8", exclude_characters='\t\n\r\0"', exclude_categories=("Z", "C")), min_size=1)


@pytest.mark.slow
@given(
    st.lists(st.lists(FIELD, min_size=1, max_size=4), min_size=1, max_size=5),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.booleans(),
    st.booleans(),
)
def test_the_same_rows_in_any_dress(tmp_path_factory, rows, end, encoding, packed, quoted):
    path = tmp_path_factory.mktemp("rows") / "t.tsv"
    rows = [row for row in rows if not row[0].startswith("#")]
    text = end.join(["# remark", "", *("\t".join(f'"{f}"' if quoted else f for f in row) for row in rows), ""])
    data = text.encode(encoding)
    path.write_bytes(gzip.compress(data) if packed else data)
    found = read_rows(path, "A table")
    assert [row.fields for row in found] == rows
    assert [row.where for row in found] == [f"{path}, line {k}" for k in range(3, 3 + len(rows))]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"chr1\tx\nchr2\t\xe9t\xe9\n", "line 2: not UTF-8 text: byte 0xe9"),
        (b"chr1\tx\n\nchr2\t\0\n", "line 3: no text: there is a NUL"),
        (b"PK\x03\x04rest", "packed with zip, or a spreadsheet"),
        (gzip.compress(b"chr1\tx\n" * 90, mtime=0)[:-12], "cannot be read"),
        (b"\xff\xfea", "not UTF-16 text"),
    ],
)
def test_every_table_names_what_is_no_text(tmp_path, data, message):
    path = tmp_path / "t.tsv"
    path.write_bytes(data)
    store, _ = small_store(str(tmp_path / "s.zarr"), [100, 50], names=["chr1", "chr2"])
    for read in (
        lambda: read_aliases(path, CONTIGS),
        lambda: read_genetic_codes(path, CONTIGS),
        lambda: read_libraries(str(path)),
        lambda: read_names(path),
        lambda: read_groups(str(path), store.contigs, {}),
    ):
        with pytest.raises(BadInputError, match=message) as caught:
            read()
        assert str(path) in str(caught.value)
        assert caught.value.remedy


def test_marks_of_spreadsheets_are_no_names(tmp_path):
    path = tmp_path / "codes.tsv"
    path.write_bytes("\ufeffchr1\t4\r\n".encode())
    assert read_genetic_codes(path, CONTIGS) == {"chr1": 4}
    path.write_bytes("contig\tgenetic_code\nchr2\t12\n".encode("utf-16"))
    assert read_genetic_codes(path, CONTIGS) == {"chr2": 12}


@pytest.mark.parametrize("number", ["-4", "4.0", "9" * 5000, "٣", "", "four"])
def test_odd_numbers_are_named(tmp_path, number):
    path = tmp_path / "codes.tsv"
    path.write_text(f"chr1\t{number}\n")
    with pytest.raises(BadInputError, match="line 1"):
        read_genetic_codes(path, CONTIGS)
    assert number_in(number, 0, 99) is None


def test_headers(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_text("#x\nA\tb\n1\t\n")
    assert read_table(path, "the table", ("a", "b", "c"), ("a",)) == [({"a": "1"}, f"{path}, line 3")]
    for text, message in (
        ("a\ta\n", "the columns are a, a"),
        ("b\n", "the columns are b"),
        ("a\tz\n", "the columns are a, z"),
        ("a\n1\t2\n", "line 2: 2 fields where the first line has 1"),
        ("# only\n", "the table is empty"),
    ):
        path.write_text(text)
        with pytest.raises(BadInputError, match=message):
            read_table(path, "the table", ("a", "b", "c"), ("a",))


def test_lists_of_names(tmp_path):
    path = tmp_path / "n"
    path.write_text("# none of these\nchr1 chr2\nchr3\t500\t7\n")
    assert read_names(path) == ["chr1", "chr2", "chr3"]
    path.write_text("# none\n")
    with pytest.raises(BadInputError, match="empty"):
        read_names(path)


@given(st.text("ab\n\r", max_size=60), st.integers(1, 20))
def test_pieces_are_whole_lines_with_their_numbers(tmp_path_factory, text, size):
    path = tmp_path_factory.mktemp("pieces") / "t"
    path.write_bytes(text.encode())
    lines, following = [], 1
    for piece, number in whole_lines(path, "Text", size):
        assert number == following
        assert piece.endswith(b"\n")
        lines += piece[:-1].decode().split("\n")
        following = len(lines) + 1
    assert lines == read_lines(path, "Text")
