from __future__ import annotations

import ast
import re
from pathlib import Path

import numpy as np
import pytest

import helixdask
from helixdask.errors import BadInputError, InternalError
from helixdask.genes.finding_codes import CODES, SEVERITIES
from helixdask.genes.finding_report import TSV_COLUMNS, summarise, write_findings
from helixdask.genes.findings import COLUMNS, Findings
from tests.genes.gff_support import read_text, rows

PACKAGE = Path(helixdask.__file__).parent


def some():
    findings = Findings("a.gff3")
    findings.note("wrong_phase", "two\tCDS rows", line=7, contig="chr1", gene="g1")
    findings.note("wrong_phase", "two CDS rows", line=9, contig="chr1", gene="g2")
    findings.note("wrong_phase", "again", line=10, contig="chr1", gene="g2")
    findings.note("no_genes", "none")
    findings.note("gene_skipped", "away", line=3, contig="chr1", gene="g3")
    return findings


def test_columns():
    columns = some().columns()
    assert list(columns) == [f"finding_{name}" for name in COLUMNS]
    assert columns["finding_line"].dtype == np.int64
    assert columns["finding_severity"].tolist() == ["warning"] * 4 + ["error"]
    assert {len(column) for column in columns.values()} == {5}
    assert {len(column) for column in Findings().columns().values()} == {0}
    assert some().frame()["gene"].tolist() == ["g1", "g2", "g2", "", "g3"]


def test_codes_are_declared():
    with pytest.raises(InternalError, match="no_such_code"):
        Findings().note("no_such_code", "x")
    assert CODES["gene_skipped"].severity == "error"
    assert all(code.severity in SEVERITIES and code.stages and code.meaning and code.done for code in CODES.values())


def test_summary_and_file(tmp_path):
    tables = [some().columns(), Findings().columns()]
    summary = [(row.code, row.severity, row.findings, row.genes) for row in summarise(tables)]
    assert summary == [("gene_skipped", "error", 1, 1), ("wrong_phase", "warning", 3, 2), ("no_genes", "warning", 1, 0)]
    path = tmp_path / "f.tsv"
    assert write_findings(path, tables) == 5
    lines = [line.split("\t") for line in path.read_text().splitlines()]
    assert tuple(lines[0]) == TSV_COLUMNS
    assert lines[1] == ["a.gff3", "7", "chr1", "g1", "wrong_phase", "warning", "two CDS rows"]
    assert lines[4] == ["a.gff3", "", "", "", "no_genes", "warning", "none"]
    with pytest.raises(BadInputError, match="cannot write"):
        write_findings(tmp_path / "no" / "f.tsv", tables)
    assert list(tmp_path.iterdir()) == [path]


def test_reading_stores_what_it_found(tmp_path):
    _, findings = read_text(tmp_path, rows("chr1 x gene 1 100 . + . ID=g"))
    columns = findings.columns()
    assert columns["finding_code"].tolist() == ["empty_gene"]
    assert columns["finding_file"].tolist() == ["a.gff3"]


def codes_in_the_source():
    """Texts of the modules that read and label which are handed to what notes findings, or look like a code."""
    used = set()
    for path in [*(PACKAGE / "genes").rglob("*.py"), *(PACKAGE / "labels").glob("*.py")]:
        if path.name == "finding_codes.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in NOTING:
                    at = [node.args[k] for k in NOTING[name] if k < len(node.args)]
                    texts = {a.value for a in at if isinstance(a, ast.Constant) and isinstance(a.value, str)}
                    used |= {text for text in texts if " " not in text}
            if isinstance(node, ast.Constant) and node.value in CODES:
                used.add(node.value)
    return used


# Where a code stands among the arguments.
NOTING = {
    "note": (0, 2),
    "add": (0,),
    "add_all": (0,),
    "note_all": (0,),
    "flag": (2,),
    "_say_all": (3,),
    "add_genes": (0,),
}


def test_every_code_is_declared_and_every_declared_code_is_used():
    assert codes_in_the_source() == set(CODES)


def test_every_code_is_documented():
    docs = PACKAGE.parent / "docs/reference/labels.md"
    if not docs.exists():
        pytest.skip("the documentation is not beside the package")
    rows = [line for line in docs.read_text().splitlines() if line.startswith("| `")]
    documented = {code for row in rows for code in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert documented == set(CODES)
