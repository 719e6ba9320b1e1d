"""Commands that fill a store: encode, labels, windows, select, split; and simulate."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from helixdask.cli.findings import print_with_findings
from helixdask.cli.options import NewStore, Options, Running, StoreUrl
from helixdask.cli.report import give, print_facts, print_summaries, run_and_print
from helixdask.errors import BadInputError
from helixdask.labels.settings import LabelsSettings
from helixdask.selection.settings import SelectSettings, SplitSettings
from helixdask.sequence.settings import EncodeSettings
from helixdask.simulate.settings import SimulateSettings
from helixdask.windows.settings import WindowsSettings

log = logging.getLogger(__name__)

Report = Annotated[Path | None, typer.Option(metavar="HTML", help="Write a page that shows what was chosen.")]


def encode(genome: EncodeSettings, store: NewStore, output: Running) -> None:
    """Put a genome into a new store, about two bits a base."""
    from helixdask.outputs import check_folder
    from helixdask.sequence.stage import EncodeStage

    check_folder(store)
    run_and_print(EncodeStage(**vars(genome)), store, output)


def labels(
    store: StoreUrl,
    gff3: Annotated[Path, typer.Option(help="Annotation, GFF3 or GTF, plain or gzip.")],
    findings: Annotated[
        Path | None, typer.Option(metavar="TSV", help="Write all findings of reading and labelling to this file.")
    ] = None,
    *,
    settings: LabelsSettings,
    output: Running,
) -> None:
    """Read an annotation and paint its genes as label tracks; say what was skipped, mended or masked."""
    from helixdask.engine.run import run_stage
    from helixdask.outputs import check_outputs
    from helixdask.stages import annotation_stages
    from helixdask.store.store import Store

    check_outputs(findings)
    options = output.run_options()
    stages = annotation_stages(str(gff3), settings)
    if output.dry_run and not Store.open(store).is_complete(f"genes/{settings.output}"):
        stages = stages[:1]  # the plan of the labels needs the imported genes
    print_with_findings(store, [run_stage(stage, store, options) for stage in stages], findings, as_json=output.json)


def windows(store: StoreUrl, settings: WindowsSettings, output: Running) -> None:
    """Cut all contigs into windows and measure each: classes, masks, distance of prediction and label.

    `select` does this by itself where it is needed.
    """
    from helixdask.stages import windows_stage

    run_and_print(windows_stage(store, settings), store, output)


def select(
    store: StoreUrl,
    labels: Annotated[str | None, typer.Option(help="Labels to learn; the only ones by default.")] = None,
    predictions: Annotated[
        str | None, typer.Option(help="Predictions that say how sure each window is; the only ones by default.")
    ] = None,
    window_length: Annotated[
        int | None,
        typer.Option(min=1, help="Bases of a window. Default: those of the only fitting table, else 21384."),
    ] = None,
    report: Report = None,
    *,
    settings: SelectSettings,
    output: Running,
) -> None:
    """Choose the windows whose predictions are surest, stratified by how much of them is intergenic.

    The windows are cut and measured first, unless that was done before. Fully intergenic windows are drawn by lot, up
    to --max-intergenic. Without predictions all others are kept by default.
    """
    from helixdask.engine.run import run_stage
    from helixdask.outputs import check_outputs
    from helixdask.stages import select_stages

    check_outputs(report)
    measure, choose = select_stages(
        store, settings, window_length=window_length, labels=labels, predictions=predictions
    )
    options = output.run_options()
    summaries = [run_stage(measure, store, options)] if measure else []
    if not (measure and output.dry_run):  # the plan of the choice needs the windows
        summaries.append(run_stage(choose, store, options))
    if report and not output.dry_run:
        from helixdask.report.page import write_selection_report
        from helixdask.store.store import Store

        write_selection_report(Store.open(store), settings.output, report)
    print_summaries(summaries, as_json=output.json)


def split(store: StoreUrl, report: Report = None, *, settings: SplitSettings, output: Running) -> None:
    """Draw training, validation and test windows by lot from all usable ones, by whole contigs where that can be.

    Contigs that are copies of each other, such as homoeologs, stay on one side: `kinship` finds them. Training windows
    that are near copies of another side are dropped. `select --split` then chooses among the training windows.
    """
    from helixdask.engine.run import run_stage
    from helixdask.outputs import check_outputs
    from helixdask.stages import split_stage

    check_outputs(report)
    summary = run_stage(split_stage(store, settings), store, output.run_options())
    if report and not output.dry_run:
        from helixdask.report.page import write_split_report
        from helixdask.store.store import Store

        write_split_report(Store.open(store), settings.output, report)
    print_summaries([summary], as_json=output.json)


def simulate(
    folder: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder to write.")],
    bases: Annotated[str, typer.Option(help="Size of the genome, such as 2M or 400M.")] = "2M",
    *,
    asked: Annotated[SimulateSettings, Options(without=("bases", "indel_rate", "gene_loss", "noise"))],
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Simulate a polyploid genome with its true genes and stranded RNA-seq reads."""
    from helixdask.outputs import check_folder
    from helixdask.simulate import simulation

    check_folder(folder)
    settings = replace(asked, bases=_size(bases))
    log.info("simulating %s bases", f"{settings.bases:,}")
    result = simulation.simulate(settings, folder)
    facts = {key: str(value) if isinstance(value, Path) else value for key, value in vars(result).items()}
    if not give(facts, as_json=as_json):
        print_facts(f"simulate → {folder}", facts)


def _size(text: str) -> int:
    scale = {"k": 1_000, "m": 1_000_000, "g": 1_000_000_000}.get(text[-1:].lower(), 1)
    digits = text[:-1] if scale > 1 else text
    try:
        return round(float(digits.replace(",", "").replace("_", "")) * scale)
    except (ValueError, OverflowError):
        raise BadInputError(f"{text!r} is no number of bases", remedy="For example 2M.") from None
