"""How probable UTRs are: a network that hardly believes in those of a genome is raised to what its labels had."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from helixdask.registry import UTR

_MOST: Final = 30.0
_FEWEST_CODING: Final = 100.0
_HALVINGS: Final = 16


def utr_factor(utr: NDArray[np.float32], coding: NDArray[np.float32], ratio: float) -> float:
    """Factor of the odds of UTR with which predictions hold as much UTR for each coding base as is expected.

    Parameters
    ----------
    utr, coding
        (n,) probabilities of a sample of bases.
    ratio
        UTR bases that are expected for each coding base.

    Returns
    -------
    float
        1 where there is enough already, or where hardly any base is coding; at most 30.

    Examples
    --------
    >>> utr, coding = np.full(1000, 0.01, np.float32), np.full(1000, 0.5, np.float32)
    >>> round(utr_factor(utr, coding, 0.2), 2), utr_factor(utr, coding, 0.01)
    (10.0, 1.0)
    """
    utr, coding = utr.astype(np.float64), coding.astype(np.float64)

    def lack(factor: float) -> float:
        scale = 1 / (1 + (factor - 1) * utr)
        return float((factor * utr * scale).sum() - ratio * (coding * scale).sum())

    if coding.sum() < _FEWEST_CODING or lack(1.0) >= 0:
        return 1.0
    low, high = 1.0, _MOST
    for _ in range(_HALVINGS):  # more of the factor is more UTR, so this closes in on it
        middle = (low + high) / 2
        low, high = (low, middle) if lack(middle) >= 0 else (middle, high)
    return high


def raise_utr(classes: NDArray[np.float32], factor: float) -> NDArray[np.float32]:
    """Multiply the odds of UTR: (..., 4, n) probabilities to the same shape; what sums to 0 stays so."""
    raised = np.array(classes, np.float32)
    raised[..., UTR, :] *= np.float32(factor)
    total = raised.sum(-2, keepdims=True)
    given: NDArray[np.float32] = np.divide(raised, total, out=np.zeros_like(raised), where=total > 0)
    return given
