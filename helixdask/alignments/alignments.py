"""A batch of alignments as arrays: what readers produce and what the pileup consumes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from helixdask.kernels import njit


@dataclass(frozen=True)
class Alignments:
    """Alignments on one contig, in the order of the file (by start).

    Parameters
    ----------
    flag
        SAM flag, uint16.
    position
        Leftmost aligned base, 0-based on the contig, int64.
    mapq
        Mapping quality, uint8.
    name_hash
        64-bit hash of the read name, the same for both mates.
    mate_position
        Where the mate begins on the same contig; -1: not said, -2: on another contig; int64.
    cigar
        CIGAR operations of all alignments end to end as in BAM: length << 4 | operation, uint32.
    cigar_offset
        Where each alignment's operations begin in `cigar`; one entry more than alignments, int64.
    """

    flag: NDArray[np.uint16]
    position: NDArray[np.int64]
    mapq: NDArray[np.uint8]
    name_hash: NDArray[np.uint64]
    mate_position: NDArray[np.int64]
    cigar: NDArray[np.uint32]
    cigar_offset: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.flag)

    @classmethod
    def empty(cls) -> Alignments:
        """Return a batch without alignments."""
        return cls(
            np.zeros(0, np.uint16),
            np.zeros(0, np.int64),
            np.zeros(0, np.uint8),
            np.zeros(0, np.uint64),
            np.zeros(0, np.int64),
            np.zeros(0, np.uint32),
            np.zeros(1, np.int64),
        )


def take(batch: Alignments, rows: NDArray[np.int64]) -> Alignments:
    """Return the alignments with these row numbers."""
    cigar, offset = _take_cigars(batch.cigar, batch.cigar_offset, rows)
    return Alignments(
        batch.flag[rows],
        batch.position[rows],
        batch.mapq[rows],
        batch.name_hash[rows],
        batch.mate_position[rows],
        cigar,
        offset,
    )


def join(first: Alignments, second: Alignments) -> Alignments:
    """Return both batches one after the other."""
    if not len(first):
        return second
    return Alignments(
        np.concatenate([first.flag, second.flag]),
        np.concatenate([first.position, second.position]),
        np.concatenate([first.mapq, second.mapq]),
        np.concatenate([first.name_hash, second.name_hash]),
        np.concatenate([first.mate_position, second.mate_position]),
        np.concatenate([first.cigar, second.cigar]),
        np.concatenate([first.cigar_offset[:-1], second.cigar_offset + len(first.cigar)]),
    )


@njit(cache=True, nogil=True)
def _take_cigars(
    cigar: NDArray[np.uint32], offset: NDArray[np.int64], rows: NDArray[np.int64]
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    new_offset = np.zeros(len(rows) + 1, np.int64)
    for k in range(len(rows)):
        new_offset[k + 1] = new_offset[k] + offset[rows[k] + 1] - offset[rows[k]]
    new = np.empty(new_offset[-1], np.uint32)
    for k in range(len(rows)):
        new[new_offset[k] : new_offset[k + 1]] = cigar[offset[rows[k]] : offset[rows[k] + 1]]
    return new, new_offset
