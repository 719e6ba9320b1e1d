"""Paired dUTP reads of a block: which fragments are sequenced, and how their two reads align."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from helixdask.kernels import njit
from helixdask.simulate.divergence import Block
from helixdask.simulate.genes import offsets_of

READ_LENGTH = 100
INSERT = (250.0, 40.0)
ERROR_RATE = 0.003
PAIRED, PROPER, REVERSE, MATE_REVERSE, FIRST, SECOND = 1, 2, 16, 32, 64, 128


@dataclass(frozen=True)
class Alignments:
    """Reads of a block, ascending by position.

    Parameters
    ----------
    pair
        (n,) int64, number of the pair, from 0 in each block.
    start, end
        (n,) int64, 0-based, half-open on the block.
    mate_start, template_length
        (n,) int64, as in BAM.
    flag
        (n,) uint16, BAM flags.
    cigar, cigar_offset
        uint32 BAM CIGAR operations (M and N) pooled; (n + 1,) int64.
    bases
        (n, 100) uint8, codes C, A, T, G, N = 0 to 4, plus orientation.
    strand
        (n,) int8, strand of the transcript.
    """

    pair: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    mate_start: NDArray[np.int64]
    template_length: NDArray[np.int64]
    flag: NDArray[np.uint16]
    cigar: NDArray[np.uint32]
    cigar_offset: NDArray[np.int64]
    bases: NDArray[np.uint8]
    strand: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.pair)


@dataclass(frozen=True)
class _Fragments:
    """Where each fragment lies on the exons of its template: template, offset in plus orientation, insert."""

    template: NDArray[np.int64]
    offset: NDArray[np.int64]
    insert: NDArray[np.int64]


def draw_reads(block: Block, depth: float, noise: float, rng: np.random.Generator) -> Alignments:
    """Sequence a block: pairs of 100-base reads at a mean `depth` on exons; read 2 has the transcript's sense (dUTP).

    Templates are the spliced transcripts by their expression, and for the share `noise` of the pairs unspliced
    transcripts (three quarters) and any place of the block on either strand (one quarter).
    """
    genes = len(block.strand)
    # Templates: spliced genes, unspliced genes, the plus strand, the minus strand.
    template_start = np.concatenate([block.exon_start, block.start, [0, 0]])
    template_end = np.concatenate([block.exon_end, block.end, [len(block.sequence)] * 2])
    exons = np.concatenate([np.bincount(block.exon_gene, minlength=genes), np.ones(genes + 2, dtype=np.int64)])
    first_exon = offsets_of(exons)
    strand = np.concatenate([block.strand, block.strand, np.array([0, 1], dtype=np.int8)])
    lengths = np.add.reduceat(template_end - template_start, first_exon[:-1])
    fragments = _draw_fragments(lengths, block.expression, depth, noise, rng)

    reads = 2 * len(fragments.template)
    start, end = np.empty(reads, dtype=np.int64), np.empty(reads, dtype=np.int64)
    operations = np.empty(reads, dtype=np.int64)
    exon_order = (template_start, template_end, first_exon)
    _place(*exon_order, fragments.template, fragments.offset, fragments.insert, start, end, operations)
    order = np.argsort(start, kind="stable")
    return _align(block, exon_order, strand, fragments, start, end, operations, order, rng)


def _draw_fragments(
    lengths: NDArray[np.int64], expression: NDArray[np.float64], depth: float, noise: float, rng: np.random.Generator
) -> _Fragments:
    genes = len(expression)
    spliced = depth * lengths[:genes] * expression / (2 * READ_LENGTH)
    noisy = depth * lengths[:genes].sum() / (2 * READ_LENGTH) * noise / max(1 - noise, 1e-9)
    unspliced = spliced * lengths[genes:-2]
    if unspliced.sum() > 0:
        unspliced *= 0.75 * noisy / unspliced.sum()
    expected = np.concatenate([spliced, unspliced, [noisy / 8, noisy / 8]])
    template = np.repeat(np.arange(len(lengths)), rng.poisson(np.where(lengths >= READ_LENGTH, expected, 0.0)))
    drawn = np.rint(rng.normal(*INSERT, len(template))).astype(np.int64)
    insert = np.minimum(np.maximum(drawn, READ_LENGTH), lengths[template])
    return _Fragments(template, rng.integers(0, lengths[template] - insert + 1), insert)


def _align(
    block: Block,
    exon_order: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    strand: NDArray[np.int8],
    fragments: _Fragments,
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    operations: NDArray[np.int64],
    order: NDArray[np.int64],
    rng: np.random.Generator,
) -> Alignments:
    pair, is_right = order // 2, order % 2 == 1
    sense = strand[fragments.template[pair]]
    is_second = is_right == (sense == 1)
    flag = (
        PAIRED
        + PROPER
        + np.where(is_right, REVERSE, MATE_REVERSE)
        + np.where(is_second, SECOND, FIRST)
    ).astype(np.uint16)  # fmt: skip
    span = end[1::2] - start[0::2]
    cigar_offset = offsets_of(operations[order])
    cigar = np.empty(int(cigar_offset[-1]), dtype=np.uint32)
    bases = np.empty((len(order), READ_LENGTH), dtype=np.uint8)
    _read_bases(
        block.sequence,
        *exon_order,
        fragments.template,
        fragments.offset,
        fragments.insert,
        order,
        cigar,
        cigar_offset,
        bases,
    )
    _add_errors(bases, rng)
    return Alignments(
        pair=pair,
        start=start[order],
        end=end[order],
        mate_start=start[order ^ 1],
        template_length=np.where(is_right, -span[pair], span[pair]),
        flag=flag,
        cigar=cigar,
        cigar_offset=cigar_offset,
        bases=bases,
        strand=sense,
    )


def _add_errors(bases: NDArray[np.uint8], rng: np.random.Generator) -> None:
    flat = bases.reshape(-1)
    places = np.unique(rng.integers(0, max(len(flat), 1), rng.poisson(ERROR_RATE * len(flat))))
    old = flat[places]
    flat[places] = np.where(old < 4, (old + rng.integers(1, 4, len(places), dtype=np.uint8)) % 4, old)


@njit(cache=True)
def _find_exon(start: NDArray[np.int64], end: NDArray[np.int64], exon: int, offset: int) -> tuple[int, int]:
    """The exon with this base of the template, and where in the exon it is."""
    while offset >= end[exon] - start[exon]:
        offset -= end[exon] - start[exon]
        exon += 1
    return exon, offset


@njit(cache=True)
def _place(
    exon_start: NDArray[np.int64],
    exon_end: NDArray[np.int64],
    first_exon: NDArray[np.int64],
    template: NDArray[np.int64],
    offset: NDArray[np.int64],
    insert: NDArray[np.int64],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    operations: NDArray[np.int64],
) -> None:
    """Fill start, end and number of CIGAR operations of each fragment's left (even rows) and right read."""
    for i in range(len(template)):
        for right in range(2):
            low = offset[i] + (insert[i] - READ_LENGTH if right else 0)
            exon, within = _find_exon(exon_start, exon_end, first_exon[template[i]], low)
            last, last_within = _find_exon(exon_start, exon_end, exon, within + READ_LENGTH - 1)
            start[2 * i + right] = exon_start[exon] + within
            end[2 * i + right] = exon_start[last] + last_within + 1
            operations[2 * i + right] = 2 * (last - exon) + 1


