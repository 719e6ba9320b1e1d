"""Genes in sense orientation: spliced transcripts, where their introns sit, and the introns themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from helixdask.kernels import njit
from helixdask.simulate.species import CONTEXT, Species, sample_columns

MIN_INTRON = 60
MAX_INTRON = 5_000
MIN_EXON = 30
_TRIES = 40


@dataclass(frozen=True)
class GenePool:
    """Genes without a place: `n` transcripts and their `m` introns, each pooled end to end in sense orientation.

    Parameters
    ----------
    utr5, coding, utr3
        (n,) int64, lengths in bases; `coding` is a multiple of three, stop codon included.
    mrna, mrna_offset
        (sum of lengths,) uint8 base codes of the spliced transcripts; (n + 1,) int64.
    junction, junction_offset
        (m,) int64, positions in the transcript before which an intron sits, ascending; (n + 1,) int64.
    intron, intron_offset
        uint8 base codes of the introns in the order of `junction`; (m + 1,) int64.
    expression
        (n,) float64, 0 for genes without transcripts, mean about 1.
    """

    utr5: NDArray[np.int64]
    coding: NDArray[np.int64]
    utr3: NDArray[np.int64]
    mrna: NDArray[np.uint8]
    mrna_offset: NDArray[np.int64]
    junction: NDArray[np.int64]
    junction_offset: NDArray[np.int64]
    intron: NDArray[np.uint8]
    intron_offset: NDArray[np.int64]
    expression: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.coding)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(n,) int64, bases of each gene with its introns."""
        introns = self.intron_offset[self.junction_offset]
        return np.diff(self.mrna_offset) + np.diff(introns)


