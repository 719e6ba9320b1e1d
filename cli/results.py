"""Commands that turn predictions into results, and look at what is there: call, inspect."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from helixdask.calling.settings import CallSettings
from helixdask.cli.options import Options, Running, StoreUrl
from helixdask.cli.report import give, print_summaries, print_table, print_written, say
from helixdask.cli.sweep import Sweeping, run_sweep
from helixdask.errors import BadInputError
from helixdask.genes.writing.settings import GeneFiles
from helixdask.settings import Rules

_SHOWN = 30
_GENE_MODEL = {
    "Gene model (default rules only)": (
        *("min_exon_length", "min_intron_length", "splice_site_cost", "phase_weight", "genetic_code", "min_score"),
    )
}


def call(
    store: StoreUrl,
    gff3: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="GENES.gff3", help="The annotation to write.")
    ] = None,
    *,
    settings: Annotated[CallSettings, Options(panels=_GENE_MODEL)],
    labels: Annotated[str | None, typer.Option(help="Store the genes as labels of this name, too.")] = None,
    others: Annotated[GeneFiles, Options(without=("gff3",), panel="Gene models")],
    sweeping: Annotated[Sweeping, Options(panel="Many thresholds at once")],
    output: Running,
) -> None:
    """Call gene models from predictions with a hidden Markov model, and write them as GFF3 and what else is wanted."""
    from helixdask.engine.run import run_stage
    from helixdask.genes.writing.export import export_genes
    from helixdask.labels.stage import LabelsStage
    from helixdask.outputs import check_outputs
    from helixdask.stages import call_stage, write_annotation
    from helixdask.store.store import Store

    options = output.run_options()
    stage = call_stage(store, settings)
    if sweeping.sweep:
        if gff3 is not None:
            raise BadInputError("a sweep writes no annotation", remedy="Leave --output out, or --sweep.")
        if settings.min_score:
            raise BadInputError(
                "a sweep compares genes of any score", remedy="Leave --min-score out; `evaluate` shows its curve."
            )
        run_sweep(store, stage, sweeping, output)
        return
    sweeping.refuse_without_sweep()
    if gff3 is None:
        raise BadInputError("no file to write was named", remedy="Say --output GENES.gff3, or --sweep.")
    files = replace(others, gff3=str(gff3))
    check_outputs(*files.given().values())
    summaries, genes = [run_stage(stage, store, options)], str(stage.output)
    if not output.dry_run:
        if stage.rules == Rules.HELIXER:
            write_annotation(store, genes, str(gff3), rules=stage.rules)
            files = replace(files, gff3=None)
        if files.given():
            export_genes(Store.open(store), genes, files, code=stage.genetic_code)
        if labels:
            labelling = LabelsStage(labels, stage.rules, stage.genetic_code, genes=genes)
            summaries.append(run_stage(labelling, store, options))
    print_summaries(summaries, as_json=output.json)


def inspect(
    store: StoreUrl,
    region: Annotated[str | None, typer.Argument(metavar="[CONTIG:START-END]", help="A region to look into.")] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="PNG", help="Draw genes and tracks of the region, at most 20 Mb.")
    ] = None,
    tracks: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME,...",
            help="What is drawn, in this order: genes, predictions/base, coverage/rnaseq/leaf, genome/sequence. "
            "Everything by default. May be repeated.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Show what a store holds, or the genes and tracks of a region (0-based, half-open)."""
    from helixdask.explore import open_store
    from helixdask.genes.lookup import gene_rows
    from helixdask.outputs import check_figure, check_outputs

    if tracks and plot is None:
        raise BadInputError("--tracks says what is drawn, but there is no --plot", remedy="Say --plot FILE.png, too.")
    check_outputs(plot)
    check_figure(plot)
    opened = open_store(store)
    if region is None and plot is None:
        if not give(opened.summary(), as_json=as_json):
            say(repr(opened))
        opened.check_all()
        return
    region = region or str(opened.contigs.names[0])
    view = opened.sel(region)
    genes = {name: opened.genes(region, name).models for name in opened.names("genes")}
    if plot is not None:
        opened.plot(region, plot, tracks=[name for names in tracks or [] for name in names.split(",") if name])
    facts = view.to_dict(data=False) | {"genes": {name: gene_rows(models) for name, models in genes.items()}}
    if give(facts | ({"plot": str(plot)} if plot is not None else {}), as_json=as_json):
        return
    if plot is not None:
        print_written(plot)
    else:
        say(repr(view))
        for name, models in genes.items():
            _print_genes(name, gene_rows(models))


def _print_genes(name: str, rows: list[dict[str, Any]]) -> None:
    title = f"\nGenes of {name}: {len(rows):,} in the region" + (f", the first {_SHOWN}" if len(rows) > _SHOWN else "")
    columns = ("id", "start", "end", "strand", "type", "transcripts", "exons", "coding bases", "score")
    values = [[row[column.replace(" ", "_")] for column in columns] for row in rows[:_SHOWN]]
    print_table(title, columns if rows else (), values)
