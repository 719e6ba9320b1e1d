"""What aligned reads say about each base, next to what the network says.

Reads are counted by a few features: how deeply they cover a base, how many skip it, which strand is deeper, and
whether the network sees a gene on the other strand, which reads of an unstranded library may stem from. How often each
feature occurs among exonic, intronic and intergenic bases is learnt from the genome's own called genes, so that neither
depth nor protocol of the library has to be known. By Bayes' rule that turns the network's probabilities into
probabilities given the sequence *and* the reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.registry import CDS, INTERGENIC, INTRON, UTR

N_DEPTHS: Final = 17
_PER_DEPTH: Final = 4 * 2
N_SHOWN: Final = N_DEPTHS * _PER_DEPTH
"""Features of the reads, for bases with and without a gene on the other strand."""
N_FEATURES: Final = 2 * N_SHOWN

_SMOOTHING: Final = 20.0
"""Bases of the average that are added to those of each class."""
_ENOUGH: Final = 200.0
"""Exonic bases that tell how often a feature occurs in exons."""
_LOWER: Final = 0.25
_TELLS_NOTHING: Final = 0.5
"""Reads that are at least this frequent between genes, for what they are in exons, do not show what was missed."""
_LEAST_OWN: Final = 0.02


class ReadLikelihoods(NamedTuple):
    """How likely each feature of the reads is in each class.

    Attributes
    ----------
    table
        (4, `N_FEATURES`) float32: probability of a feature, given the class and whether the other strand has a gene.
    missed
        (2,) float32 share of the bases called intergenic whose reads look as in exons, without and with a gene on the
        other strand: what the network does not find.
    """

    table: NDArray[np.float32]
    missed: NDArray[np.float32]


def read_features(
    coverage: NDArray[Any], spliced: NDArray[Any], other_genic: NDArray[np.bool_], strand: int
) -> NDArray[np.int16]:
    """Number what the reads show at each base of a strand.

    Parameters
    ----------
    coverage, spliced
        (2, n) reads that cover each base of each strand, and reads that are spliced across it. Depths 0, 1, 2 to 3, 4
        to 7 and so on are told apart.
    other_genic
        (n,) whether the network sees a gene on the other strand.
    strand
        0 plus, 1 minus.

    Returns
    -------
    numpy.ndarray
        (n,) int16 below `N_FEATURES`.

    Examples
    --------
    >>> coverage, spliced = np.array([[0, 1, 5], [0, 9, 0]]), np.array([[0, 0, 30], [0, 0, 0]])
    >>> read_features(coverage, spliced, np.array([False, False, True]), 0)
    array([  0,   9, 166], dtype=int16)
    """
    own, other, skipping = coverage[strand], coverage[1 - strand], spliced[strand]
    depth = np.clip(np.frexp(own.astype(np.float32))[1], 0, N_DEPTHS - 1).astype(np.int16)
    skipped = (skipping > 0).astype(np.int16) + (skipping > own) + (skipping > 4 * own)
    crossed = other > 4 * np.maximum(own, 1)
    features: NDArray[np.int16] = (depth * _PER_DEPTH + skipped * 2 + crossed).astype(np.int16)
    features[other_genic] += np.int16(N_SHOWN)
    return features


def count_features(features: NDArray[np.int16], label: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Bases of each class and feature: (n,) each to (4, `N_FEATURES`)."""
    cell = label.astype(np.int64) * N_FEATURES + features
    return np.bincount(cell, minlength=4 * N_FEATURES).reshape(4, N_FEATURES)


def read_likelihoods(counts: NDArray[np.int64], *, coding: bool = False) -> ReadLikelihoods:
    """Estimate how likely each feature is in each class.

    Bases called intergenic are a mixture of bases that are, and of exons that were not called. The share of the second
    is the ratio of how often features that exons are full of occur in both; what it explains is taken away.

    Parameters
    ----------
    counts
        (4, `N_FEATURES`) bases of each called class and feature. UTRs are taken to be covered as coding bases are.
    coding
        Whether only coding bases are covered, as by proteins: then UTRs look as what lies between genes.
    """
    halves = [_one_half(np.asarray(half, np.float64), coding) for half in np.split(counts, 2, axis=1)]
    return ReadLikelihoods(
        np.concatenate([table for table, _ in halves], axis=1).astype(np.float32),
        np.array([missed for _, missed in halves], np.float32),
    )


