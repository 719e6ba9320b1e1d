"""Predictions of a store as genes are called from them: UTRs raised to what is expected, and reads weighed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.calling.read_evidence import ReadLikelihoods, read_features, with_reads
from helixdask.calling.sites import SiteCounts
from helixdask.calling.utr_prior import raise_utr
from helixdask.coverage.transcripts import EvidenceGroups
from helixdask.probabilities import decode
from helixdask.registry import INTERGENIC
from helixdask.store.store import Store

_PREFIXES: Final = ("", "coding_")
"""Of the names under which likelihoods of each kind of evidence are saved."""


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
        genic = sees_gene(classes)
        for groups, likelihoods in zip(self.groups, self.learnt.evidence, strict=True):
            if likelihoods is None:
                continue
            reads, coding = reads_of(self.store, groups, start, stop), likelihoods is self.learnt.coding
            features = [read_features(*reads, genic[1 - strand], strand) for strand in (0, 1)]
            classes = np.stack(
                [with_reads(classes[strand], features[strand], likelihoods, coding=coding) for strand in (0, 1)]
            )
        return classes


def sees_gene(classes: NDArray[np.float32]) -> NDArray[np.bool_]:
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
