"""Where in a BAM file the alignments of a place begin, from its index (BAI or CSI).

Only a lower bound of the virtual offset is needed: records are read from there, in order, until they start beyond the
place. A contig costs two numbers, so indexes of a million contigs are cheap to hold.
"""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numba import njit
from numpy.typing import NDArray

from helixdask.errors import BadInputError

__all__ = ["BamIndex", "parse_index", "read_index"]

BAI_WINDOW_BITS = 14


@dataclass(frozen=True)
class BamIndex:
    """An index in memory.

    Parameters
    ----------
    data
        The bytes of the index, uncompressed.
    contig_at
        Where each contig's bins begin in `data`.
    linear_at
        Where each contig's linear index begins (BAI only).
    csi
        Whether this is a CSI.
    min_shift, depth
        Size of the smallest bin (as a power of two) and number of levels below the root.
    """

    data: NDArray[np.uint8]
    contig_at: NDArray[np.int64]
    linear_at: NDArray[np.int64]
    csi: bool
    min_shift: int
    depth: int

    def start_offset(self, contig: int, position: int) -> int:
        """Return a virtual offset at or before the first alignment that ends beyond `position`.

        Parameters
        ----------
        contig
            Number of the contig in the header of the BAM.
        position
            0-based on the contig.

        Returns
        -------
        int
            Virtual file offset, or -1 when there can be no such alignment.
        """
        if contig >= len(self.contig_at):
            return -1
        if self.csi:
            at = int(self.contig_at[contig])
            return int(_csi_offset(self.data, at, position, self.min_shift, self.depth))
        return int(_bai_offset(self.data, int(self.linear_at[contig]), position >> BAI_WINDOW_BITS))


def read_index(path: str) -> BamIndex:
    """Read a `.bai` or `.csi` file.

    Raises
    ------
    BadInputError
        If it is neither, or cut short.
    """
    raw = Path(path).read_bytes()
    if raw[:2] == b"\x1f\x8b":
        try:
            raw = gzip.decompress(raw)
        except (OSError, EOFError, zlib.error) as error:
            raise _damaged(f"the index is damaged ({error})", path) from error
    return parse_index(np.frombuffer(raw, np.uint8), path)


def parse_index(data: NDArray[np.uint8], where: str = "") -> BamIndex:
    """Make an index from the uncompressed bytes of a `.bai` or `.csi` file.

    Raises
    ------
    BadInputError
        If they are neither, or cut short.
    """
    magic = data[:4].tobytes()
    csi = magic == b"CSI\x01"
    if magic not in (b"BAI\x01", b"CSI\x01"):
        raise _damaged("not a BAM index (BAI or CSI)", where)
    at, min_shift, depth = 4, BAI_WINDOW_BITS, 5
    if csi:
        if len(data) < 20:
            raise _damaged("the index is cut short", where)
        min_shift, depth, aux = (int(x) for x in data[4:16].view("<i4"))
        if not (0 < min_shift < 32 and 0 <= depth < 10 and aux >= 0):
            raise _damaged("not a CSI index", where)
        at = 16 + aux
    ok, contig_at, linear_at = _walk(data, at, csi)
    if not ok:
        raise _damaged("the index is cut short", where)
    return BamIndex(data, contig_at, linear_at, csi, min_shift, depth)


def _damaged(problem: str, where: str) -> BadInputError:
    remedy = "Delete it and make it anew (samtools index), or let helixdask make its own."
    return BadInputError(problem, where=where, remedy=remedy)


@njit(cache=True)
def _u32(data: NDArray[np.uint8], at: int) -> int:
    low = np.int64(data[at]) | (np.int64(data[at + 1]) << 8)
    high = np.int64(data[at + 2]) | (np.int64(data[at + 3]) << 8)
    return int(low | (high << 16))


@njit(cache=True)
def _u64(data: NDArray[np.uint8], at: int) -> int:
    return _u32(data, at) | (_u32(data, at + 4) << 32)


@njit(cache=True)
def _walk(data: NDArray[np.uint8], at: int, csi: bool) -> tuple[bool, NDArray[np.int64], NDArray[np.int64]]:
    """Find where each contig's bins and linear index begin; False when the data end too early."""
    none = np.zeros(0, np.int64)
    n = len(data)
    if at + 4 > n:
        return False, none, none
    contigs = _u32(data, at)
    at += 4
    if contigs > (n - at) // 4:
        return False, none, none
    contig_at = np.empty(contigs, np.int64)
    linear_at = np.empty(contigs, np.int64)
    head = 16 if csi else 8
    for contig in range(contigs):
        contig_at[contig] = at
        if at + 4 > n:
            return False, none, none
        bins = _u32(data, at)
        at += 4
        for _ in range(bins):
            if at + head > n:
                return False, none, none
            at += head + 16 * _u32(data, at + head - 4)
        linear_at[contig] = at
        if not csi:
            if at + 4 > n:
                return False, none, none
            at += 4 + 8 * _u32(data, at)
    return at <= n, contig_at, linear_at


@njit(cache=True)
def _bai_offset(data: NDArray[np.uint8], at: int, window: int) -> int:
    windows = _u32(data, at)
    for w in range(window, windows):
        offset = _u64(data, at + 4 + 8 * w)
        if offset:  # zero: nothing overlaps this window
            return offset
    return -1


@njit(cache=True)
def _csi_offset(data: NDArray[np.uint8], at: int, position: int, min_shift: int, depth: int) -> int:
    """Return the largest offset noted for a bin that begins at or before `position`."""
    bins = _u32(data, at)
    at += 4
    total = ((1 << (3 * (depth + 1))) - 1) // 7  # bins from here on are bookkeeping
    best, first = 0, -1
    for _ in range(bins):
        number, offset, chunks = _u32(data, at), _u64(data, at + 4), _u32(data, at + 12)
        at += 16
        if number < total:
            level, level_first = 0, 0
            while number >= level_first + (1 << (3 * level)):
                level_first += 1 << (3 * level)
                level += 1
            begin = (number - level_first) << (min_shift + 3 * (depth - level))
            if begin <= position:
                best = max(best, offset)
            for c in range(chunks):
                chunk = _u64(data, at + 16 * c)
                if first < 0 or chunk < first:
                    first = chunk
        at += 16 * chunks
    return max(best, first) if first >= 0 else -1  # no chunk: no alignment
