"""Where the bases and probabilities of a region come from: arrays in memory, or a store read in pieces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from helixdask.calling.gene_states import complement_codes
from helixdask.probabilities import decode

#: Codes (m,) uint8 0-15, class and phase probabilities (4, m) float32, all contiguous.
RegionArrays = tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]
_COMPLEMENT = complement_codes()


class RegionSource(Protocol):
    """Bases and probabilities of one region, in the orientation of its strand."""

    @property
    def length(self) -> int:
        """Bases in the region."""

    def read(self, start: int, stop: int) -> RegionArrays:
        """The bases [start, stop) of the region."""


class Tracks(Protocol):
    """Bases and predictions of both strands by place, in plus orientation, as they are stored."""

    def strand_arrays(
        self, strand: int, start: int, stop: int
    ) -> tuple[NDArray[np.uint8], NDArray[Any], NDArray[Any] | None]:
        """Codes (m,), classes (4, m) and phases (4, m) or None of one strand."""


@dataclass(frozen=True)
class ArraySource:
    """A region that is in memory: codes (n,), classes and phases (4, n), in the orientation of the strand."""

    codes: NDArray[np.uint8]
    classes: NDArray[np.float32]
    phases: NDArray[np.float32]

    @property
    def length(self) -> int:
        """Bases in the region."""
        return self.codes.size

    def read(self, start: int, stop: int) -> RegionArrays:
        """The bases [start, stop) of the region."""
        classes, phases = (np.ascontiguousarray(values[:, start:stop]) for values in (self.classes, self.phases))
        return np.ascontiguousarray(self.codes[start:stop]), classes, phases


@dataclass(frozen=True)
class StrandSource:
    """The region [start, end) of tracks, on one strand."""

    tracks: Tracks
    strand: int
    start: int
    end: int

    @property
    def length(self) -> int:
        """Bases in the region."""
        return self.end - self.start

    def read(self, start: int, stop: int) -> RegionArrays:
        """The bases [start, stop) of the region, counted from its 5' end."""
        low, high = (self.end - stop, self.end - start) if self.strand else (self.start + start, self.start + stop)
        raw, stored, stored_phases = self.tracks.strand_arrays(self.strand, low, high)
        codes, classes = raw & np.uint8(0x0F), decode(stored)
        phases = np.zeros((4, stop - start), np.float32) if stored_phases is None else decode(stored_phases)
        if self.strand:
            codes, classes, phases = _COMPLEMENT[codes[::-1]], classes[:, ::-1], phases[:, ::-1]
        # One memory layout: the kernels are compiled anew for every other.
        return np.ascontiguousarray(codes), np.ascontiguousarray(classes), np.ascontiguousarray(phases)
