"""Commands around a network by itself: predict and train."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from helixdask.cli.data import StoreUrl
from helixdask.cli.options import CoverageNorm, Output, with_run_options
from helixdask.cli.report import print_summaries
from helixdask.cli.workflow import print_training, with_progress

__all__ = ["predict", "train"]

_NETWORK = "Network"


@with_run_options
def predict(
    store: StoreUrl,
    model: Annotated[Path, typer.Option(help="A model: .keras, or Helixer's .h5.")],
    name: Annotated[str | None, typer.Option(help="Name of the predictions. Default: the model file's name.")] = None,
    window_length: Annotated[
        int | None, typer.Option(min=1, help="Bases of a window. Default: what the model says.")
    ] = None,
    overlap: Annotated[bool, typer.Option(help="Average overlapping windows; better at their ends.")] = True,
    overlap_offset: Annotated[
        int | None, typer.Option(min=1, help="Bases from window to window. Default: half a window.")
    ] = None,
    core_length: Annotated[
        int | None, typer.Option(min=1, help="Middle of a window that counts. Default: three quarters.")
    ] = None,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Windows in a batch.")] = None,
    precision: Annotated[
        str, typer.Option(help="How probabilities are kept: float16, or uint8 at half the size.")
    ] = "float16",
    coverage: Annotated[str | None, typer.Option(help="Coverage set, for a model that sees coverage.")] = None,
    coverage_norm: Annotated[
        CoverageNorm | None, typer.Option(help="Normalisation. Default: what the model was tuned with.")
    ] = None,
    *,
    output: Output,
) -> None:
    """Predict class and phase of every base of both strands."""
    from helixdask.engine.run import run_stage
    from helixdask.trainer.workflow import predict_stage

    stage = predict_stage(
        store,
        str(model),
        name=name,
        window_length=window_length,
        overlap=overlap,
        overlap_offset=overlap_offset,
        core_length=core_length,
        batch_size=batch_size,
        precision=precision,
        coverage=coverage,
        coverage_norm=coverage_norm.value if coverage_norm else None,
    )
    print_summaries([run_stage(stage, store, output.run_options())], as_json=output.json)


def train(
    stores: Annotated[list[str], typer.Argument(metavar="STORE...", help="One or more prepared stores.")],
    model: Annotated[Path, typer.Option("--output", "-o", metavar="MODEL.keras", help="The model to write.")],
    cnn_layers: Annotated[int, typer.Option(min=1, help="Convolutions.", rich_help_panel=_NETWORK)] = 4,
    filter_depth: Annotated[int, typer.Option(min=1, help="Filters of each.", rich_help_panel=_NETWORK)] = 96,
    kernel_size: Annotated[int, typer.Option(min=1, help="Bases each sees.", rich_help_panel=_NETWORK)] = 10,
    pool_size: Annotated[int, typer.Option(min=1, help="Bases of a time step.", rich_help_panel=_NETWORK)] = 9,
    lstm_layers: Annotated[int, typer.Option(min=1, help="Bidirectional LSTMs.", rich_help_panel=_NETWORK)] = 3,
    units: Annotated[int, typer.Option(min=1, help="Units of each direction.", rich_help_panel=_NETWORK)] = 128,
    labels: Annotated[str | None, typer.Option(help="Labels to learn; those of the split by default.")] = None,
    split: Annotated[str | None, typer.Option(help="Split to learn from; the only one by default.")] = None,
    learning_rate: Annotated[float, typer.Option(min=0, help="Step size.")] = 3e-4,
    batch_size: Annotated[int, typer.Option(min=1, help="Windows in a step.")] = 8,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the training windows, at most.")] = 30,
    patience: Annotated[int, typer.Option(min=1, help="Epochs without gain before it stops.")] = 3,
    max_steps: Annotated[int, typer.Option(min=0, help="Steps in all, at most; 0: no limit.")] = 0,
    max_hours: Annotated[float, typer.Option(min=0, help="Hours, at most; 0: no limit.")] = 0,
    seed: Annotated[int, typer.Option(help="Seed of the weights and the order of windows.")] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Train a network from scratch on labelled stores; by default Helixer's published architecture."""
    from helixdask.trainer.network.spec import NetworkSpec
    from helixdask.trainer.tuning.settings import TuneSettings

    settings = TuneSettings(
        stores=tuple(stores),
        output=str(model),
        labels=labels,
        split=split,
        learning_rate=learning_rate,
        batch_size=batch_size,
        epochs=epochs,
        patience=patience,
        max_steps=max_steps,
        max_hours=max_hours,
        seed=seed,
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

    result = with_progress(lambda told: training.train_from_scratch(settings, spec, told), quiet=quiet)
    print_training(result, as_json=as_json)
