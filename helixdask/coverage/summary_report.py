"""The summary of a coverage set as a picture, or as a page with its tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from helixdask.coverage.places import PLACES
from helixdask.coverage.statistics import QUANTILES
from helixdask.coverage.summary import REASON_WORDS, summary_tables
from helixdask.errors import BadInputError
from helixdask.figures import new_figure, save_figure, svg_of, swatch
from helixdask.pages import html_table, write_page
from helixdask.registry import STRANDS

_PICTURES: Final = (".png", ".svg", ".pdf")
_BLUE, _GREY, _INK = "#3b75af", "#d4d4d4", "#333333"
_PLACE_COLOURS: Final = ("#c44e52", "#f0c987", "#7fb2d9", "#e6e6e6")
_SKIP_COLOURS: Final = (
    "#ef8636",
    "#f3b27a",
    "#8d6bb8",
    "#b9a3d3",
    "#7a7a7a",
    "#a8a8a8",
    "#c9c9c9",
    "#55a868",
    "#98cda3",
    "#dddddd",
)


def write_report(summary: Mapping[str, Any], path: str | Path) -> None:
    """Write a summary as PNG, SVG or PDF, or, with its tables, as HTML, by the file's ending.

    Parameters
    ----------
    summary
        From :func:`helixdask.coverage.summary.summarise`.
    path
        File to write.

    Raises
    ------
    BadInputError
        The ending is none of these, or the file cannot be written.
    MissingDependencyError
        matplotlib is not installed.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in (*_PICTURES, ".html"):
        raise BadInputError(
            f"{ending or 'a file without ending'} is no kind of report",
            where=str(path),
            remedy="Use .html, .png, .svg or .pdf.",
        )
    figure = _picture(summary)
    if ending != ".html":
        save_figure(figure, path, dpi=150)
        return
    files = [(each["name"], each["path"]) for each in summary["libraries"]]
    tables = [html_table(columns, rows, name, digits=".4g") for name, columns, rows in summary_tables(summary)]
    parts = [svg_of(figure), *tables, html_table((), files, "Files")]
    write_page(path, f"Coverage set {summary['set']} of {summary['species']}", parts)


def _picture(summary: Mapping[str, Any]) -> Any:
    """Libraries as rows; beside each other: fate of the reads, places of coverage, strand balance, depth."""
    libraries = summary["libraries"]
    n = len(libraries)
    labelled = summary["labels"] is not None
    widths = [3, 3, 1.6, 2.4] if labelled else [3, 1.6, 2.4]
    height = 1.9 + 0.42 * n
    figure = new_figure(13 if labelled else 10, height)
    axes = list(figure.subplots(1, len(widths), sharey=True, width_ratios=widths))
    _reads(axes.pop(0), libraries)
    if labelled:
        _places(axes.pop(0), libraries, summary["labels"])
    _strands(axes.pop(0), libraries)
    _depth(axes.pop(0), libraries)
    first = figure.axes[0]
    first.set_yticks(range(n), [f"{x['name']}\n{x['kind']}, {x['strandedness']}" for x in libraries])
    first.set_ylim(n - 0.5, -0.5)
    for axis in figure.axes:
        axis.spines[["top", "right", "left"]].set_visible(False)
        axis.tick_params(axis="y", length=0, labelsize=8)
        axis.tick_params(axis="x", labelsize=8)
    figure.suptitle(
        f"{summary['species']}: coverage set {summary['set']}", x=0.01, ha="left", fontsize=11, weight="bold"
    )
    return figure


