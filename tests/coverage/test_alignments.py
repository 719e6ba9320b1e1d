import dataclasses
import gzip
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helixdask.coverage.adding import plan_libraries
from helixdask.coverage.alignment_blocks import LEAST_INTRON, alignment_blocks, depth_of
from helixdask.coverage.alignment_names import alignment_names
from helixdask.coverage.alignment_rows import AlignmentRows, read_alignments
from helixdask.coverage.alignment_stage import AlignmentStage
from helixdask.coverage.libraries import Library
from helixdask.coverage.settings import LibraryFiles, ReadOptions
from helixdask.engine.run import run_stage
from helixdask.errors import BadInputError
from helixdask.stages import libraries_of
from tests.coverage.small_genome import HERE, LENGTHS, make_store

MINIPROT = [
    ("mRNA", 101, 600, "+", "ID=MP1;Target=p1 1 99"),
    ("CDS", 101, 200, "+", "Parent=MP1"),
    ("CDS", 401, 600, "+", "Parent=MP1"),
    ("stop_codon", 598, 600, "+", "Parent=MP1"),
]
PARTS = [
    ("protein_match", 101, 600, "+", "ID=m1"),
    ("match_part", 401, 600, "+", "ID=m1.2;Parent=m1"),
    ("match_part", 101, 200, "+", "ID=m1.1;Parent=m1"),
]
ONE_ID = [
    ("cDNA_match", 101, 200, "+", "ID=c1;Target=x 1 100"),
    ("cDNA_match", 401, 600, "+", "ID=c1;Target=x 101 300"),
]
BOTH = [
    ("exon", 101, 200, "+", "Parent=a"),
    ("CDS", 151, 200, "+", "Parent=a"),
    ("exon", 401, 600, "+", "Parent=a"),
    ("CDS", 401, 500, "+", "Parent=a"),
]
GTF = [("exon", 101, 200, "+", 'gene_id "g"; transcript_id "t";'), ("exon", 401, 600, "+", 'transcript_id "t";')]


@dataclasses.dataclass(frozen=True)
class SmallTasks(AlignmentStage):
    def region_length(self, n_bases):
        return 1 << 16


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return make_store(tmp_path_factory.mktemp("store"))


def write(path, rows, contig="one"):
    text = "##gff-version 3\n" + "".join(
        f"{contig}\tx\t{kind}\t{start}\t{end}\t.\t{strand}\t.\t{attributes}\n"
        for kind, start, end, strand, attributes in rows
    )
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return str(path)


def added(store, path, **options):
    stage = SmallTasks("proteins", path, "hints", **options)
    summary = run_stage(stage, store.url, dataclasses.replace(HERE, replace=True))
    return [store.read(f"{stage.group()}/{track}", 0, store.n_bases) for track in ("coverage", "spliced_coverage")], (
        summary.attrs
    )


@pytest.mark.parametrize("rows", [MINIPROT, PARTS, ONE_ID, BOTH, GTF], ids=["CDS", "parts", "one ID", "exons", "GTF"])
@pytest.mark.parametrize("ending", ["gff3", "gff3.gz"])
def test_each_way_of_writing_them(store, tmp_path, rows, ending):
    (coverage, spliced), attrs = added(store, write(tmp_path / f"a.{ending}", rows))
    expected = np.zeros((2, store.n_bases), np.uint32)
    expected[0, 100:200] = expected[0, 400:600] = 1
    np.testing.assert_array_equal(coverage, expected)
    expected[:] = 0
    expected[0, 200:400] = 1
    np.testing.assert_array_equal(spliced, expected)
    assert attrs["kind"] == "alignments"
    assert attrs["covers"] == ("coding" if rows in (MINIPROT, PARTS) else "exons")
    assert (attrs["counts"]["alignments"], attrs["counts"]["introns"]) == (1, 1)


def test_strands_depth_and_regions(store, tmp_path):
    rows = [
        ("match", 65_000, 66_000, "-", "ID=a"),
        ("match", 65_500, 70_000, "-", "ID=b"),
        ("match", 10, 20, ".", "ID=c"),
        ("match", 30, 40, "+", "Target=nameless"),
        ("match", 60, 90, "+", "Target=nameless"),
    ]
    (coverage, spliced), _ = added(store, write(tmp_path / "a.gff3", rows))
    assert coverage[0].sum() == 11 + 11 + 31
    assert coverage[1].sum() == 11 + 1001 + 4501
    assert coverage[1, 65_499:66_000].tolist() == [2] * 501
    assert not spliced.any()


def test_rows_without_bases_are_left_out_and_counted(store, tmp_path, caplog):
    rows = [
        ("cds", 101, 200, "+", "Parent=a,b"),
        ("cds", 251, 249, "+", "Parent=a"),
        ("cds", 301, 400, "+", "Parent=a"),
    ]
    (coverage, spliced), attrs = added(store, write(tmp_path / "a.gff3", rows))
    assert coverage[0].sum() == 3 * 100
    assert spliced[0].sum() == 100
    assert (attrs["counts"]["rows_empty"], attrs["counts"]["alignments"]) == (1, 2)
    assert "rows that end before they begin are left out: 1" in caplog.text


