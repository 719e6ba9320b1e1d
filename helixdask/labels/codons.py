"""Start and stop codons as GeenuFF looks for them: three bases side by side in the genome, spliced or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from helixdask.labels.features import Features, mirrored
from helixdask.labels.segments import Ints

_START: Final = np.array([1, 2, 3], np.uint8)
_STOPS: Final = np.array([[2, 1, 3], [2, 3, 1], [2, 1, 1]], np.uint8)
_N: Final = 4
_BASE: Final = 0x0F
_BLOCK: Final = 1 << 20


def missing_codons(
    features: Features, offsets: Ints, read: Callable[[int, int], NDArray[np.uint8]]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which transcripts do not begin with ATG, and which do not end with TAG, TGA or TAA; ``(feature,)`` each.

    Parameters
    ----------
    features
        Only the transcripts that stand for their genes are looked up; the others lack both.
    offsets
        Position of each contig's first base, and the genome's length at the end.
    read
        Gives the base codes of ``[start, stop)`` of ``position``.
    """
    f, step = features, np.arange(3)
    found = []
    for at in (f.cds_start[:, None] + step, f.cds_end[:, None] - 3 + step):
        low, _ = mirrored(at, at + 1, f.contig_length[:, None], f.minus[:, None])
        wanted = (at >= 0) & (low >= 0) & (low < f.contig_length[:, None]) & f.chosen[:, None]
        bases = gather(read, np.where(wanted, low + offsets[f.contig][:, None], -1), int(offsets[-1]))
        found.append(np.where(f.minus[:, None] & (bases < _N), 3 - bases, bases).astype(np.uint8))
    first, last = found
    return ~(first == _START).all(axis=1), ~(last[:, None, :] == _STOPS).all(axis=2).any(axis=1)


def gather(read: Callable[[int, int], NDArray[np.uint8]], position: Ints, n_bases: int) -> NDArray[np.uint8]:
    """Base codes at positions anywhere in a genome, without soft-masking; N where the position is negative.

    Parameters
    ----------
    read
        Gives the codes of ``[start, stop)`` of ``position``.
    position
        Any shape.
    n_bases
        Length of the genome.
    """
    flat = position.ravel()
    order = np.argsort(flat, kind="stable")
    out = np.full(len(flat), _N, np.uint8)
    order = order[np.searchsorted(flat[order], 0) :]
    blocks = flat[order] // _BLOCK
    for rows in np.split(order, np.flatnonzero(np.diff(blocks)) + 1):
        if len(rows):
            start = int(flat[rows[0]]) // _BLOCK * _BLOCK
            codes = read(start, min(start + _BLOCK, n_bases))
            out[rows] = codes[flat[rows] - start] & _BASE
    return out.reshape(position.shape)