@njit(cache=True)
def _read_bases(
    sequence: NDArray[np.uint8],
    exon_start: NDArray[np.int64],
    exon_end: NDArray[np.int64],
    first_exon: NDArray[np.int64],
    template: NDArray[np.int64],
    offset: NDArray[np.int64],
    insert: NDArray[np.int64],
    order: NDArray[np.int64],
    cigar: NDArray[np.uint32],
    cigar_offset: NDArray[np.int64],
    bases: NDArray[np.uint8],
) -> None:
    """Fill CIGARs and bases of the reads in the given order."""
    for row in range(len(order)):
        i, right = order[row] // 2, order[row] % 2
        low = offset[i] + (insert[i] - READ_LENGTH if right else 0)
        exon, within = _find_exon(exon_start, exon_end, first_exon[template[i]], low)
        operation = cigar_offset[row]
        done = 0
        while True:
            place = exon_start[exon] + within
            size = min(exon_end[exon] - place, READ_LENGTH - done)
            for k in range(size):
                bases[row, done + k] = sequence[place + k] & 0x7F
            cigar[operation] = size << 4
            operation += 1
            done += size
            if done == READ_LENGTH:
                break
            cigar[operation] = (exon_start[exon + 1] - exon_end[exon]) << 4 | 3
            operation += 1
            exon += 1
            within = 0
