"""Colours, hatches and the legend: what classes, masks and reads look like in every lane."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

INK: Final = "#222222"
GREY: Final = "#8f8f8f"
PALE: Final = "#d9d9d9"


class Look(NamedTuple):
    """How an area is filled: colour, hatching, colour of the hatching, and its words in the legend."""

    colour: str
    hatch: str
    edge: str
    words: str

    def fill(self) -> dict[str, Any]:
        """Keywords of patches of matplotlib."""
        return {"facecolor": self.colour, "hatch": self.hatch or None, "edgecolor": self.edge, "linewidth": 0}


CDS: Final = Look("#1d4f7c", "", "#1d4f7c", "coding")
INTRON: Final = Look("#f2e3b6", "...", "#b79a4a", "intron")
UTR: Final = Look("#e39a45", "////", "#ffffff", "UTR")
NONCODING: Final = Look("#ffffff", "", INK, "exon of a transcript that codes for nothing")
MASKED: Final = Look("none", "xxxx", INK, "masked: not learnt from")
READS: Final = Look("#a9a9a9", "", "#a9a9a9", "depth of reads")
SPLICED: Final = Look("none", "", "#b0235f", "spliced across")
SOFT: Final = Look(PALE, "\\\\\\\\", GREY, "soft-masked")
AMBIGUOUS: Final = Look(INK, "", INK, "not A, C, G or T")
INSIDE: Final = Look("#6c8a5b", "", "#6c8a5b", "inside an interval")

CLASSES: Final = (CDS, INTRON, UTR)
"""From the line of a lane outwards."""
NUMBERS: Final = (2, 3, 1)
"""Of the same classes, in labels and predictions."""
ORDER: Final = (*CLASSES, NONCODING, MASKED, READS, SPLICED, INSIDE, SOFT, AMBIGUOUS)


def legend_entries(used: Iterable[Look]) -> tuple[list[Any], list[str]]:
    """Handles and words for what was drawn, each once, in one order."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    there = set(used)
    handles: list[Any] = []
    for look in ORDER:
        if look not in there:
            continue
        if look == SPLICED:
            handles.append(Line2D([], [], color=look.edge, linestyle="--", linewidth=1.2))
        else:
            outline = {"linewidth": 0.6} if look in (NONCODING, MASKED) else {}
            handles.append(Patch(**(look.fill() | outline)))
    return handles, [look.words for look in ORDER if look in there]
