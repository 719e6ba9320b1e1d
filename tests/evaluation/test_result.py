"""Two side by side, by contig, and what is written."""

import csv
import json

import numpy as np
import pytest

from helixdask.errors import BadInputError
from helixdask.evaluation import evaluate
from helixdask.evaluation.result import TSV_COLUMNS, write_tsv
from helixdask.evaluation.tables import contig_tables, tables_of


def gff(*genes):
    """Genes of one exon: name, contig, start, end, score."""
    rows = ["##gff-version 3"]
    for name, contig, start, end, score in genes:
        for kind, phase, tag in (
            ("gene", ".", f"ID={name}"),
            ("mRNA", ".", f"ID={name}.t;Parent={name}"),
            ("exon", ".", f"Parent={name}.t"),
            ("CDS", "0", f"Parent={name}.t"),
        ):
            rows.append(f"{contig}\tx\t{kind}\t{start}\t{end}\t{score}\t+\t{phase}\t{tag}")
    return "\n".join(rows) + "\n"


@pytest.fixture
def files(tmp_path):
    made = {
        "truth": [("a", "c1", 1, 90, "."), ("b", "c1", 201, 290, "."), ("c", "c2", 1, 90, ".")],
        "old": [("a", "c1", 1, 90, 0.9), ("x", "c1", 501, 590, 0.8), ("c", "c2", 1, 93, 0.3)],
        "new": [("a", "c1", 1, 90, 0.9), ("b", "c1", 201, 290, 0.7), ("c", "c2", 1, 93, 0.3)],
    }
    for name, genes in made.items():
        (tmp_path / f"{name}.gff3").write_text(gff(*genes))
    return {name: str(tmp_path / f"{name}.gff3") for name in made}


def test_before_and_after(files):
    scores = evaluate(files["new"], files["truth"], compare=files["old"])
    assert scores.compared == (("old.gff3", "new.gff3"),)
    assert scores.difference()["genes"]["gene"]["f1"] == pytest.approx(1 / 3)
    assert scores.difference()["genes"]["exons"]["chain"]["sensitivity"] == pytest.approx(1 / 3)
    values = scores.as_dict(per_contig=True)
    assert json.loads(json.dumps(values, allow_nan=True))["difference"] == values["difference"]
    assert values["genes"]["new.gff3"]["contigs"]["c1"]["gene"]["f1"] == 1
    assert values["genes"]["new.gff3"]["contigs"]["c2"]["gene"]["f1"] == 0
    assert values["genes"]["new.gff3"]["reliability"]["gene"]["right"][7] == 1
    titles = [table.title for table in tables_of(scores)]
    assert titles[0] == "From old.gff3 to new.gff3"
    gene = next(row for row in tables_of(scores)[0].rows if row[0] == "gene")
    assert gene[-1] == "+0.3333"
    table = contig_tables(scores)[0]
    assert [row[0] for row in table.rows] == ["c1", "c2"]


def test_files_of_one_name(files, tmp_path):
    (tmp_path / "other").mkdir()
    other = tmp_path / "other" / "new.gff3"
    other.write_text((tmp_path / "old.gff3").read_text())
    scores = evaluate(files["new"], files["truth"], compare=str(other))
    (before, after) = scores.compared[0]
    assert before != after
    assert scores.genes[after].gene.f1 > scores.genes[before].gene.f1


def test_the_long_table(files, tmp_path):
    scores = evaluate(files["new"], files["truth"])
    write_tsv(scores, tmp_path / "scores.tsv")
    with (tmp_path / "scores.tsv").open() as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    assert tuple(rows[0]) == TSV_COLUMNS
    gene = {row["contig"]: row for row in rows if (row["part"], row["level"]) == ("coding", "gene")}
    assert set(gene) == {"all", "c1", "c2"}
    for column in ("n_reference", "n_prediction", "found", "right"):
        assert int(gene["all"][column]) == int(gene["c1"][column]) + int(gene["c2"][column])
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.slow
def test_figure_and_page(files, tmp_path):
    pytest.importorskip("matplotlib")
    from helixdask.evaluation.figures import draw_scores
    from helixdask.evaluation.report import write_report

    scores = evaluate(files["new"], files["truth"], compare=files["old"])
    draw_scores(scores, tmp_path / "s.png")
    assert (tmp_path / "s.png").read_bytes()[:4] == b"\x89PNG"
    write_report(scores, tmp_path / "s.html")
    page = (tmp_path / "s.html").read_text()
    write_report(scores, tmp_path / "s.html")
    assert (tmp_path / "s.html").read_text() == page
    assert page.count("<svg") >= 3
    assert "From old.gff3 to new.gff3" in page
    assert "http" not in page.replace("http://www.w3.org", "").replace("http://purl.org", "").replace(
        "http://creativecommons.org", ""
    ).replace("https://matplotlib.org", "")
    with pytest.raises(BadInputError, match=r"\.png, \.svg or \.pdf"):
        draw_scores(scores, tmp_path / "s.xyz")
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".gff3") == ["s.html", "s.png"]


def test_what_cannot_be_scored(files, tmp_path):
    with pytest.raises(BadInputError, match="no predictions or genes to choose"):
        evaluate(files["new"], files["truth"], genes=["x"])
    with pytest.raises(BadInputError, match="no such annotation file"):
        evaluate(files["new"], str(tmp_path / "none.gff3"))
    with pytest.raises(BadInputError, match="no way of matching"):
        evaluate(files["new"], files["truth"], matching="nearly")
    noncoding = tmp_path / "noncoding.gff3"
    noncoding.write_text("\n".join(line for line in gff(("a", "c1", 1, 90, ".")).split("\n") if "CDS" not in line))
    with pytest.raises(BadInputError, match="no coding segments"):
        evaluate(files["new"], str(noncoding))
    scores = evaluate(files["new"], str(noncoding), noncoding=True).genes["new.gff3"]
    assert scores.match("chain", "exons").found == 1
    assert np.isclose(scores.gene.sensitivity, 0)
