"""What docs/reference/output.md says of the shapes of JSON is what commands print."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from helixdask.trainer.tuning.settings import TuneResult
from tests.cli.support import done
from tests.test_docs import commands, options_of

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/reference/output.md").read_text().partition("## JSON")[2]
ROWS = {
    row: set(re.findall(r"`(\w+)`", keys))
    for names, keys in re.findall(r"^\| (`[^|]+) \| ([^|]+) \|$", TEXT, re.MULTILINE)
    for row in re.findall(r"`([^`]+)`", names)
}
STAGE_KEYS = {"stage", "group", "state", "seconds", "tasks", "resumed", "attrs", "plan"}


def test_every_command_with_json_is_in_the_page():
    with_json = {name for name, command in commands().items() if "--json" in options_of(command)}
    assert with_json == set(commands())
    stages = set(re.findall(r"`(\w+)`", TEXT.partition("print a list")[0].partition("Commands that run stages")[2]))
    assert with_json <= stages | {row.split()[0] for row in ROWS}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("json")


CASES = {
    "inspect": ["inspect", "STORE"],
    "verify": ["verify", "STORE", "--quick"],
    "remove": ["remove", "STORE", "labels/reference", "--dry-run"],
    "models": ["models"],
    "export": ["export", "STORE", "--bed", "FOLDER/genes.bed"],
    "simulate": ["simulate", "-o", "FOLDER/simulated", "--bases", "20k"],
    "evaluate": ["evaluate", "TRUTH", "--reference", "TRUTH"],
}


@pytest.mark.parametrize("name", CASES)
def test_shape(name, labelled_forever, species, folder):
    places = {"STORE": str(labelled_forever), "TRUTH": str(species.truth), "FOLDER": str(folder)}
    words = [re.sub("STORE|TRUTH|FOLDER", lambda found: places[found[0]], word) for word in CASES[name]]
    printed = done(*words, "--json", "-q").json()
    one = printed[0] if isinstance(printed, list) else printed
    documented = ROWS[name] - ({"file", "kind", "genes"} if name == "export" else set())
    assert documented == set(one)


def test_shape_of_training():
    assert ROWS["tune"] == ROWS["train"] == {field.name for field in fields(TuneResult)}


def test_shape_of_a_region(labelled_forever):
    printed = done("inspect", labelled_forever, "chr1A:0-100", "--json").json()
    assert ROWS["inspect REGION"] == set(printed)


def test_shape_of_stages(labelled_forever, species):
    (plan,) = done("windows", labelled_forever, "--window-length", "900", "--dry-run", "--json").json()
    assert set(plan) == STAGE_KEYS
    told = set(re.findall(r"`(\w+)`", TEXT.partition("| `findings`")[0].partition("| key |")[2]))
    assert told >= STAGE_KEYS
    assert plan["plan"] is not None