def test_a_stretch_that_lies_in_two_bins(store, tmp_path, monkeypatch):
    monkeypatch.setattr("helixdask.coverage.alignment_stage._BIN", 1 << 10)
    (coverage, spliced), _ = added(store, write(tmp_path / "a.gff3", [*MINIPROT, ("match", 500, 9000, "+", "ID=b")]))
    assert coverage[0].sum() == 300 + 8_501
    assert coverage[0].max() == 2
    assert spliced[0].sum() == 200


def test_introns_that_are_too_long(store, tmp_path):
    rows = [
        ("match", 1, 100, "+", "ID=a"),
        ("match", 50_001, 50_100, "+", "ID=a"),
        ("match", 50_111, 50_200, "+", "ID=a"),
    ]
    path = write(tmp_path / "a.gff3", rows)
    (coverage, spliced), attrs = added(store, path)
    assert not spliced.any()
    assert attrs["counts"]["introns_too_long"] == 1
    assert coverage.sum() == 290
    (_, spliced), attrs = added(store, path, max_intron=0)
    assert spliced.sum() == 49_900


@pytest.mark.parametrize(
    ("rows", "contig", "message"),
    [
        ([("CDS", 1, 9, "+", "Name=x")], "one", "line 2: a part of an alignment names none"),
        ([("match", 1, 9, "+", "ID=a")], "nine", "no contig name in common"),
        ([("match", 1, 150_001, "+", "ID=a")], "one", "line 2: bases 1 to 150,001 are no stretch of contig `one`"),
        ([("match", "x", 9, "+", "ID=a")], "one", "line 2: start and end are whole numbers, not 'x'"),
        (
            [("match", 1, 9, "+", "ID=a"), ("match", 900, 100, "-", "ID=b")],
            "one",
            "line 3: a row begins at 900 and ends",
        ),
        ([("gene", 1, 9, "+", "ID=a")], "one", "no row is part of an alignment"),
        ([], "one", "there are no rows"),
    ],
)
def test_what_is_refused(store, tmp_path, rows, contig, message):
    with pytest.raises(BadInputError, match=message):
        added(store, write(tmp_path / "a.gff3", rows, contig))


def test_of_a_refused_file_nothing_is_left(store, tmp_path):
    def files():
        return {path for path in Path(store.url).rglob("*") if path.is_file()}

    good = write(tmp_path / "good.gff3", MINIPROT)
    bad = write(tmp_path / "bad.gff3", [*MINIPROT, ("CDS", 1, 9, "+", "Name=x")])
    before = files()
    for there in (False, True):
        with pytest.raises(BadInputError, match="line 6"):
            run_stage(SmallTasks("refused", bad, "refused"), store.url, dataclasses.replace(HERE, replace=True))
        assert files() == before
        if not there:
            run_stage(SmallTasks("refused", good, "refused"), store.url, HERE)
            before = files()
    assert store.read("coverage/refused/refused/coverage", 0, 200).sum() == 100


def test_a_bad_row_is_found_before_another_library_is_counted(store, tmp_path):
    good = Library("good", write(tmp_path / "good.gff3", MINIPROT), "alignments")
    bad = Library("bad", write(tmp_path / "bad.gff3", [*MINIPROT, ("CDS", 1, 9, "+", "Name=x")]), "alignments")
    assert [stage.library for stage in plan_libraries(store, [good])] == ["good"]
    with pytest.raises(BadInputError, match="line 6: a part of an alignment names none"):
        plan_libraries(store, [good, bad])


def test_libraries_of_evidence(tmp_path):
    files = LibraryFiles(("a.bam",), "reverse", evidence=("p/proteins.gff3.gz", "q.gtf"))
    reads, proteins, other = libraries_of(files, ReadOptions(min_mapq=5, max_intron=9_000))
    assert (reads.kind, reads.reads) == ("rnaseq", ReadOptions(min_mapq=5, max_intron=9_000))
    assert (proteins.name, proteins.kind, proteins.reads) == ("proteins", "alignments", ReadOptions(max_intron=9_000))
    assert other.name == "q"
    sheet = tmp_path / "sheet.tsv"
    sheet.write_text("name\tpath\tmax_intron\nb\tb.gff3\t5\n")
    both = libraries_of(LibraryFiles(libraries=str(sheet), evidence=("p.gff3",)), ReadOptions(max_intron=7))
    assert [(library.name, library.kind, library.reads.max_intron) for library in both] == [
        ("b", "alignments", 5),
        ("p", "alignments", 7),
    ]
    with pytest.raises(BadInputError, match="a sheet of libraries says itself"):
        libraries_of(LibraryFiles(libraries=str(sheet)), ReadOptions(max_intron=7))
    (alone,) = libraries_of(LibraryFiles(evidence=("p.gff3",)), ReadOptions(max_intron=7))
    assert alone.reads.max_intron == 7
    for more in ({"strandedness": "reverse"}, {"kind": "longread"}, {"reads": ReadOptions(min_mapq=5)}):
        reads = more.pop("reads", ReadOptions())
        with pytest.raises(BadInputError, match="but no reads"):
            libraries_of(LibraryFiles(evidence=("p.gff3",), **more), reads)
    with pytest.raises(BadInputError, match="must be local"):
        libraries_of(LibraryFiles(evidence=("s3://bucket/p.gff3",)))
    with pytest.raises(BadInputError, match="it knows max_intron only"):
        Library("a", "a.gff3", "alignments", reads=ReadOptions(min_mapq=5))
    with pytest.raises(BadInputError, match="strandedness"):
        Library("a", "a.gff3", "alignments", "reverse")


