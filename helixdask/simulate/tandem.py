"""Tandem duplicates: copies of a gene beside it, older than the subgenomes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from helixdask.simulate.divergence import mutate_transcripts
from helixdask.simulate.genes import GenePool, offsets_of
from helixdask.simulate.genome import substitute

_MOST_COPIES: Final = 4
_AGE: Final = 0.06
"""Substitutions per neutral base between the copies of an array."""


def with_tandem_copies(genes: GenePool, share: float, rng: np.random.Generator) -> GenePool:
    """Let a share of the genes be followed by one to four copies of themselves; others give way to them.

    The number of genes stays as it is, so that a block keeps about its length.
    """
    n = len(genes)
    source = np.arange(n)
    row = 0
    while row < n:
        if rng.random() < share:
            copies = int(rng.integers(1, _MOST_COPIES + 1))
            source[row : row + copies + 1] = source[row]
            row += copies
        row += 1
    copied = source != np.arange(n)
    pool = _taken(genes, source)
    mrna = np.where(np.repeat(copied, np.diff(pool.mrna_offset)), mutate_transcripts(pool, _AGE, rng), pool.mrna)
    intron = pool.intron.copy()
    n_introns = np.diff(pool.junction_offset)
    in_copy = np.repeat(np.repeat(copied, n_introns), np.diff(pool.intron_offset))
    place = np.arange(len(intron)) - np.repeat(pool.intron_offset[:-1], np.diff(pool.intron_offset))
    left = np.repeat(pool.intron_offset[1:], np.diff(pool.intron_offset)) - np.arange(len(intron))
    free = in_copy & (place > 1) & (left > 2) & (rng.random(len(intron)) < _AGE)  # splice sites stay
    substitute(intron, np.flatnonzero(free), rng)
    return replace(pool, mrna=mrna, intron=intron)


def _taken(genes: GenePool, rows: NDArray[np.int64]) -> GenePool:
    """Genes of these rows, in this order; a row may come several times."""
    mrna, mrna_offset = _segments(genes.mrna, genes.mrna_offset, rows)
    junction, junction_offset = _segments(genes.junction, genes.junction_offset, rows)
    introns, _ = _segments(np.arange(len(genes.junction)), genes.junction_offset, rows)
    intron, intron_offset = _segments(genes.intron, genes.intron_offset, introns)
    one = {name: getattr(genes, name)[rows] for name in ("utr5", "coding", "utr3", "expression")}
    return GenePool(
        mrna=mrna,
        mrna_offset=mrna_offset,
        junction=junction,
        junction_offset=junction_offset,
        intron=intron,
        intron_offset=intron_offset,
        **one,
    )


def _segments(
    pool: NDArray[Any], offset: NDArray[np.int64], rows: NDArray[np.int64]
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    lengths = np.diff(offset)[rows]
    new = offsets_of(lengths)
    place = np.arange(int(new[-1])) + np.repeat(offset[:-1][rows] - new[:-1], lengths)
    return pool[place], new
