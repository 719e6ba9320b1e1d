"""How far called genes agree with what they were not called from: reads, and reading frames.

Each term is counted from two sides, so that neither few nor many genes win by themselves: how much of what is called
the evidence confirms, and how much of the evidence is called. All arrays are of one strand, in its own direction,
stretches end to end.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.kernels import njit

TERMS: Final = ("junctions", "coverage", "frames")
"""``junctions``: introns against spliced reads. ``coverage``: exons against reads. ``frames``: raw coding bases of the
network against stop codons, and long open reading frames against raw coding bases."""
COLUMNS: Final = ("evidence", "called", "found", "confirmed", "untranslated", "untranslated_confirmed", "bases")
"""What is counted for each term: size of the evidence, of what is called, how much of the evidence is called, how much
of what is called is confirmed. Of coverage alone: of the last two the untranslated part, and all bases."""

_COVERED_GENE: Final = 0.25
"""A gene counts as expressed where this share of its coding bases is covered."""
_CHANCE: Final = 1e-7
"""Reading frames count that are so long that at most this many of them begin at a base by chance."""
_SHORTEST: Final = 100

_TITLES: Final = {
    "junctions": "introns and spliced {}",
    "coverage": "exons and {}",
    "frames": "coding bases and reading frames",
}

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def term_title(term: str, source: str) -> str:
    """What a term compares, for people; ``source`` is what its libraries hold, such as ``reads``.

    Examples
    --------
    >>> term_title("junctions", "reads"), term_title("coverage", "protein alignments")
    ('introns and spliced reads', 'exons and protein alignments')
    """
    return _TITLES.get(term, term).format(source)


class CalledGenes(NamedTuple):
    """Genes of one strand; places count from the first base of the first stretch, ``[start, end)``.

    Attributes
    ----------
    exon_start, exon_end, exon_gene
        (exon,) int64, by gene and place.
    coding_start, coding_end, coding_gene
        (coding segment,) int64, likewise.
    n_genes
        How many genes.
    """

    exon_start: Ints
    exon_end: Ints
    exon_gene: Ints
    coding_start: Ints
    coding_end: Ints
    coding_gene: Ints
    n_genes: int


class Reads(NamedTuple):
    """Aligned reads, summed over libraries.

    Attributes
    ----------
    coverage
        (n,) reads over each base.
    spliced
        (n,) reads that skip each base.
    """

    coverage: NDArray[np.float32]
    spliced: NDArray[np.float32]


def evidence_counts(
    genes: CalledGenes,
    codes: NDArray[np.uint8],
    masked: Bools,
    place: NDArray[np.int8],
    bounds: Ints,
    is_stop: Bools,
    reads: Reads | None,
) -> Ints:
    """Count, stretch by stretch, what evidence there is, what is called, and how much of each agrees.

    Parameters
    ----------
    genes
        What was called.
    codes
        (n,) uint8 base codes, without the soft mask.
    masked
        (n,) bool soft-masked bases: their long reading frames are no evidence.
    place
        (n,) int8 place within its codon, 0 to 2, of each base that the network takes for coding; -1: not coding.
    bounds
        (block + 1,) int64 where each block begins, and the end; no block goes on in another stretch of sequence.
    is_stop
        (65,) bool by :func:`helixdask.genes.genetic_code.codon_index`.
    reads
        None: nothing is counted for junctions and coverage.

    Returns
    -------
    numpy.ndarray
        ``(block, term, column)`` int64, as in :data:`TERMS` and :data:`COLUMNS`. Junctions count ends of introns,
        coverage bases, frames codons.

    Examples
    --------
    One gene with an intron that a read confirms, on 12 bases:

    >>> import numpy as np
    >>> starts, ends, first = np.array([1, 8]), np.array([4, 12]), np.zeros(2, int)
    >>> genes = CalledGenes(starts, ends, first, starts, ends, first, 1)
    >>> coverage = np.array([0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 0], np.float32)
    >>> spliced = np.array([0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0], np.float32)
    >>> no_stop, nothing = np.zeros(65, bool), np.full(12, -1, np.int8)
    >>> counts = evidence_counts(
    ...     genes, np.zeros(12, np.uint8), nothing > 0, nothing, np.array([0, 12]), no_stop, Reads(coverage, spliced)
    ... )
    >>> counts[0].tolist()
    [[2, 2, 2, 2, 0, 0, 0], [6, 7, 6, 6, 0, 0, 12], [0, 0, 0, 0, 0, 0, 0]]
    """
    counts = np.zeros((len(bounds) - 1, len(TERMS), len(COLUMNS)), np.int64)
    if reads is not None:
        counts[:, 0, :4] = _junctions(genes, reads, bounds)
        counts[:, 1] = _coverage(genes, reads, bounds)
    counts[:, 2, :4] = _frames(codes, masked, place, bounds, is_stop)
    return counts


def _by_block(places: Ints, bounds: Ints) -> Ints:
    """How many of some places lie in each block."""
    return np.diff(np.searchsorted(np.sort(places), bounds)).astype(np.int64)


def _of_mask(mask: Bools, bounds: Ints) -> Ints:
    before = np.concatenate([[0], np.cumsum(mask)])
    return np.diff(before[bounds]).astype(np.int64)


def _junctions(genes: CalledGenes, reads: Reads, bounds: Ints) -> Ints:
    """Ends of introns: in the reads, called where there are reads, and both."""
    same = genes.exon_gene[1:] == genes.exon_gene[:-1]
    start, end = genes.exon_end[:-1][same], genes.exon_start[1:][same]
    # A read that skips bases begins to skip at a donor and ends at an acceptor; not across two stretches.
    spliced = np.concatenate([[0], reads.spliced, [0]])
    opens, closes = spliced[1:] > spliced[:-1], spliced[1:] < spliced[:-1]
    opens[bounds[:-1]] = False
    closes[bounds[1:]] = False
    here = np.concatenate([[0], np.cumsum((reads.coverage > 0) | (reads.spliced > 0))])
    seen = (here[np.minimum(end + 1, len(here) - 1)] - here[np.maximum(start - 1, 0)]) > 0
    start, end = start[seen], end[seen]
    right = np.concatenate([start[opens[start]], end[closes[end]]])
    found_open, found_close = np.zeros_like(opens), np.zeros_like(closes)
    found_open[start] = found_close[end] = True
    # An acceptor is the base behind the intron; the last base within it tells in which block it lies.
    observed = np.concatenate([np.flatnonzero(opens), np.flatnonzero(closes) - 1])
    found = np.concatenate([np.flatnonzero(opens & found_open), np.flatnonzero(closes & found_close) - 1])
    columns = observed, np.concatenate([start, end - 1]), found, right
    return np.stack([_by_block(places, bounds) for places in columns], axis=1)


def _coverage(genes: CalledGenes, reads: Reads, bounds: Ints) -> Ints:
    """Bases: covered, in exons of expressed genes, covered ones in exons; of the second the covered and the UTRs."""
    n = len(reads.coverage)
    covered = reads.coverage > 0
    before = np.concatenate([[0], np.cumsum(covered)])
    size = genes.coding_end - genes.coding_start
    bases = np.bincount(genes.coding_gene, size, genes.n_genes)
    of_those = np.bincount(genes.coding_gene, before[genes.coding_end] - before[genes.coding_start], genes.n_genes)
    expressed = of_those > _COVERED_GENE * bases
    kept = expressed[genes.exon_gene]
    exons = _painted(genes.exon_start, genes.exon_end, n)
    of_expressed = _painted(genes.exon_start[kept], genes.exon_end[kept], n)
    utr = of_expressed & ~_painted(genes.coding_start, genes.coding_end, n)
    columns = covered, of_expressed, covered & exons, covered & of_expressed, utr, covered & utr
    return np.stack([*(_of_mask(mask, bounds) for mask in columns), np.diff(bounds)], axis=1)


def _painted(start: Ints, end: Ints, n: int) -> Bools:
    steps = np.bincount(start, minlength=n + 1) - np.bincount(end, minlength=n + 1)
    return np.cumsum(steps[:n]) > 0


def _frames(codes: NDArray[np.uint8], masked: Bools, place: NDArray[np.int8], bounds: Ints, is_stop: Bools) -> Ints:
    """Codons: of long reading frames, raw coding ones, of the first those that are coding, raw ones without a stop."""
    known = codes[codes < 4]
    share = np.bincount(known, minlength=4) / max(len(known), 1)
    codon = (share[:, None, None] * share[:, None] * share).ravel()
    stop = float(codon[is_stop[:64]].sum())
    longest = len(codes) // 3 + 1
    shortest = longest
    if 0 < stop < 1:
        shortest = int(np.clip(np.ceil(np.log(_CHANCE / stop) / np.log1p(-stop)), _SHORTEST, longest))
    columns = np.zeros((len(bounds) - 1, 4), np.int64)
    for block, (begin, end) in enumerate(zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)):
        part = codes[begin:end]
        frames = _open_frames(part, is_stop, shortest)
        length = frames[:, 1] - frames[:, 0]
        frames = frames[np.lexsort((frames[:, 0], frames[:, 2], -length))]
        _count_frames(part, masked[begin:end], place[begin:end], frames, is_stop, columns[block])
    return columns


@njit(cache=True, nogil=True)
def _open_frames(codes: NDArray[np.uint8], is_stop: Bools, shortest: int) -> Ints:
    """Stop-free stretches of at least so many codons on both strands: start, end, strand."""
    n = len(codes)
    found = [(0, 0, 0)][:0]
    for strand in range(2):
        for frame in range(3):
            begin = frame
            for at in range(frame, n + 1, 3):
                ends = at + 3 > n
                if not ends:
                    a, b, c = codes[at], codes[at + 1], codes[at + 2]
                    ends = a > 3 or b > 3 or c > 3  # ambiguous bases end a reading frame
                    if not ends:
                        codon = 16 * a + 4 * b + c if strand == 0 else 16 * (3 - c) + 4 * (3 - b) + (3 - a)
                        ends = is_stop[codon]
                if ends:
                    if at - begin >= 3 * shortest:
                        found.append((begin, at, strand))
                    begin = at + 3
    frames = np.zeros((len(found), 3), np.int64)
    for row in range(len(found)):
        frames[row, 0], frames[row, 1], frames[row, 2] = found[row]
    return frames


@njit(cache=True, nogil=True)
def _count_frames(
    codes: NDArray[np.uint8],
    masked: Bools,
    place: NDArray[np.int8],
    frames: Ints,
    is_stop: Bools,
    counts: Ints,
) -> None:
    """Fill the four counts of one block; the longest reading frames come first, and hide those that overlap them."""
    n = len(codes)
    taken = np.zeros(n, np.bool_)
    for row in range(len(frames)):
        start, end, strand = frames[row]
        n_taken = n_masked = 0
        for at in range(start, end):
            n_taken += taken[at]
            n_masked += masked[at]
        if 2 * n_taken > end - start:
            continue
        taken[start:end] = True
        if strand == 1 or 2 * n_masked > end - start:
            continue
        for at in range(start, end, 3):
            counts[0] += 1
            counts[2] += place[at] == 0 and place[at + 1] == 1 and place[at + 2] == 2
    done = np.zeros(n, np.bool_)
    for first in range(n - 2):
        if done[first] or place[first] != 0 or place[first + 1] != 1 or place[first + 2] != 2:
            continue
        at, n_codons, has_stop = first, 0, False
        while at + 3 <= n and place[at] == 0 and place[at + 1] == 1 and place[at + 2] == 2:
            done[at] = True
            following = at + 6 <= n and place[at + 3] == 0 and place[at + 4] == 1 and place[at + 5] == 2
            a, b, c = codes[at], codes[at + 1], codes[at + 2]
            if following and a < 4 and b < 4 and c < 4 and is_stop[16 * a + 4 * b + c]:
                has_stop = True
            n_codons += 1
            at += 3
        counts[1] += n_codons
        counts[3] += 0 if has_stop else n_codons
