"""The command ``helixdask``: fast to start, heavy imports happen inside a command."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, NoReturn

import typer

from helixdask.cli.commands import Commands
from helixdask.cli.proposed import with_command
from helixdask.cli.report import say
from helixdask.cli.terminal import VERBOSE, log_to_terminal, only_our_words, only_what_it_can_show
from helixdask.coverage.kinds import ALIGNMENTS, ENDINGS, READ_ENDINGS
from helixdask.errors import HelixdaskError, words_of
from helixdask.public_names import without_secrets

app = typer.Typer(
    name="helixdask",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="""
Tune Helixer's gene prediction to your own genome, and annotate it.

The whole way is three commands:

    helixdask prepare  GENOME.fa -o STORE --model BASE --bam A.bam --strandedness reverse

    helixdask tune     STORE --model BASE -o TUNED.keras

    helixdask annotate STORE --model TUNED.keras -o GENES.gff3

`prepare` puts the genome, its labels (from --gff3, or the model's own most confident predictions) and its coverage
into one store; `tune` learns from it; `annotate` predicts again. All can be stopped at any time and go on when they
are run again.

Exit codes: 0 done, 1 failed, 2 bad input or usage, 130 stopped by Ctrl-C.
""",
)


def _show_version(show: bool) -> None:
    if show:
        from importlib.metadata import version

        say(f"helixdask {version('helixdask')}", always=True)
        raise typer.Exit


@app.callback()
def _root(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and stop.")
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option(VERBOSE, help="Show warnings and log lines of other packages, too. Each command has it."),
    ] = False,
) -> None:
    del show_version
    log_to_terminal(verbose=verbose)


_INTERRUPTED = 130
_LISTS = {
    "--bam": READ_ENDINGS,
    "--evidence": ENDINGS[ALIGNMENTS],
}
"""Options that several files may follow, and their endings."""


def _repeat_options(arguments: list[str]) -> list[str]:
    """Let ``--bam A.bam B.bam`` mean ``--bam A.bam --bam B.bam``."""
    repeated: list[str] = []
    option = ""
    for argument in arguments:
        if option and argument.lower().endswith(_LISTS[option]):
            if repeated[-1] != option:
                repeated.append(option)
        else:
            option = argument if argument in _LISTS else ""
        repeated.append(argument)
    return repeated


_CLIENTS = ("botocore.", "aiobotocore.", "aiohttp.", "gcsfs.", "google.", "azure.")
"""Modules of the exceptions of object stores: what these say is no fault of ours."""


def main() -> None:
    """Run the command line as a program: what the terminal cannot show, or should not, is held back first."""
    only_what_it_can_show()
    if VERBOSE not in sys.argv:
        only_our_words()
    run(sys.argv[1:])


@cache
def _command_line() -> Callable[..., Any]:
    """All commands; those that have been used keep their options."""
    return typer.main.get_command(app)


def run(arguments: list[str]) -> None:
    """Run a command line; exit codes: 0 done, 1 failed, 2 bad input or usage, 130 stopped by the user."""
    try:
        _command_line()(args=_repeat_options(arguments), prog_name="helixdask")
    except HelixdaskError as error:
        _fail(f"error: {with_command(error, arguments)}", error.exit_code)
    except SystemExit as stop:
        if stop.code == _INTERRUPTED:  # what typer makes of Ctrl-C
            say("stopped; run the same command again to go on", style="yellow", to_errors=True, always=True)
        raise
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        if os.environ.get("HELIXDASK_DEBUG"):
            raise
        where = f"{error.filename}: " if error.filename else ""
        _fail(f"error: {where}{error.strerror or words_of(error)}{_done_when(error, arguments)}")
    except Exception as error:  # a fault of ours: say so in one line, and where to look
        if os.environ.get("HELIXDASK_DEBUG"):
            raise
        if type(error).__module__.startswith(_CLIENTS):
            _fail(
                f"error: {words_of(error)}{_done_when(error, arguments)}\n"
                "  The client of the object store says so: check credentials, endpoint and network."
            )
        _fail(
            f"internal error: {words_of(error, typed=True)}{_done_when(error, arguments)}\n"
            "  This is a fault of helixdask, please report it, with what `helixdask doctor` prints. "
            "HELIXDASK_DEBUG=1 shows where it happened."
        )


def _done_when(error: Exception, arguments: list[str]) -> str:
    """What was being done when it happened: as noted on the exception, else the command."""
    command = next((word for word in arguments if not word.startswith("-")), "")
    notes = getattr(error, "__notes__", None) or [f"while running helixdask {command}"]
    return "".join(f", {note}" for note in notes)


def _fail(text: str, code: int = 1) -> NoReturn:
    say(without_secrets(text), style="red", to_errors=True, always=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
