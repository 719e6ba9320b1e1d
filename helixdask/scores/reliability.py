"""Whether confidence means what it says: the share that is right among what is equally sure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_UNIT = 1_000_000


@dataclass(frozen=True)
class Reliability:
    """Counts by bin of confidence; bins are of equal width from 0 to 1, the last one includes 1.

    Attributes
    ----------
    count, right
        (bin,) int64: how many, and how many of them are right.
    confidence
        (bin,) int64: sum of confidence, in millionths.
    """

    count: NDArray[np.int64]
    right: NDArray[np.int64]
    confidence: NDArray[np.int64]

    @property
    def edges(self) -> NDArray[np.float64]:
        """Ends of the bins, (bin + 1,)."""
        return np.linspace(0.0, 1.0, len(self.count) + 1)

    @property
    def mean_confidence(self) -> NDArray[np.float64]:
        """Mean confidence of each bin, NaN where it is empty."""
        return _share(self.confidence / _UNIT, self.count)

    @property
    def share_right(self) -> NDArray[np.float64]:
        """Share that is right of each bin, NaN where it is empty."""
        return _share(self.right.astype(np.float64), self.count)

    @property
    def calibration_error(self) -> float:
        """Expected calibration error: mean difference of confidence and share right, weighted by counts."""
        total = int(self.count.sum())
        off = np.abs(self.confidence / _UNIT - self.right)
        return float(off.sum() / total) if total else 0.0

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "from": self.edges[:-1].tolist(),
            "to": self.edges[1:].tolist(),
            "count": self.count.tolist(),
            "right": self.right.tolist(),
            "confidence": self.mean_confidence.tolist(),
            "share_right": self.share_right.tolist(),
            "calibration_error": self.calibration_error,
        }


def bin_of(confidence: NDArray[np.float32], bins: int) -> NDArray[np.int64]:
    """Bin of each confidence from 0 to 1, (n,) int64; 0.7 is 0.7, though the nearest float32 is less."""
    return np.minimum((np.round(confidence.astype(np.float64), 6) * bins).astype(np.int64), bins - 1)


def reliability_of(
    confidence: NDArray[np.float32], right: NDArray[np.int64], size: NDArray[np.int64], bins: int = 10
) -> Reliability | None:
    """Count by bin.

    Parameters
    ----------
    confidence
        (n,) float32; NaN counts nowhere.
    right, size
        (n,) int64: how much of each is right, and how much there is.
    bins
        Number of bins.

    Returns
    -------
    Reliability or None
        None where nothing has a confidence, or one lies outside 0 to 1: it is no probability then.
    """
    known = ~np.isnan(confidence)
    confidence, right, size = confidence[known], right[known], size[known]
    if not len(confidence) or confidence.min() < 0 or confidence.max() > 1:
        return None
    place = bin_of(confidence, bins)
    sums = np.round(confidence.astype(np.float64) * _UNIT).astype(np.int64) * size
    return Reliability(*(_total(place, values, bins) for values in (size, right, sums)))


def _total(place: NDArray[np.int64], values: NDArray[np.int64], bins: int) -> NDArray[np.int64]:
    total = np.zeros(bins, np.int64)
    np.add.at(total, place, values)
    return total


def _share(part: NDArray[np.float64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    share = np.full(len(whole), np.nan)
    np.divide(part, whole, out=share, where=whole > 0)
    return share
