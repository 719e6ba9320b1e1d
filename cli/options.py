"""Options that commands share, each defined once."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from helixdask.engine.cluster import RunOptions

__all__ = [
    "AliasesOption",
    "CoverageNorm",
    "OnBadBase",
    "OnBadBaseOption",
    "Order",
    "Output",
    "Replace",
    "Rules",
    "RulesOption",
    "Strandedness",
    "with_reading_options",
    "with_run_options",
    "with_shared",
]


class Rules(StrEnum):
    """Which rule set: ``helixer`` is exactly what Helixer does, faults included."""

    DEFAULT = "default"
    HELIXER = "helixer"


class Strandedness(StrEnum):
    """Protocol of an RNA-seq library."""

    UNSTRANDED = "unstranded"
    FORWARD = "forward"
    REVERSE = "reverse"
    AUTO = "auto"


class CoverageNorm(StrEnum):
    """How coverage enters the network."""

    LOG = "log"
    LINEAR = "linear"
    NONE = "none"


class OnBadBase(StrEnum):
    """What becomes of letters that are no nucleotide."""

    ERROR = "error"
    N = "n"


class Order(StrEnum):
    """Order of contigs in a file of Helixer's."""

    FILE = "file"
    LENGTH = "length"


OnBadBaseOption = Annotated[
    OnBadBase,
    typer.Option(help="Letters that are no nucleotide: `error`, or `n` to turn them into N and count them."),
]
AliasesOption = Annotated[
    Path | None,
    typer.Option(
        "--aliases",
        metavar="TABLE",
        help="What the files call the sequences: tab-separated, name in a file, name in the genome; "
        "or NCBI's assembly report.",
    ),
]
RulesOption = Annotated[
    Rules, typer.Option(help="default, or helixer: exactly what Helixer does, faults included.", show_default=True)
]
Replace = Annotated[bool, typer.Option("--replace", help="Make an output anew that is there with other settings.")]

_RUNNING = "How to run"
_SHARED: dict[str, Any] = {
    "workers": Annotated[
        int | None,
        typer.Option(min=1, help="Processes on this machine. Default: one for each core.", rich_help_panel=_RUNNING),
    ],
    "scheduler": Annotated[
        str | None, typer.Option(help="Address of a running Dask scheduler.", rich_help_panel=_RUNNING)
    ],
    "scheduler_file": Annotated[
        Path | None, typer.Option(help="Scheduler file of a running Dask cluster.", rich_help_panel=_RUNNING)
    ],
    "worker_timeout": Annotated[
        float,
        typer.Option(min=0, help="Seconds to wait for workers of a running cluster.", rich_help_panel=_RUNNING),
    ],
    "memory_limit": Annotated[
        str | None, typer.Option(help="Memory limit of a worker, such as 4GB.", rich_help_panel=_RUNNING)
    ],
    "dashboard": Annotated[
        bool,
        typer.Option(
            "--dashboard", help="Print the address of Dask's dashboard (needs bokeh).", rich_help_panel=_RUNNING
        ),
    ],
    "dry_run": Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Print the plan (tasks, disk, memory, time) and stop.", rich_help_panel=_RUNNING
        ),
    ],
    "replace": Annotated[
        bool,
        typer.Option(
            "--replace", help="Make outputs anew that are there with other settings.", rich_help_panel=_RUNNING
        ),
    ],
    "quiet": Annotated[bool, typer.Option("--quiet", "-q", help="No progress.", rich_help_panel=_RUNNING)],
    "json": Annotated[bool, typer.Option("--json", help="Print the result as JSON.", rich_help_panel=_RUNNING)],
}
_DEFAULTS: dict[str, Any] = {
    "workers": None,
    "scheduler": None,
    "scheduler_file": None,
    "worker_timeout": 300.0,
    "memory_limit": None,
    "dashboard": False,
    "dry_run": False,
    "replace": False,
    "quiet": False,
    "json": False,
}


@dataclass(frozen=True)
class Output:
    """What every command is told about running and reporting."""

    workers: int | None
    scheduler: str | None
    scheduler_file: Path | None
    worker_timeout: float
    memory_limit: str | None
    dashboard: bool
    dry_run: bool
    replace: bool
    quiet: bool
    json: bool

    def run_options(self) -> RunOptions:
        """The same, as the engine takes it."""
        from helixdask.engine.cluster import RunOptions

        return RunOptions(
            workers=self.workers,
            scheduler=self.scheduler,
            scheduler_file=str(self.scheduler_file) if self.scheduler_file else None,
            worker_timeout=self.worker_timeout,
            memory_limit=self.memory_limit,
            dashboard=self.dashboard,
            dry_run=self.dry_run,
            replace=self.replace,
            quiet=self.quiet,
        )


Command = Callable[..., None]


def with_shared(
    keyword: str, annotations: dict[str, Any], defaults: dict[str, Any], made: Callable[..., Any]
) -> Callable[[Command], Command]:
    """Give a command options that others have too; it receives them as one keyword argument.

    Parameters
    ----------
    keyword
        Name of that argument.
    annotations, defaults
        Of each option, by name.
    made
        Called with all of them: what the command gets.
    """

    def decorate(command: Command) -> Command:
        signature = inspect.signature(command, eval_str=True)
        keyword_only = inspect.Parameter.KEYWORD_ONLY
        own = [p.replace(kind=keyword_only) for name, p in signature.parameters.items() if name != keyword]
        shared = [
            inspect.Parameter(name, keyword_only, default=defaults[name], annotation=annotation)
            for name, annotation in annotations.items()
        ]

        @functools.wraps(command)
        def wrapped(**arguments: Any) -> None:
            values = {name: arguments.pop(name) for name in annotations}
            command(**arguments, **{keyword: made(**values)})

        del wrapped.__wrapped__  # typer follows it back to the command without the shared options
        wrapped.__signature__ = signature.replace(parameters=[*own, *shared])  # type: ignore[attr-defined]
        wrapped.__annotations__ = {parameter.name: parameter.annotation for parameter in [*own, *shared]}
        return wrapped

    return decorate


with_run_options = with_shared("output", _SHARED, _DEFAULTS, Output)
"""Options of every command that works on a store; the command receives them as ``output``."""

_READING = ("workers", "scheduler", "scheduler_file", "worker_timeout", "dashboard", "quiet", "json")
with_reading_options = with_shared(
    "output",
    {name: _SHARED[name] for name in _READING},
    {name: _DEFAULTS[name] for name in _READING},
    functools.partial(Output, **{name: value for name, value in _DEFAULTS.items() if name not in _READING}),
)
"""Options of commands that go through a store and change nothing that could be planned or replaced."""
