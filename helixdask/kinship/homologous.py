"""Places of windows on one axis for all copies: windows that are copies of each other get the same place.

The longest contig of a group is its axis. Windows of the other contigs lie where the anchors in them lie on a contig
whose windows have their places already: first on the longest itself, then on those placed by it, and so on.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.kinship.chains import chains_of
from helixdask.kinship.groups import LEAST_HASHES, components
from helixdask.kinship.pairs import anchors_of, shared_counts, tells_kin
from helixdask.kinship.runs import Runs, runs_of
from helixdask.kinship.settings import MOST_COPIES

LEAST_SHARED: Final = 2
"""K-mers in common from which on two stretches are near copies, at least in part."""


_BIN: Final = 500


class Sketch(NamedTuple):
    """A sample of the k-mers in order of ``position``: hash, contig and first base on it, ``(kept,)``."""

    hashes: NDArray[np.uint64]
    contig: NDArray[np.int64]
    start: NDArray[np.int64]


class Spots(NamedTuple):
    """Stretches of contigs that windows of one or both strands cover, ``(spot,)``, by contig and start."""

    contig: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]

    def holding(self, contig: NDArray[np.int64], place: NDArray[np.int64]) -> NDArray[np.int64]:
        """The spot that holds each place, -1 for none."""
        width = int(max(self.end.max(initial=0), place.max(initial=0))) + 1
        row = np.searchsorted(self.contig * width + self.start, contig * width + place, side="right") - 1
        held = (row >= 0) & (self.contig[row] == contig) & (place < self.end[row])
        found: NDArray[np.int64] = np.where(held, row, -1)
        return found


def homologous_places(
    sketch: Sketch,
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    lengths: NDArray[np.int64],
    spots: Spots,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where each spot lies on the axis of its group.

    Parameters
    ----------
    sketch
        The sample of k-mers.
    first, second
        ``(pair,)`` contigs that are copies of each other, ascending by both.
    lengths
        ``(contig,)``.
    spots
        What is placed.

    Returns
    -------
    axis
        ``(spot,)`` the longest contig of the group; a contig without copies is its own.
    place
        ``(spot,)`` base on that contig.
    """
    runs = runs_of(sketch.hashes)
    copies = runs.copies
    keep = tells_kin(copies, sketch.contig, MOST_COPIES, LEAST_HASHES)
    contig, start = sketch.contig[keep], sketch.start[keep]
    anchors = anchors_of(runs.where(keep), contig, first, second)
    chained = chains_of(anchors, copies[keep]).member >= 0
    one, other = anchors.first[chained], anchors.second[chained]
    source, target = np.concatenate([one, other]), np.concatenate([other, one])  # from a contig onto a placed one
    spot_of = spots.holding(contig, start)
    source, target = (rows[(spot_of[source] >= 0) & (spot_of[target] >= 0)] for rows in (source, target))
    axis = _axes(first, second, lengths)
    place = np.where(axis[spots.contig] == spots.contig, (spots.start + spots.end) // 2, -1)
    placed = axis == np.arange(len(lengths))
    while True:
        ready = ~placed[contig[source]] & placed[contig[target]]
        fresh = np.unique(contig[source[ready]])
        if not len(fresh):
            break
        spot, value = spot_of[source[ready]], place[spot_of[target[ready]]]
        spot, value = _medians(spot, value)
        place[spot] = value
        _fill(spots, place, fresh)
        placed[fresh] = True
    lost = ~placed[spots.contig]
    own = np.where(lost, spots.contig, axis[spots.contig])
    return own, np.where(lost, (spots.start + spots.end) // 2, place)


def near_copies(
    sketch: Sketch, spots: Spots, least: int = LEAST_SHARED
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of spots that share k-mers; repeats are left out.

    Parameters
    ----------
    sketch
        The sample of k-mers.
    spots
        Stretches of contigs.
    least
        Different k-mers that both hold.

    Returns
    -------
    first, second
        ``(pair,)`` rows of ``spots``, ``first < second``.
    shared
        ``(pair,)`` number of different k-mers that both hold.
    """
    keep, spot, runs = _in_spots(sketch, spots)
    return shared_counts(runs.where(keep), spot, least)


def copied_share(sketch: Sketch, spots: Spots, held: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How much of each spot has a copy in spots that are held, ``(spot,)``; theirs and what is not sampled is 0.

    It is the share of its bins of 500 bases, of those that hold k-mers of the sample, in which one is shared.

    Parameters
    ----------
    sketch
        The sample of k-mers.
    spots
        Stretches of contigs.
    held
        ``(spot,)`` those that are compared with, such as all of training.
    """
    keep, spot, _ = _in_spots(sketch, spots)
    hashes, start = sketch.hashes[keep], sketch.start[keep]
    is_held = held[spot]
    own, place = spot[~is_held], (start[~is_held] - spots.start[spot[~is_held]]) // _BIN
    shared = np.isin(hashes[~is_held], hashes[is_held])
    width = int(place.max(initial=0)) + 1
    bins, row = np.unique(own * width + place, return_inverse=True)
    some = np.zeros(len(bins), np.bool_)
    some[row[shared]] = True
    n_bins = np.bincount(bins // width, minlength=len(held))
    found: NDArray[np.float64] = np.bincount(bins[some] // width, minlength=len(held)) / np.maximum(n_bins, 1)
    return found


def _in_spots(sketch: Sketch, spots: Spots) -> tuple[NDArray[np.bool_], NDArray[np.int64], Runs]:
    """Rows of the sketch that are no repeats and lie in spots, ``(kept,)`` bool, the spot of each, and all runs."""
    spot, runs = spots.holding(sketch.contig, sketch.start), runs_of(sketch.hashes)
    keep = (runs.copies <= MOST_COPIES) & (spot >= 0)
    return keep, spot[keep], runs


def _axes(first: NDArray[np.int64], second: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """The longest contig of each contig's group, ``(contig,)``; of two as long the first."""
    n = len(lengths)
    label = components(first, second, n)
    order = np.lexsort((np.arange(n), -lengths, label))
    longest = order[np.unique(label[order], return_index=True)[1]]
    found: NDArray[np.int64] = longest[label]
    return found


def _medians(key: NDArray[np.int64], value: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Keys, each once, and the lower median of the values of each."""
    order = np.lexsort((value, key))
    key, value = key[order], value[order]
    begin = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
    count = np.diff(np.append(begin, len(key)))
    return key[begin], value[begin + (count - 1) // 2]


def _fill(spots: Spots, place: NDArray[np.int64], contigs: NDArray[np.int64]) -> None:
    """Give spots without anchors the place of the nearest spot of their contig that has one."""
    rows = np.flatnonzero(np.isin(spots.contig, contigs))
    known = rows[place[rows] >= 0]
    after = np.minimum(np.searchsorted(known, rows), len(known) - 1)
    before = np.maximum(after - 1, 0)
    far = np.iinfo(np.int64).max

    def distance(to: NDArray[np.int64]) -> NDArray[np.int64]:
        same = spots.contig[to] == spots.contig[rows]
        return np.where(same, np.abs(spots.start[to] - spots.start[rows]), far)

    nearest = np.where(distance(known[before]) <= distance(known[after]), known[before], known[after])
    place[rows] = place[nearest]
