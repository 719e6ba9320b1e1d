"""Codons of coding transcripts, looked up in the genome without holding more than a piece of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from helixdask.labels.features import Features, mirrored
from helixdask.labels.segments import Ints

__all__ = ["STOP_CODONS", "codon_positions", "codons", "gather", "inner_stops"]

STOP_CODONS: Final = np.array([[2, 1, 3], [2, 3, 1], [2, 1, 1]], np.uint8)
"""TAG, TGA and TAA as base codes."""

_N: Final = 4
_BASE: Final = 0x0F
_BLOCK: Final = 1 << 20
_BATCH: Final = 1 << 22


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


def inner_stops(features: Features, offsets: Ints, read: Callable[[int, int], NDArray[np.uint8]]) -> NDArray[np.bool_]:
    """Which coding transcripts have a stop codon before their last codon, ``(feature,)``.

    Parameters
    ----------
    features
        Only the transcripts that stand for their genes are translated, in the frame of their first phase, by the
        standard genetic code.
    offsets, read
        As in :func:`codons`.
    """
    f = features
    found = np.zeros(len(f), bool)
    rows = np.flatnonzero(f.chosen[f.pieces.owner])
    owner = f.pieces.owner[rows]
    size, flag = f.contig_length[owner], f.minus[owner]
    low, high = mirrored(f.pieces.start[rows], f.pieces.end[rows], size, flag)
    low, high = np.clip(low, 0, size), np.clip(high, 0, size)
    low, high = low + offsets[f.contig[owner]], high + offsets[f.contig[owner]]
    begin = np.full(len(f), np.iinfo(np.int64).max)
    np.minimum.at(begin, owner, low)
    order = np.lexsort((np.arange(len(rows)), owner, begin[owner]))
    owner, low, high = owner[order], low[order], high[order]
    for part in np.split(np.arange(len(order)), np.flatnonzero(np.diff(begin[owner] // _BATCH)) + 1):
        if len(part):
            first = int(low[part].min())
            codes = (read(first, int(high[part].max())) & _BASE).astype(np.uint8)
            found[_translated(f, owner[part], low[part] - first, high[part] - first, codes)] = True
    return found


def _translated(f: Features, owner: Ints, low: Ints, high: Ints, codes: NDArray[np.uint8]) -> Ints:
    """Owners with an inner stop; ``low`` and ``high`` are places in ``codes``, pieces 5' to 3' within each owner."""
    length = high - low
    done = np.cumsum(length) - length
    run = np.arange(int(length.sum())) - np.repeat(done, length)
    minus = np.repeat(f.minus[owner], length)
    bases = codes[np.where(minus, np.repeat(high - 1, length) - run, np.repeat(low, length) + run)]
    bases = np.where(minus & (bases < _N), 3 - bases, bases).astype(np.uint8)
    first = np.ones(len(owner), bool)
    first[1:] = owner[1:] != owner[:-1]
    start = done[first]
    total = np.diff(np.append(start, len(bases)))
    phase = np.maximum(f.phase5[owner[first]], 0)
    # Codons that are whole and not the last.
    n_codons = np.maximum((total - phase) // 3 - 1, 0)
    head = np.repeat(start + phase, n_codons)
    head += 3 * (np.arange(len(head)) - np.repeat(np.cumsum(n_codons) - n_codons, n_codons))
    codon = bases[head[:, None] + np.arange(3)]
    stops = (codon[:, None, :] == STOP_CODONS).all(axis=2).any(axis=1)
    return np.unique(np.repeat(owner[first], n_codons)[stops])
