"""The command that finds which contigs are copies of each other: kinship."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from helixdask.cli.data import StoreUrl
from helixdask.cli.options import Output, with_run_options
from helixdask.cli.report import print_summaries, say

__all__ = ["kinship"]


@with_run_options
def kinship(
    store: StoreUrl,
    genes: Annotated[
        str | None,
        typer.Option(
            help="Gene models; near genes more is sampled. The only ones by default, none where there are none."
        ),
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="TSV", help="Write the groups, to be corrected and given to --groups."),
    ] = None,
    most_copies: Annotated[int, typer.Option(min=64, help="K-mers with more copies are taken for repeats.")] = 64,
    name: Annotated[str, typer.Option(help="Name of the groups.")] = "default",
    *,
    output: Output,
) -> None:
    """Find the contigs that are copies of each other: homoeologs, homologs, haplotypes.

    A sample of the k-mers is compared, densely near genes. Contigs are alike where they share k-mers in the same order
    over a fifth of the smaller one.
    """
    from helixdask.engine.run import run_stage
    from helixdask.kinship.table import write_groups
    from helixdask.outputs import check_outputs
    from helixdask.stages import kinship_stage
    from helixdask.store.store import Store

    check_outputs(table)
    stage = kinship_stage(store, genes=genes, most_copies=most_copies, name=name)
    summary = run_stage(stage, store, output.run_options())
    if table and not output.dry_run:
        write_groups(Store.open(store), name, table)
    print_summaries([summary], as_json=output.json)
    if table and not output.dry_run and not output.json:
        say(f"written: {table}")
