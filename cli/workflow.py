"""The three commands that most people need: prepare, tune, annotate."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from helixdask.cli.coverage import Bams, Protocol, Sheet, chosen_libraries
from helixdask.cli.data import species_of
from helixdask.cli.options import CoverageNorm, OnBadBase, OnBadBaseOption, Output, Rules, RulesOption, with_run_options
from helixdask.cli.report import print_json, print_summaries, print_table

if TYPE_CHECKING:
    from helixdask.trainer.tuning.settings import TuneResult

__all__ = ["annotate", "prepare", "print_training", "tune", "with_progress"]


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
    on_bad_base: OnBadBaseOption = OnBadBase.ERROR,
    rules: RulesOption = Rules.DEFAULT,
    *,
    output: Output,
) -> None:
    """Make a store ready for tuning: genome, labels or pseudolabels, coverage, selection, split.

    Run it again after an interruption, or with more BAM files: what is there stays.
    """
    from helixdask.trainer.workflow import PrepareSettings
    from helixdask.trainer.workflow import prepare as run

    chosen = chosen_libraries(bam, strandedness, libraries)
    settings = PrepareSettings(
        genome=str(genome),
        store=store,
        species=species or species_of(genome),
        gff3=_text(gff3),
        aliases=_text(aliases),
        model=_text(model),
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


def tune(
    stores: Annotated[list[str], typer.Argument(metavar="STORE...", help="One or more prepared stores.")],
    model: Annotated[Path, typer.Option(help="Base model: .keras, or Helixer's .h5.")],
    tuned: Annotated[Path, typer.Option("--output", "-o", metavar="TUNED.keras", help="The tuned model to write.")],
    mode: Annotated[
        Mode,
        typer.Option(
            help="head: a new output layer on the frozen network; coverage: one that also sees RNA-seq coverage; "
            "whole: all of it; auto: coverage where the store holds some, else head."
        ),
    ] = Mode.AUTO,
    labels: Annotated[str | None, typer.Option(help="Labels to learn; those of the split by default.")] = None,
    split: Annotated[str | None, typer.Option(help="Split to learn from; the only one by default.")] = None,
    coverage: Annotated[str | None, typer.Option(help="Coverage set to learn from, too.")] = None,
    coverage_norm: Annotated[CoverageNorm, typer.Option(help="How coverage enters the network.")] = CoverageNorm.LOG,
    learning_rate: Annotated[
        float | None, typer.Option(min=0, help="Step size. Default: 0.001 for head and coverage, 0.0001 for whole.")
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Windows in a step.")] = 8,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the training windows, at most.")] = 10,
    patience: Annotated[int, typer.Option(min=1, help="Epochs without gain before it stops.")] = 3,
    max_steps: Annotated[int, typer.Option(min=0, help="Steps in all, at most; 0: no limit.")] = 0,
    max_hours: Annotated[float, typer.Option(min=0, help="Hours, at most; 0: no limit.")] = 0,
    seed: Annotated[int, typer.Option(help="Seed of the new weights and the order of windows.")] = 0,
    require_better: Annotated[
        bool, typer.Option("--require-better", help="Exit with 1 when the tuned model is not better than the base.")
    ] = False,
    rules: RulesOption = Rules.DEFAULT,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Tune a model on prepared stores.

    After each epoch it is scored on the validation windows. The best is kept: Ctrl-C leaves the best so far.
    """
    from helixdask.trainer.tuning.settings import TuneSettings

    settings = TuneSettings(
        stores=tuple(stores),
        output=str(tuned),
        model=str(model),
        mode=mode.value,
        split=split,
        labels=labels,
        coverage=coverage,
        coverage_norm=coverage_norm.value,
        learning_rate=learning_rate,
        batch_size=batch_size,
        epochs=epochs,
        patience=patience,
        max_steps=max_steps,
        max_hours=max_hours,
        seed=seed,
        rules=rules.value,
    )
    settings.check()
    from helixdask.trainer.tuning import tune as training

    result = with_progress(lambda told: training.tune(settings, told), quiet=quiet)
    print_training(result, as_json=as_json)
    if require_better and not result.better:
        raise typer.Exit(1)


def with_progress(run: Callable[[Any], TuneResult], *, quiet: bool) -> TuneResult:
    """Run a training and show how it goes."""
    from helixdask.trainer.tuning.progress import show_progress, silent

    if quiet:
        return run(silent)
    with show_progress() as told:
        return run(told)


def print_training(result: TuneResult, *, as_json: bool) -> None:
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
    typer.echo(f"{result.windows_per_second:.1f} windows/s, {result.bases_per_second:,.0f} bases/s while training")
    typer.secho(str(result.verdict.get("text", "")), bold=True, fg=None if result.better else "yellow")


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
    from helixdask.trainer.workflow import annotate as run

    chosen = chosen_libraries(bam, strandedness, libraries)
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
