"""The command that runs a network: predict."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from helixdask.cli.data import StoreUrl
from helixdask.cli.options import CoverageNorm, Output, with_run_options
from helixdask.cli.report import print_summaries

__all__ = ["predict"]


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
