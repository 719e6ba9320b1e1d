"""Compiled loops over the bytes of BAM indexes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from helixdask.kernels import njit

_I64 = NDArray[np.int64]


@njit(cache=True, nogil=True)
def _u32(data: NDArray[np.uint8], at: int) -> int:
    low = np.int64(data[at]) | (np.int64(data[at + 1]) << 8)
    high = np.int64(data[at + 2]) | (np.int64(data[at + 3]) << 8)
    return int(low | (high << 16))


@njit(cache=True, nogil=True)
def _u64(data: NDArray[np.uint8], at: int) -> int:
    return _u32(data, at) | ((_u32(data, at + 4) & 0x7FFFFFFF) << 32)


@njit(cache=True, nogil=True)
def walk_index(data: NDArray[np.uint8], at: int, csi: bool, bookkeeping: int) -> tuple[bool, _I64, _I64, int]:
    """Find where each contig's bins and linear index begin, and how many windows there can be.

    Returns
    -------
    ok
        False when the data end too early, or name a bin beyond `bookkeeping`, the last one there is.
    contig_at, linear_at
        int64, an entry for each contig.
    windows
        Entries of linear indexes (BAI) or bins (CSI) in all.
    """
    none = np.zeros(0, np.int64)
    n = len(data)
    if at + 4 > n:
        return False, none, none, 0
    contigs = _u32(data, at)
    at += 4
    if contigs > (n - at) // 4:
        return False, none, none, 0
    contig_at = np.empty(contigs, np.int64)
    linear_at = np.empty(contigs, np.int64)
    head = 16 if csi else 8
    windows = 0
    for contig in range(contigs):
        contig_at[contig] = at
        if at + 4 > n:
            return False, none, none, 0
        bins = _u32(data, at)
        at += 4
        for _ in range(bins):
            if at + head > n or _u32(data, at) > bookkeeping:
                return False, none, none, 0
            at += head + 16 * _u32(data, at + head - 4)
        linear_at[contig] = at
        windows += bins
        if not csi:
            if at + 4 > n:
                return False, none, none, 0
            windows += _u32(data, at) - bins
            at += 4 + 8 * _u32(data, at)
    return at <= n, contig_at, linear_at, windows


@njit(cache=True, nogil=True)
def _span(data: NDArray[np.uint8], at: int, head: int, bookkeeping: int) -> tuple[int, int, int]:
    """First and last offset of a contig's chunks, and its mapped alignments (-1: not told)."""
    first, last, mapped = -1, -1, -1
    bins = _u32(data, at)
    at += 4
    for _ in range(bins):
        number, chunks = _u32(data, at), _u32(data, at + head - 4)
        at += head
        if number == bookkeeping:
            if chunks >= 2:
                mapped = _u64(data, at + 16)
        else:
            for c in range(chunks):
                begin, end = _u64(data, at + 16 * c), _u64(data, at + 16 * c + 8)
                if first < 0 or begin < first:
                    first = begin
                last = max(last, end)
        at += 16 * chunks
    return first, last, mapped


@njit(cache=True, nogil=True)
def bai_windows(
    data: NDArray[np.uint8], contig_at: _I64, linear_at: _I64, n_windows: int, bits: int, bookkeeping: int
) -> tuple[_I64, _I64, _I64, _I64, _I64, _I64]:
    """Return the fields of `BamIndex` from a BAI: its linear index, but for windows that say nothing new."""
    n = len(contig_at)
    first, last, mapped = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    window_at = np.zeros(n + 1, np.int64)
    begin, offset = np.empty(n_windows, np.int64), np.empty(n_windows, np.int64)
    k = 0
    for contig in range(n):
        first[contig], last[contig], mapped[contig] = _span(data, contig_at[contig], 8, bookkeeping)
        at = linear_at[contig]
        before = first[contig]
        if before >= 0:
            for w in range(_u32(data, at)):
                value = _u64(data, at + 4 + 8 * w)
                if value > before:  # 0: nothing reaches this window; what reaches the one before is a lower bound
                    begin[k], offset[k] = w << bits, value
                    before = value
                    k += 1
        window_at[contig + 1] = k
    return first, last, mapped, window_at, begin[:k].copy(), offset[:k].copy()


@njit(cache=True, nogil=True)
def csi_windows(
    data: NDArray[np.uint8], contig_at: _I64, n_windows: int, min_shift: int, depth: int, bookkeeping: int
) -> tuple[_I64, _I64, _I64, _I64, _I64, _I64]:
    """Return the fields of `BamIndex` from a CSI: the offsets noted for its bins, by where these begin."""
    n = len(contig_at)
    first, last, mapped = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    window_at = np.zeros(n + 1, np.int64)
    begin, offset = np.empty(n_windows, np.int64), np.empty(n_windows, np.int64)
    k = 0
    for contig in range(n):
        first[contig], last[contig], mapped[contig] = _span(data, contig_at[contig], 16, bookkeeping)
        at = contig_at[contig]
        bins = _u32(data, at)
        at += 4
        bin_begin, bin_offset = np.empty(bins, np.int64), np.empty(bins, np.int64)
        m = 0
        for _ in range(bins):
            number, value, chunks = _u32(data, at), _u64(data, at + 4), _u32(data, at + 12)
            if number < bookkeeping - 1 and first[contig] >= 0:
                level, level_first = 0, 0
                while number >= level_first + (1 << (3 * level)):
                    level_first += 1 << (3 * level)
                    level += 1
                bin_begin[m], bin_offset[m] = (number - level_first) << (min_shift + 3 * (depth - level)), value
                m += 1
            at += 16 + 16 * chunks
        before = first[contig]
        for b in np.argsort(bin_begin[:m]):
            if bin_offset[b] > before:
                if k > window_at[contig] and begin[k - 1] == bin_begin[b]:
                    k -= 1
                begin[k], offset[k] = bin_begin[b], bin_offset[b]
                before = bin_offset[b]
                k += 1
        window_at[contig + 1] = k
    return first, last, mapped, window_at, begin[:k].copy(), offset[:k].copy()
