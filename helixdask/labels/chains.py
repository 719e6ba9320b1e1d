"""Gene models read back from label tracks: the coding segments of the genes that are wholly there."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_CDS = 2


class LabelGenes(NamedTuple):
    """Genes of label tracks.

    Attributes
    ----------
    piece
        (gene,) int64 piece of the genome that each gene lies in.
    n_cds
        (gene,) int64 number of its coding segments, one or more.
    cds_start, cds_end
        (segment,) int64, from the piece's first base, half-open, gene by gene.
    uncounted
        (n,) bool: bases that no gene can be judged by, for they are masked or belong to a gene that is masked in part
        or reaches to the end of its piece.
    """

    piece: NDArray[np.int64]
    n_cds: NDArray[np.int64]
    cds_start: NDArray[np.int64]
    cds_end: NDArray[np.int64]
    uncounted: NDArray[np.bool_]


def label_genes(label: NDArray[np.uint8], valid: NDArray[np.uint8], lengths: NDArray[np.int64]) -> LabelGenes:
    """Find the genes in label tracks of one strand.

    A gene is a stretch without an intergenic base: two genes of a strand that touch are one. Genes without coding
    segments are none, but their bases count.

    Parameters
    ----------
    label, valid
        Class and mask, (n,) uint8, of pieces of a genome end to end, each 5' to 3'.
    lengths
        Length of each piece, summing up to n.
    """
    ends = np.cumsum(lengths)
    begins = ends - lengths
    gene_start, gene_end = _stretches(label != 0, begins)
    masked = np.concatenate([[0], np.cumsum(valid == 0)])
    piece = np.searchsorted(ends, gene_start, side="right")
    cut = (gene_start == begins[piece]) | (gene_end == ends[piece])
    unsure = cut | (masked[gene_end] > masked[gene_start])
    uncounted: NDArray[np.bool_] = valid == 0
    marks = np.zeros(len(label) + 1, np.int64)
    np.add.at(marks, gene_start[unsure], 1)
    np.add.at(marks, gene_end[unsure], -1)
    uncounted |= np.cumsum(marks[:-1]) > 0
    cds_start, cds_end = _stretches(label == _CDS, begins)
    parent = np.searchsorted(gene_end, cds_start, side="right")
    kept = ~unsure[parent] if len(gene_start) else np.zeros(0, np.bool_)
    cds_start, cds_end, parent = cds_start[kept], cds_end[kept], parent[kept]
    genes, n_cds = np.unique(parent, return_counts=True)
    of_segment = begins[piece[parent]]
    return LabelGenes(
        piece[genes].astype(np.int64), n_cds.astype(np.int64), cds_start - of_segment, cds_end - of_segment, uncounted
    )


def _stretches(inside: NDArray[np.bool_], begins: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Half-open stretches of True, none across the begin of a piece."""
    if not len(inside):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    change = np.zeros(len(inside) + 1, np.bool_)
    change[1:-1] = inside[1:] != inside[:-1]
    change[begins[begins < len(inside)]] = True
    change[0] = change[-1] = True
    borders = np.flatnonzero(change)
    wanted = inside[borders[:-1]]
    return borders[:-1][wanted], borders[1:][wanted]
