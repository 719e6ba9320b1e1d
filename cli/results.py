"""Commands that turn predictions into results, and look at what is there: call, inspect."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from helixdask.cli.data import StoreUrl
from helixdask.cli.options import Output, Rules, RulesOption, with_run_options
from helixdask.cli.report import print_json, print_summaries

__all__ = ["call", "inspect"]


@with_run_options
def call(
    store: StoreUrl,
    gff3: Annotated[Path, typer.Option("--output", "-o", metavar="GENES.gff3", help="The annotation to write.")],
    predictions: Annotated[str | None, typer.Option(help="Predictions to use; the only ones by default.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the gene models. Default: that of the predictions.")] = None,
    window_size: Annotated[int, typer.Option(min=1, help="Bases over which genic probability is averaged.")] = 100,
    edge_threshold: Annotated[float, typer.Option(min=0, max=1, help="A genic stretch begins and ends here.")] = 0.1,
    peak_threshold: Annotated[float, typer.Option(min=0, max=1, help="and must rise above this somewhere.")] = 0.8,
    min_coding_length: Annotated[int, typer.Option(min=0, help="Shortest coding sequence, in bases.")] = 60,
    labels: Annotated[str | None, typer.Option(help="Store the genes as labels of this name, too.")] = None,
    rules: RulesOption = Rules.DEFAULT,
    *,
    output: Output,
) -> None:
    """Call gene models from predictions with a hidden Markov model, and write them as GFF3."""
    from helixdask.engine.run import run_stage
    from helixdask.labels.stage import LabelsStage
    from helixdask.pipeline import call_stage, write_annotation

    options = output.run_options()
    stage = call_stage(
        store,
        predictions=predictions,
        name=name,
        window_size=window_size,
        edge_threshold=edge_threshold,
        peak_threshold=peak_threshold,
        min_coding_length=min_coding_length,
        rules=rules.value,
    )
    summaries = [run_stage(stage, store, options)]
    if not output.dry_run:
        write_annotation(store, stage.output, str(gff3), rules=rules.value)
        if labels:
            labelling = LabelsStage(genes=stage.output, output=labels, rules=rules.value)
            summaries.append(run_stage(labelling, store, options))
    print_summaries(summaries, as_json=output.json)


def inspect(
    store: StoreUrl,
    region: Annotated[str | None, typer.Argument(metavar="[CONTIG:START-END]", help="A region to look into.")] = None,
    plot: Annotated[Path | None, typer.Option(metavar="PNG", help="Draw the region's tracks.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Show what a store holds, or the tracks of a region (0-based, half-open)."""
    from helixdask.explore import open_store

    opened = open_store(store)
    if region is None and plot is None:
        if as_json:
            print_json(opened.summary())
        else:
            typer.echo(repr(opened))
        return
    view = opened.sel(region or str(opened.contigs.names[0]))
    if plot is not None:
        from helixdask.plot import plot_region

        plot_region(view, plot)
        if as_json:
            print_json(view.to_dict(data=False) | {"plot": str(plot)})
        else:
            typer.echo(f"written: {plot}")
    elif as_json:
        print_json(view.to_dict(data=False))
    else:
        typer.echo(repr(view))
