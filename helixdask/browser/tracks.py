"""What a browser shows of a store: tracks, their files and colours, and the place that is looked at first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from helixdask.genes.models import GeneModels
from helixdask.store.contigs import ContigTable

SEQUENCE: Final = "genome.fa.gz"
STRANDS: Final = ("plus", "minus")
CLASS_COLOURS: Final = {"cds": "#1d4f7c", "intron": "#c9a227", "utr": "#e07b28"}
_COVERAGE_COLOURS: Final = {"": "#6b6b6b", ".spliced": "#b0235f"}
_AROUND: Final = 20_000


@dataclass(frozen=True)
class TrackFile:
    """A file of a track.

    Attributes
    ----------
    path
        Relative to the folder.
    words
        What it holds, beside the name of the track.
    colour
        ``#rrggbb``.
    """

    path: str
    words: str
    colour: str


@dataclass(frozen=True)
class BrowserTrack:
    """A track; ``group`` is its path in the store, and files of more than one are shown together.

    ``most`` is the end of its scale, or None where that follows the values.
    """

    group: str
    files: tuple[TrackFile, ...]
    most: float | None = None

    @property
    def kind(self) -> str:
        """``genes``, ``labels``, ``predictions``, ``coverage`` or ``tracks``."""
        return self.group.partition("/")[0]

    @property
    def words(self) -> str:
        """What it is called: ``base genes``, ``reference: masked``, ``rnaseq/leaf coverage``."""
        kind, _, name = self.group.partition("/")
        if kind == "labels":
            return f"{name}: masked"
        return name if kind == "tracks" else f"{name} {kind}"

    @property
    def has_index(self) -> bool:
        """Whether its file has an index beside it: genes and intervals."""
        return self.kind in ("genes", "labels")


class Place(NamedTuple):
    """A contig and a part of it, 0-based half-open."""

    contig: str
    contig_length: int
    start: int
    end: int


def gene_track(name: str) -> BrowserTrack:
    """Gene models."""
    return BrowserTrack(f"genes/{name}", (TrackFile(f"genes/{name}.gff3.gz", "", CLASS_COLOURS["cds"]),))


def mask_track(name: str) -> BrowserTrack:
    """What labels mask, with the reasons."""
    return BrowserTrack(f"labels/{name}", (TrackFile(f"labels/{name}.masked.bed.gz", "", "#8a8a8a"),))


def prediction_track(name: str) -> BrowserTrack:
    """Probabilities of the classes on both strands."""
    files = tuple(
        TrackFile(
            f"predictions/{name}.{label}.{strand}.bw", f"{label.upper() if label != 'intron' else label} {sign}", c
        )
        for strand, sign in zip(STRANDS, "+-", strict=True)
        for label, c in CLASS_COLOURS.items()
    )
    return BrowserTrack(f"predictions/{name}", files, 1.0)


def coverage_track(set_name: str, library: str, written: Sequence[str]) -> BrowserTrack:
    """Depth of a library; ``written`` are the names of the files of its set, because empty tracks make none."""
    files = tuple(
        TrackFile(f"coverage/{set_name}/{file}", f"{'spliced ' if infix else ''}{sign}", colour)
        for infix, colour in _COVERAGE_COLOURS.items()
        for strand, sign in zip(STRANDS, "+-", strict=True)
        if (file := f"{library}{infix}.{strand}.bw") in written
    )
    return BrowserTrack(f"coverage/{set_name}/{library}", files)


def other_track(name: str, kind: str) -> BrowserTrack:
    """Intervals (``mask``) or values (``value``) of a track."""
    file = TrackFile(f"tracks/{name}.{kind}.bw", "", "#4d7a3a")
    if kind == "mask":
        return BrowserTrack(f"tracks/{name}", (file,), 1.0)
    return BrowserTrack(f"tracks/{name}/{kind}", (file,))


def first_place(contigs: ContigTable, genes: Sequence[GeneModels]) -> Place:
    """What is looked at first: around a gene in the middle of the first set that has any."""
    models = next((models for models in genes if len(models)), None)
    if models is None:
        row, start, end = int(contigs.lengths.argmax()), 0, 2 * _AROUND
    else:
        row, start, end = (int(models.genes[name].iloc[len(models) // 2]) for name in ("contig", "start", "end"))
        start, end = start - _AROUND, end + _AROUND
    length = int(contigs.lengths[row])
    return Place(str(contigs.names[row]), length, max(start, 0), min(end, length))
