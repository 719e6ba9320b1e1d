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
from numba import njit
from numpy.typing import NDArray

from helixdask.coverage.alignments import Alignments, join, take
from helixdask.coverage.rules import (
    MATE_UNMAPPED,
    PAIRED,
    READ1,
    READ2,
    REASONS,
    STRANDEDNESS,
    Rules,
    sort_out,
    target_strand,
)
from helixdask.errors import BadInputError

__all__ = ["Pileup"]

IGNORE, ALONE, FIRST, SECOND, FIRST_SEEN = 0, 1, 2, 3, 4
COVERAGE_OPS = (1 << 0) | (1 << 7) | (1 << 8)  # M = X
SPLICED_OPS = 1 << 3  # N
DELETION_OPS = 1 << 2  # D
REFERENCE_OPS = COVERAGE_OPS | SPLICED_OPS | DELETION_OPS


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
            _mark_mates(batch.flag, batch.position, batch.mate_position, batch.cigar, batch.cigar_offset, state)
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
        end = _count_alignments(
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
        _count_second_mates(
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


@njit(cache=True)
def _mark_mates(
    flag: NDArray[np.uint16],
    position: NDArray[np.int64],
    mate_position: NDArray[np.int64],
    cigar: NDArray[np.uint32],
    offset: NDArray[np.int64],
    state: NDArray[np.uint8],
) -> None:
    """Mark the first and second mates among the alignments to count, but for those whose mate begins beyond them."""
    for i in range(len(flag)):
        if state[i] != ALONE or not flag[i] & PAIRED or flag[i] & MATE_UNMAPPED or mate_position[i] == -2:
            continue
        end = position[i]
        for k in range(offset[i], offset[i + 1]):
            if (REFERENCE_OPS >> (cigar[k] & 15)) & 1:
                end += cigar[k] >> 4
        if mate_position[i] < end:
            if flag[i] & (READ1 | READ2) == READ1:
                state[i] = FIRST
            elif flag[i] & (READ1 | READ2) == READ2:
                state[i] = SECOND


@njit(cache=True)
def _add(difference: NDArray[np.int32], a: int, b: int, start: int, stop: int) -> None:
    a = max(a, start)
    b = min(b, stop)
    if a < b:
        difference[a - start] += 1
        difference[b - start] -= 1


@njit(cache=True)
def _count_alignments(
    position: NDArray[np.int64],
    strand: NDArray[np.uint8],
    state: NDArray[np.uint8],
    cigar: NDArray[np.uint32],
    offset: NDArray[np.int64],
    spliced_ops: int,
    start: int,
    stop: int,
    difference: NDArray[np.int32],
) -> NDArray[np.int64]:
    """Add all but second mates and mates seen before to the differences; return where each alignment ends."""
    end = position.copy()
    for i in range(len(position)):
        at = position[i]
        now = state[i] == ALONE or state[i] == FIRST
        for k in range(offset[i], offset[i + 1]):
            op = 1 << (cigar[k] & 15)
            if op & REFERENCE_OPS:
                after = at + (cigar[k] >> 4)
                if now:
                    if op & COVERAGE_OPS:
                        _add(difference[0, strand[i]], at, after, start, stop)
                    elif op & spliced_ops:
                        _add(difference[1, strand[i]], at, after, start, stop)
                at = after
        end[i] = at
    return end


@njit(cache=True)
def _count_second_mates(
    position: NDArray[np.int64],
    end: NDArray[np.int64],
    strand: NDArray[np.uint8],
    state: NDArray[np.uint8],
    name_hash: NDArray[np.uint64],
    mate_position: NDArray[np.int64],
    cigar: NDArray[np.uint32],
    offset: NDArray[np.int64],
    spliced_ops: int,
    frontier: int,
    start: int,
    stop: int,
    difference: NDArray[np.int32],
) -> None:
    """Add the second mates that end at or before `frontier` where no first mate of their name counts."""
    n = len(position)
    size = 16
    while size < 2 * n:
        size *= 2
    mask = np.uint64(size - 1)
    head = np.full(size, -1, np.int32)  # chains of first mates by hash
    following = np.full(n, -1, np.int32)
    for i in range(n):
        if state[i] == FIRST or state[i] == FIRST_SEEN:
            slot = name_hash[i] & mask
            following[i] = head[slot]
            head[slot] = i
    mates = np.empty(n, np.int32)
    for i in range(n):
        if state[i] != SECOND or end[i] > frontier:
            continue
        n_mates = 0
        j = head[name_hash[i] & mask]
        while j >= 0:
            if (
                name_hash[j] == name_hash[i]
                and (mate_position[i] < 0 or mate_position[i] == position[j])
                and (mate_position[j] < 0 or mate_position[j] == position[i])
            ):
                mates[n_mates] = j
                n_mates += 1
            j = following[j]
        at = position[i]
        for k in range(offset[i], offset[i + 1]):
            op = 1 << (cigar[k] & 15)
            if not op & REFERENCE_OPS:
                continue
            after = at + (cigar[k] >> 4)
            for t, ops in ((0, COVERAGE_OPS), (1, spliced_ops)):
                if op & ops:
                    track = difference[t, strand[i]]
                    _add_uncovered(track, at, after, start, stop, mates[:n_mates], position, cigar, offset, ops)
            at = after


@njit(cache=True)
def _add_uncovered(
    difference: NDArray[np.int32],
    a: int,
    b: int,
    start: int,
    stop: int,
    mates: NDArray[np.int32],
    position: NDArray[np.int64],
    cigar: NDArray[np.uint32],
    offset: NDArray[np.int64],
    ops: int,
) -> None:
    """Add the bases of [a, b) that lie in no block of the mates with one of the operations `ops`."""
    while a < b:
        covered_to = a  # end of a block that holds base a
        free_to = b  # start of the next block after a
        for m in mates:
            at = position[m]
            for k in range(offset[m], offset[m + 1]):
                op = 1 << (cigar[k] & 15)
                if not op & REFERENCE_OPS:
                    continue
                after = at + (cigar[k] >> 4)
                if op & ops and after > a:
                    if at <= a:
                        covered_to = max(covered_to, after)
                    else:
                        free_to = min(free_to, at)
                at = after
        if covered_to > a:
            a = covered_to
        else:
            _add(difference, a, free_to, start, stop)
            a = free_to
