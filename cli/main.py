"""The command ``helixdask``: fast to start, heavy imports happen inside a command."""

from __future__ import annotations

import logging
import os
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from helixdask.cli import (
    coverage,
    data,
    demo,
    evaluate,
    exchange,
    models,
    results,
    store_care,
    tracks,
    training,
    workflow,
)
from helixdask.errors import HelixdaskError

__all__ = ["app", "main"]

app = typer.Typer(
    name="helixdask",
    no_args_is_help=True,
    add_completion=False,
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
""",
)


def _show_version(show: bool) -> None:
    if show:
        typer.echo(f"helixdask {version('helixdask')}")
        raise typer.Exit


@app.callback()
def _root(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    del show_version
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("helixdask").setLevel(logging.INFO)


_FIRST = "The whole way"
_STEPS = "Single steps"
_LOOK = "Looking and exchanging"
_NAMES = {exchange.import_helixer: "import"}  # a word that Python keeps for itself
for panel, commands in (
    (_FIRST, (workflow.prepare, training.tune, workflow.annotate)),
    (
        _STEPS,
        (
            data.encode,
            data.labels,
            coverage.coverage,
            tracks.track,
            models.predict,
            results.call,
            data.windows,
            data.select,
            data.split,
            training.train,
        ),
    ),
    (
        _LOOK,
        (
            evaluate.evaluate,
            models.models,
            results.inspect,
            store_care.verify,
            store_care.remove,
            exchange.import_helixer,
            exchange.export,
            data.simulate,
            demo.demo,
        ),
    ),
):
    for command in commands:
        app.command(_NAMES.get(command), rich_help_panel=panel)(command)


_INTERRUPTED = 130
_ALIGNMENTS = (".bam", ".cram", ".sam")


def _repeat_bam(arguments: list[str]) -> list[str]:
    """Let ``--bam A.bam B.bam`` mean ``--bam A.bam --bam B.bam``."""
    repeated: list[str] = []
    listing = False
    for argument in arguments:
        if listing and argument.endswith(_ALIGNMENTS) and repeated[-1] != "--bam":
            repeated.append("--bam")
        elif not argument.endswith(_ALIGNMENTS):
            listing = argument == "--bam"
        repeated.append(argument)
    return repeated


def main() -> None:
    """Run the command line; exit codes: 0 done, 1 failed, 2 bad input or usage, 130 stopped by the user."""
    try:
        app(args=_repeat_bam(sys.argv[1:]))
    except HelixdaskError as error:
        typer.secho(f"error: {error}", err=True, fg="red")
        sys.exit(error.exit_code)
    except SystemExit as stop:
        if stop.code == _INTERRUPTED:  # what typer makes of Ctrl-C
            typer.secho("stopped; run the same command again to go on", err=True, fg="yellow")
        raise
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        if os.environ.get("HELIXDASK_DEBUG"):
            raise
        where = f"{error.filename}: " if error.filename else ""
        typer.secho(f"error: {where}{error.strerror or error}", err=True, fg="red")
        sys.exit(1)
    except Exception as error:  # a fault of ours: say so in one line, and where to look
        if os.environ.get("HELIXDASK_DEBUG"):
            raise
        typer.secho(
            f"internal error: {type(error).__name__}: {error}\n"
            "  This is a fault of helixdask, please report it. HELIXDASK_DEBUG=1 shows where it happened.",
            err=True,
            fg="red",
        )
        sys.exit(1)


if __name__ == "__main__":
    main()
