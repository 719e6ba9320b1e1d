"""Predictions of a store as genes are called from them: UTRs raised to what is expected, and reads weighed in.

What reads look like, and what the sequence around splice sites and start codons looks like, is learnt from genes that
are called without.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.calling.read_evidence import (
    N_FEATURES,
    ReadLikelihoods,
    called_labels,
    count_features,
    read_features,
    read_likelihoods,
    with_reads,
)
from helixdask.calling.sites import SiteCounts, count_sites, no_counts
from helixdask.calling.utr_prior import raise_utr, utr_factor
from helixdask.coverage.transcripts import EvidenceGroups
from helixdask.engine.stage import Region
from helixdask.probabilities import decode
from helixdask.registry import CDS, INTERGENIC, UTR
from helixdask.store.store import Store

_PREFIXES: Final = ("", "coding_")
"""Of the names under which likelihoods of each kind of evidence are saved."""
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
_SITE_ROUNDS: Final = 3


class Learnt(NamedTuple):
    """What was learnt from a sample of a genome.

    Attributes
    ----------
    utr_factor
        By how much the odds of UTR are raised.
    reads
        What reads look like in each class; None: no reads weigh in.
    coding
        The same of alignments that cover coding bases alone.
    sites
        What is around splice sites and start codons; None: it is not looked at.
    """

    utr_factor: float
    reads: ReadLikelihoods | None
    coding: ReadLikelihoods | None = None
    sites: SiteCounts | None = None

    @property
    def evidence(self) -> tuple[ReadLikelihoods | None, ReadLikelihoods | None]:
        """What weighs in, in the order of `EvidenceGroups`."""
        return self.reads, self.coding

    def arrays(self) -> dict[str, NDArray[Any]]:
        """As named arrays, to be saved."""
        named = {
            f"{prefix}{name}": values
            for prefix, likelihoods in zip(_PREFIXES, self.evidence, strict=True)
            if likelihoods is not None
            for name, values in likelihoods._asdict().items()
        }
        sites = {} if self.sites is None else {f"{kind}_sites": count for kind, count in self.sites._asdict().items()}
        return {"utr_factor": np.array(self.utr_factor), **named, **sites}

    @classmethod
    def of(cls, arrays: dict[str, NDArray[Any]]) -> Learnt:
        """From what `arrays` gave."""
        reads, coding = (
            ReadLikelihoods(arrays[f"{prefix}table"], arrays[f"{prefix}missed"]) if f"{prefix}table" in arrays else None
            for prefix in _PREFIXES
        )
        kinds = [f"{kind}_sites" for kind in SiteCounts._fields]
        sites = SiteCounts(*(arrays[kind] for kind in kinds)) if kinds[0] in arrays else None
        return cls(float(arrays["utr_factor"]), reads, coding, sites)


@dataclass(frozen=True)
class Correction:
    """How predictions of a store are corrected.

    Attributes
    ----------
    store
        The store.
    groups
        Groups of the libraries that weigh in; those of one kind are added.
    learnt
        From `learn`.
    """

    store: Store
    groups: EvidenceGroups
    learnt: Learnt

    @property
    def changes_nothing(self) -> bool:
        """Whether predictions stay as they are."""
        return self.learnt.utr_factor == 1.0 and not any(self.learnt.evidence)

    def apply(self, stored: NDArray[Any], start: int, stop: int) -> NDArray[np.float32]:
        """Correct the bases [start, stop): (2, 4, n) as stored to float32."""
        classes = raise_utr(decode(stored), self.learnt.utr_factor)
        if not any(self.learnt.evidence):
            return classes
        genic = _genic(classes)
        for groups, likelihoods in zip(self.groups, self.learnt.evidence, strict=True):
            if likelihoods is None:
                continue
            reads, coding = reads_of(self.store, groups, start, stop), likelihoods is self.learnt.coding
            features = [read_features(*reads, genic[1 - strand], strand) for strand in (0, 1)]
            classes = np.stack(
                [with_reads(classes[strand], features[strand], likelihoods, coding=coding) for strand in (0, 1)]
            )
        return classes


def _genic(classes: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where the network sees a gene: (2, 4, n) to (2, n)."""
    genic: NDArray[np.bool_] = classes[:, INTERGENIC] < classes[:, INTERGENIC + 1 :].sum(1)
    return genic


def reads_of(
    store: Store, groups: tuple[str, ...], start: int, stop: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Reads over and reads spliced across the bases [start, stop), (2, n) each, added up over the libraries."""
    added = [np.zeros((2, stop - start), np.float32) for _ in range(2)]
    for group in groups:
        for total, track in zip(added, ("coverage", "spliced_coverage"), strict=True):
            if store.has_array(f"{group}/{track}"):
                total += store.read(f"{group}/{track}", start, stop)
    return added[0], added[1]


def learn(
    store: Store,
    predictions: str,
    groups: EvidenceGroups,
    utr_ratio: float,
    call: Callable[[Region, Correction], dict[str, NDArray[Any]]],
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


_Call = Callable[[Region, Correction], dict[str, NDArray[Any]]]


def _learn_reads(
    store: Store, predictions: str, groups: EvidenceGroups, factor: float, call: _Call
) -> tuple[ReadLikelihoods | None, ReadLikelihoods | None]:
    """What each kind of evidence looks like in each class; None: there is none, or nothing to learn it from."""
    first = Correction(store, EvidenceGroups(), Learnt(factor, None))
    counts, n_exonic = np.zeros((len(groups), 4, N_FEATURES), np.int64), 0
    for region in _pieces(store.n_bases) if any(groups) else ():
        columns = call(region, first)
        reads = [reads_of(store, each, region.start, region.stop) if each else None for each in groups]
        genic = _genic(first.apply(_classes(store, predictions, region), region.start, region.stop))
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


def _learn_sites(store: Store, groups: EvidenceGroups, learnt: Learnt, call: _Call) -> SiteCounts:
    """Call and count in turn: the sites of one round help to find those of the next."""
    offsets, pieces = store.contigs.offsets, list(_pieces(store.n_bases))
    for number in range(_SITE_ROUNDS):
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
