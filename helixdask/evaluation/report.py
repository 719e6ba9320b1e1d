"""An evaluation as one HTML page that needs nothing else."""

from __future__ import annotations

from pathlib import Path

from helixdask.evaluation.figures import figures_of
from helixdask.evaluation.result import Evaluation
from helixdask.evaluation.tables import contig_tables, tables_of
from helixdask.figures import new_figure, svg_of
from helixdask.pages import html_table, write_page

_WIDTH = 9.0


def write_report(evaluation: Evaluation, path: str | Path) -> None:
    """Write tables and figures, whole or not at all."""
    parts = [f"<p>{len(evaluation.contigs):,} contigs were scored. Definitions: docs/explanation/evaluate.md.</p>"]
    for title, height, draw in figures_of(evaluation):
        figure = new_figure(_WIDTH, height)
        draw(figure, evaluation)
        parts.append(f"<h2>{title}</h2>\n{svg_of(figure)}")
    tables = (*tables_of(evaluation), *contig_tables(evaluation))
    write_page(path, "Evaluation", [*parts, *(html_table(t.columns, t.rows, t.title) for t in tables)])
