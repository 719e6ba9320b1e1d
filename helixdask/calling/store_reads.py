"""The reads of a store next to its predictions: what they look like in each class, and how they weigh."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from helixdask.calling.read_evidence import (
    CDS,
    INTERGENIC,
    N_FEATURES,
    UTR,
    ReadLikelihoods,
    called_labels,
    count_features,
    read_features,
    read_likelihoods,
    with_reads,
)
from helixdask.engine.stage import Region
from helixdask.probabilities import decode
from helixdask.store.store import Store

_PIECE: Final = 1 << 20
_MOST_PIECES: Final = 64
_ENOUGH_EXONIC: Final = 200_000
_FEWEST_EXONIC: Final = 2_000


@dataclass(frozen=True)
class StoreReads:
    """Reads of all libraries of a coverage set, and what they look like in each class.

    Attributes
    ----------
    store
        The store.
    groups
        Groups of the libraries; their reads are added.
    likelihoods
        From `learn_reads`.
    """

    store: Store
    groups: tuple[str, ...]
    likelihoods: ReadLikelihoods

    def weigh(self, stored: NDArray[Any], start: int, stop: int) -> NDArray[np.float32]:
        """Class probabilities of the bases [start, stop), (2, 4, n) as stored, given the reads too: float32."""
        classes, reads = decode(stored), reads_of(self.store, self.groups, start, stop)
        genic = _genic(classes)
        features = [read_features(*reads, genic[1 - strand], strand) for strand in (0, 1)]
        return np.stack([with_reads(classes[strand], features[strand], self.likelihoods) for strand in (0, 1)])


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


def learn_reads(
    store: Store, groups: tuple[str, ...], predictions: str, call: Callable[[Region], dict[str, NDArray[Any]]]
) -> ReadLikelihoods | None:
    """Find out what reads look like in exons, introns and between genes, from genes called without them.

    Pieces of a megabase are looked at, in an order drawn by lot, until enough exonic bases were seen.

    Parameters
    ----------
    store, groups
        The store, and the groups of the libraries.
    predictions
        Group of the predictions.
    call
        Calls the genes that begin in a region, without reads: columns as of `CallColumns`.

    Returns
    -------
    ReadLikelihoods or None
        None where hardly any gene is called: there is nothing to learn from.
    """
    counts = np.zeros((4, N_FEATURES), np.int64)
    for region in _pieces(store.n_bases):
        columns = call(region)
        reads = reads_of(store, groups, region.start, region.stop)
        genic = _genic(decode(store.read(f"{predictions}/class_probability", region.start, region.stop)))
        for strand in (0, 1):
            label = called_labels(columns, strand, store.contigs.offsets, region.start, region.stop)
            counts += count_features(read_features(*reads, genic[1 - strand], strand), label)
        if counts[[UTR, CDS]].sum() >= _ENOUGH_EXONIC:
            break
    return read_likelihoods(counts) if counts[[UTR, CDS]].sum() >= _FEWEST_EXONIC else None


def _pieces(n_bases: int) -> Iterator[Region]:
    number = -(-n_bases // _PIECE)
    for index in np.random.default_rng(0).permutation(number)[:_MOST_PIECES].tolist():
        yield Region(index, index * _PIECE, min(n_bases, (index + 1) * _PIECE))
