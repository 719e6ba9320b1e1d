"""Reports as HTML pages that need nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import Any

from helixdask.whole_files import output_file

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #222; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; display: block;
  overflow-x: auto; }
th, td { padding: .2rem .7rem; text-align: right; border-bottom: 1px solid #e4e4e4; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } th { font-weight: 600; }
svg { max-width: 100%; height: auto; font-size: 12px; } p { color: #555; }
.key { display: inline-block; width: .8em; height: .8em; }
"""


def write_page(path: str | Path, title: str, parts: Iterable[str]) -> None:
    """Write a page of pieces of HTML, whole or not at all.

    Raises
    ------
    BadInputError
        The file cannot be written.
    """
    head = f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
    body = "\n".join([f"<h1>{escape(title)}</h1>", *parts, f"<p>helixdask {escape(version('helixdask'))}</p>"])
    with output_file(path) as aside:
        aside.write_text(f"{head}<style>{_STYLE}</style></head><body>\n{body}</body></html>\n", encoding="utf-8")


def html_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str = "", *, digits: str = ".4f") -> str:
    """A table, its title as a heading; ``digits`` is the format of floating-point numbers, None shows as a dash."""
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    body = "\n".join(f"<tr>{''.join(f'<td>{_cell(cell, digits)}</td>' for cell in row)}</tr>" for row in rows)
    heading = f"<h2>{escape(title)}</h2>\n" if title else ""
    return f"{heading}<table>{f'<tr>{head}</tr>' if head else ''}\n{body}</table>"


def _cell(value: Any, digits: str) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:{digits}}"
    return f"{value:,}" if isinstance(value, int) else escape(str(value))
