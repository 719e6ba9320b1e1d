"""How much of the validation side has a near copy in training."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.selection.sides import Kin
from helixdask.selection.split import TRAIN, VALIDATION

__all__ = ["MUCH", "Leakage", "leakage_of"]

MUCH: Final = 0.05
"""Share of the coding bases of validation with a near copy in training, above which scores flatter."""


class Leakage(NamedTuple):
    """Shares of the validation side that have a near copy in training.

    Attributes
    ----------
    windows
        Share of the windows.
    coding_bases
        Share of the coding bases: all of such a window's count. 0 where there are none.
    """

    windows: float
    coding_bases: float


def leakage_of(side: NDArray[np.int8], kin: Kin, coding: NDArray[np.int64]) -> Leakage:
    """Measure how much leaks.

    Parameters
    ----------
    side
        ``(window,)`` sides.
    kin
        Near copies.
    coding
        ``(window,)`` coding bases.

    Examples
    --------
    >>> pair, none = (np.array([each]) for each in (0, 1)), np.zeros(3, bool)
    >>> kin = Kin(np.arange(3), none, none, None, np.arange(3), *pair)  # windows 0 and 1 are near copies
    >>> leakage_of(np.array([0, 1, 1], np.int8), kin, np.array([50, 90, 10]))
    Leakage(windows=0.5, coding_bases=0.9)
    """
    held = side == VALIDATION
    near = held & kin.near(side, side == TRAIN)
    return Leakage(int(near.sum()) / max(int(held.sum()), 1), int(coding[near].sum()) / max(int(coding[held].sum()), 1))
