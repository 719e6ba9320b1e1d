"""What is printed: tables for people, JSON for programs, pages of HTML."""

import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import numpy as np
import pytest

from helixdask.cli.report import human, print_facts, print_json, print_table
from tests.cli.support import done, helixdask, process

HERE = ["--workers", "1", "-q"]


def test_json_is_what_every_parser_reads(capsys):
    print_json({"f1": float("nan"), "n": np.int64(3), "rows": np.arange(2), "path": "[red]:smile:/x", 5: (None, True)})
    text = capsys.readouterr().out
    value = json.loads(text, parse_constant=pytest.fail)
    assert value == {"f1": None, "n": 3, "rows": [0, 1], "path": "[red]:smile:/x", "5": [None, True]}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234567, "1,234,567"),
        (0.123456, "0.1235"),
        (12345.0, "12,345"),
        (0.02925, "0.0293"),
        (1e-6, "1e-06"),
        (2.5, "2.5"),
        (None, "–"),
        (True, "yes"),
        ("a", "a"),
    ],
)
def test_numbers_for_people(value, text):
    assert human(value) == text


def test_tables_take_names_as_they_are(capsys):
    print_table("of [bold]", ["name", "n"], [["[red]x[/red] :smile:", 12345]])
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == "of [bold]"
    assert lines[2].split() == ["[red]x[/red]", ":smile:", "12,345"]


def test_facts_are_compact(capsys):
    strata = [{"name": "fully intergenic", "kept": 1200}, {"name": "others", "kept": 3}]
    facts = {"n_kept": 1203, "counts": {"reads_used": 5000, "reads_lost": 0}, "rules": "default", "strata": strata}
    print_facts("select → selections/x", facts)
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "select → selections/x",
        "number of kept 1,203",
        "counts reads used 5,000",
        "strata",
        "name kept",
        "fully intergenic 1,200",
        "others 3",
    ]


@pytest.mark.slow
def test_no_line_of_a_summary_is_longer_than_a_terminal(labelled):
    ran = process("select", labelled, "--window-length", "900", "--workers", "1")
    assert ran.code == 0, ran.err
    assert "selections/default (done" in ran.out
    assert max(len(line.rstrip()) for line in ran.out.splitlines()) <= 100
    assert len(set(ran.out.splitlines())) >= len(ran.out.splitlines()) - 2  # nothing is said twice


@pytest.mark.slow
def test_json_of_single_steps(labelled, species, tmp_path):
    done("coverage", labelled, "--bam", species.reads, "--strandedness", "reverse", *HERE)
    stages = done("select", labelled, "--window-length", "900", "--keep-fraction", "0.5", *HERE, "--json").json()
    assert [stage["stage"] for stage in stages] == ["windows", "select"]
    assert {"group", "state", "seconds", "tasks", "resumed", "attrs", "plan"} <= set(stages[0])
    assert stages[0]["attrs"]["n_windows"] > 200
    held = done("inspect", labelled, "--json").json()
    assert held["n_contigs"] == 4
    assert held["labels"]["reference"]["genes"] == "reference"
    assert held["coverage"]["rnaseq"]["reads"]["strandedness"] == "reverse"
    assert list(held["windows"]) == ["900-reference"]
    region = done("inspect", labelled, "chr1A:1,000-1,100", "--json").json()
    assert region["dims"]["position"] == 100
    assert "rnaseq_coverage" in region["data_vars"]
    drawn = done("inspect", labelled, "chr1A:0-5000", "--plot", tmp_path / "p.png", "--json").json()
    assert drawn["plot"] == str(tmp_path / "p.png")
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
    made = done("simulate", "-o", tmp_path / "sim", "--bases", "20k", "--json").json()
    assert made["contigs"] == 8


def test_inspect_for_people(labelled_forever):
    text = done("inspect", labelled_forever).out
    assert "4 contigs" in text
    assert "labels       reference" in text
    assert "position: 10" in done("inspect", labelled_forever, "chr1B:10-20").out


class _Page(HTMLParser):
    """Rows of all tables, pictures, and whether anything is loaded from elsewhere."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.tags, self.links = [], [], []
        self.feed(text)
        self.svg = ET.fromstring(text[text.index("<svg") : text.index("</svg>") + 6])

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href")]
        if tag == "tr":
            self.rows.append([])

    def first_rows(self):
        """Rows by their first cell; of several with one name the first."""
        return {row[0]: row[1:] for row in reversed(self.rows) if row}

    def handle_data(self, data):
        if self.rows and data.strip():
            self.rows[-1].append(data.strip())


@pytest.mark.slow
def test_pages_about_selection_and_split(labelled, tmp_path):
    selected, divided = tmp_path / "selection.html", tmp_path / "split.html"
    made = done("select", labelled, "--window-length", "900", "--report", selected, *HERE, "--json").json()[-1]["attrs"]
    page = _Page(selected.read_text())
    assert page.links == []
    rows = page.first_rows()
    assert rows["kept"][0].startswith(f"{made['n_kept']:,} ")
    for stratum in made["strata"]:
        assert rows[stratum["name"]][1] == f"{stratum['kept']:,}"
    edge = ["--by", "valid", "--largest", "--name", "sure", "--report", selected]
    done("select", labelled, "--window-length", "900", *edge, *HERE)
    assert "smallest valid kept" in selected.read_text()
    split_options = ["--selection", "default", "--report", divided, "--seed", "2", *HERE]
    split = done("split", labelled, *split_options, "--json").json()[0]["attrs"]
    text = divided.read_text()
    page = _Page(text)
    rows = page.first_rows()
    assert rows["validation"][0] == f"{split['n_windows']['validation']:,}"
    assert rows["train"][1] == f"{split['n_bases']['train']:,}"
    lanes = re.findall(r'class="lanes" role="img" aria-label="(\w+): train ([\d.]+) %, validation ([\d.]+) %"', text)
    assert len({contig for contig, *_ in lanes}) == 4
    assert all((train == "0.0") != (validation == "0.0") for _, train, validation in lanes)  # whole contigs
    # Made again although the split is there already.
    divided.unlink()
    done("split", labelled, *split_options)
    assert divided.exists()
    ran = helixdask("split", labelled, "--report", tmp_path / "none" / "split.html", "--seed", "2", *HERE)
    assert ran.code == 2
    assert "cannot write: no such folder" in ran.err


@pytest.mark.slow
def test_tables_of_windows_lie_side_by_side(labelled):
    done("windows", labelled, "--window-length", "900", *HERE)
    done("windows", labelled, "--window-length", "1800", *HERE)
    # Several fit: the default length is made, and then it is found.
    assert len(done("select", labelled, *HERE, "--json").json()) == 2
    held = done("inspect", labelled, "--json").json()
    assert set(held["windows"]) == {"900-reference", "1800-reference", "21384-reference"}
    again = done("select", labelled, *HERE, "--json").json()
    assert [stage["state"] for stage in again] == ["already there"]
    named = done("select", labelled, "--windows", "1800-reference", "--name", "long", *HERE, "--json").json()
    assert named[0]["attrs"]["window_length"] == 1800
    # Labels that were made anew make the old table useless: it is said, not used.
    ran = helixdask(
        "select", labelled, "--windows", "1800-reference", "--name", "long", "--keep-fraction", "0.1", *HERE
    )
    assert ran.code == 2
    assert "--replace" in ran.err
