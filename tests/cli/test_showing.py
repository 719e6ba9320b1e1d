"""What is shown: nothing when quiet, a record of everything for programs, both in every command."""

import json
import re

import pytest

from helixdask.cli.showing import Showing
from tests.cli.support import done, helixdask
from tests.test_docs import commands, options_of


def records(path):
    """Lines of a log for programs."""
    return [json.loads(line, parse_constant=pytest.fail) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_has_them(name):
    assert {"--quiet", "--verbose", "--log-json"} <= options_of(commands()[name])
    short = {name for parameter in commands()[name].params for name in parameter.opts}
    assert "-q" in short


def test_log_of_a_command(species, tmp_path):
    store, log = tmp_path / "s.zarr", tmp_path / "run.jsonl"
    ran = done("encode", species.genome, "-o", store, "--species", "x", "--workers", "1", "--log-json", log)
    assert "encode → genome (done" in ran.out
    assert ran.err.startswith("making genome\n")
    lines = records(log)
    assert {"time", "kind", "level", "text"} <= set.intersection(*(set(line) for line in lines))
    kinds = [line["kind"] for line in lines if line["kind"] != "progress"]
    assert kinds == ["begin", "message", "result", "end"]
    assert lines[0]["command"] == "encode"
    (result,) = (line["result"] for line in lines if line["kind"] == "result")
    assert (result[0]["stage"], result[0]["attrs"]["n_contigs"]) == ("encode", 4)
    assert lines[-1]["exit_code"] == 0
    # The next command goes on in the same file; JSON on standard output and the result in the log are the same.
    printed = done("inspect", store, "--json", "--log-json", log).json()
    more = records(log)[len(lines) :]
    assert [line["kind"] for line in more] == ["begin", "result", "end"]
    assert more[1]["result"] == printed


def test_errors_are_in_the_log_and_shown_when_quiet(tmp_path):
    log = tmp_path / "run.jsonl"
    ran = helixdask("inspect", tmp_path / "none.zarr", "-q", "--log-json", log)
    assert ran.code == 2
    assert ran.out == ""
    assert "none.zarr" in ran.err
    begin, error, end = records(log)
    assert (begin["kind"], error["kind"], end["kind"], end["exit_code"]) == ("begin", "error", "end", 2)
    assert error["problem"] in ran.err
    assert error["remedy"] in ran.err


def test_a_log_that_cannot_be_written_is_refused_before_the_work(species, tmp_path):
    ran = helixdask("encode", species.genome, "-o", tmp_path / "s.zarr", "--log-json", tmp_path / "no" / "log")
    assert ran.code == 2
    assert "cannot write" in ran.err
    assert not (tmp_path / "s.zarr").exists()


@pytest.mark.slow
def test_quiet_prints_nothing(labelled, species, tmp_path):
    for command in (
        ("inspect", labelled),
        ("inspect", labelled, "chr1A:0-100"),
        ("select", labelled, "--window-length", "900", "--keep-fraction", "1", "--workers", "1"),
        ("evaluate", species.truth, "--reference", species.truth),
        ("export", labelled, "--gff3", tmp_path / "genes.gff3"),
        ("verify", labelled, "--workers", "1"),
        ("remove", labelled, "selections/default"),
        ("models",),
    ):
        ran = done(*command, "--quiet")
        assert (ran.out, ran.err) == ("", ""), command
    assert (tmp_path / "genes.gff3").exists()
    assert done("inspect", labelled).out  # the next one is not quiet


def test_what_a_command_passes_on(tmp_path):
    assert Showing().words() == []
    asked = Showing(quiet=True, verbose=True, log_json=tmp_path / "log")
    assert asked.words() == ["--quiet", "--verbose", "--log-json", str(tmp_path / "log")]


def test_help_has_them_in_a_part_of_their_own(monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    text = helixdask("inspect", "--help").out
    assert re.search(r"What is shown.*--quiet.*--verbose.*--log-json", text, re.DOTALL)
