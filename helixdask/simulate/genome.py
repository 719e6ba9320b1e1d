"""One block of the ancestral genome: genes, and the gaps around them with repeats and runs of unknown bases.

A contig is made of blocks of at most a megabase, each from its own random stream, so that a genome of any size is
made and written in bounded memory. Genes never cross the edge of a block.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from helixdask.simulate.genes import GenePool, draw_genes, offsets_of, random_dna
from helixdask.simulate.species import Species, sample_columns

MASKED = np.uint8(0x80)
UNKNOWN = np.uint8(4)
_MIN_GAP = 120
_PROMOTER_DISTANCE = 35
_BASES_PER_UNKNOWN_RUN = 250_000


@dataclass(frozen=True)
class Ancestor:
    """Genes and the gaps around them: gap 0, gene 0, gap 1, ..., gap n.

    `gap` is the pooled uint8 sequence of the n + 1 gaps in plus orientation (codes 0 to 4, bit 0x80 in repeats),
    `gap_offset` (n + 2,) int64; `strand` (n,) int8, 0 plus, 1 minus.
    """

    genes: GenePool
    strand: NDArray[np.int8]
    gap: NDArray[np.uint8]
    gap_offset: NDArray[np.int64]


def draw_ancestor(
    species: Species,
    length: int,
    genic_fraction: float,
    repeat_fraction: float,
    rng: np.random.Generator,
    change_genes: Callable[[GenePool], GenePool] | None = None,
) -> Ancestor:
    """Draw a block of the ancestral genome, `length` bases within a few per cent (exactly, where it has no genes)."""
    genes = draw_genes(species, int(length * genic_fraction), rng)
    genes = _fitting(change_genes(genes) if change_genes else genes, length)
    n = len(genes)
    free = length - int(genes.lengths.sum()) - _MIN_GAP * (n + 1)
    edges = np.sort(rng.integers(0, max(free, 0) + 1, n))
    gaps = np.diff(edges, prepend=0, append=max(free, 0)) + _MIN_GAP if n else np.array([length])
    gap_offset = offsets_of(gaps.astype(np.int64))
    strand = rng.integers(0, 2, n).astype(np.int8)
    gap = draw_gap(species, gap_offset, repeat_fraction, rng)
    _paste_promoters(gap, gap_offset, strand, species, rng)
    return Ancestor(genes, strand, gap, gap_offset)


def draw_gap(
    species: Species, gap_offset: NDArray[np.int64], repeat_fraction: float, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Draw what lies between genes, with repeats and runs of unknown bases: pooled uint8, plus orientation."""
    gap = random_dna(species.intergenic, int(gap_offset[-1]), rng)
    paste_repeats(gap, gap_offset, species.repeats, repeat_fraction, rng)
    _paste_unknown(gap, gap_offset, rng)
    return gap


def _fitting(genes: GenePool, length: int) -> GenePool:
    """The first genes, as many as leave a tenth of the block free."""
    fits = int(np.searchsorted(np.cumsum(genes.lengths + _MIN_GAP), 0.9 * length - _MIN_GAP))
    if fits >= len(genes):
        return genes
    introns = int(genes.junction_offset[fits])
    return GenePool(
        utr5=genes.utr5[:fits],
        coding=genes.coding[:fits],
        utr3=genes.utr3[:fits],
        mrna=genes.mrna[: genes.mrna_offset[fits]],
        mrna_offset=genes.mrna_offset[: fits + 1],
        junction=genes.junction[:introns],
        junction_offset=genes.junction_offset[: fits + 1],
        intron=genes.intron[: genes.intron_offset[introns]],
        intron_offset=genes.intron_offset[: introns + 1],
        expression=genes.expression[:fits],
    )


def paste_repeats(
    gap: NDArray[np.uint8],
    gap_offset: NDArray[np.int64],
    families: Sequence[NDArray[np.uint8]],
    fraction: float,
    rng: np.random.Generator,
) -> None:
    """Paste copies of repeats over a share of the gaps, older ones first; they are cut at genes, and soft-masked."""
    if fraction == 0 or len(gap) < _MIN_GAP:
        return
    sizes = np.array([len(family) for family in families])
    covered = -np.log1p(-fraction) * len(gap)  # copies overlap and are cut at genes
    for share, age in ((0.6, 0.18), (0.4, 0.04)):
        copies = rng.integers(0, len(sizes), round(covered * share / (0.6 * sizes.mean())))
        begin = rng.integers(0, len(gap), len(copies))
        end_of_gap = gap_offset[np.searchsorted(gap_offset, begin, side="right")]
        length = (sizes[copies] * rng.uniform(0.2, 1.0, len(copies))).astype(np.int64)
        for family, start, stop, flipped in zip(
            copies, begin, np.minimum(begin + length, end_of_gap), rng.random(len(copies)) < 0.5, strict=True
        ):
            consensus = families[family][: stop - start]
            gap[start:stop] = (3 - consensus[::-1] if flipped else consensus) | MASKED
        masked = np.flatnonzero(gap & MASKED)
        substitute(gap, masked[rng.random(len(masked)) < age], rng)


def _paste_unknown(gap: NDArray[np.uint8], gap_offset: NDArray[np.int64], rng: np.random.Generator) -> None:
    for start in rng.integers(0, max(len(gap), 1), rng.poisson(len(gap) / _BASES_PER_UNKNOWN_RUN)):
        end_of_gap = gap_offset[np.searchsorted(gap_offset, start, side="right")]
        gap[start : min(start + 100, end_of_gap)] = UNKNOWN


def _paste_promoters(
    gap: NDArray[np.uint8],
    gap_offset: NDArray[np.int64],
    strand: NDArray[np.int8],
    species: Species,
    rng: np.random.Generator,
) -> None:
    boxes = sample_columns(species.promoter, len(strand), rng)
    present = rng.random(len(strand)) < 0.7
    width = boxes.shape[1]
    plus = np.flatnonzero(present & (strand == 0))
    gap[(gap_offset[plus + 1] - _PROMOTER_DISTANCE)[:, None] + np.arange(width)] = boxes[plus]
    minus = np.flatnonzero(present & (strand == 1))
    gap[(gap_offset[minus + 1] + _PROMOTER_DISTANCE - 1)[:, None] - np.arange(width)] = 3 - boxes[minus]


def substitute(pool: NDArray[np.uint8], places: NDArray[np.int64], rng: np.random.Generator) -> None:
    """Put another base at each (distinct) place, keeping masks and unknown bases."""
    old = pool[places]
    base = old & 0x7F
    new = (base + rng.integers(1, 4, len(places), dtype=np.uint8)) % 4
    pool[places] = np.where(base < 4, new | (old & MASKED), old)
