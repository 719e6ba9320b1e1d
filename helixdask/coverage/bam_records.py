"""Compiled loops over BAM records in a buffer of inflated bytes."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["measure_records", "parse_records"]

FIXED = 36  # bytes of a record before the read name, the size field included
REFERENCE_OPS = 0b110001101  # M D N = X consume reference


@njit(cache=True)
def _i32(data: NDArray[np.uint8], at: int) -> int:
    low = np.int64(data[at]) | (np.int64(data[at + 1]) << 8)
    high = np.int64(data[at + 2]) | (np.int64(data[at + 3]) << 8)
    value = low | (high << 16)
    return int(value - ((value & 0x80000000) << 1))


@njit(cache=True)
def _cigar_place(data: NDArray[np.uint8], at: int, end: int) -> tuple[int, int]:
    """Return where the CIGAR of the record at `at` lies and how many operations it has.

    More than 65,535 operations do not fit the record's own field: then that holds `kSmN` (k the read length) and the
    tag `CG` the operations.
    """
    name = int(np.int64(data[at + 12]))
    operations = int(np.int64(data[at + 16]) | (np.int64(data[at + 17]) << 8))
    length = _i32(data, at + 20)
    place = at + FIXED + name
    if operations != 2:
        return place, operations
    if _i32(data, place) & 15 != 4 or _i32(data, place) >> 4 != length or _i32(data, place + 4) & 15 != 3:
        return place, operations
    tag = place + 4 * operations + (length + 1) // 2 + length
    while tag + 3 <= end:
        kind = data[tag + 2]
        if kind == 66:  # B: array
            if tag + 8 > end:
                break
            sub, count = data[tag + 3], _i32(data, tag + 4)
            width = 1 if sub == 99 or sub == 67 else (2 if sub == 115 or sub == 83 else 4)
            if count < 0 or tag + 8 + width * count > end:
                break
            if data[tag] == 67 and data[tag + 1] == 71 and width == 4:
                return tag + 8, count
            tag += 8 + width * count
        elif kind == 90 or kind == 72:  # Z, H: text up to a zero byte
            tag += 3
            while tag < end and data[tag] != 0:
                tag += 1
            tag += 1
        elif kind == 65 or kind == 99 or kind == 67:
            tag += 4
        elif kind == 115 or kind == 83:
            tag += 5
        else:
            tag += 7
    return place, operations


@njit(cache=True)
def _span(data: NDArray[np.uint8], place: int, operations: int) -> int:
    """Return how many reference bases a CIGAR spans, at least one."""
    span = 0
    for k in range(operations):
        value = np.int64(np.uint32(_i32(data, place + 4 * k)))
        if (REFERENCE_OPS >> (value & 15)) & 1:
            span += int(value >> 4)
    return max(span, 1)


@njit(cache=True)
def measure_records(data: NDArray[np.uint8], at: int, contig: int, start: int, stop: int) -> tuple[int, int, int, int]:
    """Count the alignments of a buffer that overlap [start, stop) of a contig.

    Parameters
    ----------
    data
        Inflated bytes, uint8.
    at
        Where the first record begins.
    contig, start, stop
        The part asked for, contig by its number in the header.

    Returns
    -------
    reads, operations
        Alignments found, and CIGAR operations in them.
    end
        Where the first incomplete record begins.
    status
        1: nothing more can follow; 0: go on; -1: a record with impossible lengths; -2: contigs out of order.
    """
    n = len(data)
    reads, total, last = 0, 0, -1
    while at + FIXED <= n:
        size = _i32(data, at)
        if size < FIXED - 4:
            return reads, total, at, -1
        end = at + 4 + size
        if end > n:
            break
        reference = _i32(data, at + 4)
        if reference < 0 or reference > contig:
            return reads, total, at, 1
        if reference < last:
            return reads, total, at, -2
        last = reference
        name = np.int64(data[at + 12])
        operations = int(np.int64(data[at + 16]) | (np.int64(data[at + 17]) << 8))
        length = _i32(data, at + 20)
        if length < 0 or FIXED - 4 + name + 4 * operations + (length + 1) // 2 + length > size:
            return reads, total, at, -1
        if reference == contig:
            position = _i32(data, at + 8)
            if position >= stop:
                return reads, total, at, 1
            place, operations = _cigar_place(data, at, end)
            if position + _span(data, place, operations) > start:
                reads += 1
                total += operations
        at = end
    return reads, total, at, 0


@njit(cache=True)
def parse_records(
    data: NDArray[np.uint8], at: int, contig: int, start: int, stop: int, reads: int, total: int
) -> tuple[
    NDArray[np.uint16],
    NDArray[np.int64],
    NDArray[np.uint8],
    NDArray[np.uint64],
    NDArray[np.int64],
    NDArray[np.uint32],
    NDArray[np.int64],
]:
    """Take the alignments out of a buffer that `measure_records` has measured and found sound.

    Returns
    -------
    flag, position, mapq, name_hash, mate_position, cigar, cigar_offset
        The fields of `Alignments`.
    """
    flag = np.empty(reads, np.uint16)
    where = np.empty(reads, np.int64)
    mapq = np.empty(reads, np.uint8)
    name_hash = np.empty(reads, np.uint64)
    mate_position = np.empty(reads, np.int64)
    cigar = np.empty(total, np.uint32)
    offset = np.zeros(reads + 1, np.int64)
    i = 0
    while i < reads:
        end = at + 4 + _i32(data, at)
        position = _i32(data, at + 8)
        if _i32(data, at + 4) == contig:
            place, operations = _cigar_place(data, at, end)
            if position + _span(data, place, operations) > start:
                flag[i] = np.uint16(data[at + 18]) | (np.uint16(data[at + 19]) << np.uint16(8))
                where[i] = position
                mapq[i] = data[at + 13]
                mate_contig = _i32(data, at + 24)
                mate_position[i] = _i32(data, at + 28) if mate_contig == contig else (-1 if mate_contig < 0 else -2)
                value = np.uint64(14695981039346656037)  # FNV-1a, then mixed so that the low bits are good
                for k in range(at + FIXED, at + FIXED + data[at + 12]):
                    value = (value ^ np.uint64(data[k])) * np.uint64(1099511628211)
                value ^= value >> np.uint64(32)
                name_hash[i] = value * np.uint64(0x9E3779B97F4A7C15) ^ (value >> np.uint64(29))
                for k in range(operations):
                    cigar[offset[i] + k] = np.uint32(_i32(data, place + 4 * k))
                offset[i + 1] = offset[i] + operations
                i += 1
        at = end
    return flag, where, mapq, name_hash, mate_position, cigar, offset
