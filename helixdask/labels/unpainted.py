"""Isoforms that reach beyond the transcript that stands for their gene: no proof of intergenic bases."""

from __future__ import annotations

import numpy as np

from helixdask.genes.coding import cds_lengths
from helixdask.genes.models import GeneModels
from helixdask.labels.features import mirrored
from helixdask.labels.masks import Collector
from helixdask.labels.segments import Ints, subtract, union


def check_unpainted_isoforms(collect: Collector, models: GeneModels, contig_lengths: Ints) -> None:
    """Mask coding bases outside the painted transcript of their gene, and the rest of such an isoform.

    The isoform is masked where nothing is painted on its strand; where another gene is painted, only its coding bases
    are. So are isoforms that do not code, of genes that do. Genes of which nothing is painted are masked whole
    elsewhere.

    Parameters
    ----------
    collect
        Where masks go, as ``unpainted_isoform``.
    models
        Genes.
    contig_lengths
        ``(contig,)``.
    """
    f = collect.features
    painted = np.full(len(collect.gene_minus), -1, np.int64)
    painted[f.gene[f.chosen]] = np.flatnonzero(f.chosen)
    coding = _coding_beyond(collect, painted)
    far = np.unique(coding[0])
    gene, start, end = _noncoding(collect, models, painted, contig_lengths)
    gene, start, end = np.append(f.gene[far], gene), np.append(f.start[far], start), np.append(f.end[far], end)
    if not len(gene):
        return
    # One axis for all contigs and strands, with a base between them.
    contig = models.genes["contig"].to_numpy(np.int64)
    axis = (contig * 2 + collect.gene_minus) * np.int64(int(contig_lengths.max()) + 1)
    of_chosen = axis[f.gene[f.chosen]]
    holes = union(f.start[f.chosen] + of_chosen, f.end[f.chosen] + of_chosen)
    low, high, row = subtract(start + axis[gene], end + axis[gene], *holes)
    own = gene[row]
    gene = np.append(f.gene[coding[0]], own)
    start, end = np.append(coding[1], low - axis[own]), np.append(coding[2], high - axis[own])
    # Spans of a gene that touch are one.
    step = np.int64(int(end.max(initial=0)) + 2)
    low, high = union(start + gene * step, end + gene * step)
    gene = low // step
    collect.add_genes("unpainted_isoform", gene, low - gene * step, high - gene * step)


def _coding_beyond(collect: Collector, painted: Ints) -> tuple[Ints, Ints, Ints]:
    """Coding bases of isoforms outside the painted transcript of their gene: feature, start, end."""
    f = collect.features
    stands = painted[f.gene]
    rows = np.flatnonzero(((stands >= 0) & ~f.chosen)[f.pieces.owner])
    owner, start, end = f.pieces.owner[rows], f.pieces.start[rows], f.pieces.end[rows]
    low, high = f.start[stands[owner]], f.end[stands[owner]]
    before, after = start < low, end > high
    return (
        np.append(owner[before], owner[after]),
        np.append(start[before], np.maximum(start, high)[after]),
        np.append(np.minimum(end, low)[before], end[after]),
    )


def _noncoding(collect: Collector, models: GeneModels, painted: Ints, contig_lengths: Ints) -> tuple[Ints, Ints, Ints]:
    """Transcripts without coding segments of genes that are painted: gene, start, end, 5' to 3'."""
    table = models.transcripts
    gene = table["gene"].to_numpy(np.int64)
    rows = np.flatnonzero((cds_lengths(models) == 0) & (painted[gene] >= 0))
    gene = gene[rows]
    length = contig_lengths[models.genes["contig"].to_numpy(np.int64)[gene]]
    start, end = table["start"].to_numpy(np.int64)[rows], table["end"].to_numpy(np.int64)[rows]
    return gene, *mirrored(start, end, length, collect.gene_minus[gene])
