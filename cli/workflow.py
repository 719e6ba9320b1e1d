"""The three commands that most people need: prepare, tune, annotate."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from helixdask.cli.data import Bams, Protocol, Sheet, species_of
from helixdask.cli.options import Output, Rules, RulesOption, with_run_options
from helixdask.cli.report import print_json, print_summaries, print_table
from helixdask.errors import BadInputError

if TYPE_CHECKING:
    from helixdask.trainer.tune import TuneResult

__all__ = ["annotate", "prepare", "print_training", "tune"]


class Mode(StrEnum):
    """Which part of the network learns."""

    AUTO = "auto"
    HEAD = "head"
    COVERAGE = "coverage"
    WHOLE = "whole"


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
    aliases: Annotated[
        Path | None, typer.Option(help="Tab-separated: contig name in the annotation, in the genome.")
    ] = None,
    on_bad_base: Annotated[str, typer.Option(help="Letters that are no nucleotide: `error` or `n`.")] = "error",
    rules: RulesOption = Rules.DEFAULT,
    *,
    output: Output,
) -> None:
    """Make a store ready for tuning: genome, labels or pseudolabels, coverage, selection, split.

    Run it again after an interruption, or with more BAM files: what is there stays.
    """
    from helixdask.pipeline import libraries_of
    from helixdask.trainer.workflow import PrepareSettings
    from helixdask.trainer.workflow import prepare as run

    chosen = libraries_of(
        [str(path) for path in bam or []],
        strandedness.value if strandedness else None,
        str(libraries) if libraries else None,
    )
    settings = PrepareSettings(
        genome=str(genome),
        store=store,
        species=species or species_of(genome),
        gff3=_text(gff3),
        aliases=_text(aliases),
        model=_text(model),
        libraries=tuple(chosen),
        on_bad_base=on_bad_base,
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


def tune(
    stores: Annotated[list[str], typer.Argument(metavar="STORE...", help="One or more prepared stores.")],
    model: Annotated[Path, typer.Option(help="Base model: .keras, or Helixer's .h5.")],
    tuned: Annotated[Path, typer.Option("--output", "-o", metavar="TUNED.keras", help="The tuned model to write.")],
    mode: Annotated[
        Mode, typer.Option(help="head: a new output layer on the frozen network; whole: all of it.")
    ] = Mode.AUTO,
    labels: Annotated[str | None, typer.Option(help="Labels to learn; those of the split by default.")] = None,
    split: Annotated[str | None, typer.Option(help="Split to learn from; the only one by default.")] = None,
    coverage: Annotated[str | None, typer.Option(help="Coverage set, for --mode coverage.")] = None,
    learning_rate: Annotated[float | None, typer.Option(min=0, help="Step size. Default: by mode.")] = None,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Windows in a step.")] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the training windows, at most.")] = 10,
    patience: Annotated[int, typer.Option(min=1, help="Epochs without gain before it stops.")] = 3,
    max_steps: Annotated[int | None, typer.Option(min=1, help="Steps in all, at most.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the new weights and the order of windows.")] = 0,
    require_better: Annotated[
        bool, typer.Option("--require-better", help="Exit with 1 when the tuned model is not better than the base.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Tune a model on prepared stores; the best model by validation score is kept, Ctrl-C leaves the best so far."""
    raise BadInputError("not wired yet")


def print_training(result: TuneResult, *, as_json: bool) -> None:
    """Print how training went: scores of the base model and of each epoch."""
    if as_json:
        print_json(result)
    else:
        print_table("", ("", ""), [])


@with_run_options
def annotate(
    source: Annotated[str, typer.Argument(metavar="GENOME.fa|STORE", help="A genome, or a store that holds it.")],
    model: Annotated[Path, typer.Option(help="A model: .keras, or Helixer's .h5.")],
    gff3: Annotated[Path, typer.Option("--output", "-o", metavar="GENES.gff3", help="The annotation to write.")],
    store: Annotated[
        str | None, typer.Option(help="Store to make for a genome. Default: beside the annotation.")
    ] = None,
    species: Annotated[str | None, typer.Option(help="Name of the species, for a genome.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the predictions. Default: the model file's name.")] = None,
    bam: Bams = None,
    strandedness: Protocol = None,
    libraries: Sheet = None,
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
    rules: RulesOption = Rules.DEFAULT,
    *,
    output: Output,
) -> None:
    """Predict the genes of a genome and write them as GFF3."""
    from helixdask.pipeline import libraries_of
    from helixdask.trainer.workflow import annotate as run

    chosen = libraries_of(
        [str(path) for path in bam or []],
        strandedness.value if strandedness else None,
        _text(libraries),
    )
    summaries = run(
        source,
        str(model),
        str(gff3),
        output.run_options(),
        store=store,
        species=species,
        name=name,
        libraries=chosen,
        window_length=window_length,
        overlap=overlap,
        batch_size=batch_size,
        coverage=coverage,
        peak_threshold=peak_threshold,
        min_coding_length=min_coding_length,
        rules=rules.value,
        on_stage=_shows_each_stage(output),
    )
    if output.json or output.dry_run:
        print_summaries(summaries, as_json=output.json)
