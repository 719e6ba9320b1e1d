"""Leaving out the genes that an edge of the scored regions cuts, on all sides of a comparison alike.

A gene that is cut cannot be scored. Nor can one that overlaps it on the other side of the comparison: it would look
wrong, or be missed, for want of its partner. So genes of all sides whose coding spans overlap on a strand are one
locus, and a locus is scored where all its genes lie whole in a region.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from helixdask.evaluation.scored_regions import ScoredRegions
from helixdask.genes.models import GeneModels
from helixdask.intervals import joined


def whole_loci(sides: Sequence[GeneModels], regions: ScoredRegions) -> tuple[list[GeneModels], list[int]]:
    """Genes of loci that lie whole in the regions.

    Parameters
    ----------
    sides
        Gene models of one contig table: the reference and all that is compared with it.
    regions
        What is scored.

    Returns
    -------
    models
        Of each side: the genes that are scored.
    left_out
        Of each side: how many genes share a base with a region and are left out, because they or genes that overlap
        them reach beyond it.
    """
    spans = [_spans(models) for models in sides]
    track, start, end, gene_start, gene_end = (np.concatenate(column) for column in zip(*spans, strict=True))
    inside, touched = regions.place(track >> 1, gene_start, gene_end)
    locus = joined(track, start, end, touching=False).number
    broken = np.bincount(locus, weights=touched & ~inside) > 0
    keep = inside & ~broken[locus]
    cuts = np.cumsum([len(models) for models in sides])[:-1]
    kept, lost = np.split(keep, cuts), np.split(touched & ~keep, cuts)
    return (
        [models.select(mine) for models, mine in zip(sides, kept, strict=True)],
        [int(mine.sum()) for mine in lost],
    )


def _spans(models: GeneModels) -> tuple[NDArray[np.int64], ...]:
    """Track (twice the contig's row, plus the strand), coding span (else the whole) and span of each gene."""
    genes = models.genes
    start, end = genes["start"].to_numpy(np.int64), genes["end"].to_numpy(np.int64)
    gene = models.transcripts["gene"].to_numpy(np.int64)[models.cds["transcript"].to_numpy(np.int64)]
    low, high = np.full(len(start), np.iinfo(np.int64).max), np.full(len(start), -1, np.int64)
    np.minimum.at(low, gene, models.cds["start"].to_numpy(np.int64))
    np.maximum.at(high, gene, models.cds["end"].to_numpy(np.int64))
    coding = high >= 0
    track = 2 * genes["contig"].to_numpy(np.int64) + genes["strand"].to_numpy(np.int64)
    return track, np.where(coding, low, start), np.where(coding, high, end), start, end
