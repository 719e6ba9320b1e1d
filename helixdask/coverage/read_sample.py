"""What a sample of reads is, how large, and from which places of the file it is taken."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

UNWANTED: Final = 0x4 | 0x100 | 0x200 | 0x400 | 0x800
"""Flags of alignments that say nothing: unmapped, secondary, QC-failed, duplicate, supplementary."""
_INDEX_STEP: Final = 1 << 14  # an index leads to stretches of this length


@dataclass(frozen=True)
class SampleSize:
    """How many reads to look at, at most, and from how many places: single genes may be far from the average."""

    reads: int
    places: int


FIRST_LOOK: Final = SampleSize(16_000, 200)
SAMPLE_SIZES: Final = (SampleSize(30_000, 600), SampleSize(600_000, 1500))
"""Each is taken where those before decided nothing."""


@dataclass(frozen=True)
class ReadSample:
    """Alignments as columns.

    Parameters
    ----------
    flag
        SAM flags, uint16.
    contig
        Row in the contig table, int32.
    start, end
        On the contig, int64.
    tag_strand
        Strand of the transcript by the tag XS or ts: 1 plus, -1 minus, 0 unknown, int8.
    intron_read
        Row of the alignment of each intron, int64.
    intron_start, intron_end
        On the contig, int64.
    """

    flag: NDArray[np.uint16]
    contig: NDArray[np.int32]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    tag_strand: NDArray[np.int8]
    intron_read: NDArray[np.int64]
    intron_start: NDArray[np.int64]
    intron_end: NDArray[np.int64]


def sample_places(
    lengths: NDArray[np.int64], reads: NDArray[np.int64], rows: NDArray[np.int64], wanted: int
) -> list[tuple[int, int, int]]:
    """Stretches, each with about the same number of reads behind it, as far as is known.

    Parameters
    ----------
    lengths, reads
        Of the file's contigs: bases, and mapped reads by the index (all 0 where it does not tell), ``(contig,)``.
    rows
        Row of each in the genome's contig table, -1: not there.
    wanted
        How many places.

    Returns
    -------
    list
        Number of the contig in the file, start and end on it.
    """
    weight = (reads if reads[rows >= 0].any() else lengths).astype(np.float64)
    weight[rows < 0] = 0
    total = np.cumsum(weight)
    if not len(total) or not total[-1]:
        return []
    at = np.searchsorted(total, (np.arange(wanted) + 0.5) / wanted * total[-1], side="right")
    found = []
    for contig, n in zip(*np.unique(at, return_counts=True), strict=True):
        length = int(lengths[contig])
        edges = np.linspace(0, length, min(int(n), length // _INDEX_STEP + 1) + 1).astype(np.int64)
        # Where the index leads to: reads before a place are read, too, and in deep libraries they are many.
        edges[:-1] -= edges[:-1] % _INDEX_STEP
        found += [(int(contig), a, b) for a, b in pairwise(edges.tolist()) if a < b]
    return found
