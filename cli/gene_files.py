"""Options for files of gene models, shared by the commands that write some."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["BedOut", "CdsOut", "GeneticCodeOption", "Gff3Out", "GtfOut", "ProteinsOut"]

_PANEL = "Gene models"

Gff3Out = Annotated[
    Path | None, typer.Option(metavar="GFF3", help="Write GFF3; here and below gzip by .gz.", rich_help_panel=_PANEL)
]
GtfOut = Annotated[Path | None, typer.Option(metavar="GTF", help="Write GTF 2.2.", rich_help_panel=_PANEL)]
BedOut = Annotated[
    Path | None, typer.Option(metavar="BED", help="Write BED12, a line for each transcript.", rich_help_panel=_PANEL)
]
CdsOut = Annotated[Path | None, typer.Option(metavar="FASTA", help="Write coding sequences.", rich_help_panel=_PANEL)]
ProteinsOut = Annotated[Path | None, typer.Option(metavar="FASTA", help="Write proteins.", rich_help_panel=_PANEL)]
GeneticCodeOption = Annotated[
    int,
    typer.Option(
        "--genetic-code", help="NCBI's number of the genetic code of genes that name none.", rich_help_panel=_PANEL
    ),
]
