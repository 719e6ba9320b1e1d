"""Cutting contigs into scaffolds, as an assembler leaves them: anywhere between genes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from helixdask.simulate.divergence import Block


def cut_places(length: int, pieces: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Where a contig is cut so that lengths of pieces are lognormal, few long and many short: ascending int64."""
    shares = rng.lognormal(0.0, 1.2, max(pieces, 1))
    places: NDArray[np.int64] = np.unique((np.cumsum(shares)[:-1] / shares.sum() * length).astype(np.int64))
    return places[places > 0]


def cut_block(block: Block, places: NDArray[np.int64]) -> Iterator[Block]:
    """Parts of a block, cut at these places or, where one lies in a gene, at that gene's end."""
    reach = np.searchsorted(block.start, places, side="left") - 1  # the last gene that begins before
    inside = (
        (reach >= 0) & (places < block.end[np.maximum(reach, 0)]) if len(block.end) else np.zeros(len(places), bool)
    )
    moved = np.where(inside, block.end[np.maximum(reach, 0)], places) if len(block.end) else places
    cuts = np.unique(moved[(moved > 0) & (moved < len(block.sequence))]).tolist()
    for low, high in zip([0, *cuts], [*cuts, len(block.sequence)], strict=True):
        yield _part(block, low, high)


def _part(block: Block, low: int, high: int) -> Block:
    genes = (block.start >= low) & (block.end <= high)
    exons = genes[block.exon_gene]
    return Block(
        sequence=block.sequence[low:high],
        number=block.number[genes],
        strand=block.strand[genes],
        start=block.start[genes] - low,
        end=block.end[genes] - low,
        expression=block.expression[genes],
        exon_gene=(np.cumsum(genes) - 1)[block.exon_gene[exons]],
        exon_start=block.exon_start[exons] - low,
        exon_end=block.exon_end[exons] - low,
        coding_start=block.coding_start[exons] - low,
        coding_end=block.coding_end[exons] - low,
        coding_before=block.coding_before[exons],
    )
