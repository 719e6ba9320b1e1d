"""Draw docs/images/label_rules.png: one gene with neighbours, its labels, phases and masks under both rule sets.

    python tools/draw_label_rules.py [FILE.png]

The genes are made up here. Each row of the picture gives the gene in the middle another fault.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Patch, Rectangle

from helixdask.genes.models import GeneModels
from helixdask.genes.reading.gff_read import read_gff
from helixdask.labels.paint import paint
from helixdask.labels.tables import label_tables
from helixdask.store.contigs import ContigTable

TARGET = Path(__file__).parents[1] / "docs/images/label_rules.png"
LENGTH = 2600
COLOURS = ("#eeeeee", "#8fc1e3", "#1f5c99", "#f2c14e")
CLASSES = ("intergenic", "UTR", "CDS", "intron")
MASK = "#c0392b"
Exons = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Transcript:
    """Half-open coordinates on plus; no CDS: it does not code."""

    exons: Exons
    cds: Exons = ()


@dataclass(frozen=True)
class Locus:
    """Genes by name, each with its transcripts, and words to write into the genome."""

    title: str
    middle: tuple[Transcript, ...]
    words: tuple[tuple[int, str], ...] = ()
    left: Transcript = field(default=Transcript(((250, 460),), ((280, 430),)))
    right: Transcript = field(default=Transcript(((2210, 2330),)))


WHOLE = Transcript(((1000, 1151), (1300, 1451), (1600, 1800)), ((1060, 1151), (1300, 1451), (1600, 1718)))
BARE = Transcript(WHOLE.cds, WHOLE.cds)
SPLIT = Transcript(((1000, 1062), (1150, 1299), (1450, 1800)), ((1061, 1062), (1150, 1299), (1450, 1600)))
SHORT = Transcript(WHOLE.exons, ((1060, 1151), (1300, 1451), (1600, 1658)))
SINGLE = Transcript(((1000, 1800),), ((1060, 1720),))

LOCI = (
    Locus("a sound gene between a coding\nand a non-coding one", (WHOLE,)),
    Locus("UTRs are missing, of the\nneighbour's too", (BARE,), left=Transcript(((280, 430),), ((280, 430),))),
    Locus("the start codon is\nsplit by an intron", (SPLIT,)),
    Locus("one exon, and its length\ndoes not fit the frame", (Transcript(SINGLE.exons, ((1060, 1721),)),)),
    Locus("a stop codon inside", (WHOLE,), ((1332, "TAA"),)),
    Locus("a stop codon inside, but\na shorter isoform is sound", (WHOLE, SHORT), ((1655, "TAA"),)),
    Locus("another sequence: neither\nstart nor stop codon", (WHOLE,), ((1060, "CCC"), (1715, "CCC"))),
)


def genome(locus: Locus) -> np.ndarray:
    """Codes of a genome of C, with the codons and splice sites of all genes."""
    letters = np.full(LENGTH, "C")

    def put(at: int, word: str) -> None:
        letters[at : at + len(word)] = list(word)

    for transcript in (locus.left, locus.right, locus.middle[0]):
        for (_, start), (end, _) in pairwise(transcript.exons):
            put(start, "GT")
            put(end - 2, "AG")
        coding = np.array([place for start, end in transcript.cds for place in range(start, end)], int)
        if len(coding):
            letters[coding[:3]], letters[coding[-3:]] = list("ATG"), list("TAA")
    for at, word in locus.words:
        put(at, word)
    return np.array(["CATG".index(letter) for letter in letters], np.uint8)


def gff3(locus: Locus) -> str:
    """The genes as GFF3."""
    lines = ["##gff-version 3"]

    def line(kind: str, start: int, end: int, attributes: str, phase: str = ".") -> None:
        lines.append(f"c\tx\t{kind}\t{start + 1}\t{end}\t.\t+\t{phase}\t{attributes}")

    for name, transcripts in (("a", (locus.left,)), ("b", locus.middle), ("c", (locus.right,))):
        line("gene", transcripts[0].exons[0][0], transcripts[0].exons[-1][1], f"ID={name}")
        for number, one in enumerate(transcripts):
            t = f"{name}{number}"
            line("mRNA" if one.cds else "lnc_RNA", one.exons[0][0], one.exons[-1][1], f"ID={t};Parent={name}")
            done = 0
            for start, end in one.exons:
                line("exon", start, end, f"Parent={t}")
            for start, end in one.cds:
                line("CDS", start, end, f"Parent={t}", str(-done % 3))
                done += end - start
    return "\n".join(lines) + "\n"


def models_of(locus: Locus, contigs: ContigTable) -> GeneModels:
    """The genes as they are read."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "genes.gff3"
        path.write_text(gff3(locus))
        return read_gff(path, contigs)[0]


