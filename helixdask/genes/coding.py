"""What follows from gene models: introns, coding lengths, and the transcript that stands for each gene."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helixdask.genes.models import GeneModels, make_frame


def introns(models: GeneModels) -> pd.DataFrame:
    """Gaps between neighbouring exons of each transcript.

    Returns
    -------
    pandas.DataFrame
        Columns ``transcript`` int32, ``start`` and ``end`` int64, in the order of the exons. Exons that touch or
        overlap leave no intron.
    """
    parent = models.exons["transcript"].to_numpy()
    start = models.exons["start"].to_numpy()
    reach = _running_end(parent, models.exons["end"].to_numpy())
    gap = (parent[1:] == parent[:-1]) & (start[1:] > reach[:-1])
    found = make_frame("exons", {"transcript": parent[1:][gap], "start": reach[:-1][gap], "end": start[1:][gap]})
    return found.drop(columns="score")


def _running_end(parent: NDArray[np.int32], end: NDArray[np.int64]) -> NDArray[np.int64]:
    """Largest end so far within each parent."""
    if not len(end):
        return end
    step = np.int64(int(end.max()) + 1)
    lifted = parent.astype(np.int64) * step
    running: NDArray[np.int64] = np.maximum.accumulate(end + lifted) - lifted
    return running


def cds_lengths(models: GeneModels) -> NDArray[np.int64]:
    """Coding bases of each transcript, ``(transcript,)`` int64; 0 where there are none."""
    lengths = (models.cds["end"] - models.cds["start"]).to_numpy(np.float64)
    total = np.bincount(models.cds["transcript"].to_numpy(), weights=lengths, minlength=len(models.transcripts))
    return total.astype(np.int64)


def longest_coding(models: GeneModels, lengths: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
    """Choose the transcript that stands for each gene: the longest coding one, the first of equals.

    Parameters
    ----------
    models
        Genes.
    lengths
        ``(transcript,)``; 0 keeps a transcript out of it. Without it, coding bases count.

    Returns
    -------
    numpy.ndarray
        ``(gene,)`` int64, row in the transcript table; -1 where the gene has no coding transcript.
    """
    lengths = cds_lengths(models) if lengths is None else lengths
    gene = models.transcripts["gene"].to_numpy()
    order = np.lexsort((np.arange(len(gene)), -lengths, gene))
    order = order[lengths[order] > 0]
    first = np.ones(len(order), bool)
    first[1:] = gene[order][1:] != gene[order][:-1]
    chosen = np.full(len(models.genes), -1, np.int64)
    chosen[gene[order][first]] = order[first]
    return chosen
