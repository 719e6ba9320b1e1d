"""The command that scores predictions and gene models against an annotation: evaluate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from helixdask.cli.report import print_json, print_table
from helixdask.errors import BadInputError

__all__ = ["evaluate"]


def evaluate(
    source: Annotated[str, typer.Argument(metavar="STORE|GFF3", help="A store with predictions, or gene models.")],
    reference: Annotated[Path, typer.Option(help="The true annotation, GFF3 or GTF.")],
    predictions: Annotated[str | None, typer.Option(help="Predictions to score; all by default.")] = None,
    contigs: Annotated[Path | None, typer.Option(help="Score only the contigs listed in this file.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Score predictions base by base, and genes exon by exon, against an annotation."""
    from helixdask.evaluate import evaluate as run

    if contigs is not None and not contigs.is_file():
        raise BadInputError("no such file", where=str(contigs))
    scores = run(
        source,
        str(reference),
        predictions=predictions,
        contigs=contigs.read_text().split() if contigs else None,
        quiet=quiet,
    )
    if as_json:
        print_json(scores.as_dict())
        return
    for columns, rows in (scores.base_table(), scores.gene_table()):
        if rows:
            print_table("", columns, rows)
