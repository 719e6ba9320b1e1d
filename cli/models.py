"""Commands around a network by itself: predict and train."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from helixdask.cli.data import Store
from helixdask.cli.options import CoverageNorm, Output, with_run_options
from helixdask.cli.report import print_summaries
from helixdask.cli.workflow import print_training

__all__ = ["predict", "train"]


@with_run_options
def predict(
    store: Store,
    model: Annotated[Path, typer.Option(help="A model: .keras, or Helixer's .h5.")],
    name: Annotated[str | None, typer.Option(help="Name of the predictions. Default: the model file's name.")] = None,
    window_length: Annotated[
        int | None, typer.Option(min=1, help="Bases of a window. Default: what the model says.")
    ] = None,
    overlap: Annotated[bool, typer.Option(help="Average overlapping windows; better at their ends.")] = True,
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
        batch_size=batch_size,
        precision=precision,
        coverage=coverage,
        coverage_norm=coverage_norm.value if coverage_norm else None,
    )
    print_summaries([run_stage(stage, store, output.run_options())], as_json=output.json)


def train(
    stores: Annotated[list[str], typer.Argument(metavar="STORE...", help="One or more prepared stores.")],
    model: Annotated[Path, typer.Option("--output", "-o", metavar="MODEL.keras", help="The model to write.")],
    cnn_layers: Annotated[int, typer.Option(min=1)] = 2,
    filter_depth: Annotated[int, typer.Option(min=1)] = 32,
    kernel_size: Annotated[int, typer.Option(min=1)] = 10,
    pool_size: Annotated[int, typer.Option(min=1)] = 9,
    lstm_layers: Annotated[int, typer.Option(min=1)] = 2,
    units: Annotated[int, typer.Option(min=1)] = 48,
    split: Annotated[str | None, typer.Option(help="Split to learn from; the only one by default.")] = None,
    learning_rate: Annotated[float, typer.Option(min=0)] = 3e-4,
    batch_size: Annotated[int | None, typer.Option(min=1)] = None,
    epochs: Annotated[int, typer.Option(min=1)] = 30,
    patience: Annotated[int, typer.Option(min=1, help="Epochs without gain before it stops.")] = 3,
    max_steps: Annotated[int | None, typer.Option(min=1, help="Steps of an epoch at most.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of weights and order.")] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q")] = False,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Train a network from scratch on labelled stores."""
    from helixdask.trainer.spec import NetworkSpec
    from helixdask.trainer.workflow import train as train_network

    spec = NetworkSpec(
        cnn_layers=cnn_layers,
        filter_depth=filter_depth,
        kernel_size=kernel_size,
        pool_size=pool_size,
        lstm_layers=lstm_layers,
        units=units,
    )
    result = train_network(
        stores,
        spec,
        str(model),
        split=split,
        learning_rate=learning_rate,
        batch_size=batch_size,
        epochs=epochs,
        patience=patience,
        max_steps=max_steps,
        seed=seed,
        quiet=quiet,
    )
    print_training(result, as_json=as_json)
