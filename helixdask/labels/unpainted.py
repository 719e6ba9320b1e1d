"""Isoforms that reach beyond the transcript that stands for their gene: no proof of intergenic bases."""

from __future__ import annotations

import numpy as np

from helixdask.labels.masks import Collector
from helixdask.labels.segments import Ints, subtract, union

__all__ = ["check_unpainted_isoforms"]


def check_unpainted_isoforms(collect: Collector) -> None:
    """Mask coding bases outside the painted transcript of their gene, and the rest of such an isoform.

    The isoform is masked where nothing is painted on its strand; where another gene is painted, only its coding bases
    are. Genes of which nothing is painted are masked whole elsewhere.

    Parameters
    ----------
    collect
        Where masks go, as ``unpainted_isoform``.
    """
    f = collect.features
    painted = np.full(len(collect.gene_minus), -1, np.int64)
    painted[f.gene[f.chosen]] = np.flatnonzero(f.chosen)
    stands = painted[f.gene]
    other = (stands >= 0) & ~f.chosen
    rows = np.flatnonzero(other[f.pieces.owner])
    owner = f.pieces.owner[rows]
    start, end = f.pieces.start[rows], f.pieces.end[rows]
    low, high = f.start[stands[owner]], f.end[stands[owner]]
    before, after = start < low, end > high
    far = np.concatenate([owner[before], owner[after]])
    if not len(far):
        return
    # One axis for all contigs and strands, with a base between them.
    axis = (f.contig * 2 + f.minus) * np.int64(int(f.contig_length.max()) + 1)
    coding = np.concatenate([start[before], np.maximum(start, high)[after]]), np.concatenate(
        [np.minimum(end, low)[before], end[after]]
    )
    isoforms = np.unique(far)
    chosen = f.chosen
    holes = union(f.start[chosen] + axis[chosen], f.end[chosen] + axis[chosen])
    first, last, row = subtract(f.start[isoforms] + axis[isoforms], f.end[isoforms] + axis[isoforms], *holes)
    own = isoforms[row]
    _add(collect, np.append(far, own), np.append(coding[0], first - axis[own]), np.append(coding[1], last - axis[own]))


def _add(collect: Collector, owner: Ints, start: Ints, end: Ints) -> None:
    """Mask spans of isoforms, those of a gene that touch as one."""
    gene = collect.features.gene[owner]
    step = np.int64(int(end.max()) + 2)
    low, high = union(start + gene * step, end + gene * step)
    gene = low // step
    collect.add_genes("unpainted_isoform", gene, low - gene * step, high - gene * step)
