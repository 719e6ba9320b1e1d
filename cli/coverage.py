"""The command coverage: reads and ready-made tracks into a store, out of it, and what they look like."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from helixdask.cli.options import Options, Running, StoreUrl
from helixdask.cli.report import give, print_summaries, print_table, print_written, say
from helixdask.coverage.settings import CoverageSettings, LibraryFiles, ReadOptions
from helixdask.errors import BadInputError

_THERE = "Libraries that are there"


def coverage(
    store: StoreUrl,
    files: LibraryFiles,
    settings: CoverageSettings,
    reads: Annotated[ReadOptions, Options(panel="Which reads count (for --bam; a sheet has columns for it)")],
    remove: Annotated[
        str | None, typer.Option(metavar="LIBRARY", help="Remove a library of the set.", rich_help_panel=_THERE)
    ] = None,
    summary: Annotated[
        bool,
        typer.Option("--summary", help="Show what the libraries of the set hold.", rich_help_panel=_THERE),
    ] = False,
    labels: Annotated[
        str | None,
        typer.Option(help="Labels to compare with in the summary; the only ones by default.", rich_help_panel=_THERE),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="HTML|PNG|SVG|PDF", help="Write the summary as a page or picture.", rich_help_panel=_THERE
        ),
    ] = None,
    *,
    output: Running,
) -> None:
    """Count aligned reads, proteins or transcripts over every base, by strand, with introns; or take ready-made tracks.

    All libraries are checked before the first is counted. Libraries can be added to a set at any time.
    """
    from helixdask.engine.run import run_stage
    from helixdask.outputs import check_outputs
    from helixdask.stages import coverage_stages, libraries_of

    check_outputs(report)
    chosen = libraries_of(files, reads)
    if remove is not None:
        if chosen or summary or report:
            raise BadInputError("--remove stands alone", remedy="Add libraries with a second command.")
        _remove(store, settings.set_name, remove, as_json=output.json)
        return
    if (labels or report) and not summary:
        raise BadInputError("--labels and --report are for --summary", remedy="Add --summary.")
    if not chosen and not summary:
        raise BadInputError(
            "no reads were given",
            remedy="Give --bam FILE --strandedness ..., --evidence FILE.gff3, or --libraries SHEET.tsv.",
        )
    options = output.run_options()
    stages = coverage_stages(store, chosen, settings, replace=output.replace)
    done = [run_stage(stage, store, options) for stage in stages]
    if done and not (summary and output.json):
        print_summaries(done, as_json=output.json)
    if summary and not output.dry_run:
        _show(store, settings.set_name, labels, report, output)


def _remove(store: str, name: str, library: str, *, as_json: bool) -> None:
    from helixdask.coverage.adding import remove_library
    from helixdask.store.store import Store

    remove_library(Store.open(store), name, library)
    if not give({"removed": f"coverage/{name}/{library}"}, as_json=as_json):
        say(f"removed: coverage/{name}/{library}")


def _show(store: str, name: str, labels: str | None, report: Path | None, output: Running) -> None:
    from helixdask.coverage.summary import summarise, summary_tables
    from helixdask.store.store import Store

    summary = summarise(Store.open(store), name, labels, output.run_options())
    if report is not None:
        from helixdask.coverage.summary_report import write_report

        write_report(summary, report)
    if give(summary, as_json=output.json):
        return
    for title, columns, rows in summary_tables(summary):
        print_table(title, columns, rows)
    print_written(report)
