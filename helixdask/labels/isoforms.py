"""Which transcript stands for its gene under the default rules, whatever the order of the file."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from helixdask.genes.models import GeneModels
from helixdask.labels.features import Features
from helixdask.labels.segments import Ints


def longest_sound(
    models: GeneModels, features: Features, length: Ints, broken: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], Ints]:
    """Choose the longest coding transcript of each gene, or the longest sound one where that is broken.

    Length counts coding bases. Of equals the one with more exon bases is taken, then the one that begins and ends
    farther upstream, then the first by name.

    Parameters
    ----------
    models, features
        Genes and their coding transcripts.
    length
        Coding bases, ``(feature,)``.
    broken
        Transcripts that cannot be learnt, ``(feature,)``.

    Returns
    -------
    tuple
        ``chosen``, ``(feature,)`` bool; and the broken transcript that each chosen one stands in for, ``(feature,)``
        int64: a row of the features, -1 for none.
    """
    f, n = features, len(features)
    exons = models.exons
    exonic = np.bincount(
        exons["transcript"].to_numpy(),
        weights=(exons["end"] - exons["start"]).to_numpy(np.float64),
        minlength=len(models.transcripts),
    )[f.transcript].astype(np.int64)
    keys = (f.cds_end, f.cds_start, f.end, f.start, -exonic, -length, f.gene)
    order = np.lexsort(keys)
    equal = np.zeros(n, bool)
    equal[1:] = np.all([key[order][1:] == key[order][:-1] for key in keys], axis=0)
    rank = np.zeros(n, np.int64)
    tied = order[equal | np.append(equal[1:], False)] if n else order
    if len(tied):
        names = models.transcripts["id"].to_numpy(object)[f.transcript[tied]].astype(str)
        rank[tied] = np.unique(names, return_inverse=True)[1]
        order = np.lexsort((rank, *keys))
    longest = order[_first(f.gene[order])]
    # Stable, so that the order by length remains among the sound and among the broken.
    sound_first = order[np.lexsort((broken[order], f.gene[order]))]
    best = sound_first[_first(f.gene[sound_first])]
    chosen = np.zeros(n, bool)
    chosen[best] = True
    instead = np.full(n, -1, np.int64)
    instead[best[best != longest]] = longest[best != longest]
    return chosen, instead


def _first(gene: Ints) -> NDArray[np.bool_]:
    first = np.ones(len(gene), bool)
    first[1:] = gene[1:] != gene[:-1]
    return first
