"""Counting the bases of a slice of the genome: labels against predictions, contig by contig, in one pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helixdask.kernels import njit
from helixdask.probabilities import bits, decoding_table, likeliest
from helixdask.scores.reliability import Reliability

BASE_BINS = 20
_UNIT = 1_000_000


@dataclass(frozen=True)
class BaseTally:
    """What was counted; tallies of other slices can be added.

    Attributes
    ----------
    contig
        (contig,) int64 rows of the contig table, ascending.
    classes, phases
        (contig, 4, 4) int64, ``[reference][prediction]``; phases are all 0 where none were predicted.
    reliability
        The probability of the likeliest class against whether it is right.
    has_phase
        Whether phases were predicted.
    """

    contig: NDArray[np.int64]
    classes: NDArray[np.int64]
    phases: NDArray[np.int64]
    reliability: Reliability
    has_phase: bool

    @classmethod
    def total(cls, tallies: list[BaseTally]) -> BaseTally:
        """Sum of several, at least one."""
        contig, place = np.unique(np.concatenate([tally.contig for tally in tallies]), return_inverse=True)
        sums = []
        for name in ("classes", "phases"):
            matrices = np.zeros((len(contig), 4, 4), np.int64)
            np.add.at(matrices, place, np.concatenate([getattr(tally, name) for tally in tallies]))
            sums.append(matrices)
        bins = (
            np.sum([getattr(tally.reliability, name) for tally in tallies], axis=0)
            for name in ("count", "right", "confidence")
        )
        return cls(contig, sums[0], sums[1], Reliability(*bins), any(tally.has_phase for tally in tallies))


def tally_bases(
    classes: NDArray[Any],
    phases: NDArray[Any] | None,
    painted: dict[str, NDArray[Any]],
    contig: NDArray[np.int64],
    start: NDArray[np.int64],
    stop: NDArray[np.int64],
) -> BaseTally:
    """Count the bases of a slice that the reference does not mask.

    Parameters
    ----------
    classes, phases
        (2, 4, n) strand x class x base as stored; None: no phases.
    painted
        ``label``, ``phase``, ``valid``: (2, n) uint8 each, from `labels.paint`.
    contig, start, stop
        (pieces,) int64: rows of the contig table, and where they lie in the slice. What is in no piece is not counted.
    """
    class_counts = np.zeros((len(contig), 4, 4), np.int64)
    phase_counts = np.zeros_like(class_counts)
    bins = np.zeros((3, BASE_BINS), np.int64)
    raw_phases = np.empty((2, 4, 0), classes.dtype) if phases is None else phases
    _tally(
        bits(classes),
        decoding_table(str(classes.dtype)),
        bits(raw_phases),
        decoding_table(str(raw_phases.dtype)),
        np.ascontiguousarray(painted["label"], np.uint8),
        np.ascontiguousarray(painted["phase"], np.uint8),
        np.ascontiguousarray(painted["valid"], np.uint8),
        start,
        stop,
        class_counts,
        phase_counts,
        bins,
    )
    return BaseTally(contig, class_counts, phase_counts, Reliability(*bins), phases is not None)


@njit(cache=True, nogil=True)
def _tally(
    classes: NDArray[Any],
    class_table: NDArray[np.float32],
    phases: NDArray[Any],
    phase_table: NDArray[np.float32],
    label: NDArray[np.uint8],
    phase: NDArray[np.uint8],
    valid: NDArray[np.uint8],
    start: NDArray[np.int64],
    stop: NDArray[np.int64],
    class_counts: NDArray[np.int64],
    phase_counts: NDArray[np.int64],
    bins: NDArray[np.int64],
) -> None:
    has_phase = phases.shape[2] > 0
    n_bins = bins.shape[1]
    for piece in range(len(start)):
        for strand in range(2):
            for at in range(start[piece], stop[piece]):
                if valid[strand, at] == 0:
                    continue
                best = likeliest(classes, class_table, strand, at)
                class_counts[piece, label[strand, at], best] += 1
                share = min(max(class_table[classes[strand, best, at]], np.float32(0.0)), np.float32(1.0))
                place = min(int(share * n_bins), n_bins - 1)
                bins[0, place] += 1
                bins[1, place] += label[strand, at] == best
                bins[2, place] += int(np.float64(share) * _UNIT + 0.5)
                if has_phase:
                    phase_counts[piece, phase[strand, at], likeliest(phases, phase_table, strand, at)] += 1
