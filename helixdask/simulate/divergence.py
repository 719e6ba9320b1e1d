"""What became of an ancestor in one subgenome: substitutions, small indels, lost genes, all on one sequence."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from helixdask.kernels import njit
from helixdask.simulate.genes import MIN_INTRON, GenePool, codon_starts, offsets_of
from helixdask.simulate.genome import MASKED, Ancestor, substitute
from helixdask.simulate.species import AMINO_ACID, STOP

_NONSYNONYMOUS_KEPT = 0.25


@dataclass(frozen=True)
class Block:
    """A stretch of a contig and its genes; 0-based, half-open, plus orientation, from the block's first base.

    Parameters
    ----------
    sequence
        (length,) uint8, C, A, T, G, N = 0 to 4, bit 0x80 where soft-masked.
    number
        (n,) int64, the gene's number in the ancestor: homoeologs share it.
    strand, start, end
        (n,) int8 and int64, ascending by start.
    expression
        (n,) float64.
    exon_gene, exon_start, exon_end
        (e,) int64, ascending within a gene.
    coding_start, coding_end
        (e,) int64, the coding part of each exon; empty (equal) where there is none.
    coding_before
        (e,) int64, coding bases before this exon in the direction of translation.
    """

    sequence: NDArray[np.uint8]
    number: NDArray[np.int64]
    strand: NDArray[np.int8]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    expression: NDArray[np.float64]
    exon_gene: NDArray[np.int64]
    exon_start: NDArray[np.int64]
    exon_end: NDArray[np.int64]
    coding_start: NDArray[np.int64]
    coding_end: NDArray[np.int64]
    coding_before: NDArray[np.int64]


def diverge(
    ancestor: Ancestor, substitutions: float, indels: float, gene_loss: float, rng: np.random.Generator
) -> Block:
    """One descendant of a block: substitutions and indels per neutral base, genes lost, laid out on one sequence.

    Start and stop codons and the splice dinucleotides are kept; a coding substitution is kept when it is synonymous,
    or one time in four.
    """
    genes = ancestor.genes
    lost = rng.random(len(genes)) < gene_loss
    mrna = mutate_transcripts(genes, substitutions, rng)
    intron, intron_offset = _mutate_segments(
        genes.intron, genes.intron_offset, substitutions, indels, (6, 42), MIN_INTRON, rng
    )
    gap, gap_offset = _mutate_segments(ancestor.gap, ancestor.gap_offset, substitutions, indels, (0, 0), 1, rng)
    expression = genes.expression * rng.lognormal(-0.125, 0.5, len(genes))
    pool = replace(genes, mrna=mrna, intron=intron, intron_offset=intron_offset, expression=expression)

    kept = np.flatnonzero(~lost)
    starts = gap_offset[1:-1] + offsets_of(np.where(lost, 0, pool.lengths))[:-1]
    sequence = np.empty(int(gap_offset[-1] + pool.lengths[kept].sum()), dtype=np.uint8)
    exons = int((np.diff(pool.junction_offset)[kept] + 1).sum())
    table = np.empty((6, exons), dtype=np.int64)
    _lay_out(
        sequence, table, gap, gap_offset, lost, ancestor.strand, starts, pool.utr5, pool.coding, mrna, pool.mrna_offset,
        pool.junction, pool.junction_offset, intron, intron_offset,
    )  # fmt: skip
    rank = np.cumsum(~lost) - 1
    return Block(
        sequence=sequence,
        number=kept,
        strand=ancestor.strand[kept],
        start=starts[kept],
        end=(starts + pool.lengths)[kept],
        expression=expression[kept],
        exon_gene=rank[table[0]],
        exon_start=table[1],
        exon_end=table[2],
        coding_start=table[3],
        coding_end=table[4],
        coding_before=table[5],
    )


def mutate_transcripts(genes: GenePool, rate: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Transcripts with substitutions: `rate` per neutral base, fewer where the protein would change."""
    mrna = genes.mrna.copy()
    starts = codon_starts(genes.mrna_offset, genes.utr5, genes.coding)
    coding = np.zeros(len(mrna), dtype=bool)
    for place in range(3):
        coding[starts + place] = True
    substitute(mrna, np.flatnonzero((rng.random(len(mrna)) < rate) & ~coding), rng)

    first = offsets_of(genes.coding // 3)
    inner = np.ones(len(starts), dtype=bool)
    inner[first[:-1]] = False
    inner[first[1:] - 1] = False
    at = starts[inner & (rng.random(len(starts)) < 3 * rate)]
    old = np.stack([mrna[at], mrna[at + 1], mrna[at + 2]]).astype(np.int64)
    new = old.copy()
    column = np.arange(len(at))
    row = rng.integers(0, 3, len(at))
    new[row, column] = (new[row, column] + rng.integers(1, 4, len(at))) % 4
    before, after = (16 * codon[0] + 4 * codon[1] + codon[2] for codon in (old, new))
    tolerated = (AMINO_ACID[before] == AMINO_ACID[after]) | (rng.random(len(at)) < _NONSYNONYMOUS_KEPT)
    kept = tolerated & ~STOP[after]
    for place in range(3):
        mrna[at[kept] + place] = new[place, kept]
    return mrna


def _mutate_segments(
    pool: NDArray[np.uint8],
    offset: NDArray[np.int64],
    substitutions: float,
    indels: float,
    margins: tuple[int, int],
    shortest: int,
    rng: np.random.Generator,
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Substitute anywhere but in the two first and last bases of introns; insert and delete outside the margins."""
    pool = pool.copy()
    free = rng.random(len(pool)) < substitutions
    if margins[0]:
        for place in (offset[:-1], offset[:-1] + 1, offset[1:] - 1, offset[1:] - 2):
            free[place] = False
    substitute(pool, np.flatnonzero(free), rng)
    places = np.unique(rng.integers(0, max(len(pool), 1), rng.poisson(indels * len(pool))))
    sizes = rng.integers(1, 9, len(places)) * rng.choice(np.array([-1, 1]), len(places))
    inserted = rng.integers(0, 4, int(sizes[sizes > 0].sum()), dtype=np.uint8)
    return _edit_segments(pool, offset, places, sizes, inserted, margins[0], margins[1], shortest)


@njit(cache=True)
def _copy(target: NDArray[np.uint8], at: int, source: NDArray[np.uint8], start: int, stop: int) -> None:
    """Copy a stretch, base by base: slices take seconds to compile."""
    for place in range(start, stop):
        target[at + place - start] = source[place]


@njit(cache=True)
def _edit_segments(
    pool: NDArray[np.uint8],
    offset: NDArray[np.int64],
    places: NDArray[np.int64],
    sizes: NDArray[np.int64],
    inserted: NDArray[np.uint8],
    left: int,
    right: int,
    shortest: int,
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    out = np.empty(len(pool) + len(inserted), dtype=np.uint8)
    new_offset = np.zeros_like(offset)
    read = 0
    write = 0
    event = 0
    fresh = 0
    for segment in range(len(offset) - 1):
        end = offset[segment + 1]
        length = end - offset[segment]
        while event < len(places) and places[event] < end:
            place, size = places[event], sizes[event]
            event += 1
            inside = place >= offset[segment] + left and max(place, place - size) <= end - right and place >= read
            if not inside or length + size < shortest:
                continue
            _copy(out, write, pool, read, place)
            write += place - read
            read = place
            length += size
            if size < 0:
                read += -size
            else:
                for i in range(size):
                    out[write + i] = inserted[fresh + i] | (pool[place] & MASKED)
                write += size
                fresh += size
        if end > read:
            _copy(out, write, pool, read, end)
            write += end - read
            read = end
        new_offset[segment + 1] = write
    return out[:write].copy(), new_offset


@njit(cache=True)
def _lay_out(
    sequence: NDArray[np.uint8],
    table: NDArray[np.int64],
    gap: NDArray[np.uint8],
    gap_offset: NDArray[np.int64],
    lost: NDArray[np.bool_],
    strand: NDArray[np.int8],
    starts: NDArray[np.int64],
    utr5: NDArray[np.int64],
    coding: NDArray[np.int64],
    mrna: NDArray[np.uint8],
    mrna_offset: NDArray[np.int64],
    junction: NDArray[np.int64],
    junction_offset: NDArray[np.int64],
    intron: NDArray[np.uint8],
    intron_offset: NDArray[np.int64],
) -> None:
    """Write gaps and genes into `sequence`; gene, start, end, coding start, end and bases before into `table`."""
    write = 0
    row = 0
    for gene in range(len(lost) + 1):
        size = gap_offset[gene + 1] - gap_offset[gene]
        _copy(sequence, write, gap, gap_offset[gene], gap_offset[gene + 1])
        write += size
        if gene == len(lost) or lost[gene]:
            continue
        first, last = junction_offset[gene], junction_offset[gene + 1]
        spliced = mrna_offset[gene + 1] - mrna_offset[gene]
        length = spliced + intron_offset[last] - intron_offset[first]
        minus = strand[gene] == 1
        done = 0  # bases of the gene written, in sense direction
        for k in range(last - first + 1):
            begin = junction[first + k - 1] if k > 0 else 0
            end = junction[first + k] if first + k < last else spliced
            low = min(max(begin, utr5[gene]), end)
            high = max(min(end, utr5[gene] + coding[gene]), low)
            low_at, high_at = done + low - begin, done + high - begin
            at = row + (last - first - k if minus else k)
            table[0, at] = gene
            table[1, at] = write + (length - done - (end - begin) if minus else done)
            table[2, at] = table[1, at] + end - begin
            table[3, at] = write + (length - high_at if minus else low_at)
            table[4, at] = table[3, at] + high - low
            table[5, at] = low - utr5[gene]
            for i in range(begin, end):
                base = mrna[mrna_offset[gene] + i]
                if minus:
                    sequence[write + length - 1 - done] = 3 - base
                else:
                    sequence[write + done] = base
                done += 1
            if first + k < last:
                for i in range(intron_offset[first + k], intron_offset[first + k + 1]):
                    if minus:
                        sequence[write + length - 1 - done] = 3 - intron[i]
                    else:
                        sequence[write + done] = intron[i]
                    done += 1
        row += last - first + 1
        write += length
