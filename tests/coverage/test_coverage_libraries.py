import numpy as np
import pysam
import pytest

from helixdask.alignments.bam_blocks import BamReader
from helixdask.cli.main import _repeat_options
from helixdask.coverage.checks import check_library
from helixdask.coverage.kinds import ALIGNMENTS, ENDINGS, READ_ENDINGS, kind_of, without_ending
from helixdask.coverage.libraries import Library, libraries_from_paths
from helixdask.coverage.reading import load_index
from helixdask.coverage.settings import ReadOptions
from helixdask.coverage.sheet import read_libraries
from helixdask.errors import BadInputError
from tests.coverage.plain_count import Read, write_bam

GENOME = {"c": 100, "d": 50}
READS = [Read("x", 0, 0, 5, "10M")]


def check(path, genome=GENOME):
    return check_library(Library("x", str(path)), list(genome), np.array(list(genome.values())))


def test_names_come_from_the_files():
    libraries = libraries_from_paths(["/a/leaf 1.bam", "b/root.sorted.bam"], "reverse")
    assert [(x.name, x.strandedness, x.kind) for x in libraries] == [
        ("leaf_1", "reverse", "rnaseq"),
        ("root.sorted", "reverse", "rnaseq"),
    ]


@pytest.mark.parametrize(
    ("paths", "message"), [(["a/x.bam", "b/x.bam"], "both called `x`"), (["x.bam", "./x.bam"], "given twice")]
)
def test_twice_the_same(paths, message):
    with pytest.raises(BadInputError, match=message):
        libraries_from_paths(paths, "forward")


def test_a_sheet(tmp_path):
    sheet = tmp_path / "sheet.tsv"
    sheet.write_text(
        "# mine\nname\tpath\tkind\tstrandedness\n\nleaf\tsub/a.bam\trnaseq\treverse\nont\t/b.bam\tlongread\tforward\n"
    )
    assert read_libraries(str(sheet)) == [
        Library("leaf", str(tmp_path / "sub/a.bam"), "rnaseq", "reverse"),
        Library("ont", "/b.bam", "longread", "forward"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("name\tpath\tstrandedness\n", "lists no library"),
        ("name\tstrandedness\n", "columns"),
        ("name\tpath\na\tb.bam\n", "line 2: library `a` has no strandedness"),
        ("name\tpath\tstrandedness\tcolour\n", "columns"),
        ("name\tpath\tstrandedness\na\tb.bam\n", "line 2: 2 fields"),
        ("name\tpath\tstrandedness\na\tb.bam\tdUTP\n", "line 2: the strandedness of library `a` is `dUTP`"),
        ("name\tpath\tstrandedness\n../a\tb.bam\treverse\n", "cannot name a library"),
        ("name\tpath\tkind\tstrandedness\na\tb.bam\tx\treverse\n", "kind of library `a` is `x`"),
        ("name\tpath\tstrandedness\na\tb.bam\treverse\na\tc.bam\treverse\n", "both called `a`"),
        ("name\tpath\tstrandedness\na\tb.bam\treverse\nb\tx/../b.bam\treverse\n", "given twice"),
    ],
)
def test_sheets_that_are_refused(tmp_path, text, message):
    (tmp_path / "sheet.tsv").write_text(text)
    with pytest.raises(BadInputError, match=message):
        read_libraries(str(tmp_path / "sheet.tsv"))


def test_a_good_file(tmp_path):
    path = write_bam(tmp_path / "a.bam", {"d": 50, "x": 9, "c": 100}, [Read("x", 0, 1, 2, "3M")])
    checked = check(path, {"c": 100, "d": 50, "e": 5})
    assert checked.contig_numbers.tolist() == [2, 0, -1]
    assert checked.foreign_contigs == ["x"]
    assert checked.contigs_without_reads == ["e"]
    assert checked.foreign_numbers.tolist() == [1]
    assert load_index(path, checked.index_path).mapped.tolist() == [-1, 1, -1]


def test_files_that_are_refused(tmp_path):
    with pytest.raises(BadInputError, match="no such file"):
        check(tmp_path / "none.bam")
    (tmp_path / "text.bam").write_text("@HD\tVN:1.6\nmuch more text than a magic number has\n")
    with pytest.raises(BadInputError, match="not a BAM file"):
        check(tmp_path / "text.bam")
    good = write_bam(tmp_path / "a.bam", GENOME, READS)
    data = (tmp_path / "a.bam").read_bytes()
    (tmp_path / "cut.bam").write_bytes(data[:-28])
    with pytest.raises(BadInputError, match=r"cut\.bam: the file is cut short"):
        check(tmp_path / "cut.bam")
    (tmp_path / "bgzip.bam").write_bytes(_bgzip(tmp_path, b"not alignments\n" * 100))
    with pytest.raises(BadInputError, match=r"bgzip\.bam: (cannot be read as BAM|not a BAM)"):
        check(tmp_path / "bgzip.bam")
    with pytest.raises(BadInputError, match="contig `d` has 50 bases in the BAM, 51 in the genome"):
        check(good, {"c": 100, "d": 51})
    with pytest.raises(BadInputError, match=r"no contig name in common with the genome \(BAM: c, d; genome: chrc\)"):
        check(good, {"chrc": 100})
    with pytest.raises(BadInputError, match="SO:queryname"):
        check(write_bam(tmp_path / "q.bam", GENOME, READS, index=False, order="queryname"))
    other = write_bam(tmp_path / "other.bam", {"c": 100}, READS, index=False)
    (tmp_path / "other.bam.bai").write_bytes((tmp_path / "a.bam.bai").read_bytes())
    with pytest.raises(BadInputError, match="index belongs to another file"):
        check(other, {"c": 100})