def draw_transcript(axes: Axes, transcript: Transcript, y: float) -> None:
    """Exons as boxes, coding ones higher, on a line."""
    axes.plot([transcript.exons[0][0], transcript.exons[-1][1]], [y, y], color="#444444", lw=1, zorder=1)
    for spans, height, colour in ((transcript.exons, 0.22, "#999999"), (transcript.cds, 0.4, "#444444")):
        for start, end in spans:
            axes.add_patch(Rectangle((start, y - height / 2), end - start, height, color=colour, lw=0, zorder=2))


def runs(values: np.ndarray) -> list[tuple[int, int, int]]:
    """Stretches of one value: start, end, value."""
    borders = [0, *(np.flatnonzero(np.diff(values)) + 1).tolist(), len(values)]
    return [(a, z, int(values[a])) for a, z in pairwise(borders)]


def draw_panel(axes: Axes, locus: Locus, rules: str) -> None:
    """Gene models above, labels with the phase of each coding stretch below, masks over them."""
    contigs = ContigTable(np.array(["c"], object), np.array([LENGTH]))
    codes = genome(locus)
    read: Callable[[int, int], np.ndarray] = lambda start, stop: codes[start:stop]  # noqa: E731
    tracks = paint(label_tables(models_of(locus, contigs), contigs, read, rules).strands, 0, LENGTH)
    label, phase, valid = (tracks[name][0] for name in ("label", "phase", "valid"))
    for number, transcript in enumerate((*locus.middle, locus.left, locus.right)):
        draw_transcript(axes, transcript, 2.75 if number == 1 and len(locus.middle) > 1 else 2.2)
    for start, end, value in runs(label):
        axes.add_patch(Rectangle((start, 0.9), end - start, 0.7, color=COLOURS[value], lw=0))
        if value == 2 and end - start > 40:
            text = str(int(phase[start]) - 1)
            axes.text((start + end) / 2, 1.25, text, ha="center", va="center", fontsize=7, color="white")
    for start, end, value in runs(valid):
        if not value:
            axes.add_patch(Rectangle((start, 0.3), end - start, 0.42, color=MASK, lw=0))
            axes.add_patch(Rectangle((start, 0.9), end - start, 0.7, fill=False, hatch="////", edgecolor=MASK, lw=0))
    axes.set_xlim(0, LENGTH)
    axes.set_ylim(0.1, 3.1 if len(locus.middle) > 1 else 2.6)
    axes.set_yticks([2.2, 1.25, 0.5], ["genes", "labels", "masked"], fontsize=7)
    axes.tick_params(axis="both", length=0)
    for side in axes.spines.values():
        side.set_visible(False)


def main() -> None:
    """Draw all panels and save them."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    heights = [3.0 if len(locus.middle) > 1 else 2.5 for locus in LOCI]
    figure, grid = plt.subplots(
        len(LOCI),
        2,
        figsize=(13, 9.6),
        sharex=True,
        gridspec_kw={"height_ratios": heights, "hspace": 0.28, "wspace": 0.1},
    )
    for row, locus in zip(grid, LOCI, strict=True):
        for axes, rules in zip(row, ("helixer", "default"), strict=True):
            draw_panel(axes, locus, rules)
            if axes.get_subplotspec().is_first_row():
                axes.set_title(f"--rules {rules}", fontsize=11, family="monospace")
            if axes.get_subplotspec().is_last_row():
                axes.set_xticks(range(0, LENGTH + 1, 500))
                axes.tick_params(axis="x", labelsize=7)
                axes.set_xlabel("base; the numbers are the phase of the first base of a coding stretch", fontsize=8)
        row[1].set_yticks([])
        row[0].text(-0.085, 0.5, locus.title, transform=row[0].transAxes, ha="right", va="center", fontsize=9)
    handles = [Patch(color=colour, label=name) for colour, name in zip(COLOURS, CLASSES, strict=True)]
    handles.append(Patch(facecolor="white", edgecolor=MASK, hatch="////", label="masked: not learnt (also red below)"))
    figure.legend(handles=handles, loc="lower center", ncols=5, fontsize=9, frameon=False, bbox_to_anchor=(0.55, 0.0))
    figure.subplots_adjust(left=0.2, right=0.985, top=0.955, bottom=0.095)
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main()
