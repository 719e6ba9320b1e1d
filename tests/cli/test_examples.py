"""Each command's help ends with examples that the command accepts; the shell completes commands and options."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from helixdask.cli.examples import examples_of
from helixdask.cli.main import _repeat_options
from tests.cli.support import helixdask
from tests.test_docs import commands

EXAMPLES = [words for name in commands() for _, words in examples_of(name)]


def test_every_command_has_examples(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    for name in commands():
        assert examples_of(name), name
    text = helixdask("call", "--help").out
    assert text.index("Examples") > text.index("--quiet")
    assert "helixdask call genome.zarr --predictions tuned -o genes.gff3" in text


@pytest.mark.parametrize("line", EXAMPLES)
def test_examples_are_accepted(line):
    program, name, *words = shlex.split(line)
    assert program == "helixdask"
    with commands()[name].make_context(name, _repeat_options(words)) as context:
        assert context.params


def test_the_shell_completes():
    command = str(Path(sys.executable).with_name("helixdask"))
    environment = os.environ | {
        "_HELIXDASK_COMPLETE": "complete_bash",
        "COMP_WORDS": "helixdask prepare --log",
        "COMP_CWORD": "2",
    }
    ran = subprocess.run([command], env=environment, capture_output=True, text=True, check=True)
    assert "--log-json" in ran.stdout.split()
