"""Alignments to coverage and spliced coverage of one part of a contig, on both strands.

Counting is exact for any size of the part, and streams. An alignment adds +1 at the start and -1 at the end of each
of its blocks to a difference array, clipped to the part; the running sum at the end is the track.

Mates that overlap are the one thing that two alignments decide together. A base that both cover lies inside both
alignments, so whoever reads all alignments that overlap the part has both mates of every such base: nothing outside
the part is needed, whatever its size. The first mate (read 1) counts as it is; the second counts only where no first
mate of its name does, on each track by itself, so the base goes to the strand of the first mate. Alignments come
sorted by start, in batches; a second mate waits until a start at or beyond its end has been seen, because from there
on no first mate can reach it. Only mates that are still open are kept from batch to batch, which bounds memory by the
depth and the span of the alignments, not by the size of the part.

Mates are alignments of one name (a 64-bit hash of it) that point to each other's start; where a record does not say
where its mate is, the name decides. Names that come more than once, as in merged or badly cut files, do no harm.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from helixdask.coverage.alignments import Alignments, join, take
from helixdask.coverage.pileup_kernels import (
    ALONE,
    DELETION_OPS,
    FIRST,
    FIRST_SEEN,
    IGNORE,
    SECOND,
    SPLICED_OPS,
    count_alignments,
    count_second_mates,
    mark_mates,
)
from helixdask.coverage.rules import REASONS, STRANDEDNESS, Rules, sort_out, target_strand
from helixdask.errors import BadInputError

__all__ = ["Pileup"]


class Pileup:
    """The tracks of one part of a contig in the making.

    Parameters
    ----------
    start, stop
        The part, 0-based and half-open on the contig.
    strandedness
        One of `STRANDEDNESS`.
    rules
        What is counted.
    where
        File and contig, for messages.
    """

    def __init__(self, start: int, stop: int, strandedness: str, rules: Rules, where: str = "") -> None:
        self.start, self.stop, self.rules, self.where = start, stop, rules, where
        self.protocol = STRANDEDNESS.index(strandedness)
        self.counts = np.zeros(len(REASONS), np.int64)
        self._difference = np.zeros((2, 2, stop - start + 1), np.int32)
        self._open = Alignments.empty()
        self._open_state = np.zeros(0, np.uint8)
        self._last = -1

    def add(self, batch: Alignments) -> None:
        """Count a batch of alignments that overlap the part, sorted by start, after those of earlier batches.

        Raises
        ------
        BadInputError
            If the alignments are not sorted, or (rules `helixer`, stranded) a paired one is neither first nor second.
        """
        if not len(batch):
            return
        if batch.position[0] < self._last or np.any(batch.position[1:] < batch.position[:-1]):
            raise BadInputError("alignments are not sorted by coordinate", where=self.where, remedy="samtools sort")
        self._last = int(batch.position[-1])
        rules = self.rules
        helixer = rules.name == "helixer"
        reason = sort_out(
            batch.flag, batch.mapq, batch.cigar_offset, rules.skip_flags, rules.min_mapq, self.protocol > 0, helixer
        )
        here = (batch.position >= self.start) & (batch.position < self.stop)
        self.counts += np.bincount(reason[here], minlength=len(REASONS))
        if helixer and np.any(reason == REASONS.index("unclear_mate")):
            row = int(np.argmax(reason == REASONS.index("unclear_mate")))
            raise BadInputError(
                f"the paired alignment at base {batch.position[row]} is neither the first nor the second read",
                where=self.where,
                remedy="Repair the flags, use the default rules, or count the library as unstranded.",
            )
        state = np.where(reason == 0, ALONE, IGNORE).astype(np.uint8)
        if rules.mates_once:
            mark_mates(batch.flag, batch.position, batch.mate_position, batch.cigar, batch.cigar_offset, state)
        self._count(batch, state, self._last)

    def finish(self) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        """Return coverage and spliced coverage, each (2, stop - start) uint32, plus orientation; call once."""
        self._count(Alignments.empty(), np.zeros(0, np.uint8), np.iinfo(np.int64).max)
        np.cumsum(self._difference, axis=-1, out=self._difference)
        coverage, spliced = self._difference.view(np.uint32)[:, :, :-1]
        return coverage, spliced

    def _count(self, batch: Alignments, state: NDArray[np.uint8], frontier: int) -> None:
        batch = join(self._open, batch)
        state = np.concatenate([self._open_state, state])
        strand = target_strand(batch.flag, self.protocol)
        spliced_ops = SPLICED_OPS | (DELETION_OPS if self.rules.deletions_are_spliced else 0)
        end = count_alignments(
            batch.position,
            strand,
            state,
            batch.cigar,
            batch.cigar_offset,
            spliced_ops,
            self.start,
            self.stop,
            self._difference,
        )
        count_second_mates(
            batch.position,
            end,
            strand,
            state,
            batch.name_hash,
            batch.mate_position,
            batch.cigar,
            batch.cigar_offset,
            spliced_ops,
            frontier,
            self.start,
            self.stop,
            self._difference,
        )
        waiting = (state == SECOND) & (end > frontier)
        reach = min(frontier, int(batch.position[waiting].min())) if waiting.any() else frontier
        rows = np.flatnonzero(waiting | (((state == FIRST) | (state == FIRST_SEEN)) & (end > reach)))
        self._open = take(batch, rows)
        self._open_state = np.where(state[rows] == SECOND, SECOND, FIRST_SEEN).astype(np.uint8)
