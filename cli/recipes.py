"""The first and the last of the three commands that most people need: prepare and annotate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from helixdask.cli.coverage import Bams, Protocol, Sheet, chosen_libraries
from helixdask.cli.data import species_of
from helixdask.cli.gene_model import CallGeneticCodeOption, MinScoreOption
from helixdask.cli.models import ModelOption, resolved
from helixdask.cli.options import (
    AliasesOption,
    OnBadBase,
    OnBadBaseOption,
    Output,
    Rules,
    RulesOption,
    with_run_options,
)
from helixdask.cli.report import print_summaries

__all__ = ["annotate", "prepare"]


@with_run_options
def prepare(
    genome: Annotated[Path, typer.Argument(metavar="GENOME.fa", help="FASTA, plain, gzip or bgzip.")],
    store: Annotated[str, typer.Option("--output", "-o", metavar="STORE", help="Folder or URL of the store.")],
    model: Annotated[
        Path | None, typer.Option(help="Base model. Without --gff3 its surest genes are what is learnt from.")
    ] = None,
    gff3: Annotated[Path | None, typer.Option(help="Annotation to learn from, GFF3 or GTF.")] = None,
    bam: Bams = None,
    strandedness: Protocol = None,
    libraries: Sheet = None,
    species: Annotated[str | None, typer.Option(help="Name of the species. Default: the file's name.")] = None,
    window_length: Annotated[
        int | None, typer.Option(min=1, help="Bases of a training window. Default: the base model's, else 21384.")
    ] = None,
    keep_fraction: Annotated[float, typer.Option(min=0, max=1, help="Share of the windows to keep.")] = 0.2,
    val_fraction: Annotated[float, typer.Option(min=0, max=1, help="Share of the bases for validation.")] = 0.2,
    seed: Annotated[int, typer.Option(help="Seed of the split.")] = 0,
    groups: Annotated[
        Path | None, typer.Option(help="Tab-separated contig and group: a group is never divided (homoeologs).")
    ] = None,
    aliases: AliasesOption = None,
    genetic_code: Annotated[int, typer.Option(min=1, help="Number of NCBI's genetic code of the genome.")] = 1,
    genetic_codes: Annotated[
        Path | None, typer.Option(help="Tab-separated contig and number of its genetic code, such as organelles.")
    ] = None,
    on_bad_base: OnBadBaseOption = OnBadBase.ERROR,
    rules: RulesOption = Rules.DEFAULT,
    *,
    output: Output,
) -> None:
    """Make a store ready for tuning: genome, labels or pseudolabels, coverage, selection, split.

    Run it again after an interruption, or with more BAM files: what is there stays. Names of sequences are compared
    before any work; where they differ and lengths tell which is which, a table for --aliases is written.
    """
    from helixdask.trainer.recipes import PrepareSettings
    from helixdask.trainer.recipes import prepare as run

    chosen = chosen_libraries(bam, strandedness, libraries)
    settings = PrepareSettings(
        genome=str(genome),
        store=store,
        species=species or species_of(genome),
        gff3=_text(gff3),
        aliases=_text(aliases),
        genetic_code=genetic_code,
        genetic_codes=_text(genetic_codes),
        model=resolved(model) if model else None,
        libraries=tuple(chosen),
        on_bad_base=on_bad_base.value,
        window_length=window_length,
        keep_fraction=keep_fraction,
        val_fraction=val_fraction,
        seed=seed,
        groups=_text(groups),
        rules=rules.value,
    )
    show = _shows_each_stage(output)
    summaries = run(settings, output.run_options(), show)
    if output.json or output.dry_run:
        print_summaries(summaries, as_json=output.json)


def _shows_each_stage(output: Output) -> Any:
    """A callback that prints each stage's table when it is done; for JSON all is printed at the end."""
    if output.json or output.dry_run:
        return lambda summary: None
    return lambda summary: print_summaries([summary], as_json=False)


def _text(path: Path | None) -> str | None:
    return str(path) if path is not None else None


@with_run_options
def annotate(
    source: Annotated[str, typer.Argument(metavar="GENOME.fa|STORE", help="A genome, or a store that holds it.")],
    model: ModelOption,
    gff3: Annotated[Path, typer.Option("--output", "-o", metavar="GENES.gff3", help="The annotation to write.")],
    store: Annotated[
        str | None, typer.Option(help="Store to make for a genome. Default: beside the annotation.")
    ] = None,
    species: Annotated[str | None, typer.Option(help="Name of the species, for a genome.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the predictions. Default: the model file's name.")] = None,
    bam: Bams = None,
    strandedness: Protocol = None,
    libraries: Sheet = None,
    aliases: AliasesOption = None,
    coverage: Annotated[str | None, typer.Option(help="Coverage set, for a model that sees coverage.")] = None,
    window_length: Annotated[
        int | None, typer.Option(min=1, help="Bases of a window. Default: what the model says.")
    ] = None,
    overlap: Annotated[bool, typer.Option(help="Average overlapping windows; better at their ends.")] = True,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Windows in a batch.")] = None,
    peak_threshold: Annotated[
        float, typer.Option(min=0, max=1, help="A gene's surest stretch must be this genic; higher: fewer genes.")
    ] = 0.8,
    min_coding_length: Annotated[int, typer.Option(min=0, help="Shortest coding sequence, in bases.")] = 60,
    min_score: MinScoreOption = 0.0,
    genetic_code: CallGeneticCodeOption = 1,
    rules: RulesOption = Rules.DEFAULT,
    *,
    output: Output,
) -> None:
    """Predict the genes of a genome and write them as GFF3."""
    from helixdask.trainer.recipes import annotate as run

    chosen = chosen_libraries(bam, strandedness, libraries)
    summaries = run(
        source,
        resolved(model),
        str(gff3),
        output.run_options(),
        store=store,
        species=species,
        name=name,
        libraries=chosen,
        aliases=_text(aliases),
        window_length=window_length,
        overlap=overlap,
        batch_size=batch_size,
        coverage=coverage,
        peak_threshold=peak_threshold,
        min_coding_length=min_coding_length,
        min_score=min_score,
        genetic_code=genetic_code,
        rules=rules.value,
        on_stage=_shows_each_stage(output),
    )
    if output.json or output.dry_run:
        print_summaries(summaries, as_json=output.json)