def _stack(axis: Any, rows: list[list[float]], names: list[str], colours: list[str]) -> None:
    """Shares as stacked bars; what is wide enough is written into the bar."""
    from matplotlib.transforms import offset_copy

    for y, shares in enumerate(rows):
        at = 0.0
        for share, colour in zip(shares, colours, strict=True):
            axis.barh(y, share, left=at, color=colour, height=0.62)
            if share > 0.07:
                dark = colour in (_BLUE, _PLACE_COLOURS[0])
                axis.text(
                    at + share / 2,
                    y,
                    f"{share:.0%}",
                    ha="center",
                    va="center",
                    fontsize=8,
                    color="white" if dark else _INK,
                )
            at += share
    axis.set_xlim(0, 1)
    axis.xaxis.set_major_formatter("{x:.0%}")
    handles = [swatch(colour) for colour in colours]
    axis.legend(
        handles,
        names,
        loc="upper left",
        bbox_to_anchor=(0, 0),
        bbox_transform=offset_copy(axis.transAxes, axis.figure, y=-0.28, units="inches"),
        ncols=5,
        fontsize=7.5,
        frameon=False,
        handlelength=1,
        columnspacing=1,
    )


def _reads(axis: Any, libraries: list[dict[str, Any]]) -> None:
    axis.set_title("Reads", fontsize=9, loc="left")
    reasons = [r for r in REASON_WORDS if any(r in x["reads_skipped"] for x in libraries)]
    rows = []
    for x in libraries:
        counts = [x["reads_used"] or 0, *(x["reads_skipped"].get(r, 0) for r in reasons)]
        rows.append([c / sum(counts) if sum(counts) else 0 for c in counts])
    names = ["used", *(REASON_WORDS[r] for r in reasons)]
    _stack(axis, rows, names, [_BLUE, *_SKIP_COLOURS[: len(reasons)]])
    for y, x in enumerate(libraries):
        if x["reads_used"] is None:
            text = "ready-made or imported track" if x["alignments"] is None else f"{x['alignments']:,} alignments"
            axis.text(0.01, y, text, va="center", fontsize=8, color=_INK)


def _places(axis: Any, libraries: list[dict[str, Any]], labels: str) -> None:
    axis.set_title(f"Coverage, by labels/{labels}", fontsize=9, loc="left")
    rows = [[x["places"][place] or 0 for place in PLACES] for x in libraries]
    _stack(axis, rows, list(PLACES), list(_PLACE_COLOURS))


def _strands(axis: Any, libraries: list[dict[str, Any]]) -> None:
    axis.set_title("Strands", fontsize=9, loc="left")
    for y, x in enumerate(libraries):
        plus = x["plus_share"]
        if plus is None:
            continue
        axis.barh(y, plus, color=_BLUE, height=0.62)
        axis.barh(y, 1 - plus, left=plus, color=_GREY, height=0.62)
        axis.text(0.03, y, f"+ {plus:.0%}", va="center", fontsize=8, color="white" if plus > 0.3 else _INK)
        axis.text(0.97, y, f"{1 - plus:.0%} -", va="center", ha="right", fontsize=8, color=_INK)
    axis.axvline(0.5, color="white", lw=1)
    axis.set_xlim(0, 1)
    axis.set_xticks([0, 0.5, 1], ["0%", "50%", "100%"])


def _depth(axis: Any, libraries: list[dict[str, Any]]) -> None:
    axis.set_title("Depth of covered bases", fontsize=9, loc="left")
    axis.set_xscale("log")
    for y, x in enumerate(libraries):
        for strand, shift, colour in zip(STRANDS, (-0.14, 0.14), (_BLUE, "#8a8a8a"), strict=True):
            if not x["constants"]:
                continue
            values = [x["constants"][strand]["quantiles"][f"{q:g}"] for q in QUANTILES]
            if values[-1]:
                axis.plot([values[0], values[-1]], [y + shift] * 2, color=colour, lw=1, alpha=0.6)
                axis.scatter(values, [y + shift] * len(values), s=(26, 16, 16, 16, 16), color=colour, zorder=3)
                axis.scatter(values[:1], [y + shift], s=8, color="white", zorder=4)
    axis.xaxis.set_major_formatter("{x:,.0f}")
    axis.set_xlabel("○ median  ● 75, 90, 99, 99.9 %;  + above -", fontsize=7.5)