def _bgzip(folder, data):
    with pysam.BGZFile(str(folder / "x.gz"), "wb") as file:
        file.write(data)
    return (folder / "x.gz").read_bytes()


def test_a_missing_index_is_made_elsewhere(tmp_path):
    path = write_bam(tmp_path / "a.bam", GENOME, READS, index=False)
    before = sorted(tmp_path.iterdir())
    checked = check(path)
    assert checked.index_path is None
    index = load_index(path, None)
    assert sum(len(b) for b in BamReader(path, index).batches(0, 0, 100)) == 1
    assert sorted(tmp_path.iterdir()) == before


def test_unsorted_alignments_are_found_when_the_index_is_made(tmp_path):
    reads = [Read("x", 0, 0, 50, "10M"), Read("y", 0, 0, 5, "10M")]
    path = write_bam(tmp_path / "a.bam", GENOME, reads, index=False, order=None, sort=False)
    checked = check(path)
    with pytest.raises(BadInputError, match="none could be made"):
        load_index(path, checked.index_path)


def test_a_sheet_of_all_columns(tmp_path):
    sheet = tmp_path / "sheet.tsv"
    sheet.write_text(
        "name\tpath\tkind\tstrandedness\tminus_path\tscale\tstrand\tmin_mapq\tcount_duplicates\tmates_once\n"
        "a\ta.bam\t\tauto\t\t\t\t0\tyes\tno\n"
        "tss\tb.bam\tcage\t\t\t\t\t\t\t\n"
        "open\thttps://x.org/c.cram\tatac\t\t\t\t\t\t\t\n"
        "pair\td.plus.bw\t\t\td.minus.bw\t0.5\t\t\t\t\n"
        "flat\te.bedGraph.gz\t\t\t\t\tminus\t\t\t\n"
    )
    a, tss, cut, pair, flat = read_libraries(str(sheet))
    assert (a.kind, a.strandedness, a.reads) == (
        "rnaseq",
        "auto",
        ReadOptions(0, count_duplicates=True, mates_once=False),
    )
    assert (tss.strandedness, cut.strandedness, cut.path) == ("forward", "unstranded", "https://x.org/c.cram")
    assert (pair.kind, pair.minus_path, pair.scale) == ("bigwig", str(tmp_path / "d.minus.bw"), 0.5)
    assert (flat.kind, flat.strand) == ("bedgraph", "minus")


@pytest.mark.parametrize(
    ("columns", "row", "message"),
    [
        ("min_mapq\tstrandedness", "x\tforward", "line 2: min_mapq is `x`"),
        ("mates_once\tstrandedness", "maybe\tforward", "line 2: mates_once is `maybe`"),
        ("scale\tkind", "fast\tbigwig", "line 2: scale is `fast`"),
        ("scale\tkind", "0\tbigwig", "line 2: the scale of library `a` is `0`"),
        ("scale\tstrandedness", "2\tforward", "line 2: .*has scale, as only ready-made tracks have"),
        ("strand\tkind", "left\tbigwig", "line 2: the strand of library `a` is `left`"),
        ("strandedness\tkind", "reverse\tbigwig", "line 2: the strandedness of library `a` is `reverse`"),
        ("spliced_minus_path\tkind", "b.bw\tbigwig", "line 2: the files of library `a` are not paired by strand"),
        ("minus_path\tkind\tspliced_path", "b.bw\tbigwig\tc.bw", "line 2: .* not paired by strand"),
        ("min_mapq\tkind", "5\tbigwig", "line 2: .* has options for reads, but no reads"),
        ("minus_path\tkind", "a.bam\tbigwig", "given twice"),
        ("strandedness\tkind", "reverse\tatac", "line 2: the strandedness of library `a` is `reverse`"),
    ],
)
def test_options_that_are_refused(tmp_path, columns, row, message):
    (tmp_path / "sheet.tsv").write_text(f"name\tpath\t{columns}\na\ta.bam\t{row}\n")
    with pytest.raises(BadInputError, match=message):
        read_libraries(str(tmp_path / "sheet.tsv"))


@pytest.mark.slow
def test_a_file_that_is_nearly_all_header(tmp_path):
    contigs = {f"scaffold_{number}": 300 for number in range(300_000)}
    path = write_bam(tmp_path / "a.bam", contigs, [Read("x", 0, 299_999, 5, "10M")])
    checked = check(path, {"scaffold_299999": 300})
    assert checked.contig_numbers.tolist() == [299_999]


@pytest.mark.parametrize("option", ["--bam", "--evidence"])
def test_files_are_known_by_one_list_of_endings(option):
    endings = ENDINGS[ALIGNMENTS] if option == "--evidence" else READ_ENDINGS
    files = [f"leaf.{ending[1:].upper() if n % 2 else ending[1:]}" for n, ending in enumerate(endings)]
    assert {without_ending(file) for file in files} == {"leaf"}
    assert {kind_of(file) for file in files} == {ALIGNMENTS if option == "--evidence" else "rnaseq"}
    assert _repeat_options([option, *files]) == [word for file in files for word in (option, file)]
