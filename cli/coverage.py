"""The command coverage: reads and ready-made tracks into a store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from helixdask.cli.data import StoreUrl
from helixdask.cli.options import Output, Rules, RulesOption, Strandedness, with_run_options
from helixdask.cli.report import print_summaries
from helixdask.errors import BadInputError

if TYPE_CHECKING:
    from helixdask.coverage.libraries import Library

__all__ = ["Bams", "Protocol", "Sheet", "chosen_libraries", "coverage"]

Bams = Annotated[
    list[Path] | None,
    typer.Option("--bam", help="Coordinate-sorted BAM file. Repeat it for several, or give a sheet with --libraries."),
]
Sheet = Annotated[
    Path | None,
    typer.Option("--libraries", help="Sheet of libraries: tab-separated name, path, kind, strandedness."),
]
Protocol = Annotated[
    Strandedness | None,
    typer.Option(help="Protocol of all --bam files; dUTP (second read is sense) is `reverse`."),
]


def chosen_libraries(bam: list[Path] | None, strandedness: Strandedness | None, sheet: Path | None) -> list[Library]:
    """Libraries that the options --bam, --strandedness and --libraries name."""
    from helixdask.pipeline import libraries_of

    paths = [str(path) for path in bam or []]
    return libraries_of(paths, strandedness.value if strandedness else None, str(sheet) if sheet else None)


@with_run_options
def coverage(
    store: StoreUrl,
    bam: Bams = None,
    strandedness: Protocol = None,
    libraries: Sheet = None,
    name: Annotated[str, typer.Option(help="Name of the set of libraries.")] = "rnaseq",
    min_mapq: Annotated[
        int | None, typer.Option(min=0, max=255, help="Skip reads mapped less certainly. Default: that of the rules.")
    ] = None,
    rules: RulesOption = Rules.DEFAULT,
    *,
    output: Output,
) -> None:
    """Count aligned RNA-seq reads over every base, stranded, with and without splicing."""
    from helixdask.engine.run import run_stage
    from helixdask.pipeline import coverage_stages

    chosen = chosen_libraries(bam, strandedness, libraries)
    if not chosen:
        raise BadInputError("no reads were given", remedy="Give --bam FILE --strandedness ..., or --libraries SHEET.")
    stages = coverage_stages(chosen, set_name=name, rules=rules.value, min_mapq=min_mapq)
    options = output.run_options()
    print_summaries([run_stage(stage, store, options) for stage in stages], as_json=output.json)
