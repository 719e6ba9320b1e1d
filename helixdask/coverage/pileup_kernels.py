"""Compiled loops of the pileup: what `pileup.py` explains, on arrays."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from helixdask.coverage.rules import MATE_UNMAPPED, PAIRED, READ1, READ2

__all__ = [
    "ALONE",
    "DELETION_OPS",
    "FIRST",
    "FIRST_SEEN",
    "IGNORE",
    "SECOND",
    "SPLICED_OPS",
    "count_alignments",
    "count_second_mates",
    "mark_mates",
]

IGNORE, ALONE, FIRST, SECOND, FIRST_SEEN = 0, 1, 2, 3, 4
COVERAGE_OPS = (1 << 0) | (1 << 7) | (1 << 8)  # M = X
SPLICED_OPS = 1 << 3  # N
DELETION_OPS = 1 << 2  # D
REFERENCE_OPS = COVERAGE_OPS | SPLICED_OPS | DELETION_OPS


@njit(cache=True)
def mark_mates(
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
def count_alignments(
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
def count_second_mates(
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
