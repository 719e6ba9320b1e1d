"""Compiled reading of single fields of a BAM record in a buffer of inflated bytes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from helixdask.alignments.raw_loads import load_i32, load_u8, load_u16, load_u64
from helixdask.kernels import njit

FIXED = 36
"""Bytes of a record before the read name, the size field included."""

COVERAGE_OPS = (1 << 0) | (1 << 7) | (1 << 8)
"""CIGAR operations `M`, `=` and `X`, each a bit."""

SPLICED_OPS = 1 << 3
"""`N`."""

DELETION_OPS = 1 << 2
"""`D`."""

REFERENCE_OPS = COVERAGE_OPS | SPLICED_OPS | DELETION_OPS
"""All operations that consume reference bases."""

_ARRAY, _TEXT, _HEX, _LETTER = ord("B"), ord("Z"), ord("H"), ord("A")
_INT8, _UINT8, _INT16, _UINT16 = ord("c"), ord("C"), ord("s"), ord("S")
_C, _G = ord("C"), ord("G")


@njit(cache=True, nogil=True)
def i32(data: NDArray[np.uint8], at: int) -> int:
    """Return the signed 32-bit number at `at`, little-endian."""
    return load_i32(data, at)  # type: ignore[no-any-return]


@njit(cache=True, nogil=True)
def cigar_place(data: NDArray[np.uint8], at: int, end: int) -> tuple[int, int]:
    """Return where the CIGAR of the record in [at, end) lies and how many operations it has.

    More than 65,535 operations do not fit the record's own field: then that holds `kSmN` (k the read length) and the
    tag `CG` the operations. The record's lengths must have been found sound.
    """
    name = load_u8(data, at + 12)
    operations = load_u16(data, at + 16)
    place = at + FIXED + name
    if operations != 2:
        return place, operations
    length = i32(data, at + 20)
    first, second = i32(data, place) & 0xFFFFFFFF, i32(data, place + 4)
    if first & 15 != 4 or first >> 4 != length or second & 15 != 3:
        return place, operations
    tag = place + 4 * operations + (length + 1) // 2 + length
    while tag + 3 <= end:
        kind = data[tag + 2]
        if kind == _ARRAY:
            if tag + 8 > end:
                break
            sub, count = data[tag + 3], i32(data, tag + 4)
            width = 1 if sub in (_INT8, _UINT8) else (2 if sub in (_INT16, _UINT16) else 4)
            if count < 0 or tag + 8 + width * count > end:
                break
            if data[tag] == _C and data[tag + 1] == _G and width == 4:
                return tag + 8, count
            tag += 8 + width * count
        elif kind in (_TEXT, _HEX):  # up to a zero byte
            tag += 3
            while tag < end and data[tag] != 0:
                tag += 1
            tag += 1
        elif kind in (_LETTER, _INT8, _UINT8):
            tag += 4
        elif kind in (_INT16, _UINT16):
            tag += 5
        else:
            tag += 7
    return place, operations


@njit(cache=True, nogil=True)
def name_hash(data: NDArray[np.uint8], at: int) -> int:
    """Return a 64-bit hash of the name of the record at `at`, the same for both mates."""
    begin, left = at + FIXED, load_u8(data, at + 12)
    value = np.uint64(left)
    while left >= 8:
        value = (value ^ load_u64(data, begin)) * np.uint64(0x9E3779B97F4A7C15)
        value ^= value >> np.uint64(32)
        begin += 8
        left -= 8
    while left:
        value = (value ^ np.uint64(load_u8(data, begin))) * np.uint64(1099511628211)
        begin += 1
        left -= 1
    value ^= value >> np.uint64(32)
    return value * np.uint64(0x9E3779B97F4A7C15) ^ (value >> np.uint64(29))  # type: ignore[return-value]
