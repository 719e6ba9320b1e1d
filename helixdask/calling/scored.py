"""Which stretch of a path stands for a gene, an exon, a coding segment: what their scores are the probability of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from helixdask.calling.gene_states import HOSTS, INTRON_HOSTS, START0, STOP2

_N_HOSTS = len(HOSTS)
_N_GROUPS = len(INTRON_HOSTS)


def scored_stretches(
    states: NDArray[np.uint8],
    genes: NDArray[np.int64],
    exons: NDArray[np.int64],
    cds: NDArray[np.int64],
    block: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """First and last base of the stretch that each score looks at.

    A coding segment reaches from its start codon, or the last base of the intron before it, to its stop codon, or the
    first base behind the donor block of the next intron: its splice sites are part of it. A gene reaches from its
    first coding segment to its last. An exon is bounded by introns likewise; where the transcript begins or ends, by
    its coding bases, because where a UTR ends is hardly ever known to the base.

    Parameters
    ----------
    states
        (n,) uint8 the path.
    genes, exons, cds
        From `genes_in_path`.
    block
        (types,) int64 length of the donor block of each intron type.

    Returns
    -------
    tuple
        (genes, 2), (exons, 2) and (segments, 2) int64.
    """
    after_intron, before_intron, low, high = _edges(states, cds, block)
    first = np.where(after_intron & (states[cds[:, 0]] != START0), low, cds[:, 0])
    last = np.where(before_intron & (states[cds[:, 1] - 1] != STOP2), high, cds[:, 1] - 1)
    coding = np.stack([first, last], axis=1)

    ends = np.cumsum(genes[:, 5])
    whole = np.stack([first[ends - genes[:, 5]], last[ends - 1]], axis=1)

    after_intron, before_intron, low, high = _edges(states, exons, block)
    place = np.minimum(np.searchsorted(cds[:, 1], exons[:, 0], side="right"), len(cds) - 1)
    is_coding = (cds[place, 0] < exons[:, 1]) & (cds[place, 1] > exons[:, 0])
    first = np.where(after_intron, low, np.where(is_coding, cds[place, 0], exons[:, 1] - 1))
    last = np.where(before_intron, high, np.where(is_coding, cds[place, 1] - 1, exons[:, 0]))
    return whole, np.stack([first, np.maximum(first, last)], axis=1), coding


def _edges(
    states: NDArray[np.uint8], parts: NDArray[np.int64], block: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64]]:
    """Whether an intron lies before and after each part, its last base there and the first behind its donor block."""
    n = states.size
    start, end = parts[:, 0], parts[:, 1]
    before, after = states[np.maximum(start - 1, 0)], states[np.minimum(end, n - 1)]
    after_intron = (start > 0) & (before >= _N_HOSTS)
    kind = np.maximum(after.astype(np.int64) - _N_HOSTS, 0) // _N_GROUPS
    high = end + block[kind]
    before_intron = (end < n) & (after >= _N_HOSTS) & (high < n)
    return after_intron, before_intron, start - 1, high
