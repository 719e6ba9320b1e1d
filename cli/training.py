"""Commands that make a model learn: tune and train."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from helixdask.cli.models import ModelOption, resolved
from helixdask.cli.options import CoverageNorm, Rules, RulesOption, with_shared
from helixdask.cli.report import print_json, print_table
from helixdask.errors import BadInputError

if TYPE_CHECKING:
    from helixdask.trainer.tuning.settings import TuneResult

__all__ = ["train", "tune"]

_EPOCH_COLUMNS = {
    "epoch": "epoch",
    "step": "step",
    "loss": "loss",
    "genic_f1": "genic F1",
    "utr_f1": "UTR",
    "cds_f1": "CDS",
    "intron_f1": "intron",
    "intergenic_f1": "intergenic",
    "phase_accuracy": "phase",
}
_LOOP = "The loop"
_LOSS = "The loss"
_NETWORK = "Network"


class Mode(StrEnum):
    """Which part of the network learns."""

    AUTO = "auto"
    HEAD = "head"
    COVERAGE = "coverage"
    WHOLE = "whole"


class Decay(StrEnum):
    """How the step size falls."""

    NONE = "none"
    LINEAR = "linear"
    COSINE = "cosine"


def _option(kind: Any, *names: str, panel: str | None = None, **more: Any) -> Any:
    return Annotated[kind, typer.Option(*names, rich_help_panel=panel, **more)]


_SHARED: dict[str, Any] = {
    "labels": _option(str | None, help="Labels to learn; those of the split by default."),
    "split": _option(str | None, help="Split to learn from; the only one by default."),
    "batch_size": _option(int, min=1, help="Windows in a step; halved when memory is short.", panel=_LOOP),
    "patience": _option(int, min=1, help="Epochs without gain before it stops.", panel=_LOOP),
    "max_steps": _option(int, min=0, help="Steps in all, at most; 0: no limit.", panel=_LOOP),
    "max_hours": _option(float, min=0, help="Hours, at most; 0: no limit.", panel=_LOOP),
    "warmup_steps": _option(int, min=0, help="Steps over which the step size rises.", panel=_LOOP),
    "decay": _option(Decay, help="How the step size falls to 0 at the last step.", panel=_LOOP),
    "balance_stores": _option(
        bool, "--balance-stores", help="As many windows of each store in an epoch, whatever its size.", panel=_LOOP
    ),
    "seed": _option(int, help="Seed of new weights and the order of windows.", panel=_LOOP),
    "threads": _option(int, min=0, help="CPU threads; 0: all there are.", panel=_LOOP),
    "resume": _option(
        bool | None,
        "--resume/--no-resume",
        help="Demand to go on from an interrupted run, or never do. Default: if it was this one.",
        panel=_LOOP,
    ),
    "tensorboard": _option(Path | None, metavar="DIR", help="Also write logs for TensorBoard.", panel=_LOOP),
    "class_weights": _option(
        str | None, metavar="JSON", help="Weights of intergenic, UTR, CDS, intron; `none`: 1.", panel=_LOSS
    ),
    "transition_weights": _option(
        str | None,
        metavar="JSON",
        help="Weights at starts and ends of transcripts, CDS and introns; `none`: 1.",
        panel=_LOSS,
    ),
    "quiet": _option(bool, "--quiet", "-q", help="No progress."),
    "json": _option(bool, "--json", help="Print the result as JSON."),
}
_DEFAULTS: dict[str, Any] = {
    "labels": None,
    "split": None,
    "batch_size": 8,
    "patience": 3,
    "max_steps": 0,
    "max_hours": 0.0,
    "warmup_steps": 0,
    "decay": Decay.NONE,
    "balance_stores": False,
    "seed": 0,
    "threads": 0,
    "resume": None,
    "tensorboard": None,
    "class_weights": None,
    "transition_weights": None,
    "quiet": False,
    "json": False,
}
_OF_THE_COMMAND = ("quiet", "json")


class Loop(dict[str, Any]):
    """The shared options, by name."""

    def settings(self) -> dict[str, Any]:
        """Those that are settings of the training, as it takes them."""
        values = {name: value for name, value in self.items() if name not in _OF_THE_COMMAND}
        values["decay"] = self["decay"].value
        values["tensorboard"] = str(self["tensorboard"]) if self["tensorboard"] else None
        for name in ("class_weights", "transition_weights"):
            text = values.pop(name)
            if text is not None:
                values[name] = _weights(name, text)
        return values


def _weights(name: str, text: str) -> tuple[float, ...] | None:
    if text == "none":
        return None
    option = f"--{name.replace('_', '-')}"
    try:
        found = json.loads(text)
        return tuple(float(value) for value in found)
    except (TypeError, ValueError):
        raise BadInputError(f"{option} is {text!r}", remedy="Write numbers like [0.7,1.6,1.2,1.2], or none.") from None


_with_loop = with_shared("loop", _SHARED, _DEFAULTS, Loop)


@_with_loop
def tune(
    stores: Annotated[list[str], typer.Argument(metavar="STORE...", help="One or more prepared stores.")],
    model: ModelOption,
    tuned: Annotated[Path, typer.Option("--output", "-o", metavar="TUNED.keras", help="The tuned model to write.")],
    mode: Annotated[
        Mode,
        typer.Option(
            help="head: a new output layer on the frozen network; coverage: one that also sees RNA-seq coverage; "
            "whole: all of it; auto: coverage where the store holds some, else head."
        ),
    ] = Mode.AUTO,
    coverage: Annotated[str | None, typer.Option(help="Coverage set to learn from, too.")] = None,
    coverage_norm: Annotated[CoverageNorm, typer.Option(help="How coverage enters the network.")] = CoverageNorm.LOG,
    hidden_layer: Annotated[
        int, typer.Option(min=0, help="Units of a layer between coverage and output; 0: none.")
    ] = 0,
    learning_rate: Annotated[
        float | None, typer.Option(min=0, help="Step size. Default: 0.001 for head and coverage, 0.0001 for whole.")
    ] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the training windows, at most.")] = 10,
    require_better: Annotated[
        bool, typer.Option("--require-better", help="Exit with 1 when the tuned model is not better than the base.")
    ] = False,
    rules: RulesOption = Rules.DEFAULT,
    *,
    loop: Loop,
) -> None:
    """Tune a model on prepared stores.

    After each epoch it is scored on the validation windows; the best is kept. Ctrl-C leaves the best so far. A run that
    was interrupted or killed goes on when the same command is given again, and ends with the same model.
    """
    from helixdask.trainer.tuning.settings import TuneSettings

    settings = TuneSettings(
        stores=tuple(stores),
        output=str(tuned),
        model=resolved(model),
        mode=mode.value,
        coverage=coverage,
        coverage_norm=coverage_norm.value,
        hidden_units=hidden_layer,
        learning_rate=learning_rate,
        epochs=epochs,
        rules=rules.value,
        **loop.settings(),
    )
    settings.check()
    from helixdask.trainer.tuning import tune as training

    result = _with_progress(lambda told: training.tune(settings, told), quiet=loop["quiet"])
    _print_training(result, as_json=loop["json"])
    if require_better and not result.better:
        raise typer.Exit(1)


@_with_loop
def train(
    stores: Annotated[list[str], typer.Argument(metavar="STORE...", help="One or more prepared stores.")],
    model: Annotated[Path, typer.Option("--output", "-o", metavar="MODEL.keras", help="The model to write.")],
    cnn_layers: Annotated[int, typer.Option(min=1, help="Convolutions.", rich_help_panel=_NETWORK)] = 4,
    filter_depth: Annotated[int, typer.Option(min=1, help="Filters of each.", rich_help_panel=_NETWORK)] = 96,
    kernel_size: Annotated[int, typer.Option(min=1, help="Bases each sees.", rich_help_panel=_NETWORK)] = 10,
    pool_size: Annotated[int, typer.Option(min=1, help="Bases of a time step.", rich_help_panel=_NETWORK)] = 9,
    lstm_layers: Annotated[int, typer.Option(min=1, help="Bidirectional LSTMs.", rich_help_panel=_NETWORK)] = 3,
    units: Annotated[int, typer.Option(min=1, help="Units of each direction.", rich_help_panel=_NETWORK)] = 128,
    learning_rate: Annotated[float, typer.Option(min=0, help="Step size.")] = 3e-4,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the training windows, at most.")] = 30,
    *,
    loop: Loop,
) -> None:
    """Train a network from scratch on labelled stores; by default Helixer's published architecture."""
    from helixdask.trainer.network.spec import NetworkSpec
    from helixdask.trainer.tuning.settings import TuneSettings

    settings = TuneSettings(
        stores=tuple(stores), output=str(model), learning_rate=learning_rate, epochs=epochs, **loop.settings()
    )
    settings.check()
    spec = NetworkSpec(
        cnn_layers=cnn_layers,
        filter_depth=filter_depth,
        kernel_size=kernel_size,
        pool_size=pool_size,
        lstm_layers=lstm_layers,
        units=units,
    )
    from helixdask.trainer.tuning import tune as training

    result = _with_progress(lambda told: training.train_from_scratch(settings, spec, told), quiet=loop["quiet"])
    _print_training(result, as_json=loop["json"])


def _with_progress(run: Callable[[Any], TuneResult], *, quiet: bool) -> TuneResult:
    """Run a training and show how it goes."""
    from helixdask.trainer.tuning.progress import show_progress, silent

    if quiet:
        return run(silent)
    with show_progress() as told:
        return run(told)


def _print_training(result: TuneResult, *, as_json: bool) -> None:
    """Print how training went: scores of the base model and of each epoch, and the verdict."""
    if as_json:
        print_json(dataclasses.asdict(result))
        return
    shown = [name for name in _EPOCH_COLUMNS if any(name in row for row in result.history)]
    print_table(
        f"{result.path}: best epoch {result.best_epoch}, ended by {result.stopped}",
        [_EPOCH_COLUMNS[name] for name in shown],
        [[row.get(name) for name in shown] for row in result.history],
    )
    typer.echo(f"{result.windows_per_second:.1f} windows/s, {result.bases_per_second:,.0f} bases/s while training")
    typer.secho(str(result.verdict.get("text", "")), bold=True, fg=None if result.better else "yellow")
