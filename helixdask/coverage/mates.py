"""Compiled loops over the table of mates: second mates counted where their first mates are not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from helixdask.alignments.bam_fields import COVERAGE_OPS, REFERENCE_OPS
from helixdask.coverage.count_records import (
    CONTIG_END,
    CONTIG_START,
    END,
    FIRST,
    MATE,
    POSITION,
    SECOND,
    STATE,
    STRAND,
    UNKNOWN,
    add_block,
)
from helixdask.kernels import njit

_DONE = 0


@njit(cache=True, nogil=True)
def _waits(row: NDArray[np.int64], frontier: int) -> bool:
    """Whether a first mate of this second one may still come: one begins at `frontier` or behind it."""
    if row[MATE] == UNKNOWN:
        return bool(row[END] > frontier)
    return bool(row[MATE] >= frontier)


@njit(cache=True, nogil=True)
def count_second_mates(
    mates: NDArray[np.int64],
    mate_hash: NDArray[np.uint64],
    cigar: NDArray[np.uint32],
    cigar_end: NDArray[np.int64],
    n: int,
    spliced_ops: int,
    frontier: int,
    difference: NDArray[np.int32],
) -> None:
    """Add the second mates that need wait no longer where no first mate of their name counts; mark them as done.

    Parameters
    ----------
    mates, mate_hash, cigar, cigar_end, n
        The table of mates and how many rows are filled, see `count_records`.
    spliced_ops
        Operations that count as spliced, each a bit.
    frontier
        Place where the last alignment read begins.
    difference
        (4, length + 1) int32. Changed.
    """
    size = 16
    while size < 2 * n:
        size *= 2
    mask = np.uint64(size - 1)
    head = np.full(size, -1, np.int32)  # chains of first mates by hash
    following = np.empty(n, np.int32)
    for i in range(n):
        if mates[i, STATE] == FIRST:
            slot = mate_hash[i] & mask
            following[i] = head[slot]
            head[slot] = i
    found = np.empty(n, np.int32)
    for i in range(n):
        row = mates[i]
        if row[STATE] != SECOND or _waits(row, frontier):
            continue
        row[STATE] = _DONE
        n_found = 0
        j = head[mate_hash[i] & mask]
        while j >= 0:
            first = mates[j]
            if (
                mate_hash[j] == mate_hash[i]
                and first[CONTIG_START] == row[CONTIG_START]
                and (row[MATE] == UNKNOWN or row[MATE] == first[POSITION])
                and (first[MATE] == UNKNOWN or first[MATE] == row[POSITION])
            ):
                found[n_found] = j
                n_found += 1
            j = following[j]
        seen = found[:n_found]
        at = row[POSITION]
        for c in range(cigar_end[i - 1] if i else 0, cigar_end[i]):
            op = 1 << (cigar[c] & 15)
            if op & REFERENCE_OPS:
                after = at + (cigar[c] >> 4)
                if op & COVERAGE_OPS:
                    _add_uncovered(difference, 0, row, at, after, seen, mates, cigar, cigar_end, COVERAGE_OPS)
                elif op & spliced_ops:
                    _add_uncovered(difference, 2, row, at, after, seen, mates, cigar, cigar_end, spliced_ops)
                at = after


@njit(cache=True, nogil=True)
def _add_uncovered(
    difference: NDArray[np.int32],
    track: int,
    row: NDArray[np.int64],
    a: int,
    b: int,
    found: NDArray[np.int32],
    mates: NDArray[np.int64],
    cigar: NDArray[np.uint32],
    cigar_end: NDArray[np.int64],
    ops: int,
) -> None:
    """Add the bases of [a, b) that lie in no block of the mates found with one of the operations `ops`."""
    while a < b:
        covered_to = a  # end of a block that holds base a
        free_to = b  # start of the next block after a
        for m in found:
            at = mates[m, POSITION]
            for c in range(cigar_end[m - 1] if m else 0, cigar_end[m]):
                op = 1 << (cigar[c] & 15)
                if not op & REFERENCE_OPS:
                    continue
                after = at + (cigar[c] >> 4)
                if op & ops and after > a:
                    if at <= a:
                        covered_to = max(covered_to, after)
                    else:
                        free_to = min(free_to, at)
                at = after
        if covered_to > a:
            a = covered_to
        else:
            add_block(difference, track + row[STRAND], a, free_to, row[CONTIG_START], row[CONTIG_END])
            a = free_to


@njit(cache=True, nogil=True)
def keep_open_mates(
    mates: NDArray[np.int64],
    mate_hash: NDArray[np.uint64],
    cigar: NDArray[np.uint32],
    cigar_end: NDArray[np.int64],
    n: int,
    frontier: int,
) -> int:
    """Move the rows that later alignments may still need to the top of the table; return how many those are."""
    reach, reach_by_name = frontier, frontier
    for i in range(n):
        if mates[i, STATE] == SECOND:
            reach = min(reach, mates[i, POSITION])
            if mates[i, MATE] == UNKNOWN:
                reach_by_name = min(reach_by_name, mates[i, POSITION])
    kept, cigar_kept, begin = 0, 0, 0
    for i in range(n):
        row = mates[i]
        stop = cigar_end[i]
        if row[STATE] == FIRST and row[MATE] == UNKNOWN:
            keep = row[END] > reach
        elif row[STATE] == FIRST:
            keep = max(row[MATE], row[POSITION]) >= frontier or row[MATE] >= reach_by_name
        else:
            keep = row[STATE] == SECOND
        if keep:
            mates[kept] = row
            mate_hash[kept] = mate_hash[i]
            for c in range(begin, stop):
                cigar[cigar_kept] = cigar[c]
                cigar_kept += 1
            cigar_end[kept] = cigar_kept
            kept += 1
        begin = stop
    return kept
