"""FracMinHash: a small, repeatable sample of the k-mers of a genome.

Every k-mer is hashed, the smaller of itself and its reverse complement, and kept where the hash lies below a threshold.
So two copies of a sequence keep the same k-mers, wherever they lie. Source: Irber et al. 2022, doi
10.1101/2022.01.11.475838.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from helixdask.kernels import njit

K: Final = 21
"""Bases of a k-mer: at 5 % divergence a third of them is still the same."""

_MASK: Final = np.uint64((1 << (2 * K)) - 1)
_TOP: Final = np.uint64(2 * (K - 1))
_TWO, _THREE = np.uint64(2), np.uint64(3)
_A, _B = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31 = np.uint64(30), np.uint64(27), np.uint64(31)


def largest_hash(scale: int) -> np.uint64:
    """The largest hash that is kept where one of so many k-mers is."""
    return np.uint64((1 << 64) // max(scale, 1) - 1)


def sketch(
    codes: NDArray[np.uint8],
    ends: NDArray[np.int64],
    fine: NDArray[np.uint8],
    scale: int,
    fine_scale: int,
    n_starts: int | None = None,
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Sample the k-mers of a stretch of the genome.

    Parameters
    ----------
    codes
        ``(base,)`` base codes as the store holds them; 0x80 marks soft-masked bases. K-mers with a base that is
        masked or no A, C, G or T are left out.
    ends
        Where contigs end in ``codes``, ascending; no k-mer crosses one.
    fine
        ``(base,)`` 1 where one of ``fine_scale`` k-mers is kept; elsewhere it is one of ``scale``.
    scale, fine_scale
        One of so many is kept.
    n_starts
        K-mers are those that begin before this base; None: all.

    Returns
    -------
    hash
        ``(kept,)`` uint64.
    start
        ``(kept,)`` int64, first base of each in ``codes``, ascending.

    Examples
    --------
    >>> codes = np.random.default_rng(1).integers(0, 4, 1000).astype(np.uint8)
    >>> hash, start = sketch(codes, np.array([1000]), np.ones(1000, np.uint8), 1000, 10)
    >>> again, _ = sketch(3 - codes[::-1], np.array([1000]), np.ones(1000, np.uint8), 1000, 10)
    >>> sorted(hash.tolist()) == sorted(again.tolist())
    True
    """
    last = len(codes) if n_starts is None else n_starts
    thresholds = largest_hash(scale), largest_hash(fine_scale)
    room = len(codes) // max(min(scale, fine_scale) // 2, 1) + 64
    while True:
        hashes, starts = np.empty(room, np.uint64), np.empty(room, np.int64)
        n = _sketch(codes, ends, fine, thresholds[0], thresholds[1], last, hashes, starts)
        if n <= room:
            return hashes[:n].copy(), starts[:n].copy()
        room = n


@njit(cache=True, nogil=True)
def _mixed(x: np.uint64) -> np.uint64:
    """The finalizer of SplitMix64: each bit of the result depends on all of ``x``, and no two are alike."""
    x = (x ^ (x >> _S30)) * _A
    x = (x ^ (x >> _S27)) * _B
    return x ^ (x >> _S31)


@njit(cache=True, nogil=True)
def _sketch(
    codes: NDArray[np.uint8],
    ends: NDArray[np.int64],
    fine: NDArray[np.uint8],
    threshold: np.uint64,
    fine_threshold: np.uint64,
    last: int,
    hashes: NDArray[np.uint64],
    starts: NDArray[np.int64],
) -> int:
    """Fill as far as there is room; hands back how many there are."""
    n = 0
    forward = np.uint64(0)
    backward = np.uint64(0)
    whole = 0  # usable bases in a row
    contig = 0
    for place in range(min(len(codes), last + K - 1)):
        while contig < len(ends) and place >= ends[contig]:
            contig += 1
            whole = 0
        code = codes[place]
        if code > 3:
            whole = 0
            continue
        base = np.uint64(code)
        forward = ((forward << _TWO) | base) & _MASK
        backward = (backward >> _TWO) | ((_THREE - base) << _TOP)
        whole += 1
        start = place - K + 1
        if whole < K or start >= last:
            continue
        value = _mixed(min(forward, backward))
        if value <= (fine_threshold if fine[start] else threshold):
            if n < len(hashes):
                hashes[n] = value
                starts[n] = start
            n += 1
    return n
