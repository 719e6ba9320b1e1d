"""What the genome says about coding transcripts: start and stop codons, stop codons inside, splice sites.

Coding sequences are copied together from blocks of the genome, a batch of transcripts at a time, so that memory depends
neither on the genome nor on how far a gene reaches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from helixdask.kernels import njit
from helixdask.labels.features import Features, mirrored
from helixdask.labels.gene_codes import GeneCodes
from helixdask.labels.segments import Ints

MIN_INTRON: Final = 20
"""A gap of fewer bases is no intron."""

_BLOCK: Final = 1 << 20
_BATCH: Final = 1 << 24
_N: Final = 4
_NO, _YES, _UNKNOWN = 0, 1, 2
_PAIRS: Final = ((3, 2, 1, 3), (3, 0, 1, 3), (1, 2, 1, 0))
"""GT-AG, GC-AG and AT-AC."""


@dataclass(frozen=True)
class Reading:
    """One row for each feature.

    ``length``: coding bases. ``start``, ``stop``: whether the first and last three are a start and a stop codon: 0 no,
    1 yes, 2 unknown for an ambiguous base. ``inner``: stop codons before the last codon, in the frame of the first
    phase. ``introns``: introns of at least :data:`MIN_INTRON` bases; ``odd_introns``: those with other splice sites
    than GT-AG, GC-AG and AT-AC.
    """

    length: Ints
    start: NDArray[np.uint8]
    stop: NDArray[np.uint8]
    inner: Ints
    introns: Ints
    odd_introns: Ints


@njit(cache=True, nogil=True)
def _copy(
    codes: NDArray[np.uint8],
    start: int,
    low: Ints,
    high: Ints,
    span_low: Ints,
    span_high: Ints,
    at: Ints,
    minus: NDArray[np.bool_],
    out: NDArray[np.uint8],
) -> None:
    """Copy parts ``[low, high)`` of spans to where the spans begin in ``out``, 5' to 3'."""
    for row in range(len(low)):
        for place in range(low[row], high[row]):
            base = codes[place - start] & 0x0F
            if minus[row]:
                if base < 4:
                    base = 3 - base
                out[at[row] + span_high[row] - 1 - place] = base
            else:
                out[at[row] + place - span_low[row]] = base


@njit(cache=True, nogil=True)
def _codon(bases: NDArray[np.uint8], at: int) -> np.int64:
    if bases[at] > 3 or bases[at + 1] > 3 or bases[at + 2] > 3:
        return np.int64(64)
    return (np.int64(bases[at]) << 4) | (np.int64(bases[at + 1]) << 2) | np.int64(bases[at + 2])


@njit(cache=True, nogil=True)
def _translate(
    bases: NDArray[np.uint8],
    begin: Ints,
    length: Ints,
    phase: Ints,
    row: Ints,
    is_start: NDArray[np.bool_],
    is_stop: NDArray[np.bool_],
    start: NDArray[np.uint8],
    stop: NDArray[np.uint8],
    inner: Ints,
) -> None:
    for k in range(len(begin)):
        a, z = begin[k], begin[k] + length[k]
        start[k] = stop[k] = 2
        if z - a >= 3:
            first, last = _codon(bases, a), _codon(bases, z - 3)
            if first < 64:
                start[k] = is_start[row[k], first]
            if last < 64:
                stop[k] = is_stop[row[k], last]
        codons = (z - a - phase[k]) // 3 - 1
        for c in range(codons):
            if is_stop[row[k], _codon(bases, a + phase[k] + 3 * c)]:
                inner[k] += 1


def _fetch(
    read: Callable[[int, int], NDArray[np.uint8]], low: Ints, high: Ints, at: Ints, minus: NDArray[np.bool_], size: int
) -> NDArray[np.uint8]:
    """Bases of spans of ``position``, each from ``at`` on in the result; N where a span is short of its place."""
    out = np.full(size, _N, np.uint8)
    full = np.flatnonzero(high > low)
    first = low[full] // _BLOCK
    n_parts = (high[full] - 1) // _BLOCK - first + 1
    span = np.repeat(full, n_parts)
    block = np.repeat(first, n_parts) + np.arange(len(span)) - np.repeat(np.cumsum(n_parts) - n_parts, n_parts)
    order = np.argsort(block, kind="stable")
    span, block = span[order], block[order]
    part_low, part_high = np.maximum(low[span], block * _BLOCK), np.minimum(high[span], (block + 1) * _BLOCK)
    borders = np.append(np.flatnonzero(np.diff(block, prepend=-1)), len(block)).tolist()
    for a, z in pairwise(borders):
        start = int(part_low[a:z].min())
        codes = read(start, int(part_high[a:z].max()))
        rows = span[a:z]
        _copy(codes, start, part_low[a:z], part_high[a:z], low[rows], high[rows], at[rows], minus[rows], out)
    return out


def read_features(
    features: Features, codes: GeneCodes, offsets: Ints, read: Callable[[int, int], NDArray[np.uint8]]
) -> Reading:
    """Read all coding transcripts, isoforms too.

    Parameters
    ----------
    features
        Coding transcripts.
    codes
        Genetic code of every gene.
    offsets
        Position of each contig's first base, and the genome's length at the end.
    read
        Gives the base codes of ``[start, stop)`` of ``position``; soft-masking does not matter.
    """
    f, n = features, len(features)
    wide = np.flatnonzero(f.introns.end - f.introns.start >= MIN_INTRON)
    introns = f.introns.owner[wide], f.introns.start[wide], f.introns.end[wide]
    owner = np.concatenate([f.pieces.owner, introns[0], introns[0]])
    start = np.concatenate([f.pieces.start, introns[1], introns[2] - 2])
    end = np.concatenate([f.pieces.end, introns[1] + 2, introns[2]])
    of_intron = np.arange(len(owner)) >= len(f.pieces.owner)
    size, minus, contig = f.contig_length[owner], f.minus[owner], f.contig[owner]
    low, high = mirrored(np.clip(start, 0, size), np.clip(end, 0, size), size, minus)
    low, high = low + offsets[contig], high + offsets[contig]
    place = np.where(of_intron, 2, high - low)
    out = Reading(
        np.zeros(n, np.int64),
        np.full(n, _UNKNOWN, np.uint8),
        np.full(n, _UNKNOWN, np.uint8),
        np.zeros(n, np.int64),
        np.bincount(introns[0], minlength=n).astype(np.int64),
        np.zeros(n, np.int64),
    )
    np.add.at(out.length, f.pieces.owner, f.pieces.end - f.pieces.start)
    batch = _batches(owner, low, place, n)[owner]
    order = np.lexsort((start, owner, of_intron, batch))
    borders = np.append(np.flatnonzero(np.diff(batch[order], prepend=-1)), len(order)).tolist()
    for a, z in pairwise(borders):
        rows = order[a:z]
        stop = np.cumsum(place[rows])
        at = stop - place[rows]
        bases = _fetch(read, low[rows], high[rows], at, minus[rows], int(stop[-1]))
        n_pieces = int(np.count_nonzero(~of_intron[rows]))
        _coding(out, f, codes, owner[rows[:n_pieces]], at[:n_pieces], stop[:n_pieces], bases)
        if n_pieces < len(rows):
            _splice_sites(out, owner[rows[n_pieces::2]], bases[int(stop[n_pieces - 1]) :])
    return out


def _batches(owner: Ints, low: Ints, place: Ints, n: int) -> Ints:
    """Number of the batch of each feature: neighbours in the genome, and so many bases."""
    begin = np.full(n, np.iinfo(np.int64).max)
    np.minimum.at(begin, owner, low)
    size = np.bincount(owner, weights=place, minlength=n).astype(np.int64)
    order = np.argsort(begin, kind="stable")
    batch = np.empty(n, np.int64)
    batch[order] = np.cumsum(size[order]) // _BATCH
    return batch


def _coding(
    out: Reading, f: Features, codes: GeneCodes, owner: Ints, at: Ints, stop: Ints, bases: NDArray[np.uint8]
) -> None:
    first = np.flatnonzero(np.diff(owner, prepend=-1))
    last = np.append(first[1:], len(owner)) - 1
    own, begin = owner[first], at[first]
    found = np.empty(len(own), np.uint8), np.empty(len(own), np.uint8), np.zeros(len(own), np.int64)
    phase, row = np.maximum(f.phase5[own], 0), codes.row[f.gene[own]]
    _translate(bases, begin, stop[last] - begin, phase, row, codes.is_start, codes.is_stop, *found)
    out.start[own], out.stop[own], out.inner[own] = found


def _splice_sites(out: Reading, owner: Ints, bases: NDArray[np.uint8]) -> None:
    sites = bases.reshape(-1, 4)
    odd = (sites < _N).all(axis=1)
    for pair in _PAIRS:
        odd &= (sites != np.array(pair, np.uint8)).any(axis=1)
    np.add.at(out.odd_introns, owner[odd], 1)
