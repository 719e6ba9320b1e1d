"""``helixdask call --sweep``: its options, and what it does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from helixdask.cli.options import Output
from helixdask.cli.report import print_json, print_table, say
from helixdask.errors import BadInputError

if TYPE_CHECKING:
    from helixdask.calling.stage import CallStage

__all__ = [
    "EdgesOption",
    "LengthsOption",
    "PeaksOption",
    "SweepAliases",
    "SweepContigs",
    "SweepOption",
    "SweepPlot",
    "SweepReference",
    "SweepTsv",
    "Sweeping",
    "run_sweep",
]

_PANEL = "Many thresholds at once"
SweepOption = Annotated[
    bool,
    typer.Option(
        "--sweep",
        help="Call with many thresholds and compare; nothing is written to the store.",
        rich_help_panel=_PANEL,
    ),
]
PeaksOption = Annotated[str | None, typer.Option(metavar="LIST", help="Such as 0.7,0.8,0.9.", rich_help_panel=_PANEL)]
EdgesOption = Annotated[str | None, typer.Option(metavar="LIST", help="Such as 0.05,0.1.", rich_help_panel=_PANEL)]
LengthsOption = Annotated[
    str | None, typer.Option(metavar="LIST", help="Least coding bases, such as 60,300.", rich_help_panel=_PANEL)
]
SweepReference = Annotated[
    Path | None, typer.Option(metavar="GFF3", help="An annotation to score against.", rich_help_panel=_PANEL)
]
SweepAliases = Annotated[
    Path | None,
    typer.Option(
        "--aliases",
        metavar="TABLE",
        help="What the reference calls the sequences: tab-separated, its name, the genome's; or NCBI's report.",
        rich_help_panel=_PANEL,
    ),
]
SweepContigs = Annotated[
    Path | None, typer.Option(help="Only the contigs listed in this file.", rich_help_panel=_PANEL)
]
SweepTsv = Annotated[Path | None, typer.Option(metavar="TSV", help="Write the table.", rich_help_panel=_PANEL)]
SweepPlot = Annotated[
    Path | None, typer.Option(metavar="PNG", help="Draw the table (PNG, SVG or PDF).", rich_help_panel=_PANEL)
]


@dataclass(frozen=True)
class Sweeping:
    """What was asked for."""

    peaks: str | None
    edges: str | None
    lengths: str | None
    reference: Path | None
    aliases: Path | None
    contigs: Path | None
    tsv: Path | None
    plot: Path | None

    def refuse_without_sweep(self) -> None:
        """Say that these options need ``--sweep``."""
        given = [f"--{name}" for name, value in vars(self).items() if value is not None]
        if given:
            raise BadInputError(
                f"without --sweep there is no use for {' and '.join(given)}", remedy="Add --sweep, or leave it out."
            )


def run_sweep(url: str, stage: CallStage, asked: Sweeping, output: Output) -> None:
    """Call with all thresholds, print the table, write what was asked for."""
    from helixdask.evaluation.grid import Grid, numbers
    from helixdask.evaluation.sources import contig_rows, read_annotation
    from helixdask.evaluation.sweep import sweep
    from helixdask.evaluation.sweep_output import draw_sweep, sweep_dict, sweep_table, write_sweep_tsv
    from helixdask.inputs.tables import read_names
    from helixdask.outputs import check_figure, check_outputs
    from helixdask.store.store import Store

    if output.dry_run:
        raise BadInputError("a sweep writes nothing, so there is nothing to plan", remedy="Leave --dry-run out.")
    lengths = [int(length) for length in numbers(asked.lengths, int)]
    grid = Grid.of(numbers(asked.peaks), numbers(asked.edges), lengths)
    if asked.reference is not None and not asked.reference.is_file():
        raise BadInputError("no such file", where=str(asked.reference), remedy="Check the path.")
    check_outputs(asked.tsv, asked.plot)
    check_figure(asked.plot)
    store = Store.open(url)
    aliases = str(asked.aliases) if asked.aliases else None
    rows = sweep(
        stage,
        store,
        grid,
        reference=read_annotation(str(asked.reference), store.contigs, aliases) if asked.reference else None,
        contigs=contig_rows(store.contigs, read_names(asked.contigs) if asked.contigs else None, aliases),
        options=output.run_options(),
    )
    if asked.tsv:
        write_sweep_tsv(rows, asked.tsv)
    if asked.plot:
        draw_sweep(rows, asked.plot)
    if output.json:
        print_json(sweep_dict(rows))
        return
    print_table(*sweep_table(rows))
    for path in (asked.tsv, asked.plot):
        if path:
            say(f"written: {path}")
