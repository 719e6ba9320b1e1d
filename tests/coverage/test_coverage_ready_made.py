import dataclasses
import gzip

import numpy as np
import pybigtools
import pytest

from helixdask.coverage.libraries import Library
from helixdask.coverage.ready_made import ReadyMadeStage
from helixdask.coverage.ready_made_files import as_counts
from helixdask.engine.run import run_stage
from helixdask.errors import BadInputError
from tests.coverage.small_genome import HERE, LENGTHS, make_store

LINES = [("one", 0, 5, 3.0), ("one", 5, 70_000, 1.0), ("one", 149_999, 150_000, 2.0), ("two", 10, 20, 7.0)]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return make_store(tmp_path_factory.mktemp("store"))


@dataclasses.dataclass(frozen=True)
class SmallTasks(ReadyMadeStage):
    def region_length(self, n_bases):
        return 1 << 16


def bigwig(path, lines=LINES, lengths=LENGTHS):
    writer = pybigtools.open(str(path), "w")
    writer.write(lengths, iter(lines))
    writer.close()
    return str(path)


def bedgraph(path, lines=LINES, before="", end="\n"):
    text = before + "".join("\t".join(map(str, line)) + end for line in lines)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return str(path)


def expected(lines=LINES, scale=1.0):
    track = np.zeros(sum(LENGTHS.values()), np.int64)
    for contig, start, end, value in lines:
        offset = 0 if contig == "one" else LENGTHS["one"]
        track[offset + start : offset + end] = np.floor(abs(value) * scale + 0.5)
    return track


def added(store, library, aliases=None, stage=SmallTasks):
    made = stage.of(library, "tracks", aliases)
    summary = run_stage(made, store.url, dataclasses.replace(HERE, replace=True))
    tracks = [store.read(f"{made.group()}/{track}", 0, store.n_bases) for track in ("coverage", "spliced_coverage")]
    return tracks, summary.attrs


@pytest.mark.parametrize("kind", ["bigwig", "bedgraph", "bedgraph.gz"])
@pytest.mark.parametrize("strand", ["both", "plus", "minus"])
def test_one_file(store, tmp_path, kind, strand):
    path = bigwig(tmp_path / "a.bw") if kind == "bigwig" else bedgraph(tmp_path / f"a.{kind}")
    (coverage, spliced), attrs = added(store, Library("a", path, kind.removesuffix(".gz"), strand=strand))
    for row, name in enumerate(("plus", "minus")):
        np.testing.assert_array_equal(coverage[row], expected() if strand in ("both", name) else 0)
    assert not spliced.any()
    assert attrs["counts"]["bases_rounded"] == 0
    assert attrs["constants"]["+"]["mean"] == pytest.approx(coverage[0].mean())


@pytest.mark.parametrize("kind", ["bigwig", "bedgraph"])
def test_four_files_with_negative_values_for_minus(store, tmp_path, kind):
    write = bigwig if kind == "bigwig" else bedgraph
    ending = "bw" if kind == "bigwig" else "bedgraph"
    minus, few = [(c, a, b, -v) for c, a, b, v in LINES[1:]], LINES[2:]
    paths = [
        write(tmp_path / f"{n}.{ending}", lines) for n, lines in enumerate((LINES, minus, few, [("two", 5, 9, -4.0)]))
    ]
    (coverage, spliced), attrs = added(
        store, Library("b", paths[0], kind, "", minus_path=paths[1], spliced_path=paths[2], spliced_minus_path=paths[3])
    )
    np.testing.assert_array_equal(coverage, [expected(), expected(minus)])
    np.testing.assert_array_equal(spliced, [expected(few), expected([("two", 5, 9, 4.0)])])
    assert attrs["strandedness"] == "by file"


def test_any_task_size_gives_the_same(store, tmp_path):
    lines = [("one", i, i + 3, float(i % 9)) for i in range(0, 140_000, 5)]
    for path in (bigwig(tmp_path / "a.bw", lines), bedgraph(tmp_path / "a.bedgraph", lines)):
        library = Library("c", path, "bigwig" if path.endswith("bw") else "bedgraph")
        (one, _), _ = added(store, library, stage=ReadyMadeStage)
        (many, _), _ = added(store, library)
        np.testing.assert_array_equal(one, many)
        np.testing.assert_array_equal(one[0], expected(lines))


def test_scale_rounds_and_says_so(store, tmp_path):
    lines = [("one", 0, 10, 0.25), ("one", 10, 12, 0.01), ("two", 0, 3, 0.5)]
    path = bigwig(tmp_path / "a.bw", lines)
    with pytest.raises(
        BadInputError, match=r"no counts, such as 0\.25(.|\n)*100 makes the least value here, 0\.01, one read"
    ):
        added(store, Library("d", path, "bigwig"))
    (coverage, _), attrs = added(store, Library("d", path, "bigwig", scale=10))
    np.testing.assert_array_equal(coverage[0], expected(lines, 10))
    assert attrs["counts"]["bases_rounded"] == 12  # 0.25 and 0.01, but not 0.5
    assert attrs["counts"]["bases_rounded_to_zero"] == 2