def offsets_of(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each part begins when parts of these lengths lie end to end: (n + 1,) int64."""
    offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


def codon_starts(
    mrna_offset: NDArray[np.int64], utr5: NDArray[np.int64], coding: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Positions in the pool of the first base of every codon, gene after gene: int64."""
    codons = coding // 3
    first = np.repeat(mrna_offset[:-1] + utr5, codons)
    within = np.arange(codons.sum()) - np.repeat(offsets_of(codons)[:-1], codons)
    starts: NDArray[np.int64] = first + 3 * within
    return starts


def random_dna(chain: NDArray[np.float64], length: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Draw DNA from a chain of `helixdask.simulate.species`: (length,) uint8 base codes."""
    edges = np.round(np.cumsum(chain, axis=1)[:, :3] * 65536).astype(np.uint32)
    return _walk(edges, rng.integers(0, 65536, length, dtype=np.uint16))


@njit(cache=True)
def _walk(edges: NDArray[np.uint32], draws: NDArray[np.uint16]) -> NDArray[np.uint8]:
    out = np.empty(len(draws), dtype=np.uint8)
    context = 0
    for i in range(len(draws)):
        draw = draws[i]
        base = 0
        if draw >= edges[context, 0]:
            base = 1
        if draw >= edges[context, 1]:
            base = 2
        if draw >= edges[context, 2]:
            base = 3
        out[i] = base
        context = (context * 4 + base) % (4**CONTEXT)
    return out


def draw_genes(species: Species, bases: int, rng: np.random.Generator) -> GenePool:
    """Draw genes that together are about `bases` long.

    Every coding sequence starts with ATG, ends with a stop codon and has none inside; every intron is GT...AG and at
    least 60 bases.
    """
    n = int(rng.poisson(bases / species.gene_length)) if bases >= species.gene_length else 0
    utr5 = np.clip(rng.lognormal(np.log(species.utr5_median), 0.6, n), 20, 900).astype(np.int64)
    utr3 = np.clip(rng.lognormal(np.log(species.utr3_median), 0.6, n), 50, 1500).astype(np.int64)
    coding = 3 * (np.clip(rng.lognormal(np.log(species.coding_median), 0.5, n), 240, 6000).astype(np.int64) // 3)
    mrna_offset = offsets_of(utr5 + coding + utr3)
    mrna = _transcripts(species, utr5, coding, mrna_offset, rng)

    wanted = rng.poisson(coding / species.intron_spacing) * (rng.random(n) < 0.8)
    in_utr5 = (rng.random(n) < 0.1) & (utr5 >= 3 * MIN_EXON)
    draws = rng.random((int(wanted.sum() + n), _TRIES, 2))
    junction, junction_offset = _choose_junctions(
        mrna, mrna_offset, utr5, coding, wanted, in_utr5, draws, species.exon_end_taste
    )
    lengths = rng.lognormal(np.log(species.intron_median), species.intron_sigma, len(junction))
    intron_offset = offsets_of(np.clip(lengths, MIN_INTRON, MAX_INTRON).astype(np.int64))
    expression = rng.lognormal(-0.72, 1.2, n) * (rng.random(n) < 0.85)
    return GenePool(
        utr5,
        coding,
        utr3,
        mrna,
        mrna_offset,
        junction,
        junction_offset,
        _introns(species, intron_offset, rng),
        intron_offset,
        expression,
    )


def _transcripts(
    species: Species,
    utr5: NDArray[np.int64],
    coding: NDArray[np.int64],
    offset: NDArray[np.int64],
    rng: np.random.Generator,
) -> NDArray[np.uint8]:
    mrna = random_dna(species.utr, int(offset[-1]), rng)
    starts = codon_starts(offset, utr5, coding)
    codons = rng.choice(64, len(starts), p=species.codons)
    first = offsets_of(coding // 3)
    codons[first[:-1]] = 16 * 1 + 4 * 2 + 3  # ATG
    codons[first[1:] - 1] = rng.choice(64, len(coding), p=species.stops)
    for place, divisor in enumerate((16, 4, 1)):
        mrna[starts + place] = codons // divisor % 4
    _overlay(mrna, offset[:-1] + utr5 - len(species.before_start), species.before_start, rng)
    _overlay(mrna, offset[1:] - rng.integers(16, 31, len(coding)) - len(species.poly_a), species.poly_a, rng)
    return mrna


def _introns(species: Species, offset: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.uint8]:
    intron = random_dna(species.intron, int(offset[-1]), rng)
    _overlay(intron, offset[:-1], species.donor, rng)
    _overlay(intron, offset[1:] - rng.integers(24, 40, len(offset) - 1), species.branch, rng)
    _overlay(intron, offset[1:] - len(species.acceptor), species.acceptor, rng)
    return intron


def _overlay(
    pool: NDArray[np.uint8], starts: NDArray[np.int64], motif: NDArray[np.float64], rng: np.random.Generator
) -> None:
    pool[starts[:, None] + np.arange(len(motif))] = sample_columns(motif, len(starts), rng)


@njit(cache=True)
def _choose_junctions(
    mrna: NDArray[np.uint8],
    mrna_offset: NDArray[np.int64],
    utr5: NDArray[np.int64],
    coding: NDArray[np.int64],
    wanted: NDArray[np.int64],
    in_utr5: NDArray[np.bool_],
    draws: NDArray[np.float64],
    taste: float,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Put introns where the transcript reads AG|G or nearly so: codons stay, splice sites have context."""
    n = len(coding)
    junction = np.empty(len(draws), dtype=np.int64)
    offset = np.zeros(n + 1, dtype=np.int64)
    count = 0
    used = 0
    for gene in range(n):
        begin = count
        for k in range(wanted[gene] + in_utr5[gene]):
            low, high = utr5[gene] + 12, utr5[gene] + coding[gene] - 12
            if k == wanted[gene]:
                low, high = MIN_EXON, utr5[gene] - MIN_EXON
            for attempt in range(draws.shape[1]):
                place = low + np.int64(draws[used, attempt, 0] * (high - low))
                base = mrna_offset[gene] + place
                chance = taste
                if mrna[base - 1] == 3:
                    chance *= 4
                    if mrna[base - 2] == 1:
                        chance = 0.5 if mrna[base] != 3 else 1.0
                if draws[used, attempt, 1] >= chance:
                    continue
                free = True
                for other in range(begin, count):
                    if abs(junction[other] - place) < MIN_EXON:
                        free = False
                if free:
                    junction[count] = place
                    count += 1
                    break
            used += 1
        junction[begin:count].sort()
        offset[gene + 1] = count
    return junction[:count].copy(), offset
