"""Settings are said once: what the command line shows comes from the classes, and stages are made of them."""

import dataclasses
import inspect
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import pytest
import typer
from typer.testing import CliRunner

from helixdask.calling.settings import CallSettings
from helixdask.calling.stage import CallStage
from helixdask.cli.options import Options, with_settings
from helixdask.coverage.settings import CoverageSettings, LibraryFiles, ReadOptions
from helixdask.coverage.stage import CoverageStage
from helixdask.errors import BadInputError
from helixdask.labels.settings import LabelsSettings
from helixdask.labels.stage import LabelsStage
from helixdask.selection.settings import SelectSettings, SplitSettings
from helixdask.selection.split_stage import SplitStage
from helixdask.selection.stage import SelectStage
from helixdask.sequence.settings import EncodeSettings
from helixdask.sequence.stage import EncodeStage
from helixdask.settings import Name, Natural, Rules, RuleSet, Share, Shown, check_settings, settings_of
from helixdask.tracks.settings import TrackSettings
from helixdask.tracks.stage import TrackStage
from helixdask.trainer.network.spec import NetworkSpec
from helixdask.trainer.prediction.settings import PredictSettings
from helixdask.trainer.prediction.stage import PredictStage
from helixdask.trainer.tuning.settings import TuneSettings
from helixdask.windows.settings import WindowsSettings
from helixdask.windows.stage import WindowsStage

ROOT = Path(__file__).parents[1]
STAGES = {
    CallSettings: CallStage,
    CoverageSettings: CoverageStage,
    EncodeSettings: EncodeStage,
    LabelsSettings: LabelsStage,
    PredictSettings: PredictStage,
    SelectSettings: SelectStage,
    SplitSettings: SplitStage,
    TrackSettings: TrackStage,
    WindowsSettings: WindowsStage,
}


@dataclass(frozen=True)
class Some:
    """Settings of a test.

    Parameters
    ----------
    share, weight
        How much
        of it.
    output
        Name of it.
    way
        Which way.
    fast
        Be fast.
    careful
        Take care.
    words
        Any of them.
    weights
        Some numbers.

    Raises
    ------
    ValueError
        Never.
    """

    share: Share = 0.5
    weight: Share | None = None
    output: Name = "default"
    way: Literal["up", "down"] | None = None
    rules: RuleSet = Rules.DEFAULT
    fast: bool = False
    careful: bool = True
    words: tuple[str, ...] = ()
    weights: Annotated[tuple[float, ...], Shown(metavar="JSON")] | None = None


@dataclass(frozen=True)
class Other:
    """More of them.

    Parameters
    ----------
    count
        How many.
    rules
        Which rules.
    """

    count: Natural = 3
    rules: RuleSet = Rules.DEFAULT


def run(*arguments):
    """What a command with both classes gets."""
    got = {}

    @with_settings
    def command(
        place: Annotated[str, typer.Argument()],
        some: Some,
        other: Annotated[Other, Options(panel="More")],
        count: Annotated[int, typer.Option()] = 4,
    ) -> None:
        got.update(place=place, some=some, other=other, count=count)

    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(command)
    result = CliRunner().invoke(app, [*arguments], env={"COLUMNS": "200"})
    return got, result


def test_options_give_the_objects():
    got, result = run("here", "--share", "0.25", "--name", "x", "--way", "up", "--rules", "helixer", "--fast")
    assert result.exit_code == 0, result.output
    assert got["some"] == Some(share=0.25, output="x", way="up", rules=Rules.HELIXER, fast=True)
    assert got["other"] == Other(count=4, rules=Rules.HELIXER)  # shared: --rules, and the command's own --count
    assert (got["place"], got["count"]) == ("here", 4)
    got, _ = run("here", "--no-careful", "--words", "a", "--words", "b", "--weights", "[1, 2.5]", "--count", "7")
    assert got["some"] == Some(careful=False, words=("a", "b"), weights=(1.0, 2.5))
    assert got["other"].count == got["count"] == 7
    assert run("here")[0]["some"] == Some()
    assert run("here", "--weights", "none")[0]["some"].weights == ()


def test_help_has_defaults_ranges_and_meanings():
    text = run("--help")[1].output
    for words in ("How much of it.", "0<=x<=1", "default: 0.5", "Name of it.", "up|down", "--careful", "--no-careful"):
        assert words in text, words
    assert "--no-fast" not in text
    assert run("here", "--share", "2")[1].exit_code == run("here", "--way", "left")[1].exit_code == 2


def test_numbers_that_are_none_are_refused():
    assert isinstance(run("here", "--weights", "much")[1].exception, BadInputError)


@pytest.mark.parametrize("settings", [*STAGES, LibraryFiles, ReadOptions, TuneSettings, NetworkSpec])
def test_each_setting_has_a_meaning(settings):
    sizes = {"embedding_lstm_layers", "n_libraries", "hidden_units", "hidden_activation"}
    silent = [name for name, setting in settings_of(settings).items() if not setting.meaning]
    assert not set(silent) - sizes


@pytest.mark.parametrize(("settings", "stage"), STAGES.items())
def test_a_stage_is_made_of_its_settings(settings, stage):
    assert issubclass(stage, settings)
    ours = {field.name: field.default for field in dataclasses.fields(settings)}
    theirs = {field.name: field.default for field in dataclasses.fields(stage)}
    assert ours.keys() <= theirs.keys()
    names = {"output", "windows", "selection"}  # a stage has a name where settings may leave it out
    filled_in = {"coverage_norm", "precision"}  # what a model's card says, and what follows from the rules
    other = {name for name in ours if ours[name] != theirs[name]}
    assert other <= names | filled_in


def test_settings_start_light():
    modules = [
        ".".join(["helixdask", *path.relative_to(ROOT).with_suffix("").parts[folder == "helixdask" :]])
        for folder in ("helixdask", "trainer")
        for path in (ROOT / folder).rglob("settings.py")
    ]
    assert len(modules) > 10
    heavy = "{'numpy', 'dask', 'zarr', 'tensorflow'} & {*sys.modules}"
    code = f"import sys; import {', '.join(modules)}; sys.exit(', '.join({heavy}) or 0)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_rules_are_known_or_refused():
    assert WindowsStage(10, rules="helixer").rules is Rules.HELIXER
    assert WindowsStage(10).settings()["rules"] == "default"
    assert repr(Rules.HELIXER) == "'helixer'"
    with pytest.raises(BadInputError, match="rules is 'mine'"):
        Rules("mine")


def test_values_outside_of_choices_and_ranges_are_refused():
    check_settings(Some(way="down", weight=1))
    for wrong, told in (
        (Some(way="left"), "There are up, down"),
        (Some(share=1.5), "between 0 and 1"),
        (Other(count=0), "1 or more"),
        (Other(rules="mine"), "'default' or 'helixer'"),
    ):
        with pytest.raises(BadInputError, match=told):
            check_settings(wrong)


def test_provenance_is_read_in_one_place():
    for folder in ("helixdask", "trainer", "cli"):
        for path in (ROOT / folder).rglob("*.py"):
            assert not re.search(r"""get\(["'](settings|inputs)["'], \{\}\)""", path.read_text()), path


def test_a_decorated_command_keeps_its_words():
    @with_settings
    def command(some: Some) -> None:
        """Say something."""

    assert inspect.getdoc(command) == "Say something."
    assert list(inspect.signature(command).parameters)[:2] == ["share", "weight"]
