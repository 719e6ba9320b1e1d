"""What a command shows, and where: options that every command has."""

from __future__ import annotations

import functools
import inspect
import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from helixdask.cli.json_log import JsonLines
from helixdask.cli.terminal import VERBOSE, log_to_terminal
from helixdask.errors import HelixdaskError, words_of

PANEL = "What is shown"
_QUIET_HELP = "No progress and no tables; warnings and errors are shown all the same."
_VERBOSE_HELP = "Show warnings and log lines of other packages, too."
_JSON_HELP = "Also write progress, messages and results to this file, one JSON object on each line."

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Showing:
    """What is shown.

    Parameters
    ----------
    quiet
        Neither progress nor tables.
    verbose
        Also what other packages say.
    log_json
        File for records of everything, or None.
    """

    quiet: bool = False
    verbose: bool = False
    log_json: Path | None = None

    def words(self) -> list[str]:
        """The same as words of a command line, for commands that are run from here."""
        words = [name for name, is_set in (("--quiet", self.quiet), (VERBOSE, self.verbose)) if is_set]
        return [*words, "--log-json", str(self.log_json)] if self.log_json else words


_shown = Showing()


def shown() -> Showing:
    """What the command that runs shows."""
    return _shown


def tell_result(value: Any) -> None:
    """Put a result into the log for programs."""
    log.info("result", extra={"told": {"kind": "result", "result": value}})


def with_showing(command: Callable[..., None], name: str) -> Callable[..., None]:
    """Let a command have ``--quiet``, ``--verbose`` and ``--log-json``, whatever else it has.

    Parameters
    ----------
    command
        The command. A parameter ``quiet`` of its own is shared.
    name
        What it is called.
    """
    own = inspect.signature(command, eval_str=True).parameters
    parameters = {**own, **_options()}
    given_on = {each for each in own if each in _options()}

    @functools.wraps(command)
    def wrapped(**given: Any) -> None:
        asked = {each: given[each] if each in given_on else given.pop(each) for each in _options()}
        verbose = asked["verbose"] or logging.getLogger("helixdask").isEnabledFor(
            logging.DEBUG
        )  # set before the command
        with _showing(Showing(asked["quiet"], verbose, asked["log_json"]), name):
            command(**given)

    del wrapped.__wrapped__  # typer follows it back to the command without these options
    wrapped.__signature__ = inspect.Signature([*parameters.values()])  # type: ignore[attr-defined]
    wrapped.__annotations__ = {each: parameter.annotation for each, parameter in parameters.items()}
    return wrapped


@functools.cache
def _options() -> dict[str, inspect.Parameter]:
    quiet = typer.Option("--quiet", "-q", help=_QUIET_HELP, rich_help_panel=PANEL)
    verbose = typer.Option(VERBOSE, help=_VERBOSE_HELP, rich_help_panel=PANEL)
    log_json = typer.Option("--log-json", metavar="FILE", help=_JSON_HELP, rich_help_panel=PANEL)
    made: tuple[tuple[str, Any, Any], ...] = (
        ("quiet", Annotated[bool, quiet], False),
        ("verbose", Annotated[bool, verbose], False),
        ("log_json", Annotated[Path | None, log_json], None),
    )
    kind = inspect.Parameter.KEYWORD_ONLY
    return {name: inspect.Parameter(name, kind, default=value, annotation=typed) for name, typed, value in made}


@contextmanager
def _showing(asked: Showing, command: str) -> Iterator[None]:
    """Set up terminal and log for a command; the log has its begin, its error and its end."""
    from importlib.metadata import version

    global _shown
    log_to_terminal(verbose=asked.verbose, quiet=asked.quiet)
    ours = logging.getLogger("helixdask")
    handler = JsonLines(asked.log_json) if asked.log_json else None
    before, _shown = _shown, asked
    began = time.monotonic()
    if handler:
        ours.addHandler(handler)
    _tell("begin", command=command, version=version("helixdask"))
    code: Any = 0
    try:
        yield
    except typer.Exit as stop:
        code = stop.exit_code
        raise
    except HelixdaskError as error:
        code = error.exit_code
        _tell("error", error=str(error), problem=error.problem, where=error.where, remedy=error.remedy)
        raise
    except BaseException as error:
        code = 130 if isinstance(error, KeyboardInterrupt) else 1
        _tell("error", error=words_of(error, typed=True))
        raise
    finally:
        _close_clusters()
        _tell("end", command=command, exit_code=code, seconds=time.monotonic() - began)
        _shown = before
        if handler:
            ours.removeHandler(handler)
            handler.close()


def _close_clusters() -> None:
    """End the jobs of clusters that were made for the command."""
    if "helixdask.engine.made_cluster" in sys.modules:
        from helixdask.engine.made_cluster import close_made_clusters

        close_made_clusters()


def _tell(kind: str, **facts: Any) -> None:
    log.info(kind, extra={"told": {"kind": kind, **facts}})
