"""How much of the validation side has a near copy in training."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.selection.sides import Kin
from helixdask.selection.split import TRAIN, VALIDATION

MUCH: Final = 0.05
"""Share of the coding bases of validation with a near copy in training, above which scores flatter."""


HISTOGRAM_LABELS: Final = ("0-1", "2-3", "4-7", "8-15", "16-31", "32+")
"""K-mers that a window shares with one of training; fewer than two are not told apart."""
_EDGES: Final = (2, 4, 8, 16, 32)


SPLIT_TITLES: Final = {"this one": "this split", "contigs by lot": "whole contigs drawn by lot"}
"""What the splits that are compared are called, for people."""


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


def shared_with_training(side: NDArray[np.int8], kin: Kin) -> NDArray[np.int64]:
    """Validation windows by the most k-mers that they share with one window of training.

    Parameters
    ----------
    side
        ``(window,)`` sides.
    kin
        Near copies.

    Returns
    -------
    numpy.ndarray
        ``(label,)`` int64 windows for each of `HISTOGRAM_LABELS`.

    Examples
    --------
    >>> pair, none = (np.array([each]) for each in (0, 1, 8)), np.zeros(3, bool)
    >>> kin = Kin(np.arange(3), none, none, None, np.arange(3), *pair)
    >>> shared_with_training(np.array([0, 1, 1], np.int8), kin).tolist()
    [1, 0, 0, 1, 0, 0]
    """
    held = side == VALIDATION
    most = np.zeros(len(side), np.int64)
    if kin.spot is not None and kin.first is not None and kin.second is not None and kin.shared is not None:
        train = kin.spots(side == TRAIN)
        of_spot = np.zeros(len(train), np.int64)
        for one, other in ((kin.first, kin.second), (kin.second, kin.first)):
            np.maximum.at(of_spot, one[train[other]], kin.shared[train[other]])
        most = of_spot[kin.spot]
    return np.bincount(np.searchsorted(_EDGES, most[held], side="right"), minlength=len(HISTOGRAM_LABELS))
