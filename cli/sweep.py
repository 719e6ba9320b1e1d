"""``helixdask call --sweep``: its options, and what it does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from helixdask.cli.options import Output
from helixdask.cli.report import give, print_table, print_written
from helixdask.errors import BadInputError
from helixdask.settings import InputFile, Shown

if TYPE_CHECKING:
    from helixdask.calling.stage import CallStage

_List = Annotated[str, Shown(metavar="LIST")]


@dataclass(frozen=True)
class Sweeping:
    """What was asked for.

    Parameters
    ----------
    sweep
        Call with many thresholds and compare; nothing is written to the store.
    peaks
        Such as 0.7,0.8,0.9.
    edges
        Such as 0.05,0.1.
    lengths
        Least coding bases, such as 60,300.
    reference
        The true genes to score against: a GFF3 or GTF file, or a gene set of the store.
    aliases
        What the reference calls the sequences: tab-separated, its name, the genome's; or NCBI's report.
    contigs
        Only the contigs listed in this file.
    tsv
        Write the table.
    plot
        Draw the table (PNG, SVG or PDF).
    """

    sweep: bool = False
    peaks: _List | None = None
    edges: _List | None = None
    lengths: _List | None = None
    reference: Annotated[str, Shown(metavar="GFF3|NAME")] | None = None
    aliases: Annotated[str, Shown(metavar="TABLE")] | None = None
    contigs: InputFile | None = None
    tsv: Annotated[Path, Shown(metavar="TSV")] | None = None
    plot: Annotated[Path, Shown(metavar="PNG")] | None = None

    def refuse_without_sweep(self) -> None:
        """Say that these options need ``--sweep``."""
        given = [f"--{name}" for name, value in vars(self).items() if value not in (None, False)]
        if given:
            raise BadInputError(
                f"without --sweep there is no use for {' and '.join(given)}", remedy="Add --sweep, or leave it out."
            )


def run_sweep(url: str, stage: CallStage, asked: Sweeping, output: Output) -> None:
    """Call with all thresholds, print the table, write what was asked for."""
    from helixdask.evaluation.grid import Grid, numbers
    from helixdask.evaluation.sources import contig_rows, open_reference
    from helixdask.evaluation.sweep import sweep
    from helixdask.evaluation.sweep_output import draw_sweep, sweep_dict, sweep_table, write_sweep_tsv
    from helixdask.inputs.tables import read_names
    from helixdask.outputs import check_figure, check_outputs
    from helixdask.store.store import Store

    if output.dry_run:
        raise BadInputError("a sweep writes nothing, so there is nothing to plan", remedy="Leave --dry-run out.")
    lengths = [int(length) for length in numbers(asked.lengths, int)]
    grid = Grid.of(numbers(asked.peaks), numbers(asked.edges), lengths)
    check_outputs(asked.tsv, asked.plot)
    check_figure(asked.plot)
    store = Store.open(url)
    reference = open_reference(asked.reference, store) if asked.reference else None
    rows = sweep(
        stage,
        store,
        grid,
        reference=next(iter(reference.models(store.contigs, asked.aliases).values())) if reference else None,
        contigs=contig_rows(store.contigs, read_names(asked.contigs) if asked.contigs else None, asked.aliases),
        options=output.run_options(),
    )
    if asked.tsv:
        write_sweep_tsv(rows, asked.tsv)
    if asked.plot:
        draw_sweep(rows, asked.plot)
    if give(sweep_dict(rows), as_json=output.json):
        return
    print_table(*sweep_table(rows))
    print_written(asked.tsv, asked.plot)
