"""The compiled loop from the bytes of BAM records to difference arrays: the hot path of coverage."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from helixdask.alignments.bam_fields import COVERAGE_OPS, REFERENCE_OPS, SPLICED_OPS, cigar_place, name_hash
from helixdask.alignments.raw_loads import load_i32, load_u8, load_u16
from helixdask.coverage.rules import MATE_UNMAPPED, PAIRED, READ1, READ2, UNCLEAR_MATE, USED, reason_of, strand_of
from helixdask.kernels import njit

DELETION, SKIP = 2, 3
"""Operations `D` and `N` of a CIGAR."""

UNKNOWN = -(1 << 60)
"""Place of a mate that a record does not tell."""
ELSEWHERE = UNKNOWN + 1
"""Place of a mate on another contig."""

POSITION, END, MATE, CONTIG_START, CONTIG_END, STRAND, STATE = range(7)
"""Columns of the table of mates: places on the region's axis, strand, and which mate it is."""
FIRST, SECOND = 1, 2


@njit(cache=True, nogil=True, inline="always")
def add_block(difference: NDArray[np.int32], track: int, a: int, b: int, low: int, high: int) -> None:
    """Add the bases [a, b) that lie in [low, high) to row `track` of the differences."""
    a = max(a, low)
    b = min(b, high)
    if a < b:
        difference[track, a] += 1
        difference[track, b] -= 1


@njit(cache=True, nogil=True)
def count_records(
    data: NDArray[np.uint8],
    at: int,
    end: int,
    contig: int,
    start: NDArray[np.int64],
    stop: NDArray[np.int64],
    place: NDArray[np.int64],
    protocol: int,
    skip_flags: int,
    min_mapq: int,
    helixer: bool,
    spliced_ops: int,
    mates_once: bool,
    max_intron: int,
    difference: NDArray[np.int32],
    counts: NDArray[np.int64],
    frontier: int,
    mates: NDArray[np.int64],
    mate_hash: NDArray[np.uint64],
    mate_cigar: NDArray[np.uint32],
    mate_cigar_end: NDArray[np.int64],
    n_mates: int,
) -> tuple[int, int, int]:
    """Count the alignments of a buffer that `check_records` has found sound.

    Everything is added to the differences at once, but for second mates that may overlap their first mates: those, and
    the first mates that they may overlap, are put into the table of mates.

    Parameters
    ----------
    data, at, end
        Records, inflated.
    contig, start, stop, place
        The `Stretch`.
    protocol, skip_flags, min_mapq, helixer, spliced_ops, mates_once, max_intron
        What is counted and how, see `Rules`.
    difference
        (4, length + 1) int32: coverage plus, minus, spliced plus, minus. Changed.
    counts
        Alignments that begin here by reason, and at the end those that are used and spliced, and their introns that are
        too long; int64. Changed.
    frontier
        Place on the axis where the alignment before these begins.
    mates, mate_hash, mate_cigar, mate_cigar_end
        The table of mates, (rows, 7) int64, and its hashes and CIGARs. Changed from row `n_mates` on.
    n_mates
        Rows that are filled.

    Returns
    -------
    frontier
        Place on the axis where the last alignment begins.
    n_mates
        Rows that are filled now.
    trouble
        -1, or where in `data` the record begins that is not sorted (counted from `end`) or a paired one that is
        neither first nor second.
    """
    cigar_at = mate_cigar_end[n_mates - 1] if n_mates else 0
    while at < end:
        # Where the record lies: `k` is its contig in the stretch, [low, high) what is counted of the contig on the axis
        # of the region, `position` its first base on that axis.
        record = at
        at += 4 + load_i32(data, at)
        k = load_i32(data, record + 4) - contig
        if k < 0:
            continue
        low = place[k]
        high = low + stop[k] - start[k]
        shift = low - start[k]
        position = load_i32(data, record + 8) + shift
        if position >= high:
            continue  # beyond its contig's end
        if position < frontier:
            return frontier, n_mates, end + record
        frontier = position

        # Whether it counts. A record that begins in front of the region is counted by the region before.
        flag = load_u16(data, record + 18)
        cigar, operations = cigar_place(data, record, at)
        reason = reason_of(flag, load_u8(data, record + 13), operations, skip_flags, min_mapq, protocol > 0, helixer)
        if position >= low:
            counts[reason] += 1
        if reason != USED:
            if helixer and reason == UNCLEAR_MATE and position + _span(data, cigar, operations) > low:
                return frontier, n_mates, record
            continue

        # Where its mate begins. A second mate that begins before its first mate has ended may share bases with it: it
        # waits, and nothing of it is added here.
        strand = strand_of(flag, protocol)
        mate = ELSEWHERE
        if mates_once and flag & PAIRED and not flag & MATE_UNMAPPED:
            mate_contig = load_i32(data, record + 24)
            if mate_contig == contig + k:
                mate = load_i32(data, record + 28) + shift
            elif mate_contig < 0:
                mate = UNKNOWN
        number = flag & (READ1 | READ2)
        after = position
        waits = False
        if mate != ELSEWHERE and number == READ2:
            after = position + _span(data, cigar, operations)
            waits = mate < after

        # Otherwise its blocks and introns are added to the differences at once.
        if not waits:
            after = position
            begin = position  # of a block of M, = and X
            spliced = 0
            for c in range(operations):
                value = load_i32(data, cigar + 4 * c) & 0xFFFFFFFF
                if value & 15 == SKIP and value >> 4 > max_intron:
                    value = (value & ~15) | DELETION
                    counts[-1] += position >= low
                op = 1 << (value & 15)
                if op & REFERENCE_OPS:
                    if not op & COVERAGE_OPS:
                        add_block(difference, strand, begin, after, low, high)
                        begin = after + (value >> 4)
                        if op & spliced_ops:
                            add_block(difference, 2 + strand, after, begin, low, high)
                        spliced |= op & SPLICED_OPS
                    after += value >> 4
            add_block(difference, strand, begin, after, low, high)
            if spliced and position >= low:
                counts[-2] += 1

        # Second mates that wait, and first mates that their second mates may overlap, go into the table of mates with
        # their CIGARs; `count_second_mates` counts each base of a pair once.
        if waits or (mate < after and mate != ELSEWHERE and number == READ1):
            row = mates[n_mates]
            row[POSITION], row[END], row[MATE] = position, after, mate
            row[CONTIG_START], row[CONTIG_END] = low, high
            row[STRAND], row[STATE] = strand, SECOND if waits else FIRST
            mate_hash[n_mates] = name_hash(data, record)
            spliced = 0
            for c in range(operations):
                value = load_i32(data, cigar + 4 * c) & 0xFFFFFFFF
                if value & 15 == SKIP and value >> 4 > max_intron:
                    value = (value & ~15) | DELETION
                    counts[-1] += waits and position >= low
                mate_cigar[cigar_at] = value
                spliced |= (1 << (value & 15)) & SPLICED_OPS
                cigar_at += 1
            mate_cigar_end[n_mates] = cigar_at
            n_mates += 1
            if waits and spliced and position >= low:
                counts[-2] += 1
    return frontier, n_mates, -1


@njit(cache=True, nogil=True)
def _span(data: NDArray[np.uint8], cigar: int, operations: int) -> int:
    span = 0
    for c in range(operations):
        value = load_i32(data, cigar + 4 * c) & 0xFFFFFFFF
        if (REFERENCE_OPS >> (value & 15)) & 1:
            span += value >> 4
    return span
