from __future__ import annotations

import numpy as np
import pytest

from helixdask.errors import BadInputError
from helixdask.names.aliases import read_aliases
from helixdask.store.contigs import ContigTable
from tests.genes.gff_support import CONTIGS, LINES, check_lines, read_text, rows

REPORT = (
    "# Assembly name:  X\r\n"
    "# Sequence-Name\tSequence-Role\tAssigned-Molecule\tAssigned-Molecule-Location/Type\tGenBank-Accn\tRelationship"
    "\tRefSeq-Accn\tAssembly-Unit\tSequence-Length\tUCSC-style-name\r\n"
    "1\tassembled-molecule\t1\tChromosome\tCM1.1\t=\tNC_1.1\tPrimary\t1000\tchr1\r\n"
    "2\tassembled-molecule\t2\tChromosome\tCM2.1\t=\tna\tPrimary\t500\tchr2\r\n"
    "Un1\tunplaced-scaffold\tna\tna\tKB1.1\t=\tNW_1.1\tPrimary\t70\tna\r\n"
)


@pytest.fixture
def aliases(tmp_path):
    def made(text, contigs=CONTIGS):
        path = tmp_path / "names.tsv"
        path.write_text(text, newline="")
        return read_aliases(path, contigs)

    return made


def table(*names):
    return ContigTable(np.array(names, object), np.array([1000, 500, 70][: len(names)], np.int64))


def test_assembly_report(aliases):
    ours = {"1": "chr1", "CM1.1": "chr1", "NC_1.1": "chr1", "2": "chr2", "CM2.1": "chr2"}
    assert aliases(REPORT) == ours
    assert aliases(REPORT.replace("\r\n", "\n")) == ours
    refseq = aliases(REPORT, table("NC_1.1", "CM2.1", "Un1"))
    assert refseq["chr1"] == "NC_1.1"
    assert refseq["chr2"] == "CM2.1"
    assert refseq["KB1.1"] == "Un1"
    assert "na" not in refseq


def test_a_report_of_another_assembly_is_refused(aliases):
    with pytest.raises(BadInputError, match=r"line 3: 'chr1' has 1,001 bases in the report and 1,000"):
        aliases(REPORT.replace("\t1000\t", "\t1001\t"))


def test_tables(aliases):
    assert aliases("NC_1\tchr1\n\n# x\nNC_2\tchr2\n") == {"NC_1": "chr1", "NC_2": "chr2"}
    assert aliases("chr1\tNC_1\tCM1\nelse\tother\n") == {"NC_1": "chr1", "CM1": "chr1"}
    assert aliases("A\tB\nB\tC\nC\tchr1\n") == {"A": "chr1", "B": "chr1", "C": "chr1"}
    assert aliases("chr1\tchr1\n") == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x\tchr1\nx\tchr2\n", "line 2: the name 'x' would stand for 'chr1' and 'chr2'"),
        ("chr1\tchr2\nchr2\tchr1\n", "line 1: the name 'chr1' would stand for"),
        ("a\tb\nb\ta\n", "line 1: the names 'a' and 'b' lead to each other"),
        ("one\n", "line 1: a line of names needs two"),
    ],
)
def test_bad_tables(aliases, text, message):
    with pytest.raises(BadInputError, match=message):
        aliases(text)


def test_no_table(tmp_path):
    with pytest.raises(BadInputError, match="none: no such file"):
        read_aliases(tmp_path / "none", CONTIGS)
    (tmp_path / "b").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInputError, match="line 1: not UTF-16 text"):
        read_aliases(tmp_path / "b", CONTIGS)


def test_a_report_serves_reading(tmp_path, aliases):
    text = rows(*LINES).replace("chr1\t", "NC_1.1\t").replace("chr2\t", "2\t")
    models, findings = read_text(tmp_path, text, aliases=aliases(REPORT))
    check_lines(models)
    assert len(findings) == 0


@pytest.mark.parametrize("theirs", ["Chr1", "CHR1", "1", "chr_1"])
def test_when_no_name_matches_the_closest_is_said_but_never_taken(tmp_path, theirs):
    with pytest.raises(BadInputError, match=f"perhaps {theirs} is chr1") as caught:
        read_text(tmp_path, rows(LINES[0]).replace("chr1", theirs))
    assert "--aliases" in str(caught.value)


def test_names_are_never_parts_of_names(tmp_path):
    with pytest.raises(BadInputError, match="none of its sequence names"):
        read_text(tmp_path, rows(LINES[0]).replace("chr1", "chr"))


def test_unknown_contigs_are_listed_and_aliases_help(tmp_path):
    text = rows(*LINES[:6]) + rows(*LINES[6:]).replace("chr2", "NC_2")
    models, findings = read_text(tmp_path, text)
    assert models.genes["id"].tolist() == ["g1"]
    (finding,) = findings.rows
    assert finding[0] == "contig_unknown"
    assert "NC_2" in finding[6]
    assert "4 rows" in finding[6]
    table = tmp_path / "names.tsv"
    table.write_text("# theirs\tours\nNC_2\tchr2\n")
    models, findings = read_text(tmp_path, text, aliases=read_aliases(table, CONTIGS))
    check_lines(models)
    assert len(findings) == 0
    with pytest.raises(BadInputError, match="--aliases"):
        read_text(tmp_path, rows(*LINES).replace("chr", "x"))
    table.write_text("one column\n")
    with pytest.raises(BadInputError, match="line 1"):
        read_aliases(table, CONTIGS)


def test_a_length_of_thousands_of_digits_is_another_length(tmp_path):
    report = tmp_path / "report.txt"
    report.write_text(f"# Sequence-Name\tGenBank-Accn\tSequence-Length\nc1\tCP1\t{'9' * 5000}\n")
    contigs = ContigTable(np.array(["c1"], object), np.array([100], np.int64))
    with pytest.raises(BadInputError, match=r"'c1' has more than 1,099,511,627,776 bases in the report and 100"):
        read_aliases(report, contigs)
