from __future__ import annotations

import gzip

import numpy as np
import pytest

from helixdask.errors import BadInputError
from helixdask.store.contigs import ContigTable
from helixdask.tracks.interval_files import read_intervals

CONTIGS = ContigTable(np.array(["a", "b", "track"], object), np.array([100, 50, 10]))


def read(tmp_path, text, kind="bed", **more):
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(text.encode()) if more.pop("packed", False) else text.encode())
    return read_intervals(path, kind, CONTIGS, **more)


@pytest.mark.parametrize("packed", [False, True])
def test_bed_joins_what_touches_and_knows_headers(tmp_path, packed):
    text = (
        "browser position a:1-2\ntrack name=x\n#c\n\nb\t5\t7\tx\t0\t+\na\t0\t10\na\t10\t12\tlonger\trow\na\t11\t12\n"
        "track\t1\t2\na\t20\t20\n"
    )
    found = read(tmp_path, text, packed=packed)
    assert found.start.tolist() == [0, 105, 151]
    assert found.end.tolist() == [12, 107, 152]
    assert (found.rows, found.ignored, found.unmatched) == (5, 0, {})


def test_bed_with_spaces(tmp_path):
    assert read(tmp_path, "a 1 2\nb 3 4 name\n").start.tolist() == [1, 103]


def test_gff3_counts_from_one_and_leaves_whole_sequences_out(tmp_path):
    text = (
        "##gff-version 3\na\t.\tregion\t1\t100\t.\t.\t.\tID=a\na\trm\trepeat_region\t1\t5\t.\t+\t.\tID=r\n"
        "a\trm\tintron\t11\t15\t.\t+\t.\t.\n##FASTA\n>a\nACGT\n"
    )
    found = read(tmp_path, text, "gff3")
    assert (found.start.tolist(), found.end.tolist(), found.ignored) == ([0, 10], [5, 15], 1)
    found = read(tmp_path, text, "gff3", types=("repeat_region",))
    assert (found.start.tolist(), found.ignored) == ([0], 2)


def test_repeatmasker(tmp_path):
    text = (
        "   SW   perc perc perc  query     position in query    matching  repeat\n"
        "score   div. del. ins.  sequence  begin end   (left)   repeat    class/family\n\n"
        "  463   1.3  0.6  1.7  a          11    20    (80) +  (CA)n     Simple_repeat\n"
        " 3612  11.4 21.5  1.3  b          1     3    (47) C  L1MC       LINE/L1   *\n"
    )
    found = read(tmp_path, text, "repeatmasker")
    assert (found.start.tolist(), found.end.tolist()) == ([10, 100], [20, 103])


def test_bedgraph_values_stay_apart(tmp_path):
    found = read(tmp_path, "track type=bedGraph\na\t0\t3\t1.5\na\t3\t4\t-2\n", "bedgraph")
    assert (found.start.tolist(), found.value.tolist()) == ([0, 3], [1.5, -2])


def test_other_names(tmp_path):
    found = read(tmp_path, "x\t0\t3\nchrA\t0\t2\nx\t1\t2\n", aliases={"chrA": "a"})
    assert (found.end.tolist(), found.unmatched) == ([2], {"x": 2})
    with pytest.raises(BadInputError, match="none of its sequence names"):
        read(tmp_path, "x\t0\t3\n")


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("#\na\t5\t101\n", "bed", "line 2: beyond the end"),
        ("a\t-1\t10\n", "bed", "line 1: no interval: a -1 10"),
        ("a\t7\t3\n", "bed", "line 1: no interval"),
        ("a\t0\tx\n", "bed", "line 1: end is no number"),
        ("a\t0\t1.5\n", "bed", "line 1: no whole numbers"),
        ("a\t0\n", "bed", "line 1: a line with 2 columns where 3 are needed"),
        ("a\t0\t1\tx\n", "bedgraph", "line 1: value is no number: a 0 1 x"),
        ("a\t0\t1\n", "bedgraph", "line 1: a line with 3 columns where 4"),
        ("a\t5\t9\t1\na\t0\t6\t2\n", "bedgraph", "lines 1 and 2 both give a value"),
        ("a\t.\trepeat\t0\t5\t.\t.\t.\t.\n", "gff3", "line 1: no interval"),
    ],
)
def test_bad_rows_are_named(tmp_path, text, kind, message):
    with pytest.raises(BadInputError, match=message):
        read(tmp_path, text, kind)


def test_no_file_a_cut_file_and_no_rows(tmp_path):
    with pytest.raises(BadInputError, match="no such file"):
        read_intervals(tmp_path / "no", "bed", CONTIGS)
    (tmp_path / "cut").write_bytes(gzip.compress(b"a\t0\t1\n" * 1000)[:30])
    with pytest.raises(BadInputError, match="cannot be read"):
        read_intervals(tmp_path / "cut", "bed", CONTIGS)
    assert len(read(tmp_path, "").start) == 0
    assert len(read(tmp_path, "# nothing\n").start) == 0
