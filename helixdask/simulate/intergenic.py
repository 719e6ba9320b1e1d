"""What lies between genes: transposons with reading frames, and sequence that one subgenome has replaced."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from helixdask.simulate.genome import Ancestor, draw_gap, paste_repeats
from helixdask.simulate.species import STOP, Species

KEPT_BESIDE_GENES: Final = 1_000
"""Bases beside a gene that turnover leaves alone."""
_FAMILIES: Final = 40
_TRANSPOSONS, _TURNOVER = 0x7E7, 0x7E8  # random streams


def draw_transposons(species: Species) -> tuple[NDArray[np.uint8], ...]:
    """Families of a species: two long terminal repeats around one or two reading frames, as gag and pol are.

    The frames use the codons of the species' own genes: a gene finder that knows nothing else takes them for genes.
    """
    rng = np.random.default_rng([_TRANSPOSONS, species.seed])
    sense = species.codons * ~STOP
    families = []
    for _ in range(_FAMILIES):
        terminal = rng.integers(0, 4, int(rng.integers(150, 600))).astype(np.uint8)
        parts = [terminal]
        for codons in rng.integers(300, 1_200, int(rng.integers(1, 3))):
            drawn = rng.choice(64, codons, p=sense / sense.sum())
            drawn[0], drawn[-1] = 16 * 1 + 4 * 2 + 3, rng.choice(np.flatnonzero(STOP))  # ATG, a stop
            frame = np.stack([drawn // 16, drawn // 4 % 4, drawn % 4], axis=1).astype(np.uint8).ravel()
            parts += [frame, rng.integers(0, 4, int(rng.integers(40, 200))).astype(np.uint8)]
        families.append(np.concatenate([*parts, terminal]))
    return tuple(families)


def with_transposons(
    ancestor: Ancestor, families: tuple[NDArray[np.uint8], ...], fraction: float, rng: np.random.Generator
) -> Ancestor:
    """The same block with copies of transposons over a share of what lies between genes."""
    gap = ancestor.gap.copy()
    paste_repeats(gap, ancestor.gap_offset, families, fraction, rng)
    return replace(ancestor, gap=gap)


def with_turnover(
    ancestor: Ancestor,
    species: Species,
    families: tuple[NDArray[np.uint8], ...],
    fractions: tuple[float, float],
    turnover: float,
    rng: np.random.Generator,
) -> Ancestor:
    """The block as one subgenome has it, which redrew a share of each gap, but a kilobase beside each gene.

    Parameters
    ----------
    ancestor
        The block that all subgenomes come from.
    species, families
        What is drawn: intergenic sequence, repeats and transposons.
    fractions
        Shares of the gaps covered by repeats and by transposons.
    turnover
        Share of what is farther from genes that is redrawn, 0 to 1.
    rng
        The subgenome's random stream.
    """
    fresh = draw_gap(species, ancestor.gap_offset, fractions[0], rng)
    paste_repeats(fresh, ancestor.gap_offset, families, fractions[1], rng)
    start, end = ancestor.gap_offset[:-1] + KEPT_BESIDE_GENES, ancestor.gap_offset[1:] - KEPT_BESIDE_GENES
    start[0] = 0  # no gene lies before the first gap and after the last
    end[-1] = ancestor.gap_offset[-1]
    room = np.maximum(end - start, 0)
    size = np.rint(turnover * room).astype(np.int64)
    first = start + (rng.random(len(room)) * (room - size + 1)).astype(np.int64)
    gap = ancestor.gap.copy()
    for low, high in zip(first.tolist(), (first + size).tolist(), strict=True):
        gap[low:high] = fresh[low:high]
    return replace(ancestor, gap=gap)
