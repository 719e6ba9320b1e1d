"""Called genes as flat arrays of coding segments, which is what comparisons work on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helixdask.scores.structure import Structure


def called_structure(genes: Mapping[str, NDArray[Any]], chosen: NDArray[np.bool_]) -> Structure:
    """Coding segments of some called genes; each gene has one transcript.

    Parameters
    ----------
    genes
        Columns of `helixdask.calling.assemble.CallColumns`.
    chosen
        (gene,) bool: which genes.
    """
    kept = np.repeat(chosen, genes["gene_n_cds"])
    count = genes["gene_n_cds"][chosen].astype(np.int64)
    coding = count > 0
    rows = np.flatnonzero(chosen)[coding]
    count = count[coding]
    return Structure(
        start=genes["cds_start"][kept],
        end=genes["cds_end"][kept],
        score=genes["cds_score"][kept],
        transcript=np.repeat(np.arange(len(rows)), count),
        first=np.cumsum(count) - count,
        count=count,
        track=2 * genes["gene_contig"][rows].astype(np.int64) + genes["gene_strand"][rows],
        gene=np.arange(len(rows)),
        gene_score=genes["gene_score"][rows],
    )
