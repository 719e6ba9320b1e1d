"""How much of the validation side has a near copy in training."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.selection.sides import Kin
from helixdask.selection.split import TRAIN, VALIDATION

MUCH: Final = 0.05
"""Share of the coding bases of validation with a near copy in training, above which scores flatter."""


class Leakage(NamedTuple):
    """Shares of the validation side that have a near copy in training.

    Attributes
    ----------
    windows
        Share of the windows.
    coding_bases
        Share of the coding bases: of such a window as much as what is sampled near its genes. 0 where there are none.
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
    >>> pair, none = (np.array([each]) for each in (0, 1, 8)), np.zeros(3, bool)
    >>> copied = lambda held: np.array([0, 0.5, 0])  # windows 0 and 1 are near copies, half of them
    >>> kin = Kin(np.arange(3), none, none, None, np.arange(3), *pair, copied)
    >>> leakage_of(np.array([0, 1, 1], np.int8), kin, np.array([50, 90, 10]))
    Leakage(windows=0.5, coding_bases=0.45)
    """
    held = side == VALIDATION
    train = side == TRAIN
    near = held & kin.near(train)
    leaked = 0.0
    if kin.copied is not None and kin.spot is not None:
        leaked = float((coding * kin.copied(kin.spots(train))[kin.spot])[near].sum())
    return Leakage(int(near.sum()) / max(int(held.sum()), 1), leaked / max(int(coding[held].sum()), 1))