def _one_half(counts: NDArray[np.float64], coding: bool) -> tuple[NDArray[np.float64], float]:
    """Likelihoods, and what was missed, of the bases with or without a gene on the other strand: (4, `N_SHOWN`)."""
    average = (counts.sum(0) + 1.0) / (counts.sum() + N_SHOWN)
    table = counts.copy()
    if coding:
        table[INTERGENIC] += table[UTR]
        table[UTR], exonic = table[INTERGENIC], counts[CDS]
    else:
        table[[UTR, CDS]] = exonic = table[UTR] + table[CDS]
    table = (table + _SMOOTHING * average) / (table.sum(1, keepdims=True) + _SMOOTHING)
    seen = np.flatnonzero(exonic > _ENOUGH)
    seen = seen[seen >= _PER_DEPTH]  # covered at all
    if not seen.size:
        return table, 0.0
    ratio = table[INTERGENIC, seen] / table[CDS, seen]
    order = np.argsort(ratio, kind="stable")
    mass = np.cumsum(table[CDS, seen][order])
    missed = float(ratio[order][np.searchsorted(mass, _LOWER * mass[-1])])
    if missed > _TELLS_NOTHING:
        return table, 0.0
    own = np.maximum(table[INTERGENIC] - missed * table[CDS], _LEAST_OWN * table[INTERGENIC])
    table[INTERGENIC] = own / own.sum()
    if coding:
        table[UTR] = table[INTERGENIC]
    return table, missed


def with_reads(
    classes: NDArray[np.float32], features: NDArray[np.int16], reads: ReadLikelihoods, *, coding: bool = False
) -> NDArray[np.float32]:
    """Probabilities of the classes given sequence and reads.

    What the network misses may be UTR: where the reads look so, a share of the intergenic probability is moved there;
    to coding bases where only those are covered.

    Parameters
    ----------
    classes
        (4, n) probabilities of the network; bases that were not predicted (all 0) stay so.
    features
        (n,) from `read_features`.
    reads
        From `read_likelihoods`.
    coding
        As there.

    Returns
    -------
    numpy.ndarray
        (4, n) float32.
    """
    prior = np.array(classes, np.float32)
    moved = reads.missed[(features >= N_SHOWN).astype(np.int8)] * prior[INTERGENIC]
    prior[CDS if coding else UTR] += moved
    prior[INTERGENIC] -= moved
    prior *= reads.table[:, features]
    total = prior.sum(0)
    given: NDArray[np.float32] = np.divide(prior, total, out=np.zeros_like(prior), where=total > 0)
    return given


def called_labels(
    columns: Mapping[str, NDArray[Any]], strand: int, offsets: NDArray[np.int64], start: int, stop: int
) -> NDArray[np.uint8]:
    """Classes of the bases [start, stop) of the genome on one strand, by the genes that were called.

    Parameters
    ----------
    columns
        From `CallColumns`: genes, exons and coding segments, in places of their contigs.
    strand
        0 plus, 1 minus.
    offsets
        (contigs,) where each contig begins in the genome.

    Returns
    -------
    numpy.ndarray
        (stop - start,) uint8.
    """
    first = offsets[columns["gene_contig"]] - start
    label = np.zeros(stop - start, np.uint8)
    for part, count, value in (("gene", None, INTRON), ("exon", "gene_n_exons", UTR), ("cds", "gene_n_cds", CDS)):
        gene = np.arange(len(first)) if count is None else np.repeat(np.arange(len(first)), columns[count])
        rows = columns["gene_strand"][gene] == strand
        gene = gene[rows]
        begin = np.clip(columns[f"{part}_start"][rows] + first[gene], 0, label.size)
        end = np.clip(columns[f"{part}_end"][rows] + first[gene], 0, label.size)
        change = np.bincount(begin, minlength=label.size + 1) - np.bincount(end, minlength=label.size + 1)
        label[np.cumsum(change[:-1]) > 0] = value
    return label
