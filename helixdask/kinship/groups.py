"""From a sketch to groups of contigs that are copies of each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from helixdask.intervals import joined
from helixdask.kinship.chains import LEAST_ANCHORS, Chains, chains_of
from helixdask.kinship.pairs import anchors_of, shared_counts, tells_kin
from helixdask.kinship.runs import runs_of
from helixdask.kinship.settings import MOST_COPIES

LEAST_HASHES: Final = 20
"""A contig with fewer k-mers in the sketch is unknown: too little of it is seen."""
LEAST_COLINEAR: Final = 0.2
"""Share of the smaller contig that colinear stretches cover, so that one translocation does not join two groups."""
LONG: Final = 30_000
"""Bases of a colinear stretch that is longer than a repeat; on small contigs a fifth of the contig is enough."""
_ABOVE_BACKGROUND: Final = 3.0


@dataclass(frozen=True, eq=False)
class Kinship:
    """Groups of contigs, and the pairs that make them.

    Attributes
    ----------
    group
        ``(contig,)`` int32: the row of the group's first contig.
    n_hashes
        ``(contig,)`` int32 k-mers of each contig in the sketch, repeats left out.
    first, second
        ``(pair,)`` int32 contigs of each pair that is alike, ``first < second``.
    shared
        ``(pair,)`` int32 k-mers that both have.
    containment
        ``(pair,)`` float32 share of the k-mers of the contig with fewer that the other has too.
    colinear
        ``(pair,)`` float32 share of the smaller contig's bases that colinear stretches cover.
    """

    group: NDArray[np.int32]
    n_hashes: NDArray[np.int32]
    first: NDArray[np.int32]
    second: NDArray[np.int32]
    shared: NDArray[np.int32]
    containment: NDArray[np.float32]
    colinear: NDArray[np.float32]

    def in_rows(self, order: NDArray[np.int64]) -> Kinship:
        """The same for contigs in their rows, where those that were compared were ``order``."""
        group, n_hashes = np.empty_like(self.group), np.empty_like(self.n_hashes)
        group[order], n_hashes[order] = order[self.group], self.n_hashes
        first, second = np.sort(np.stack([order[self.first], order[self.second]]), axis=0)
        by_row = np.lexsort((second, first))
        return Kinship(
            group,
            n_hashes,
            first[by_row].astype(np.int32),
            second[by_row].astype(np.int32),
            self.shared[by_row],
            self.containment[by_row],
            self.colinear[by_row],
        )

    @property
    def known(self) -> NDArray[np.bool_]:
        """``(contig,)`` whether enough of the contig is seen to tell its kin."""
        return self.n_hashes >= LEAST_HASHES


def find_kinship(
    hashes: NDArray[np.uint64],
    contig: NDArray[np.int64],
    start: NDArray[np.int64],
    lengths: NDArray[np.int64],
    *,
    most_copies: int = MOST_COPIES,
) -> Kinship:
    """Find the contigs that are copies of each other.

    Two contigs are alike where they share at least five k-mers, more than the genome's own background, and their
    colinear stretches cover a fifth of the smaller one. The background are shared k-mers outside colinear stretches:
    their number for each product of k-mers of two contigs, over all pairs.

    Parameters
    ----------
    hashes, contig, start
        ``(kept,)`` the sketch: hash, contig and place on it, ascending by both. Of two contigs that are alike in all
        else the first counts as first, so contigs come in an order that does not depend on the file.
    lengths
        ``(contig,)`` bases of each contig.
    most_copies
        K-mers that the sketch holds more often are left out.
    """
    n = len(lengths)
    runs = runs_of(hashes)
    copies = runs.copies
    n_hashes = np.bincount(contig[copies <= most_copies], minlength=n)
    seen = tells_kin(copies, contig, most_copies, LEAST_HASHES)
    runs, contig, start, copies = runs.where(seen), contig[seen], start[seen], copies[seen]
    first, second, shared = shared_counts(runs, contig, LEAST_ANCHORS)
    chains = chains_of(anchors_of(runs, contig, first, second), copies)
    chained = np.bincount(chains.pair, chains.anchors, minlength=len(first))
    product = n_hashes[first].astype(np.float64) * n_hashes[second]
    colinear = _covered(chains, start, first, second, lengths)
    background = max(float((shared - np.minimum(chained, shared)).sum()), 0.0) / max(float(product.sum()), 1.0)
    alike = (chained >= LEAST_ANCHORS) & (chained > _ABOVE_BACKGROUND * background * product)
    alike &= colinear >= LEAST_COLINEAR
    first, second, shared, colinear = first[alike], second[alike], shared[alike], colinear[alike]
    label = components(first, second, n)
    lowest = np.full(int(label.max(initial=-1)) + 1, n, np.int64)
    np.minimum.at(lowest, label, np.arange(n))
    fewer = np.minimum(n_hashes[first], n_hashes[second])
    return Kinship(
        lowest[label].astype(np.int32),
        n_hashes.astype(np.int32),
        first.astype(np.int32),
        second.astype(np.int32),
        shared.astype(np.int32),
        (shared / np.maximum(fewer, 1)).astype(np.float32),
        colinear.astype(np.float32),
    )


def components(first: NDArray[np.int64], second: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Number of the group of each of ``n`` contigs, which pairs join, ``(contig,)``."""
    _, label = connected_components(coo_array((np.ones(len(first), np.int8), (first, second)), (n, n)), directed=False)
    return np.asarray(label, np.int64)


def _covered(
    chains: Chains,
    start: NDArray[np.int64],
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    lengths: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Share of the smaller contig of each pair that long chains cover, ``(pair,)``; bases of two count once."""
    smaller = np.minimum(lengths[first], lengths[second])
    on_first = lengths[first] <= lengths[second]
    low = np.where(on_first[chains.pair], start[chains.first_low], start[chains.second_low])
    high = np.where(on_first[chains.pair], start[chains.first_high], start[chains.second_high])
    long = high - low >= np.minimum(LONG, LEAST_COLINEAR * smaller[chains.pair])
    pair, low, high = chains.pair[long], low[long], high[long]
    union = joined(pair, low, high)
    covered = np.bincount(pair[union.rows], union.end - low[union.rows], minlength=len(first))
    found: NDArray[np.float64] = covered / smaller
    return found
