"""Reports as HTML pages that need nothing else."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import Any

from helixdask.whole_files import output_file

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #222; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2.2rem; } h3 { font-size: 1rem; margin: 1.4rem 0 .4rem; }
nav { line-height: 1.9; } a { color: #1d4f7c; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; display: block;
  overflow-x: auto; margin: .5rem 0 1rem; background: linear-gradient(90deg, #fff 2rem, transparent) 0 0 local,
  linear-gradient(-90deg, #fff 2rem, transparent) 100% 0 local, linear-gradient(90deg, #888, transparent) 0 0 scroll,
  linear-gradient(-90deg, #888, transparent) 100% 0 scroll; background-repeat: no-repeat;
  background-size: 4rem 150%, 4rem 150%, .5rem 100%, .5rem 100%; }
th, td { padding: .2rem .7rem; text-align: right; border-bottom: 1px solid #e4e4e4; white-space: nowrap; }
th { font-weight: 600; white-space: normal; vertical-align: bottom; }
th:first-child, td:first-child, .words, .wide { text-align: left; }
td.words { white-space: normal; min-width: 9rem; overflow-wrap: break-word; }
svg { max-width: 100%; font-size: 12px; } p, ul { color: #555; }
.figures { display: flex; flex-wrap: wrap; gap: .4rem 1.6rem; }
.figures table { margin: 0 0 .6rem; max-width: 100%; }
figure { margin: .6rem 0; width: 340px; max-width: 100%; } figure svg { height: auto; }
figcaption { font-weight: 600; font-size: .85rem; margin-bottom: .3rem; }
.key { display: flex; flex-wrap: wrap; gap: 0 1.2rem; padding: 0; list-style-position: inside; font-size: .85rem; }
svg.bar { width: 9rem; height: 10px; }
td.wide { width: 100%; min-width: 11rem; } svg.lanes { width: 100%; min-width: 10rem; display: block; }
.verdict { border-left: 4px solid #1d4f7c; padding-left: .8rem; color: #222; }
@media (max-width: 600px) { th, td { padding: .2rem .25rem; } svg.bar { width: 4rem; } table { font-size: .8rem; }
  td:first-child { white-space: normal; overflow-wrap: break-word; min-width: 5rem; } td.words { min-width: 6rem; } }
@media print { body { max-width: none; margin: 0; padding: 0; font-size: 10pt; }
  nav { display: none; } a { color: inherit; }
  table { display: table; font-size: 7.5pt; background: none; } th, td { padding: .1rem .3rem; white-space: normal; }
  .figures { display: block; } figure { display: inline-block; vertical-align: top; margin-right: .3rem; }
  tr:first-child, tr:nth-child(2) { break-after: avoid; }
  svg.bar { width: 4.5rem; } figure, tr, h2, h3 { break-inside: avoid; } h2, h3 { break-after: avoid; } }
"""


def write_page(path: str | Path, title: str, parts: Iterable[str]) -> None:
    """Write a page of pieces of HTML, whole or not at all.

    Raises
    ------
    BadInputError
        The file cannot be written.
    """
    head = '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
    head += f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
    body = "\n".join([f"<h1>{escape(title)}</h1>", *parts, f"<p>helixdask {escape(version('helixdask'))}</p>"])
    with output_file(path) as aside:
        aside.write_text(f"{head}<style>{_STYLE}</style></head><body>\n{body}</body></html>\n", encoding="utf-8")


def html_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    title: str = "",
    *,
    digits: str = ".4f",
    text: Container[int] = (),
    raw: Container[int] = (),
    wide: Container[int] = (),
) -> str:
    """A table.

    Parameters
    ----------
    columns, rows
        Names, which may be none, and cells; None shows as a dash.
    title
        Heading above it.
    digits
        Format of floating-point numbers.
    text, raw, wide
        Columns, counted from 0, whose cells are words that may wrap; that are HTML; and that take what room there is.
    """

    def row_of(cells: Sequence[Any]) -> str:
        return "".join(
            f"<td{_class(i, text, wide)}>{cell if i in raw else _cell(cell, digits)}</td>"
            for i, cell in enumerate(cells)
        )

    head = "".join(f"<th{_class(i, text, wide)}>{escape(column)}</th>" for i, column in enumerate(columns))
    body = "\n".join(f"<tr>{row_of(row)}</tr>" for row in rows)
    heading = f"<h2>{escape(title)}</h2>\n" if title else ""
    return f"{heading}<table>{f'<tr>{head}</tr>' if head else ''}\n{body}</table>"


def _class(column: int, text: Container[int], wide: Container[int] = ()) -> str:
    name = "wide" if column in wide else "words" if column in text else ""
    return f' class="{name}"' if name else ""


def _cell(value: Any, digits: str) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:{digits}}"
    return f"{value:,}" if isinstance(value, int) else escape(str(value))