def test_values_that_are_no_depths():
    good = np.array([0.0, 2.5])
    assert as_counts(good, 1, "x", may_be_negative=False)[0].tolist() == [0, 3]
    for bad, message in (
        (np.array([-1.0]), "negative values"),
        (np.array([np.nan]), "no numbers"),
        (np.array([np.inf]), "no numbers"),
        (np.array([5e9]), "above 4,294,967,295"),
    ):
        with pytest.raises(BadInputError, match=message):
            as_counts(bad, None, "x", may_be_negative=False)
    assert as_counts(np.array([-3.0]), None, "x", may_be_negative=True)[0].tolist() == [3]


def test_lines_without_values_are_passed_over(store, tmp_path):
    before = "track type=bedGraph name=a\nbrowser hide all\n# a remark\n\n"
    path = bedgraph(tmp_path / "a.bdg", [*LINES, ("other", 0, 5, 1.0)], before, "\r\n")
    (coverage, _), _ = added(store, Library("e", path, "bedgraph"))
    np.testing.assert_array_equal(coverage[1], expected())


def test_no_end_of_line_at_the_end(store, tmp_path):
    (tmp_path / "a.bedgraph").write_text("one 0 5 3\ntwo 10 20 7")
    (coverage, _), _ = added(store, Library("f", str(tmp_path / "a.bedgraph"), "bedgraph"))
    np.testing.assert_array_equal(coverage[0], expected([LINES[0], LINES[3]]))


@pytest.mark.parametrize("kind", ["bigwig", "bedgraph"])
def test_other_names_of_contigs(store, tmp_path, kind):
    lines = [("chr1", 0, 5, 3.0), ("two", 10, 20, 7.0)]
    (tmp_path / "names.tsv").write_text("chr1\tone\n")
    path = (
        bigwig(tmp_path / "a.bw", lines, {"chr1": 150_000, "two": 60_000})
        if kind == "bigwig"
        else bedgraph(tmp_path / "a.bg", lines)
    )
    (coverage, _), _ = added(store, Library("g", path, kind), str(tmp_path / "names.tsv"))
    np.testing.assert_array_equal(coverage[0], expected([LINES[0], LINES[3]]))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([("one", 5, 9, 1), ("one", 0, 5, 1)], "line 2: the lines are not in order, or overlap"),
        ([("one", 0, 9, 1), ("one", 8, 12, 1)], "line 2: the lines are not in order, or overlap"),
        ([("one", 0, 9, 1), ("two", 0, 9, 1), ("one", 9, 12, 1)], "line 3: the lines are not in order"),
        ([("one", 0, 150_001, 1)], "line 1: bases 0 to 150,001 are no stretch of contig `one`, which has 150,000"),
        ([("one", 5, 5, 1)], "are no stretch"),
        ([("one", 0, 9, "x")], "no bedGraph"),
        ([("one", 0, 9)], "no bedGraph|no numbers"),
        ([("chr1", 0, 9, 1)], r"no contig name in common with the genome \(file: chr1; genome: one, two\)"),
        ([("one", 0, 9, "nan")], "no bedGraph|no numbers"),
        ([("one", 0, 9, -2)], "negative values"),
    ],
)
def test_bedgraph_that_is_refused(store, tmp_path, lines, message):
    path = bedgraph(tmp_path / "bad.bedgraph", lines)
    with pytest.raises(BadInputError, match=message) as caught:
        added(store, Library("bad", path, "bedgraph"))
    assert "bad.bedgraph" in str(caught.value)
    assert "bad" not in store.names("coverage/tracks")


def test_bigwig_that_is_refused(store, tmp_path):
    def refused(path, message):
        with pytest.raises(BadInputError, match=message):
            added(store, Library("bad", str(path), "bigwig"))

    refused(tmp_path / "none.bw", "no such file")
    (tmp_path / "text.bw").write_text("no bigWig at all\n" * 100)
    refused(tmp_path / "text.bw", "cannot be read as bigWig")
    refused(
        bigwig(tmp_path / "long.bw", lengths={"one": 150_001, "two": 60_000}),
        "contig `one` has 150,001 bases in the file",
    )
    refused(bigwig(tmp_path / "names.bw", [("x", 0, 5, 1.0)], {"x": 9}), "no contig name in common")
    many = [("one", i, i + 1, float(i % 7)) for i in range(150_000)]
    whole = tmp_path / "whole.bw"
    bigwig(whole, many)
    (tmp_path / "cut.bw").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    refused(tmp_path / "cut.bw", "cannot be read as bigWig|damaged or cut short")
    bigwig(tmp_path / "a.bw")
    (tmp_path / "named.otherwise").write_bytes((tmp_path / "a.bw").read_bytes())
    (coverage, _), _ = added(store, Library("h", str(tmp_path / "named.otherwise"), "bigwig"))
    np.testing.assert_array_equal(coverage[0], expected())
