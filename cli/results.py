"""Commands that turn predictions into results, and look at what is there: call, inspect."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from helixdask.cli.data import StoreUrl
from helixdask.cli.gene_files import BedOut, CdsOut, GtfOut, ProteinsOut
from helixdask.cli.gene_model import (
    CallGeneticCodeOption,
    MinExonOption,
    MinIntronOption,
    MinScoreOption,
    PhaseWeightOption,
    SpliceCostOption,
)
from helixdask.cli.options import Output, Rules, RulesOption, with_run_options
from helixdask.cli.report import print_json, print_summaries, print_table, say
from helixdask.cli.sweep import (
    EdgesOption,
    LengthsOption,
    PeaksOption,
    SweepAliases,
    SweepContigs,
    Sweeping,
    SweepOption,
    SweepPlot,
    SweepReference,
    SweepTsv,
    run_sweep,
)
from helixdask.errors import BadInputError

__all__ = ["call", "inspect"]

_SHOWN = 30


@with_run_options
def call(
    store: StoreUrl,
    gff3: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="GENES.gff3", help="The annotation to write.")
    ] = None,
    predictions: Annotated[str | None, typer.Option(help="Predictions to use; the only ones by default.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the gene models. Default: that of the predictions.")] = None,
    window_size: Annotated[int, typer.Option(min=1, help="Bases over which genic probability is averaged.")] = 100,
    edge_threshold: Annotated[float, typer.Option(min=0, max=1, help="A genic stretch begins and ends here.")] = 0.1,
    peak_threshold: Annotated[float, typer.Option(min=0, max=1, help="and must rise above this somewhere.")] = 0.8,
    min_coding_length: Annotated[int, typer.Option(min=0, help="Shortest coding sequence, in bases.")] = 60,
    labels: Annotated[str | None, typer.Option(help="Store the genes as labels of this name, too.")] = None,
    rules: RulesOption = Rules.DEFAULT,
    min_exon_length: MinExonOption = None,
    min_intron_length: MinIntronOption = None,
    splice_site_cost: SpliceCostOption = None,
    phase_weight: PhaseWeightOption = None,
    gtf: GtfOut = None,
    bed: BedOut = None,
    cds: CdsOut = None,
    proteins: ProteinsOut = None,
    genetic_code: CallGeneticCodeOption = 1,
    min_score: MinScoreOption = 0.0,
    sweep: SweepOption = False,
    peaks: PeaksOption = None,
    edges: EdgesOption = None,
    lengths: LengthsOption = None,
    reference: SweepReference = None,
    aliases: SweepAliases = None,
    contigs: SweepContigs = None,
    tsv: SweepTsv = None,
    plot: SweepPlot = None,
    *,
    output: Output,
) -> None:
    """Call gene models from predictions with a hidden Markov model, and write them as GFF3 and what else is wanted."""
    from helixdask.engine.run import run_stage
    from helixdask.genes.writing.export import GeneFiles, export_genes
    from helixdask.labels.stage import LabelsStage
    from helixdask.outputs import check_outputs
    from helixdask.stages import call_stage, write_annotation
    from helixdask.store.store import Store

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
        min_exon_length=min_exon_length,
        min_intron_length=min_intron_length,
        splice_site_cost=splice_site_cost,
        phase_weight=phase_weight,
        genetic_code=genetic_code,
        min_score=min_score,
    )
    sweeping = Sweeping(peaks, edges, lengths, reference, aliases, contigs, tsv, plot)
    if sweep:
        if gff3 is not None:
            raise BadInputError("a sweep writes no annotation", remedy="Leave --output out, or --sweep.")
        if min_score:
            raise BadInputError(
                "a sweep compares genes of any score", remedy="Leave --min-score out; `evaluate` shows its curve."
            )
        run_sweep(store, stage, sweeping, output)
        return
    sweeping.refuse_without_sweep()
    if gff3 is None:
        raise BadInputError("no file to write was named", remedy="Say --output GENES.gff3, or --sweep.")
    files = GeneFiles(gff3, gtf, bed, cds, proteins)
    check_outputs(*files.given().values())
    summaries = [run_stage(stage, store, options)]
    if not output.dry_run:
        if rules is Rules.HELIXER:
            write_annotation(store, stage.output, str(gff3), rules="helixer")
            files = replace(files, gff3=None)
        if files.given():
            export_genes(Store.open(store), stage.output, files, code=genetic_code)
        if labels:
            labelling = LabelsStage(genes=stage.output, output=labels, rules=rules.value, genetic_code=genetic_code)
            summaries.append(run_stage(labelling, store, options))
    print_summaries(summaries, as_json=output.json)


def inspect(
    store: StoreUrl,
    region: Annotated[str | None, typer.Argument(metavar="[CONTIG:START-END]", help="A region to look into.")] = None,
    plot: Annotated[Path | None, typer.Option(metavar="PNG", help="Draw the region's tracks.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Show what a store holds, or the genes and tracks of a region (0-based, half-open)."""
    from helixdask.explore import open_store
    from helixdask.genes.lookup import gene_rows
    from helixdask.outputs import check_figure, check_outputs

    check_outputs(plot)
    check_figure(plot)
    opened = open_store(store)
    if region is None and plot is None:
        if as_json:
            print_json(opened.summary())
        else:
            say(repr(opened))
        opened.check_all()
        return
    region = region or str(opened.contigs.names[0])
    view = opened.sel(region)
    genes = {name: opened.genes(region, name).models for name in opened.names("genes")}
    if plot is not None:
        opened.plot(region, plot)
    if as_json:
        facts = view.to_dict(data=False) | {"genes": {name: gene_rows(models) for name, models in genes.items()}}
        print_json(facts | ({"plot": str(plot)} if plot is not None else {}))
    elif plot is not None:
        say(f"written: {plot}")
    else:
        say(repr(view))
        for name, models in genes.items():
            _print_genes(name, gene_rows(models))


def _print_genes(name: str, rows: list[dict[str, Any]]) -> None:
    title = f"\nGenes of {name}: {len(rows):,} in the region" + (f", the first {_SHOWN}" if len(rows) > _SHOWN else "")
    columns = ("id", "start", "end", "strand", "type", "transcripts", "exons", "coding bases", "score")
    values = [[row[column.replace(" ", "_")] for column in columns] for row in rows[:_SHOWN]]
    print_table(title, columns if rows else (), values)
