"""Options of the gene model that `call` decodes with."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = [
    "CallGeneticCodeOption",
    "MinExonOption",
    "MinIntronOption",
    "MinScoreOption",
    "PhaseWeightOption",
    "SpliceCostOption",
]

_PANEL = "Gene model (default rules only)"

MinExonOption = Annotated[
    int | None,
    typer.Option(
        "--min-exon-length", min=1, max=30, show_default="6", rich_help_panel=_PANEL, help="Shortest exon, in bases."
    ),
]
MinIntronOption = Annotated[
    int | None,
    typer.Option(
        "--min-intron-length", min=10, show_default="35", rich_help_panel=_PANEL, help="Shortest intron, in bases."
    ),
]
SpliceCostOption = Annotated[
    float | None,
    typer.Option(
        "--splice-site-cost",
        min=0,
        max=1000,
        show_default="60",
        rich_help_panel=_PANEL,
        help="Bits that each wrong base of a splice site costs; more means fewer introns that are not GT-AG.",
    ),
]
PhaseWeightOption = Annotated[
    float | None,
    typer.Option(
        "--phase-weight",
        min=0,
        max=1,
        show_default="0.2",
        rich_help_panel=_PANEL,
        help="How much of a codon base's probability comes from the phase output.",
    ),
]
CallGeneticCodeOption = Annotated[
    int,
    typer.Option(
        "--genetic-code",
        min=1,
        rich_help_panel=_PANEL,
        help="NCBI's number of the genetic code of the genome: which codons end genes, and how they are translated.",
    ),
]
MinScoreOption = Annotated[
    float,
    typer.Option(
        "--min-score",
        min=0,
        max=1,
        rich_help_panel=_PANEL,
        help="Leave out genes with a lower score; `evaluate` shows what each value keeps and loses.",
    ),
]
