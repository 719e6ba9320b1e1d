"""Gene models as a picture: introns as lines, exons as low boxes, coding segments as high ones, 5' to 3' by arrows."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from helixdask.genes.models import GeneModels

_COLOURS: Final = ("#c44e52", "#4c72b0")
_MOST_LAYERS: Final = 12
_MOST_NAMES: Final = 40


def layers_of(models: GeneModels) -> NDArray[np.int64]:
    """Layer of each transcript, ``(transcript,)``: those of one do not overlap, but for the last."""
    start, end = models.transcripts["start"].to_numpy(), models.transcripts["end"].to_numpy()
    layer = np.zeros(len(start), np.int64)
    room = [-1] * _MOST_LAYERS
    for row in np.lexsort((end, start)).tolist():
        free = next((number for number, last in enumerate(room) if last < start[row]), _MOST_LAYERS - 1)
        layer[row] = free
        room[free] = max(room[free], int(end[row]))
    return layer


def draw_genes(axis: Any, models: GeneModels, layer: NDArray[np.int64], span: tuple[int, int]) -> None:
    """Draw transcripts.

    Parameters
    ----------
    axis
        Axes of matplotlib.
    models
        Genes of one contig.
    layer
        From :func:`layers_of`; the first is on top.
    span
        First base and one past the last of what is shown.
    """
    strand = models.transcript_strand()
    for table, height in (("exons", 0.3), ("cds", 0.6)):
        frame = getattr(models, table)
        parent = frame["transcript"].to_numpy()
        for minus, colour in enumerate(_COLOURS):
            for level in np.unique(layer).tolist():
                own = frame[(strand[parent] == minus) & (layer[parent] == level)]
                bars = list(zip(own["start"].tolist(), (own["end"] - own["start"]).tolist(), strict=True))
                axis.broken_barh(bars, (-level - height / 2, height), color=colour, lw=0)
    columns = (models.transcripts[name].tolist() for name in ("start", "end", "id"))
    named = len(models.transcripts) <= _MOST_NAMES
    for level, minus, start, end, name in zip(layer.tolist(), strand.tolist(), *columns, strict=True):
        low, high = max(start, span[0]), min(end, span[1])
        ends = (high, low) if minus else (low, high)
        axis.annotate(
            "",
            xy=(ends[1], -level),
            xytext=(ends[0], -level),
            arrowprops={"arrowstyle": "->", "lw": 0.7, "color": _COLOURS[minus], "shrinkA": 0, "shrinkB": 0},
        )
        if named:
            axis.text((low + high) / 2, -level + 0.32, str(name), fontsize=6, ha="center", va="bottom", clip_on=True)
    axis.set_ylim(-float(layer.max(initial=0)) - 0.6, 0.8)
    axis.set_yticks([])
