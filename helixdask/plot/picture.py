"""A picture of a region: lanes, their names, one legend, and what is empty there."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure

from helixdask.errors import BadInputError
from helixdask.genes.models import GeneModels
from helixdask.plot.lanes import SEQUENCE, Lane, lanes_of
from helixdask.plot.looks import GREY, INK, Look, legend_entries
from helixdask.plot.packing import lay_out, short_name
from helixdask.plot.tracks import draw_depth, draw_intervals, draw_letters, draw_stack, draw_values
from helixdask.plot.transcripts import draw_transcripts, height_of, name_widths
from helixdask.plot.values import Depth, Intervals, Letters, Place, Shown, Stack, Values, read_lane
from helixdask.store.store import Store

LONGEST: Final = 20_000_000
"""Bases."""
_WIDTH, _LEFT, _RIGHT, _GAP = 14.0, 1.9, 0.3, 0.13
_LANE: Final = _WIDTH - _LEFT - _RIGHT
"""Inches that the bases take."""
DOTS: Final = 110
"""Dots of an inch; a bin is one wide at most."""
_BINS: Final = round(_LANE * DOTS)
_NAME: Final = 20

Draw = Callable[[Any], set[Look]]


class RegionFigure(Figure):
    """A figure that notebooks show where it is the last value of a cell."""

    title: str = ""
    """What it shows, in words."""

    def _repr_png_(self) -> bytes:
        from io import BytesIO

        out = BytesIO()
        self.savefig(out, format="png", dpi=DOTS)
        return out.getvalue()


@dataclass(frozen=True)
class _Row:
    """A lane that is drawn: its name, what is said below it, its height in inches, and how it is drawn."""

    name: str
    note: str
    height: float
    draw: Draw
    stranded: bool = True


def region_figure(store: Store, region: str, tracks: Sequence[str] | None = None) -> RegionFigure:
    """Draw a region.

    Parameters
    ----------
    store
        The store.
    region
        ``contig``, or ``contig:start-end``, 0-based half-open, at most 20 Mb. Each pixel is the mean of its bases.
    tracks
        What is drawn, and in which order; see :func:`helixdask.plot.lanes.lanes_of`. None: everything.

    Raises
    ------
    BadInputError
        No such region or track, the region is too long, or the store holds nothing to draw.
    """
    place = Place.of(store, region, _BINS)
    if place.end - place.start > LONGEST:
        raise BadInputError(
            f"{place.end - place.start:,} bases are too many for a picture",
            where=region,
            remedy=f"Name a region of at most {LONGEST / 1e6:g} Mb, such as {place.name}:0-{LONGEST:,}.",
        )
    shown = [(lane, read_lane(store, lane, place)) for lane in lanes_of(store, tracks)]
    store.check_unchanged()
    deepest = _deepest(shown)
    rows = [_row(lane, each, place, deepest) for lane, found in shown for each in found]
    return _figure(store, place, rows, [lane.path for lane, found in shown if not found])


def _deepest(shown: Sequence[tuple[Lane, Sequence[Shown]]]) -> dict[str, tuple[float, float]]:
    """Largest depth of each strand in all libraries of a set, which have one scale."""
    found: dict[str, tuple[float, float]] = {}
    for lane, each in ((lane, each) for lane, several in shown for each in several):
        if isinstance(each, Depth):
            plus, minus = np.maximum(each.depth, each.spliced).max(axis=1).tolist()
            before = found.get(lane.set_name, (0.0, 0.0))
            found[lane.set_name] = max(before[0], plus), max(before[1], minus)
    return found


def _row(lane: Lane, shown: Shown, place: Place, deepest: dict[str, tuple[float, float]]) -> _Row:
    edges, path = place.edges, lane.path
    match shown:
        case GeneModels():
            return _gene_row(path, shown, place)
        case Stack(made_of="labels"):
            return _Row(path, "", 0.5, lambda axis: draw_stack(axis, edges, shown))
        case Stack():
            return _Row(path, "probability", 0.95, lambda axis: draw_stack(axis, edges, shown))
        case Depth():
            n = len(lane.libraries)
            said = "depth" if n == 1 else f"sum of {n} libraries"
            return _Row(path, said, 0.85, lambda axis: draw_depth(axis, edges, shown, deepest[lane.set_name]))
        case Intervals():
            return _Row(path, "", 0.22, lambda axis: draw_intervals(axis, edges, shown), stranded=False)
        case Values():
            return _Row(path, "mean value", 0.5, lambda axis: draw_values(axis, edges, shown), stranded=False)
        case Letters():
            return _Row(path, "", 0.22, lambda axis: draw_letters(axis, edges, shown), stranded=False)


def _gene_row(path: str, models: GeneModels, place: Place) -> _Row:
    span = place.start, place.end
    bases_per_point = (place.end - place.start) / (72 * _LANE)
    widths = name_widths(models)
    layout = lay_out(models, span, None if widths is None else widths * bases_per_point, 2 * bases_per_point)
    n = len(models)
    note = f"{n:,} gene{'s' if n != 1 else ''}"
    note += f", {layout.left_out}" if layout.left_out else ""
    return _Row(path, note, height_of(layout), lambda axis: draw_transcripts(axis, models, layout, span))


def _figure(store: Store, place: Place, rows: Sequence[_Row], empty: Sequence[str]) -> RegionFigure:
    named = [f"{path} (no base is soft-masked or unknown)" if path == SEQUENCE else path for path in empty]
    below = textwrap.wrap(f"Nothing lies here in: {', '.join(named)}." if named else "", 170)
    top, bottom = 0.72, 0.42 + 0.16 * len(below)
    heights = [max(row.height, 0.16 * (1 + len(_words(row)))) for row in rows]
    total = top + sum(heights) + _GAP * len(rows) + bottom
    figure = RegionFigure(figsize=(_WIDTH, total), facecolor="white")
    figure.title = f"{store.species}, {place.name}: {place.start:,}-{place.end:,}"
    used: set[Look] = set()
    at, axis = total - top, None
    for row, height in zip(rows, heights, strict=True):
        at -= height
        axis = figure.add_axes((_LEFT / _WIDTH, at / total, _LANE / _WIDTH, height / total))
        used |= row.draw(axis)
        _finish(axis, row, place)
        at -= _GAP
    if axis is None:
        axis = figure.add_axes((_LEFT / _WIDTH, at / total, _LANE / _WIDTH, 0.01 / total))
        axis.set_yticks([])
        axis.set_xlim(place.start, place.end)
    _position_axis(axis, place)
    left = _LEFT / _WIDTH
    text: dict[str, Any] = {"ha": "left", "parse_math": False, "color": INK}
    figure.text(left, 1 - 0.26 / total, figure.title, fontsize=11, weight="bold", **text)
    told = "0-based, half-open; plus strand above each line, minus strand below it"
    figure.text(1 - _RIGHT / _WIDTH, 1 - 0.26 / total, told, fontsize=8, **(text | {"ha": "right"}))
    if used:
        handles, words = legend_entries(used)
        figure.legend(
            handles,
            words,
            loc="upper left",
            bbox_to_anchor=(left, 1 - 0.32 / total),
            ncols=len(words),
            fontsize=8,
            frameon=False,
            borderaxespad=0,
            borderpad=0,
            handlelength=2.2,
            columnspacing=1.4,
        )
    if below:
        figure.text(left, 0.08 / total, "\n".join(below), fontsize=8, va="bottom", **text)
    return figure


def _words(row: _Row) -> list[str]:
    return [*(short_name(part, _NAME) for part in row.name.split("/")), *textwrap.wrap(row.note, _NAME)]


def _finish(axis: Any, row: _Row, place: Place) -> None:
    """What all lanes have: limits, line of the strands, name, signs of the strands."""
    axis.set_label(row.name)
    axis.set_xlim(place.start, place.end)
    for side in ("top", "right", "bottom"):
        axis.spines[side].set_visible(False)
    axis.spines["left"].set_color(GREY)
    axis.tick_params(axis="x", bottom=False, labelbottom=False)
    axis.tick_params(axis="y", labelsize=7, length=2, color=GREY)
    if row.stranded:
        axis.axhline(0, color=GREY, lw=0.6, zorder=2)
        low, high = axis.get_ylim()
        for sign, end in (("+", high), ("−", low)):
            if abs(end) > 0.1:
                axis.text(
                    1.004, end / 2, sign, transform=axis.get_yaxis_transform(), fontsize=9, va="center", color=INK
                )
    axis.text(
        -0.4 / _LANE,
        0.5,
        "\n".join(_words(row)),
        transform=axis.transAxes,
        fontsize=8,
        ha="right",
        va="center",
        linespacing=1.15,
        parse_math=False,
        color=INK,
    )


def _position_axis(axis: Any, place: Place) -> None:
    axis.spines["bottom"].set_visible(True)
    axis.spines["bottom"].set_color(GREY)
    axis.tick_params(axis="x", bottom=True, labelbottom=True, labelsize=8, color=GREY)
    axis.xaxis.set_major_formatter("{x:,.0f}")
    axis.xaxis.get_major_locator().set_params(nbins=9, integer=True)
