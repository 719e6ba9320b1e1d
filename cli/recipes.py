"""The first and the last of the three commands that most people need: prepare and annotate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from helixdask.calling.settings import CallSettings
from helixdask.cli.findings import print_stage
from helixdask.cli.models import ModelOption, resolved
from helixdask.cli.options import NewStore, Options, Output, RunningOnDevices
from helixdask.cli.report import print_summaries, print_written
from helixdask.coverage.settings import LibraryFiles, ReadOptions
from helixdask.labels.settings import LabelsSettings
from helixdask.selection.settings import SelectSettings, SplitSettings
from helixdask.sequence.settings import EncodeSettings
from helixdask.settings import NameTable
from helixdask.trainer.prediction.settings import PredictSettings

_ADVANCED = "Advanced"
_READS = Annotated[ReadOptions, Options(panel="Advanced: which reads count (for --bam; a sheet has columns for it)")]
_WithReads = Annotated[
    bool,
    typer.Option(
        "--with-reads/--without-reads",
        help="Let reads weigh in where genes are called.",
    ),
]
_GENE_MODEL = ("min_exon_length", "min_intron_length", "splice_site_cost", "phase_weight")


def prepare(
    genome: EncodeSettings,
    store: NewStore,
    model: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="Base model. Without --gff3 its surest genes are what is learnt from."),
    ] = None,
    gff3: Annotated[Path | None, typer.Option(help="Annotation to learn from, GFF3 or GTF.")] = None,
    *,
    files: LibraryFiles,
    window_length: Annotated[
        int | None, typer.Option(min=1, help="Bases of a training window. Default: the base model's, else 21384.")
    ] = None,
    select: Annotated[
        SelectSettings,
        Options(
            only=("keep_fraction", "keep_bases", "keep_windows", "max_intergenic", "by", "largest"),
            panels={_ADVANCED: ("keep_bases", "keep_windows", "max_intergenic", "by", "largest")},
        ),
    ],
    split: Annotated[SplitSettings, Options(only=("val_fraction", "test_fraction", "seed", "kinship", "groups"))],
    labels: Annotated[LabelsSettings, Options(without=("output",))],
    predict: Annotated[PredictSettings, Options(only=("batch_size", "overlap", "precision"), panel=_ADVANCED)],
    call: Annotated[
        CallSettings,
        Options(
            only=("peak_threshold", "edge_threshold", "min_coding_length", "min_score", "utr_ratio", "site_weight"),
            panel=_ADVANCED,
        ),
    ],
    with_reads: _WithReads = True,
    reads: _READS,
    output: RunningOnDevices,
) -> None:
    """Make a store ready for tuning: genome, labels or pseudolabels, coverage, windows, kinship, split, selection.

    Run it again after an interruption, or with more BAM files: what is there stays. Names of sequences are compared
    before any work; where they differ and lengths tell which is which, a table for --aliases is written.
    """
    from helixdask.stages import libraries_of
    from helixdask.trainer.recipes import PrepareSettings
    from helixdask.trainer.recipes import prepare as run

    settings = PrepareSettings(
        genome,
        store,
        str(gff3) if gff3 else None,
        resolved(model) if model else None,
        tuple(libraries_of(files, reads)),
        window_length,
        labels,
        select,
        split,
        predict,
        call,
        with_reads,
    )
    summaries = run(settings, output.run_options(), _shows_each_stage(store, output))
    if output.json or output.dry_run:
        print_summaries(summaries, as_json=output.json)


def _shows_each_stage(store: str, output: Output) -> Any:
    """A callback that prints each stage's table when it is done; for JSON all is printed at the end."""
    if output.json or output.dry_run:
        return lambda summary: None
    return lambda summary: print_stage(store, summary)


def annotate(
    source: Annotated[str, typer.Argument(metavar="GENOME.fa|STORE", help="A genome, or a store that holds it.")],
    model: ModelOption,
    gff3: Annotated[Path, typer.Option("--output", "-o", metavar="GENES.gff3", help="The annotation to write.")],
    store: Annotated[
        str | None, typer.Option(help="Store to make for a genome. Default: beside the annotation.")
    ] = None,
    species: Annotated[str | None, typer.Option(help="Name of the species, for a genome.")] = None,
    *,
    files: LibraryFiles,
    aliases: NameTable | None = None,
    predict: Annotated[
        PredictSettings,
        Options(
            without=("threads", "rules"),
            panels={_ADVANCED: ("overlap", "offset", "core_length", "precision", "coverage_norm")},
        ),
    ],
    call: Annotated[
        CallSettings,
        Options(
            without=("predictions", "output", "coverage"),
            panels={_ADVANCED: ("window_size", "edge_threshold", "utr_ratio", "site_weight", *_GENE_MODEL)},
        ),
    ],
    with_reads: _WithReads = True,
    reads: _READS,
    output: RunningOnDevices,
) -> None:
    """Predict the genes of a genome and write them as GFF3."""
    from helixdask.stages import libraries_of
    from helixdask.trainer.recipes import annotate as run
    from helixdask.trainer.recipes import store_for

    place = store_for(source, gff3, store)
    summaries = run(
        source,
        resolved(model),
        str(gff3),
        output.run_options(),
        store=store,
        species=species,
        libraries=libraries_of(files, reads),
        aliases=aliases,
        predict=predict,
        call=call,
        with_reads=with_reads,
        on_stage=_shows_each_stage(place, output),
    )
    if output.json or output.dry_run:
        print_summaries(summaries, as_json=output.json)
    else:
        print_written(gff3)
