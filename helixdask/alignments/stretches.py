"""Runs of consecutive contigs, read as one piece of a BAM file and placed end to end on a region's axis."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from helixdask.store.contigs import Pieces


@dataclass(frozen=True, eq=False)
class Stretch:
    """Parts of contigs whose numbers in the BAM follow each other.

    Only the first part may begin inside its contig and only the last may end inside its own, so alignments in the order
    of the file are in the order of the axis too.

    Parameters
    ----------
    contig
        Number of the first contig in the header of the BAM.
    start, stop
        The part of each contig, 0-based and half-open on it, int64.
    place
        Where each part begins on the axis of the region, int64.
    """

    contig: int
    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    place: NDArray[np.int64]

    @classmethod
    def of_part(cls, contig: int, start: int, stop: int) -> Stretch:
        """Return the stretch of one part of one contig, placed at 0."""
        return cls(contig, np.array([start]), np.array([stop]), np.zeros(1, np.int64))

    @property
    def last(self) -> int:
        """Number of the last contig in the header of the BAM."""
        return self.contig + len(self.start) - 1


def stretches_of(pieces: Pieces, numbers: NDArray[np.int32], region_start: int) -> list[Stretch]:
    """Group the pieces of a region into stretches.

    Parameters
    ----------
    pieces
        Parts of the genome's contigs.
    numbers
        For each contig of the genome its number in the BAM, -1 where the BAM does not have it.
    region_start
        Where the region begins on the genome-long axis.

    Returns
    -------
    list
        Stretches in the order of the genome. Where both orders agree it is one.
    """
    number = numbers[pieces.contig].astype(np.int64)
    keep = number >= 0
    number, start, stop = number[keep], pieces.contig_start[keep], pieces.contig_stop[keep]
    place = pieces.position[keep] - region_start
    cuts = np.flatnonzero(np.diff(number) != 1) + 1
    edges = [0, *cuts.tolist(), len(number)]
    return [Stretch(int(number[a]), start[a:b], stop[a:b], place[a:b]) for a, b in itertools.pairwise(edges) if b > a]
