"""Start and stop codons of coding transcripts, looked up in the genome without holding more than a piece of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from helixdask.labels.features import Features, mirrored
from helixdask.labels.segments import Ints

__all__ = ["codon_positions", "codons", "gather"]

_N: Final = 4
_BASE: Final = 0x0F
_BLOCK: Final = 1 << 20


def codon_positions(features: Features, rules: str) -> tuple[Ints, Ints]:
    """Contig coordinates of the first and last three coding bases, ``(feature, 3)`` each, 5' to 3'.

    With ``helixer`` rules the three bases stand side by side in the genome; with ``default`` rules they are those of
    the spliced sequence. -1 where there is no such base. Coordinates are those of the plus strand.
    """
    f = features
    n = len(f)
    step = np.arange(3)
    if rules == "helixer":
        first, last = f.cds_start[:, None] + step, f.cds_end[:, None] - 3 + step
    else:
        length = f.pieces.end - f.pieces.start
        stop = np.cumsum(length)
        top = np.searchsorted(f.pieces.owner, np.arange(n), side="right") - 1
        bottom = np.searchsorted(f.pieces.owner, np.arange(n), side="left")
        begin = (stop - length)[bottom] if n else np.empty(0, np.int64)
        end = stop[top] if n else np.empty(0, np.int64)

        def spliced(at: Ints) -> Ints:
            inside = (at >= begin[:, None]) & (at < end[:, None])
            row = np.clip(np.searchsorted(stop, at, side="right"), 0, max(len(stop) - 1, 0))
            return np.where(inside, f.pieces.end[row] - (stop[row] - at), -1) if n else at

        first, last = spliced(begin[:, None] + step), spliced(end[:, None] - 3 + step)
    out = []
    for at in (first, last):
        low, _ = mirrored(at, at + 1, f.contig_length[:, None], f.minus[:, None])
        out.append(np.where((at < 0) | (low < 0) | (low >= f.contig_length[:, None]), -1, low))
    return out[0], out[1]


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


def codons(
    features: Features, rules: str, offsets: Ints, read: Callable[[int, int], NDArray[np.uint8]]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Base codes of the first and last three coding bases, ``(feature, 3)`` each, 5' to 3' on the gene's strand.

    Parameters
    ----------
    features
        Only the transcripts that stand for their genes are looked up; the others are N.
    rules
        As in :func:`codon_positions`.
    offsets
        Position of each contig's first base, and the genome's length at the end.
    read
        As in :func:`gather`.
    """
    f = features
    out = []
    for at in codon_positions(features, rules):
        wanted = (at >= 0) & f.chosen[:, None]
        bases = gather(read, np.where(wanted, at + offsets[f.contig][:, None], -1), int(offsets[-1]))
        turned = np.where(bases < _N, 3 - bases, bases).astype(np.uint8)
        out.append(np.where(f.minus[:, None], turned, bases).astype(np.uint8))
    return out[0], out[1]
