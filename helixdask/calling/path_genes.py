"""A decoded path cut into genes, exons and coding segments."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from helixdask.calling.gene_states import HOSTS, START0, STOP2, state_labels
from helixdask.kernels import njit

_LABELS = state_labels()
_UTR, _CDS, _INTRON = 1, 2, 3
# Bases to skip to the next codon when the first coding base is in this state.
_SKIP = np.zeros(256, np.int8)
for _number, _name in enumerate(HOSTS):
    if _name in ("start1", "coding1", "stop1ta", "stop1tg"):
        _SKIP[_number] = 2
    elif _name in ("start2", "coding2", "stop2"):
        _SKIP[_number] = 1


def genes_in_path(
    states: NDArray[np.uint8], min_coding_length: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Cut a path into genes, in the orientation of the strand.

    Parameters
    ----------
    states
        (n,) uint8 from `decode_region`.
    min_coding_length
        Genes with fewer coding bases are left out, and always those with none.

    Returns
    -------
    genes
        (genes, 6) int64: start, end, partial5, partial3, number of exons, number of coding segments.
    exons
        (exons, 2) int64: start, end.
    cds
        (segments, 3) int64: start, end, GFF phase.
    """
    return _cut(states, _LABELS[states], _SKIP, min_coding_length)


@njit(cache=True, nogil=True)
def _cut(
    states: NDArray[np.uint8], labels: NDArray[np.uint8], skip: NDArray[np.int8], min_coding: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    n = states.size
    runs = 1
    for position in range(1, n):
        runs += labels[position] != labels[position - 1]
    genes = np.empty((runs, 6), np.int64)
    exons = np.empty((runs, 2), np.int64)
    cds = np.empty((runs, 3), np.int64)
    n_genes = n_exons = n_cds = 0
    position = 0
    while position < n:
        if labels[position] == 0:
            position += 1
            continue
        first_exon, first_cds = n_exons, n_cds
        coding = 0
        started = stopped = False
        before = 0
        while position < n and labels[position] != 0:
            label = labels[position]
            if label in (_UTR, _CDS):
                if before not in (_UTR, _CDS):
                    exons[n_exons, 0] = position
                    n_exons += 1
                exons[n_exons - 1, 1] = position + 1
            if label == _CDS:
                if before != _CDS:
                    cds[n_cds, 0] = position
                    cds[n_cds, 2] = skip[states[position]]
                    n_cds += 1
                cds[n_cds - 1, 1] = position + 1
                coding += 1
                started |= states[position] == START0
                stopped |= states[position] == STOP2
            before = label
            position += 1
        if coding >= max(min_coding, 1) and n_exons > first_exon:
            genes[n_genes, 0] = exons[first_exon, 0]
            genes[n_genes, 1] = exons[n_exons - 1, 1]
            genes[n_genes, 2] = not started
            genes[n_genes, 3] = not stopped
            genes[n_genes, 4] = n_exons - first_exon
            genes[n_genes, 5] = n_cds - first_cds
            n_genes += 1
        else:
            n_exons, n_cds = first_exon, first_cds
    return genes[:n_genes].copy(), exons[:n_exons].copy(), cds[:n_cds].copy()
