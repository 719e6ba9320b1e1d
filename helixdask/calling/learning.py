"""What is learnt of a genome before its genes are called, from genes that are called without.

These are the share of UTRs, what reads look like in each class of bases, and what the sequence around splice sites and
start codons looks like.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from helixdask.calling.correction import Correction, Learnt, reads_of, sees_gene
from helixdask.calling.read_evidence import (
    N_FEATURES,
    ReadLikelihoods,
    called_labels,
    count_features,
    read_features,
    read_likelihoods,
)
from helixdask.calling.sites import SiteCounts, count_sites, no_counts
from helixdask.calling.utr_prior import utr_factor
from helixdask.coverage.transcripts import EvidenceGroups
from helixdask.engine.stage import Region
from helixdask.probabilities import decode
from helixdask.registry import CDS, UTR
from helixdask.store.store import Store

_PIECE: Final = 1 << 20
_MOST_PIECES: Final = 64
_PIECES_FOR_UTR: Final = 8
_EVERY: Final = 5
"""One base in five is enough for the means; no multiple of three, for coding bases have a rhythm."""
_ENOUGH_EXONIC: Final = 200_000
_FEWEST_EXONIC: Final = 2_000
_ENOUGH_INTRONS: Final = 1_000
_ENOUGH_STARTS: Final = 2_000
_BEYOND: Final = 1 << 16
"""Genes that begin in a piece may end beyond it."""
SITE_ROUNDS: Final = 3
"""In which sites are learnt."""

Call = Callable[[Region, Correction], dict[str, NDArray[Any]]]
"""Calls the genes that begin in a region from predictions that are corrected so: columns as of `CallColumns`."""


def learn(
    store: Store,
    predictions: str,
    groups: EvidenceGroups,
    utr_ratio: float,
    call: Call,
    *,
    with_sites: bool,
) -> Learnt:
    """Find out how predictions of a genome are to be corrected, from pieces of a megabase drawn by lot.

    Parameters
    ----------
    store
        The store.
    predictions
        Group of the predictions.
    groups
        Groups of the libraries that weigh in.
    utr_ratio
        UTR bases that are expected for each coding base; 0: the predictions' own.
    call
        Calls the genes that begin in a region, with predictions that are corrected so: columns as of `CallColumns`.
    with_sites
        Whether splice sites and start codons are learnt.

    Returns
    -------
    Learnt
        Without reads where hardly any gene is called, as there is nothing to learn from.
    """
    factor = _factor(store, predictions, utr_ratio) if utr_ratio > 0 else 1.0
    reads, coding = _learn_reads(store, predictions, groups, factor, call)
    learnt = Learnt(factor, reads, coding)
    return learnt._replace(sites=_learn_sites(store, groups, learnt, call)) if with_sites else learnt


def _learn_reads(
    store: Store, predictions: str, groups: EvidenceGroups, factor: float, call: Call
) -> tuple[ReadLikelihoods | None, ReadLikelihoods | None]:
    """What each kind of evidence looks like in each class; None: there is none, or nothing to learn it from."""
    first = Correction(store, EvidenceGroups(), Learnt(factor, None))
    counts, n_exonic = np.zeros((len(groups), 4, N_FEATURES), np.int64), 0
    for region in _pieces(store.n_bases) if any(groups) else ():
        columns = call(region, first)
        reads = [reads_of(store, each, region.start, region.stop) if each else None for each in groups]
        genic = sees_gene(first.apply(_classes(store, predictions, region), region.start, region.stop))
        for strand in (0, 1):
            label = called_labels(columns, strand, store.contigs.offsets, region.start, region.stop)
            n_exonic += int(np.isin(label, (UTR, CDS)).sum())
            for count, shown in zip(counts, reads, strict=True):
                if shown is not None:
                    count += count_features(read_features(*shown, genic[1 - strand], strand), label)
        if n_exonic >= _ENOUGH_EXONIC:
            break
    enough = n_exonic >= _FEWEST_EXONIC
    of_reads, of_coding = (
        read_likelihoods(count, coding=each is groups.coding) if each and enough else None
        for each, count in zip(groups, counts, strict=True)
    )
    return of_reads, of_coding


def _learn_sites(store: Store, groups: EvidenceGroups, learnt: Learnt, call: Call) -> SiteCounts:
    """Call and count in turn: the sites of one round help to find those of the next."""
    offsets, pieces = store.contigs.offsets, list(_pieces(store.n_bases))
    for number in range(SITE_ROUNDS):
        counts = no_counts()
        for used, region in enumerate(pieces, start=1):
            columns = call(region, Correction(store, groups, learnt))
            start = max(0, region.start - _BEYOND)
            codes = store.read("genome/sequence", start, min(store.n_bases, region.stop + _BEYOND))
            counts += count_sites(columns, codes, offsets, start)
            if number == 0 and (counts.n_introns >= _ENOUGH_INTRONS or counts.n_starts >= _ENOUGH_STARTS):
                pieces = pieces[:used]
                break
        if not counts.tell_something:
            break
        learnt = learnt._replace(sites=counts)
    return counts


def _factor(store: Store, predictions: str, ratio: float) -> float:
    pieces = list(islice(_pieces(store.n_bases), _PIECES_FOR_UTR))
    sample = [decode(_classes(store, predictions, region)[..., ::_EVERY]) for region in pieces]
    utr, coding = (np.concatenate([part[:, row].ravel() for part in sample]) for row in (UTR, CDS))
    return utr_factor(utr, coding, ratio)


def _classes(store: Store, predictions: str, region: Region) -> NDArray[Any]:
    return store.read(f"{predictions}/class_probability", region.start, region.stop)


def _pieces(n_bases: int) -> Iterator[Region]:
    number = -(-n_bases // _PIECE)
    for index in np.random.default_rng(0).permutation(number)[:_MOST_PIECES].tolist():
        yield Region(index, index * _PIECE, min(n_bases, (index + 1) * _PIECE))
