"""Masked spans, and how checks collect them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from helixdask.labels.features import Features, mirrored
from helixdask.labels.segments import Ints


@dataclass(frozen=True)
class Masks:
    """Masked spans, 5' to 3' on the strand they lie on, one row each.

    ``code`` says why. ``minus`` is the gene's strand, but for genes without one, which are masked on both.
    """

    code: NDArray[np.object_]
    gene: Ints
    start: Ints
    end: Ints
    minus: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.gene)


class Collector:
    """Masked spans in the order in which checks find them.

    Parameters
    ----------
    features
        Coding transcripts.
    gene_minus, gene_length
        Strand and contig length of every gene, ``(gene,)``.
    """

    def __init__(self, features: Features, gene_minus: NDArray[np.bool_], gene_length: Ints) -> None:
        self.features = features
        self.gene_minus = gene_minus
        self.gene_length = gene_length
        self._parts: list[tuple[str, Ints, Ints, Ints, NDArray[np.bool_]]] = []

    def add_genes(self, code: str, gene: Ints, start: Ints, end: Ints) -> None:
        """Mask spans of genes, given by row."""
        self._parts.append((code, gene, start, end, self.gene_minus[gene]))

    def add_other_strand(self, code: str, gene: Ints, start: Ints, end: Ints) -> None:
        """Mask the same bases on the strand opposite to that of the gene."""
        turned = np.ones(len(gene), bool)
        low, high = mirrored(start, end, self.gene_length[gene], turned)
        self._parts.append((code, gene, low, high, ~self.gene_minus[gene]))

    def add(self, code: str, which: NDArray[np.bool_], start: Ints, end: Ints) -> None:
        """Mask ``[start, end)`` of the features marked in ``which``."""
        self.add_genes(code, self.features.gene[which], start[which], end[which])

    def masks(self) -> Masks:
        """All that was collected; spans of no base are left out."""
        code = np.concatenate([np.full(len(part[1]), part[0], object) for part in self._parts])
        gene, start, end = (np.concatenate([part[column] for part in self._parts]) for column in (1, 2, 3))
        minus = np.concatenate([part[4] for part in self._parts])
        keep = end > start
        return Masks(code[keep], gene[keep], start[keep], end[keep], minus[keep])
