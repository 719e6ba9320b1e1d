"""Commands that make a model learn: tune and train."""

from __future__ import annotations

import dataclasses
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from helixdask.amounts import duration, size
from helixdask.cli.models import ModelOption, resolved
from helixdask.cli.options import Options
from helixdask.cli.report import give, print_facts, print_table, say
from helixdask.settings import Rules, Shown
from helixdask.trainer.network.spec import NetworkSpec
from helixdask.trainer.tuning.settings import LEARNING_RATES, TuneSettings

if TYPE_CHECKING:
    from helixdask.trainer.tuning.settings import TuneResult

log = logging.getLogger(__name__)

_EPOCH_COLUMNS = {
    "epoch": "epoch",
    "step": "step",
    "loss": "loss",
    "evidence": "evidence",
    "genic_f1": "genic F1",
    "utr_f1": "UTR",
    "cds_f1": "CDS",
    "intron_f1": "intron",
    "intergenic_f1": "intergenic",
    "phase_accuracy": "phase",
}
_ENDS = {
    "epochs": "all epochs done",
    "patience": "ended, for it got no better (--patience)",
    "max_steps": "ended by --max-steps",
    "max_hours": "ended by --max-hours",
    "interrupted": "interrupted",
}
_NOT_CHOSEN = ("model", "validation_batch_size", "optimiser", "weight_decay", "clip_norm", "random_offsets")
_OF_TUNING = ("mode", "new_head", "confidence", "doubt", "keep_worse")
_PANELS = {
    "The loop": (
        *("patience", "check_every", "max_steps", "max_hours", "batch_size", "warmup_steps", "decay", "precision"),
        *(
            "xla",
            "balance_stores",
            "window_weights",
            "seed",
            "threads",
            "devices",
            "resume",
            "doubt",
            "keep_worse",
            "replace",
        ),
        "tensorboard",
    ),
    "The loss": ("class_weights", "transition_weights"),
}
_NO_SIZES = ("n_libraries", "hidden_units", "hidden_activation", "embedding_lstm_layers")


@dataclass(frozen=True)
class _Report:
    """What a training reports.

    Parameters
    ----------
    dry_run
        Check everything, print the plan (windows, steps, weights, memory, disk) and stop.
    measure
        A dry run that also takes a few steps, and tells from them how long the run would take.
    quiet
        No progress and no tables; warnings and errors are shown all the same.
    json
        Print the result as JSON.
    """

    dry_run: bool = False
    measure: bool = False
    quiet: Annotated[bool, Shown(option="--quiet -q")] = False
    json: bool = False


def tune(
    settings: Annotated[TuneSettings, Options(without=_NOT_CHOSEN, panels=_PANELS)],
    model: ModelOption,
    require_better: Annotated[
        bool,
        typer.Option(
            "--require-better", help="Exit with 1 when the tuned model is not shown to be better than the base."
        ),
    ] = False,
    *,
    report: _Report,
) -> None:
    """Tune a model on prepared stores.

    After each epoch it is scored on the validation windows; the best is kept. Ctrl-C leaves the best so far. A run that
    was interrupted or killed goes on when the same command is given again, and ends with the same model; one that came
    to its end is left as it is. A tuned model can be tuned further: it keeps its libraries, weights of the loss and
    norm.
    """
    result = _learn(dataclasses.replace(settings, model=resolved(model)), None, report)
    if require_better and result is not None and not result.better:
        raise typer.Exit(1)


def train(
    settings: Annotated[TuneSettings, Options(without=(*_NOT_CHOSEN, *_OF_TUNING), panels=_PANELS)],
    network: Annotated[NetworkSpec, Options(without=_NO_SIZES, panel="Network")],
    learning_rate: Annotated[float, typer.Option(min=0, help="Step size.")] = LEARNING_RATES["scratch"],
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the training windows, at most.")] = 30,
    *,
    report: _Report,
) -> None:
    """Train a network from scratch on labelled stores; by default Helixer's published architecture."""
    del learning_rate, epochs  # among the settings
    from helixdask.store.store import Store
    from helixdask.trainer.network.libraries import libraries_of_set

    coverage = settings.coverage
    spec = dataclasses.replace(
        network,
        n_libraries=len(libraries_of_set(Store.open(settings.stores[0]), coverage)) if coverage else 0,
        hidden_units=settings.hidden_units or 0,
        hidden_activation="linear" if settings.rules == Rules.HELIXER else "relu",
    )
    _learn(dataclasses.replace(settings, hidden_units=None), spec, report)


def _learn(settings: TuneSettings, spec: NetworkSpec | None, report: _Report) -> TuneResult | None:
    """Train as asked for and print how it went; None where only the plan was printed."""
    from helixdask.trainer.runtime import require_tensorflow

    require_tensorflow()
    settings.check()
    from helixdask.trainer.tuning.finished import already_there

    there = None if report.dry_run or report.measure else already_there(settings, spec)
    if there is not None:
        _print_training(there, as_json=report.json)
        return there
    log.info("starting TensorFlow")
    from helixdask.trainer.tuning import tune as training

    if report.dry_run or report.measure:
        plan = training.dry_run(settings, spec, measure=report.measure)
        if not give(plan, as_json=report.json):
            print_facts("nothing was trained", _readable(plan))
        return None
    from helixdask.trainer.tuning.progress import show_progress

    with show_progress(quiet=report.quiet) as told:
        result = training.tune(settings, told) if spec is None else training.train_from_scratch(settings, spec, told)
    _print_training(result, as_json=report.json)
    if result.stopped == "interrupted":
        log.info("the same command goes on from here")
        raise typer.Exit(130)
    return result


def _readable(plan: dict[str, Any]) -> dict[str, Any]:
    """A plan with amounts as people write them."""
    sizes = {name: size(plan[name]) for name in ("memory", "disk")}
    return plan | sizes | {name: duration(value) for name, value in plan.items() if name.startswith("seconds_")}


def _print_training(result: TuneResult, *, as_json: bool) -> None:
    """Print how training went: scores of the base model and of each epoch, and the verdict."""
    if give(dataclasses.asdict(result), as_json=as_json):
        return
    shown = [name for name in _EPOCH_COLUMNS if any(row.get(name) is not None for row in result.history)]
    there = result.state != "done"
    state = f" ({result.state})" if there else ""
    print_table(
        f"{result.path}{state}: best epoch {result.best_epoch}, {_ENDS.get(result.stopped, result.stopped)}",
        [_EPOCH_COLUMNS[name] for name in shown],
        [[row.get(name) for name in shown] for row in result.history],
    )
    if not there:
        say(f"{result.windows_per_second:.1f} windows/s, {result.bases_per_second:,.0f} bases/s while training")
    say(str(result.verdict.get("text", "")), style="bold" if result.better else "bold yellow")
