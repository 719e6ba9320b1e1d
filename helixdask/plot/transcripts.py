"""Gene models as a picture: introns as lines, exons as low boxes, coding segments as high ones, an arrow at the 3' end.

Transcripts of the plus strand lie above the line of the lane, those of the minus strand below it.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from helixdask.genes.coding import cds_lengths
from helixdask.genes.models import GeneModels
from helixdask.plot.looks import CDS, INK, NONCODING, UTR, Look
from helixdask.plot.packing import Layout, short_name

NAME_SIZE: Final = 6.5
"""Points."""
NAMED, UNNAMED = 0.27, 0.16
"""Inches of a layer with names, and without."""
_BOX, _HALF = 0.33, 0.22
_MOST_ARROWS: Final = 300
_MOST_NAMES: Final = 300


def name_widths(models: GeneModels) -> NDArray[np.float64] | None:
    """Width of the name of each transcript as it is written, in points, ``(transcript,)``; None: there are too many."""
    if len(models.transcripts) > _MOST_NAMES:
        return None
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(size=NAME_SIZE)
    names = [short_name(str(name)) for name in models.transcripts["id"]]
    # A space at both sides, so that neighbours stay apart.
    return np.array([text_to_path.get_text_width_height_descent(f" {n} ", font, ismath=False)[0] for n in names])


def height_of(layout: Layout) -> float:
    """Inches that a lane of these transcripts takes."""
    return 0.08 + sum(layout.n_layers) * (NAMED if layout.names else UNNAMED)


def draw_transcripts(axis: Any, models: GeneModels, layout: Layout, span: tuple[int, int]) -> set[Look]:
    """Draw transcripts; what they look like is returned for the legend.

    Parameters
    ----------
    axis
        Axes of matplotlib.
    models
        Genes of one contig.
    layout
        From :func:`helixdask.plot.packing.lay_out`.
    span
        First base and one past the last of what is shown.
    """
    minus = models.transcript_strand() == 1
    # Lower end of the layer of each transcript; NaN where it is not drawn.
    base = np.full(len(minus), np.nan)
    base[layout.rows] = np.where(minus[layout.rows], -1 - layout.layer, layout.layer)
    middle = _BOX if layout.names else 0.5
    codes = cds_lengths(models) > 0
    low, high = (models.transcripts[name].to_numpy(np.float64)[layout.rows] for name in ("start", "end"))
    axis.hlines(base[layout.rows] + middle, np.maximum(low, span[0]), np.minimum(high, span[1]), color=INK, lw=0.7)
    used: set[Look] = set()
    half = _HALF if layout.names else 0.36
    for table, look, height, coding in (
        ("exons", UTR, 0.6 * half, True),
        ("exons", NONCODING, 0.6 * half, False),
        ("cds", CDS, half, True),
    ):
        frame = getattr(models, table)
        parent = frame["transcript"].to_numpy()
        own = ~np.isnan(base[parent]) & (codes[parent] == coding)
        if own.any():
            boxes = _boxes(frame[own], base[parent[own]] + middle, height, span)
            axis.add_artist(_collection(boxes, look))
            used.add(look)
    _draw_ends(axis, models, layout, base + middle, span)
    for name, x, row in zip(layout.names, layout.middle.tolist(), layout.rows.tolist(), strict=False):
        axis.text(x, base[row] + 0.58, name, fontsize=NAME_SIZE, ha="center", va="bottom", parse_math=False)
    plus, below = layout.n_layers
    axis.set_ylim(-below - 0.04, plus + 0.04)
    axis.set_yticks([])
    return used


def _boxes(frame: Any, y: NDArray[np.float64], half: float, span: tuple[int, int]) -> NDArray[np.float64]:
    """Corners of boxes, ``(box, 4, 2)``, cut at the ends of the region."""
    low, high = (np.clip(frame[name].to_numpy(np.float64), *span) for name in ("start", "end"))
    x = np.stack([low, high, high, low], axis=1)
    return np.stack([x, y[:, None] + half * np.array([-1, -1, 1, 1])], axis=2)


def _collection(boxes: NDArray[np.float64], look: Look) -> Any:
    from matplotlib.collections import PolyCollection

    outline = {"edgecolor": INK, "linewidth": 0.6} if look == NONCODING else {}
    return PolyCollection([*boxes], zorder=3, **(look.fill() | outline))


def _draw_ends(axis: Any, models: GeneModels, layout: Layout, y: NDArray[np.float64], span: tuple[int, int]) -> None:
    """Arrows at 3' ends that lie in the region."""
    if len(layout.rows) > _MOST_ARROWS:
        return
    minus = models.transcript_strand() == 1
    end = np.where(minus, models.transcripts["start"], models.transcripts["end"])
    seen = layout.rows[((end >= span[0]) & (end <= span[1]))[layout.rows]]
    for side, marker in ((False, ">"), (True, "<")):
        own = seen[minus[seen] == side]
        axis.plot(end[own], y[own], marker, color=INK, ms=3.5, mew=0, zorder=4, clip_on=False)
