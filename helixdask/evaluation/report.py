"""An evaluation as one HTML page that needs nothing else."""

from __future__ import annotations

import io
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import Any

from helixdask.evaluation.figures import Draw, figures_of, save_figure
from helixdask.evaluation.result import Evaluation
from helixdask.evaluation.tables import Table, contig_tables, tables_of
from helixdask.plot import figure_module
from helixdask.store.objects import whole_file

__all__ = ["page", "svg_of", "write_report"]

_WIDTH = 9.0
_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #222; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; display: block;
  overflow-x: auto; }
th, td { padding: .2rem .7rem; text-align: right; border-bottom: 1px solid #e4e4e4; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } th { font-weight: 600; }
svg { max-width: 100%; height: auto; } p { color: #555; }
"""


def write_report(evaluation: Evaluation, path: str | Path) -> None:
    """Write tables and figures, whole or not at all."""
    parts = []
    for title, height, draw in figures_of(evaluation):
        parts.append(f"<h2>{escape(title)}</h2>\n{_figure(evaluation, height, draw)}")
    parts.extend(_table(table) for table in (*tables_of(evaluation), *contig_tables(evaluation)))
    shown = f"{len(evaluation.contigs):,} contigs were scored. Definitions: docs/evaluate.md of helixdask."
    with whole_file(path) as aside:
        aside.write_text(page("Evaluation", shown, parts), encoding="utf-8")


def page(title: str, intro: str, parts: list[str]) -> str:
    """A whole page from pieces of HTML."""
    head = f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
    foot = f"<p>helixdask {escape(version('helixdask'))}</p></body></html>\n"
    body = f"<h1>{escape(title)}</h1>\n<p>{escape(intro)}</p>\n"
    return f"{head}<style>{_STYLE}</style></head><body>\n{body}" + "\n".join(parts) + f"\n{foot}"


def _figure(evaluation: Evaluation, height: float, draw: Draw) -> str:
    figure = figure_module().figure(figsize=(_WIDTH, height), layout="constrained")
    draw(figure, evaluation)
    return svg_of(figure)


def svg_of(figure: Any) -> str:
    """A figure as SVG inside a page."""
    out = io.BytesIO()
    save_figure(figure, out, "svg")
    text = out.getvalue().decode()
    return text[text.index("<svg") :]


def _table(table: Table) -> str:
    head = "".join(f"<th>{escape(column)}</th>" for column in table.columns)
    rows = "\n".join(f"<tr>{''.join(f'<td>{_cell(cell)}</td>' for cell in row)}</tr>" for row in table.rows)
    return f"<h2>{escape(table.title)}</h2>\n<table><tr>{head}</tr>\n{rows}</table>"


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.4f}"
    return f"{value:,}" if isinstance(value, int) else escape(str(value))
