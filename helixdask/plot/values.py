"""What the lanes of a picture show: tracks of a region as means over the bases of each pixel, and genes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from helixdask.genes.lookup import genes_in_region
from helixdask.genes.models import GeneModels
from helixdask.plot.lanes import SEQUENCE, Lane
from helixdask.plot.looks import NUMBERS
from helixdask.store.store import Store
from helixdask.views.bins import region_bins

Array = NDArray[np.float64]

_SEEN: Final = 0.005
"""Probabilities below are not seen in a picture."""


@dataclass(frozen=True)
class Place:
    """A region and the bins that its pixels are.

    Attributes
    ----------
    region
        As it was asked for.
    contig
        Row of the contig; its name is ``name``.
    start, end
        First base and one past the last.
    width
        Bases of a bin.
    """

    region: str
    contig: int
    name: str
    start: int
    end: int
    width: int

    @classmethod
    def of(cls, store: Store, region: str, most_bins: int) -> Place:
        """The place of a region string, with at most so many bins, and one more at its ends."""
        contig, start, end = store.contigs.parse_region(region)
        return cls(region, contig, str(store.contigs.names[contig]), start, end, -(-(end - start) // most_bins))

    @property
    def edges(self) -> NDArray[np.int64]:
        """Where bins begin, and where the last ends, ``(bin + 1,)``; cut at the ends of the region."""
        first, last = self.start // self.width, -(-self.end // self.width)
        return np.clip(np.arange(first, last + 1) * self.width, self.start, self.end)

    def bins(self, store: Store, path: str, of: str = "") -> Array:
        """Means of a track, ``(..., bin)``."""
        return region_bins(store, path, (self.contig, self.start, self.end), self.width, of)


@dataclass(frozen=True)
class Stack:
    """Shares of classes, from the line outwards ``(strand, 3, bin)``; of labels also what is masked ``(strand, bin)``.

    ``made_of`` is ``labels`` or ``predictions``.
    """

    made_of: str
    share: Array
    masked: Array


@dataclass(frozen=True)
class Depth:
    """Mean depth of reads, and of reads that are spliced across, ``(strand, bin)`` each."""

    depth: Array
    spliced: Array


@dataclass(frozen=True)
class Intervals:
    """Share of the bases of each bin that lie inside, ``(bin,)``."""

    inside: Array


@dataclass(frozen=True)
class Values:
    """Mean value of each bin, ``(bin,)``; NaN where there is none."""

    value: Array


@dataclass(frozen=True)
class Letters:
    """Share of bases that are soft-masked, and that are not A, C, G or T, ``(bin,)`` each."""

    soft_masked: Array
    ambiguous: Array


Shown = Stack | Depth | Intervals | Values | Letters | GeneModels


def read_lane(store: Store, lane: Lane, place: Place) -> list[Shown]:
    """What a lane shows in a region; nothing where all of it is empty there.

    A track with intervals and values gives two.
    """
    return [shown for shown in _read(store, lane, place) if not _is_empty(shown)]


def _read(store: Store, lane: Lane, place: Place) -> list[Shown]:
    path = lane.path
    if lane.kind == "genes":
        region = f"{place.name}:{place.start}-{place.end}"
        return [genes_in_region(store, region, path.partition("/")[2])]
    if lane.kind == "labels":
        shares = place.bins(store, f"{path}/label")[:, NUMBERS]
        there = store.has_array(f"{path}/valid")
        masked = 1 - place.bins(store, f"{path}/valid") if there else np.zeros_like(shares[:, 0])
        return [Stack("labels", shares, masked)]
    if lane.kind == "predictions":
        shares = place.bins(store, f"{path}/class_probability")[:, NUMBERS]
        return [Stack("predictions", np.where(shares.sum(axis=1, keepdims=True) < _SEEN, 0, shares), np.zeros((2, 0)))]
    if lane.kind == "coverage":
        parts = [f"coverage/{lane.set_name}/{library}" for library in lane.libraries]
        depth, spliced = (
            sum((place.bins(store, f"{part}/{track}") for part in parts), np.zeros(()))
            for track in ("coverage", "spliced_coverage")
        )
        return [Depth(depth, spliced)]
    if path == SEQUENCE:
        return [Letters(*(place.bins(store, path, of) for of in ("soft_masked", "ambiguous")))]
    found: list[Shown] = []
    if store.has_array(f"{path}/mask"):
        found.append(Intervals(place.bins(store, f"{path}/mask")))
    if store.has_array(f"{path}/value"):
        found.append(Values(place.bins(store, f"{path}/value")))
    return found


def _is_empty(shown: Shown) -> bool:
    if isinstance(shown, GeneModels):
        return not len(shown)
    return not any(np.nan_to_num(values).any() for values in vars(shown).values() if isinstance(values, np.ndarray))
