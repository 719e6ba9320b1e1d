"""The command that finds which contigs are copies of each other: kinship."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from helixdask.cli.options import Running, StoreUrl
from helixdask.cli.report import print_summaries, print_written
from helixdask.kinship.settings import KinshipSettings


def kinship(
    store: StoreUrl,
    table: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="TSV", help="Write the groups, to be corrected and given to --groups."),
    ] = None,
    *,
    settings: KinshipSettings,
    output: Running,
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
    stage = kinship_stage(store, settings)
    summary = run_stage(stage, store, output.run_options())
    if table and not output.dry_run:
        write_groups(Store.open(store), settings.output, table)
    print_summaries([summary], as_json=output.json)
    if not output.dry_run and not output.json:
        print_written(table)
