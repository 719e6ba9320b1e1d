"""Commands that make a model learn: tune and train."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from helixdask.cli.loop_options import Loop, with_loop
from helixdask.cli.models import ModelOption, resolved
from helixdask.cli.options import CoverageNorm, Rules, RulesOption
from helixdask.cli.report import print_facts, print_json, print_table, say

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
_NETWORK = "Network"


Norm = Annotated[
    CoverageNorm | None,
    typer.Option(help="How coverage enters the network. Default: as in the base model, else log."),
]
HiddenLayer = Annotated[
    int | None,
    typer.Option(min=0, help="Units of a layer between coverage and output; 0: none. Default: as in the base model."),
]


class NewHead(StrEnum):
    """What the output layer starts from."""

    BASE = "base"
    RANDOM = "random"


class Mode(StrEnum):
    """Which part of the network learns."""

    AUTO = "auto"
    HEAD = "head"
    COVERAGE = "coverage"
    WHOLE = "whole"


@with_loop
def tune(
    stores: Annotated[list[str], typer.Argument(metavar="STORE...", help="One or more prepared stores.")],
    model: ModelOption,
    tuned: Annotated[Path, typer.Option("--output", "-o", metavar="TUNED.keras", help="The tuned model to write.")],
    mode: Annotated[
        Mode,
        typer.Option(
            help="head: the output layer on the frozen network; coverage: one that also sees RNA-seq coverage; "
            "whole: all of it, with coverage if a set is named; auto: coverage where the store holds some, else head."
        ),
    ] = Mode.AUTO,
    coverage: Annotated[str | None, typer.Option(help="Coverage set to learn from, too.")] = None,
    coverage_norm: Norm = None,
    hidden_layer: HiddenLayer = None,
    new_head: Annotated[
        NewHead | None,
        typer.Option(help="What the output layer starts from. Default: the base model's, with --rules helixer random."),
    ] = None,
    confidence: Annotated[
        str | None,
        typer.Option(
            metavar="PREDICTIONS", help="Weigh each base by the probability that these predictions give its label."
        ),
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option(min=0, help="Step size. Default: 0.001 for head and coverage, 0.0003 for whole.")
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
    was interrupted or killed goes on when the same command is given again, and ends with the same model. A tuned model
    can be tuned further: it keeps its libraries, weights of the loss and norm.
    """
    from helixdask.trainer.runtime import require_tensorflow
    from helixdask.trainer.tuning.settings import TuneSettings

    settings = TuneSettings(
        stores=tuple(stores),
        output=str(tuned),
        model=resolved(model),
        mode=mode.value,
        coverage=coverage,
        coverage_norm=coverage_norm.value if coverage_norm else None,
        hidden_units=hidden_layer,
        new_head=new_head.value if new_head else None,
        confidence=confidence,
        learning_rate=learning_rate,
        epochs=epochs,
        rules=rules.value,
        **loop.settings(),
    )
    require_tensorflow()
    settings.check()
    _say_what_takes_time(loop)
    from helixdask.trainer.tuning import tune as training

    if loop["dry_run"]:
        _print_plan(training.dry_run(settings), as_json=loop["json"])
        return
    result = _with_progress(lambda told: training.tune(settings, told), quiet=loop["quiet"])
    _print_training(result, as_json=loop["json"])
    if require_better and not result.better:
        raise typer.Exit(1)


@with_loop
def train(
    stores: Annotated[list[str], typer.Argument(metavar="STORE...", help="One or more prepared stores.")],
    model: Annotated[Path, typer.Option("--output", "-o", metavar="MODEL.keras", help="The model to write.")],
    cnn_layers: Annotated[int, typer.Option(min=1, help="Convolutions.", rich_help_panel=_NETWORK)] = 4,
    filter_depth: Annotated[int, typer.Option(min=1, help="Filters of each.", rich_help_panel=_NETWORK)] = 96,
    kernel_size: Annotated[int, typer.Option(min=1, help="Bases each sees.", rich_help_panel=_NETWORK)] = 10,
    pool_size: Annotated[int, typer.Option(min=1, help="Bases of a time step.", rich_help_panel=_NETWORK)] = 9,
    lstm_layers: Annotated[int, typer.Option(min=1, help="Bidirectional LSTMs.", rich_help_panel=_NETWORK)] = 3,
    units: Annotated[int, typer.Option(min=1, help="Units of each direction.", rich_help_panel=_NETWORK)] = 128,
    dropout1: Annotated[
        float, typer.Option(min=0, max=1, help="Dropout before the LSTMs.", rich_help_panel=_NETWORK)
    ] = 0,
    dropout2: Annotated[
        float, typer.Option(min=0, max=1, help="Dropout behind the LSTMs.", rich_help_panel=_NETWORK)
    ] = 0,
    phase: Annotated[
        bool,
        typer.Option(help="Learn codon phases, too; without them no genes can be called.", rich_help_panel=_NETWORK),
    ] = True,
    coverage: Annotated[str | None, typer.Option(help="Coverage set that the network sees, too.")] = None,
    coverage_norm: Norm = None,
    hidden_layer: HiddenLayer = None,
    learning_rate: Annotated[float, typer.Option(min=0, help="Step size.")] = 3e-4,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the training windows, at most.")] = 30,
    rules: RulesOption = Rules.DEFAULT,
    *,
    loop: Loop,
) -> None:
    """Train a network from scratch on labelled stores; by default Helixer's published architecture."""
    from helixdask.store.store import Store
    from helixdask.trainer.network.libraries import libraries_of_set
    from helixdask.trainer.network.spec import NetworkSpec
    from helixdask.trainer.runtime import require_tensorflow
    from helixdask.trainer.tuning.settings import TuneSettings

    settings = TuneSettings(
        stores=tuple(stores),
        output=str(model),
        coverage=coverage,
        coverage_norm=coverage_norm.value if coverage_norm else None,
        learning_rate=learning_rate,
        epochs=epochs,
        rules=rules.value,
        **loop.settings(),
    )
    require_tensorflow()
    settings.check()
    _say_what_takes_time(loop)
    spec = NetworkSpec(
        cnn_layers=cnn_layers,
        filter_depth=filter_depth,
        kernel_size=kernel_size,
        pool_size=pool_size,
        lstm_layers=lstm_layers,
        units=units,
        dropout1=dropout1,
        dropout2=dropout2,
        predict_phase=phase,
        n_libraries=len(libraries_of_set(Store.open(stores[0]), coverage)) if coverage else 0,
        hidden_units=hidden_layer or 0,
        hidden_activation="linear" if rules is Rules.HELIXER else "relu",
    )
    from helixdask.trainer.tuning import tune as training

    if loop["dry_run"]:
        _print_plan(training.dry_run(settings, spec), as_json=loop["json"])
        return
    result = _with_progress(lambda told: training.train_from_scratch(settings, spec, told), quiet=loop["quiet"])
    _print_training(result, as_json=loop["json"])


def _say_what_takes_time(loop: Loop) -> None:
    if not loop["quiet"]:
        say("starting TensorFlow", to_errors=True)


def _with_progress(run: Callable[[Any], TuneResult], *, quiet: bool) -> TuneResult:
    """Run a training and show how it goes."""
    from helixdask.trainer.tuning.progress import show_progress, silent

    if quiet:
        return run(silent)
    with show_progress() as told:
        return run(told)


def _print_plan(plan: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(plan)
        return
    print_facts("nothing was trained", plan)


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
    say(f"{result.windows_per_second:.1f} windows/s, {result.bases_per_second:,.0f} bases/s while training")
    say(str(result.verdict.get("text", "")), style="bold" if result.better else "bold yellow")