rows_of_alignments = st.lists(
    st.tuples(
        st.integers(0, 3), st.integers(0, 1), st.integers(0, 400), st.integers(1, 90), st.sampled_from([-1, 0, 1])
    ),
    max_size=12,
)


@given(rows_of_alignments, st.integers(LEAST_INTRON, 300))
def test_against_base_by_base(drawn, max_intron):
    name, rank, start, length, strand = (
        (np.array(column, np.int64) for column in zip(*drawn, strict=True))
        if drawn
        else (np.zeros(0, np.int64) for _ in range(5))
    )
    rows = AlignmentRows(
        name.astype(np.uint64),
        rank.astype(np.int8),
        np.zeros(len(name), np.int32),
        start,
        start + length,
        strand.astype(np.int8),
    )
    made = alignment_blocks(rows, max_intron)
    covered, skipped = np.zeros((2, 500), np.int64), np.zeros((2, 500), np.int64)
    for key in {(row[0], row[4]) for row in drawn}:
        mine = [row for row in drawn if (row[0], row[4]) == key]
        lowest = min(row[1] for row in mine)
        here = np.zeros(500, bool)
        for _, kind, at, bases, _ in mine:
            here[at : at + bases] |= kind == lowest
        of = [0, 1] if key[1] < 0 else [key[1]]
        covered[of] += here
        bases = np.flatnonzero(here)
        for left, right in zip(bases[:-1].tolist(), bases[1:].tolist(), strict=True):
            if LEAST_INTRON <= right - left - 1 <= max_intron:
                skipped[of, left + 1 : right] += 1
    for stretches, expected in ((made.covered, covered), (made.introns, skipped)):
        for low, high in ((0, 500), (100, 230)):
            depth = depth_of(stretches.start, stretches.end, stretches.strand, low, high)
            np.testing.assert_array_equal(depth, expected[:, low:high])


values = st.text("abP=12_ ", min_size=1, max_size=3).map(str.strip).filter(bool)
lists = st.lists(values, min_size=1, max_size=3).map(",".join)
fields = st.one_of(
    lists.map("Parent={}".format), lists.map("ID={}".format), lists.map('transcript_id "{}"'.format), lists, st.just("")
)
attributes = st.tuples(st.lists(fields, max_size=4), st.sampled_from([";", "; "])).map(
    lambda drawn: drawn[1].join(drawn[0])
)


@given(st.lists(st.tuples(attributes, st.booleans()), max_size=6))
def test_names_by_regular_expressions(drawn):
    found = re.compile(r"(?:^|;) *Parent=([^;]+)"), re.compile(r'(?:^|;) *transcript_id "([^";]+)')
    expected = []
    for row, (text, is_match) in enumerate(drawn):
        patterns = (re.compile(r"(?:^|;) *ID=([^;]+)"),) if is_match else found
        named = next((match[1] for match in (each.search(text) for each in patterns) if match), None)
        expected += [(row, name) for name in (named.split(",") if named else [(row,)] if is_match else [])]
    ends = np.cumsum([len(text) for text, _ in drawn], dtype=np.int64)
    begins = ends - np.array([len(text) for text, _ in drawn], np.int64)
    text = "".join(text for text, _ in drawn).encode()
    is_match = np.array([match for _, match in drawn], np.bool_)
    rows, names = alignment_names(text, begins, ends, is_match, np.arange(len(drawn)))
    assert rows.tolist() == [row for row, _ in expected]
    same = dict(zip([name for _, name in expected], names.tolist(), strict=True))
    assert [same[name] for _, name in expected] == names.tolist()
    assert len(set(same.values())) == len(same)


def test_rows_of_two_parents(store, tmp_path):
    rows = [
        ("exon", 1, 100, "+", "Parent=a,b"),
        ("exon", 201, 300, "+", "Parent=a"),
        ("exon", 301, 400, "+", "Parent=b"),
    ]
    found = read_alignments(write(tmp_path / "a.gff3", rows), store.contigs, {})
    made = alignment_blocks(found.rows, 10_000)
    assert sorted(zip(made.introns.start.tolist(), made.introns.end.tolist(), strict=True)) == [(100, 200), (100, 300)]
    assert made.n_alignments == 2
    assert sum(LENGTHS.values()) == store.n_bases
