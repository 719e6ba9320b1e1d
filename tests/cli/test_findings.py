import csv

import pytest

from tests.cli.support import done, helixdask

HERE = ["--workers", "1"]

BROKEN = """\
##gff-version 3
{contig}\tx\tgene\t101\t400\t.\t+\t.\tID=fine
{contig}\tx\tmRNA\t101\t400\t.\t+\t.\tID=t;Parent=fine
{contig}\tx\texon\t101\t400\t.\t+\t.\tParent=t
{contig}\tx\tCDS\t101\t400\t.\t+\t2\tParent=t
{contig}\tx\tgene\t999999999\t9999999999\t.\t+\t.\tID=away
elsewhere\tx\tgene\t1\t9\t.\t+\t.\tID=lost
"""


def test_labels_tells_what_it_found(labelled, species, tmp_path):
    contig = species.truth.read_text().splitlines()[1].split("\t")[0]
    gff3, tsv = tmp_path / "broken.gff3", tmp_path / "found.tsv"
    gff3.write_text(BROKEN.format(contig=contig))
    outcome = done("labels", labelled, "--gff3", gff3, "--name", "x", "--findings", tsv, *HERE)
    lines = outcome.out.splitlines()
    read = lines.index("Findings of genes/x")
    assert lines.index("Findings of labels/x") > read
    assert lines[read + 2].split()[:4] == ["bad_coordinates", "error", "1", "1"]
    with tsv.open(newline="") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    assert list(rows[0]) == ["file", "line", "contig", "gene", "code", "severity", "action"]
    found = {(row["code"], row["gene"], row["line"], row["file"]) for row in rows}
    assert ("gene_skipped", "away", "6", "broken.gff3") in found
    assert ("wrong_phase", "fine", "5", "broken.gff3") in found
    assert any(row["code"] == "contig_unknown" and row["contig"] == "elsewhere" for row in rows)
    assert any(row["code"].startswith("missing_utr") and row["gene"] == "fine" and not row["line"] for row in rows)
    stages = done("labels", labelled, "--gff3", gff3, "--name", "x", "--json", *HERE).json()
    assert [stage["group"] for stage in stages] == ["genes/x", "labels/x"]
    assert sum(code["findings"] for stage in stages for code in stage["findings"]) == len(rows)
    first = stages[0]["findings"][0]
    assert (first["code"], first["severity"], first["genes"]) == ("bad_coordinates", "error", 1)
    assert first["done"]


@pytest.mark.slow
def test_findings_that_cannot_be_written(labelled, species, tmp_path):
    outcome = helixdask(
        "labels", labelled, "--gff3", species.truth, "--name", "y", "--findings", tmp_path / "no" / "f.tsv", *HERE
    )
    assert outcome.code == 2
    assert "cannot write" in outcome.err
