"""What reaches the terminal: our words only, never an empty message, in any encoding."""

import os
import subprocess
import sys

import pytest

from helixdask.cli import data
from helixdask.store.store import Store
from tests.cli.support import helixdask, process

NOISY = """
import logging, sys, warnings
from helixdask.cli import data, main

def noisy(text):
    warnings.warn("foreign warning")
    logging.getLogger("tornado.application").error("foreign error")
    logging.getLogger("somebody").warning("foreign line")
    logging.getLogger("helixdask.simulate").warning("our line")
    raise TimeoutError

data._size = noisy
sys.argv = ["helixdask", *sys.argv[1:]]
main.main()
"""


def noisy(*arguments):
    command = [sys.executable, "-c", NOISY, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_only_our_words_and_no_empty_message(tmp_path):
    ran = noisy("simulate", "-o", str(tmp_path / "s"))
    assert ran.returncode == 1
    assert ran.stderr == "warning: our line\nerror: TimeoutError, while running helixdask simulate\n"


@pytest.mark.slow
@pytest.mark.parametrize("first", [True, False])
def test_verbose_shows_the_others_too(tmp_path, first):
    command = ["simulate", "-o", str(tmp_path / "s")]
    ran = noisy(*(["--verbose", *command] if first else [*command, "--verbose"]))
    for words in ("our line", "foreign line", "foreign error", "foreign warning", "error: TimeoutError"):
        assert words in ran.stderr


NO_CREDENTIALS = type("NoCredentialsError", (Exception,), {"__module__": "botocore.exceptions"})(
    "Unable to locate credentials"
)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (TimeoutError(), "error: TimeoutError, while running helixdask simulate\n"),
        (OSError(30, "Read-only file system", "/x"), "error: /x: Read-only file system, while running helixdask sim"),
        (NO_CREDENTIALS, "error: Unable to locate credentials, while running helixdask simulate\n  The client"),
        (RuntimeError(), "internal error: RuntimeError, while running helixdask simulate\n"),
        (KeyError("x"), "internal error: KeyError: 'x', while running helixdask simulate\n"),
    ],
)
def test_every_error_says_something(monkeypatch, tmp_path, error, says):
    monkeypatch.delenv("HELIXDASK_DEBUG", raising=False)

    def fails(text):
        raise error

    monkeypatch.setattr(data, "_size", fails)
    ran = helixdask("simulate", "-o", tmp_path / "s")
    assert ran.code == 1
    assert ran.err.startswith(says)


def test_an_error_in_a_stage_says_which(monkeypatch, tmp_path):
    from helixdask.sequence import stage

    def fails(*arguments, **options):
        raise TimeoutError

    monkeypatch.setattr(stage, "scan", fails)
    (tmp_path / "g.fa").write_text(">a\nACGT\n")
    ran = helixdask("encode", tmp_path / "g.fa", "-o", tmp_path / "s.zarr")
    assert (ran.code, ran.err) == (1, "making genome\nerror: TimeoutError, while making genome\n")


ENVIRONMENTS = {
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "latin-1": {"PYTHONIOENCODING": "latin-1"},
    "C locale": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_characters_that_the_terminal_lacks_are_replaced(species, tmp_path, name):
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("LC_", "LANG", "PYTHONIO"))}
    environment |= ENVIRONMENTS[name]
    store = tmp_path / "s.zarr"
    encoding = "latin-1" if name == "latin-1" else "ascii"
    says = {"encoding": encoding, "env": environment}
    ran = process("encode", species.genome, "-o", store, "--species", "Ångström ☃", "--workers", "1", **says)
    assert ran.code == 0, ran.err
    assert "encode ? genome (done" in ran.out  # an arrow elsewhere
    assert ran.err.startswith("making genome\n")
    ran = process("inspect", store, **says)
    assert ran.code == 0, ran.err
    assert ("Ångström ?" if name == "latin-1" else "?ngstr?m ?") in ran.out
    assert Store.open(store).species == "Ångström ☃"


def test_as_a_module():
    ran = subprocess.run([sys.executable, "-m", "helixdask", "--version"], capture_output=True, text=True, check=True)
    assert ran.stdout == process("--version").out


def test_exit_codes_are_documented():
    assert "130" in helixdask("--help").out
