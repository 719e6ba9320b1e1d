"""The command coverage: reads and ready-made tracks into a store, out of it, and what they look like."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from helixdask.cli.data import StoreUrl
from helixdask.cli.options import AliasesOption, Output, Rules, RulesOption, Strandedness, with_run_options
from helixdask.cli.report import print_json, print_summaries, print_table, say
from helixdask.errors import BadInputError

if TYPE_CHECKING:
    from helixdask.coverage.libraries import Library
    from helixdask.coverage.rules import ReadOptions

__all__ = ["Bams", "Protocol", "Sheet", "chosen_libraries", "coverage"]

_READS = "Which reads count (for --bam; a sheet has columns for it)"
_THERE = "Libraries that are there"

Bams = Annotated[
    list[Path] | None,
    typer.Option(
        "--bam",
        help="Aligned reads, BAM or CRAM sorted by coordinate. Several may follow; of several protocols give a sheet.",
    ),
]
Sheet = Annotated[
    Path | None,
    typer.Option(
        "--libraries",
        metavar="SHEET.tsv",
        help="Sheet of libraries, tab-separated: name, path, kind, strandedness, and options (docs/coverage.md).",
    ),
]
Protocol = Annotated[
    Strandedness | None,
    typer.Option(
        help="Protocol of all --bam files: reverse (read 2 is sense: dUTP), forward (read 1 is sense), unstranded, "
        "or auto to find it out from the reads."
    ),
]


class Kind(StrEnum):
    """What was sequenced."""

    RNASEQ = "rnaseq"
    LONGREAD = "longread"
    CAGE = "cage"
    ATAC = "atac"


def chosen_libraries(
    bam: list[Path] | None,
    strandedness: Strandedness | None,
    sheet: Path | None,
    kind: Kind | None = None,
    reads: ReadOptions | None = None,
) -> list[Library]:
    """Libraries that the options --bam, --strandedness, --libraries and --kind name."""
    from helixdask.stages import libraries_of

    return libraries_of(
        [_path(path) for path in bam or []],
        strandedness.value if strandedness else None,
        str(sheet) if sheet else None,
        kind.value if kind else None,
        reads,
    )


def _path(path: Path) -> str:
    """A path, or a URL that lost a slash on its way through `Path`."""
    text = str(path)
    head, colon, tail = text.partition(":/")
    return f"{head}://{tail}" if colon and head in ("http", "https", "ftp", "s3", "gs") else text


@with_run_options
def coverage(
    store: StoreUrl,
    bam: Bams = None,
    strandedness: Protocol = None,
    libraries: Sheet = None,
    kind: Annotated[
        Kind | None,
        typer.Option(
            help="What the --bam files hold: rnaseq (default), longread, cage (5' ends of reads), atac (cut sites)."
        ),
    ] = None,
    name: Annotated[str, typer.Option(help="Name of the set of libraries.")] = "rnaseq",
    aliases: AliasesOption = None,
    rules: RulesOption = Rules.DEFAULT,
    min_mapq: Annotated[
        int | None,
        typer.Option(min=0, max=255, help="Least mapping quality. Default: 10.", rich_help_panel=_READS),
    ] = None,
    count_duplicates: Annotated[
        bool, typer.Option("--count-duplicates", help="Count PCR duplicates.", rich_help_panel=_READS)
    ] = False,
    count_supplementary: Annotated[
        bool, typer.Option("--count-supplementary", help="Count supplementary alignments.", rich_help_panel=_READS)
    ] = False,
    count_secondary: Annotated[
        bool, typer.Option("--count-secondary", help="Count secondary alignments.", rich_help_panel=_READS)
    ] = False,
    count_qc_failed: Annotated[
        bool, typer.Option("--count-qc-failed", help="Count reads that failed quality control.", rich_help_panel=_READS)
    ] = False,
    mates_once: Annotated[
        bool, typer.Option(help="A base that both mates cover counts once.", rich_help_panel=_READS)
    ] = True,
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
    output: Output,
) -> None:
    """Count aligned reads over every base, stranded, with and without splicing; or take ready-made tracks.

    All libraries are checked before the first is counted. Libraries can be added to a set at any time.
    """
    from helixdask.coverage.rules import ReadOptions
    from helixdask.engine.run import run_stage
    from helixdask.outputs import check_outputs
    from helixdask.stages import coverage_stages

    check_outputs(report)
    reads = ReadOptions(min_mapq, count_duplicates, count_supplementary, count_secondary, count_qc_failed, mates_once)
    chosen = chosen_libraries(bam, strandedness, libraries, kind, reads)
    if remove is not None:
        if chosen or summary or report:
            raise BadInputError("--remove stands alone", remedy="Add libraries with a second command.")
        _remove(store, name, remove, as_json=output.json)
        return
    if (labels or report) and not summary:
        raise BadInputError("--labels and --report are for --summary", remedy="Add --summary.")
    if not chosen and not summary:
        raise BadInputError("no reads were given", remedy="Give --bam FILE --strandedness ..., or --libraries SHEET.")
    stages = coverage_stages(
        store,
        chosen,
        set_name=name,
        rules=rules.value,
        aliases=str(aliases) if aliases else None,
        replace=output.replace,
    )
    options = output.run_options()
    done = [run_stage(stage, store, options) for stage in stages]
    if done and not (summary and output.json):
        print_summaries(done, as_json=output.json)
    if summary and not output.dry_run:
        _show(store, name, labels, report, output)


def _remove(store: str, name: str, library: str, *, as_json: bool) -> None:
    from helixdask.coverage.adding import remove_library
    from helixdask.store.store import Store

    remove_library(Store.open(store), name, library)
    if as_json:
        print_json({"removed": f"coverage/{name}/{library}"})
    else:
        say(f"removed: coverage/{name}/{library}")


def _show(store: str, name: str, labels: str | None, report: Path | None, output: Output) -> None:
    from helixdask.coverage.summary import summarise, summary_tables
    from helixdask.store.store import Store

    summary = summarise(Store.open(store), name, labels, output.run_options())
    if report is not None:
        from helixdask.coverage.summary_report import write_report

        write_report(summary, report)
    if output.json:
        print_json(summary)
        return
    for title, columns, rows in summary_tables(summary):
        print_table(title, columns, rows)
    if report is not None:
        say(f"written: {report}")
