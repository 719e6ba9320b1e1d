"""Gene models as flat arrays of segments: what the comparison works on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from helixdask.genes.models import GeneModels
from helixdask.intervals import joined

CODING: Final = "coding"
EXONS: Final = "exons"
PARTS: Final = (CODING, EXONS)
"""What of a transcript is compared: its coding segments, or all its exons."""


@dataclass(frozen=True)
class Structure:
    """Segments (coding segments or exons) of transcripts, transcript by transcript, sorted by start, disjoint.

    Attributes
    ----------
    start, end
        (segment,) int64, from the contig's first base.
    score
        (segment,) float32 confidence; that of the gene where the segment has none, NaN where neither has.
    transcript
        (segment,) int64 row of the transcript here; transcripts without segments have no row.
    first, count
        (transcript,) int64: first segment, number of segments.
    track
        (transcript,) int64: twice the contig's row, plus the strand.
    gene
        (transcript,) int64: row in the gene table.
    gene_score
        (transcript,) float32 confidence of its gene, NaN for none.
    """

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    score: NDArray[np.float32]
    transcript: NDArray[np.int64]
    first: NDArray[np.int64]
    count: NDArray[np.int64]
    track: NDArray[np.int64]
    gene: NDArray[np.int64]
    gene_score: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.first)

    @property
    def segment_track(self) -> NDArray[np.int64]:
        """Track of each segment, (segment,) int64."""
        return self.track[self.transcript]

    def introns(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
        """Gaps between neighbouring segments of each transcript: transcript, start, end, and the lower score beside."""
        inner = self.transcript[1:] == self.transcript[:-1]
        score = np.minimum(self.score[1:], self.score[:-1])
        return self.transcript[1:][inner], self.end[:-1][inner], self.start[1:][inner], score[inner]


def structure_of(
    models: GeneModels, part: str = CODING, *, contigs: NDArray[np.int64] | None = None, noncoding: bool = False
) -> Structure:
    """Take the segments out of gene models.

    Segments of one transcript that touch or overlap become one.

    Parameters
    ----------
    models
        Gene models.
    part
        ``coding`` or ``exons``.
    contigs
        Only genes on these rows of the contig table.
    noncoding
        Whether exons of transcripts without coding segments are taken, too.
    """
    frame = models.cds if part == CODING else models.exons
    parent = frame["transcript"].to_numpy().astype(np.int64)
    gene = models.transcripts["gene"].to_numpy().astype(np.int64)
    contig = models.genes["contig"].to_numpy().astype(np.int64)
    keep = np.ones(len(parent), np.bool_)
    if part != CODING and not noncoding:
        coding = np.zeros(len(gene), np.bool_)
        coding[models.cds["transcript"].to_numpy()] = True
        keep &= coding[parent]
    if contigs is not None:
        keep &= np.isin(contig, contigs)[gene[parent]]
    gene_score = models.genes["score"].to_numpy().astype(np.float32)
    own = frame["score"].to_numpy().astype(np.float32)
    score = np.where(np.isnan(own), gene_score[gene[parent]], own)[keep]
    parent = parent[keep]
    start = frame["start"].to_numpy().astype(np.int64)[keep]
    end = frame["end"].to_numpy().astype(np.int64)[keep]
    unions = joined(parent, start, end)
    parent, start, end = parent[unions.rows], start[unions.rows], unions.end
    score = np.fmax.reduceat(score[unions.order], unions.first) if len(score) else score
    begins = np.diff(parent, prepend=-1) != 0
    first = np.flatnonzero(begins)
    rows = parent[first]
    return Structure(
        start=start,
        end=end,
        score=score,
        transcript=np.cumsum(begins) - 1,
        first=first,
        count=np.diff(np.append(first, len(parent))),
        track=2 * contig[gene[rows]] + models.genes["strand"].to_numpy().astype(np.int64)[gene[rows]],
        gene=gene[rows],
        gene_score=gene_score[gene[rows]],
    )
