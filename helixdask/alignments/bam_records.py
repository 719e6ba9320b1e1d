"""Compiled loops over BAM records in a buffer of inflated bytes: are they sound, and their fields as arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from helixdask.alignments.bam_fields import FIXED, REFERENCE_OPS, cigar_place, name_hash
from helixdask.alignments.raw_loads import load_i32, load_u8, load_u16
from helixdask.kernels import njit


@njit(cache=True, nogil=True)
def check_records(data: NDArray[np.uint8], at: int, last: int, stop: int) -> tuple[int, int, int, int]:
    """Find the whole records of a buffer; every length in them is checked against the bytes at hand.

    Parameters
    ----------
    data
        Inflated bytes, uint8.
    at
        Where the first record begins.
    last, stop
        Number of the last contig wanted, and where on it the last alignment may begin.

    Returns
    -------
    end
        Where the first incomplete record begins, or the first that lies beyond what is wanted.
    records, operations
        Number of records before that, and of CIGAR operations in them.
    status
        1: nothing more can follow; 0: go on; -1: a record with impossible lengths; -2: contigs out of order.
    """
    n = len(data)
    records, total, before = 0, 0, -1
    while at + FIXED <= n:
        size = load_i32(data, at)
        if size < FIXED - 4:
            return at, records, total, -1
        if at + 4 + size > n:
            break
        reference = load_i32(data, at + 4)
        if reference < 0 or reference > last:
            return at, records, total, 1
        if reference < before:
            return at, records, total, -2
        before = reference
        name = load_u8(data, at + 12)
        operations = load_u16(data, at + 16)
        length = load_i32(data, at + 20)
        if length < 0 or FIXED - 4 + name + 4 * operations + (length + 1) // 2 + length > size:
            return at, records, total, -1
        if reference == last and load_i32(data, at + 8) >= stop:
            return at, records, total, 1
        records += 1
        if operations == 2:
            total += cigar_place(data, at, at + 4 + size)[1]
        else:
            total += operations
        at += 4 + size
    return at, records, total, 0


@njit(cache=True, nogil=True)
def _reach(data: NDArray[np.uint8], at: int, place: int, operations: int) -> int:
    """Return where the alignment at `at` ends, at least one base behind its start."""
    span = 0
    for k in range(operations):
        value = load_i32(data, place + 4 * k) & 0xFFFFFFFF
        if (REFERENCE_OPS >> (value & 15)) & 1:
            span += value >> 4
    return int(load_i32(data, at + 8)) + max(span, 1)


@njit(cache=True, nogil=True)
def measure_records(data: NDArray[np.uint8], at: int, end: int, contig: int, start: int) -> tuple[int, int]:
    """Count the alignments in [at, end) that are on a contig and end beyond `start`, and their CIGAR operations."""
    reads, total = 0, 0
    while at < end:
        after = at + 4 + load_i32(data, at)
        if load_i32(data, at + 4) == contig:
            place, operations = cigar_place(data, at, after)
            if _reach(data, at, place, operations) > start:
                reads += 1
                total += operations
        at = after
    return reads, total


@njit(cache=True, nogil=True)
def parse_records(
    data: NDArray[np.uint8], at: int, contig: int, start: int, reads: int, total: int
) -> tuple[
    NDArray[np.uint16],
    NDArray[np.int64],
    NDArray[np.uint8],
    NDArray[np.uint64],
    NDArray[np.int64],
    NDArray[np.uint32],
    NDArray[np.int64],
]:
    """Take the alignments that `measure_records` has counted out of a buffer that `check_records` has found sound.

    Returns
    -------
    flag, position, mapq, name_hash, mate_position, cigar, cigar_offset
        The fields of `Alignments`.
    """
    flag = np.empty(reads, np.uint16)
    where = np.empty(reads, np.int64)
    mapq = np.empty(reads, np.uint8)
    hashes = np.empty(reads, np.uint64)
    mate_position = np.empty(reads, np.int64)
    cigar = np.empty(total, np.uint32)
    offset = np.zeros(reads + 1, np.int64)
    i = 0
    while i < reads:
        after = at + 4 + load_i32(data, at)
        if load_i32(data, at + 4) == contig:
            place, operations = cigar_place(data, at, after)
            if _reach(data, at, place, operations) > start:
                flag[i] = np.uint16(data[at + 18]) | (np.uint16(data[at + 19]) << np.uint16(8))
                where[i] = load_i32(data, at + 8)
                mapq[i] = data[at + 13]
                mate_contig = load_i32(data, at + 24)
                mate_position[i] = load_i32(data, at + 28) if mate_contig == contig else (-1 if mate_contig < 0 else -2)
                hashes[i] = name_hash(data, at)
                for k in range(operations):
                    cigar[offset[i] + k] = np.uint32(load_i32(data, place + 4 * k) & 0xFFFFFFFF)
                offset[i + 1] = offset[i] + operations
                i += 1
        at = after
    return flag, where, mapq, hashes, mate_position, cigar, offset
