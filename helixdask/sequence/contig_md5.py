"""MD5 of contigs whose sequence is in a store already."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from helixdask.sequence.codes import CODE_MASK, LETTERS
from helixdask.store.store import Store

_BASES_AT_ONCE = 1 << 24


def contig_md5(store: Store, first: int = 0, last: int | None = None) -> NDArray[np.uint8]:
    """MD5 of the upper-case letters of contigs; their sequence is read once, in order.

    Parameters
    ----------
    store
        The store.
    first, last
        Contigs ``[first, last)``; all by default.

    Returns
    -------
    ndarray
        ``(contig, 16)`` uint8.
    """
    letters = np.frombuffer(LETTERS.encode(), np.uint8)
    contigs = store.contigs
    last = len(contigs) if last is None else last
    digests = [hashlib.md5(usedforsecurity=False) for _ in range(last - first)]
    ends = contigs.offsets[first:last] + contigs.lengths[first:last]
    begin, end = (int(contigs.offsets[first]), int(ends[-1])) if last > first else (0, 0)
    for start in range(begin, end, _BASES_AT_ONCE):
        stop = min(start + _BASES_AT_ONCE, end)
        text = letters[store.read("genome/sequence", start, stop) & CODE_MASK]
        for contig, piece_start, piece_stop, position in contigs.pieces(start, stop).rows():
            at = position - start
            digests[contig - first].update(text[at : at + piece_stop - piece_start].tobytes())
    found = [np.frombuffer(digest.digest(), np.uint8) for digest in digests]
    return np.stack(found) if found else np.zeros((0, 16), np.uint8)
