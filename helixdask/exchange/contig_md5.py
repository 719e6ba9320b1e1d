"""MD5 of contigs whose sequence is in a store already."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from helixdask.sequence.codes import CODE_MASK, LETTERS
from helixdask.store.store import Store

__all__ = ["contig_md5"]

_BASES_AT_ONCE = 1 << 24


def contig_md5(store: Store) -> NDArray[np.uint8]:
    """MD5 of the upper-case letters of each contig, ``(contig, 16)`` uint8; the genome is read once, in order."""
    letters = np.frombuffer(LETTERS.encode(), np.uint8)
    found = np.zeros((len(store.contigs), 16), np.uint8)
    digest, current = hashlib.md5(usedforsecurity=False), 0
    for start in range(0, store.n_bases, _BASES_AT_ONCE):
        stop = min(start + _BASES_AT_ONCE, store.n_bases)
        text = letters[store.read("genome/sequence", start, stop) & CODE_MASK]
        for contig, begin, end, position in store.contigs.pieces(start, stop).rows():
            if contig != current:
                found[current] = np.frombuffer(digest.digest(), np.uint8)
                digest, current = hashlib.md5(usedforsecurity=False), contig
            digest.update(text[position - start : position - start + end - begin].tobytes())
    found[current] = np.frombuffer(digest.digest(), np.uint8)
    return found
