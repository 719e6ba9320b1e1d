"""A cap for families of duplicates: of windows that are near copies of each other only some may be learnt from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from helixdask.kernels import njit


def within_cap(
    spot: NDArray[np.int64],
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    order: NDArray[np.int64],
    most: int,
) -> NDArray[np.bool_]:
    """Which windows may be chosen so that none has too many near copies among them.

    Windows are taken in order; one is left out when ``most`` stretches that are near copies of its own are taken
    already. Families are not joined through windows that share different genes, as groups of all that is alike are.

    Parameters
    ----------
    spot
        ``(window,)`` number of the stretch that a window covers; both strands have one.
    first, second
        ``(pair,)`` stretches that are near copies of each other.
    order
        Rows of the windows that may be chosen at all, the best first.
    most
        Near copies of one window that may be chosen, itself included; 1 or more.

    Returns
    -------
    numpy.ndarray
        ``(window,)`` bool, False for all that ``order`` does not name.

    Examples
    --------
    >>> within_cap(np.arange(3), np.array([0, 1]), np.array([1, 2]), np.arange(3), 1)
    array([ True, False,  True])
    """
    n = int(max(spot.max(initial=-1), first.max(initial=-1), second.max(initial=-1))) + 1
    one, other = np.concatenate([first, second]), np.concatenate([second, first])
    by_one = np.argsort(one, kind="stable")
    begin = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(one, minlength=n), out=begin[1:])
    return _taken(spot, begin, other[by_one], order, most, n)


@njit(cache=True, nogil=True)
def _taken(
    spot: NDArray[np.int64],
    begin: NDArray[np.int64],
    neighbour: NDArray[np.int64],
    order: NDArray[np.int64],
    most: int,
    n: int,
) -> NDArray[np.bool_]:
    found = np.zeros(len(spot), np.bool_)
    held = np.zeros(n, np.bool_)
    for row in order:
        own = spot[row]
        if not held[own]:
            copies = 0
            for k in range(begin[own], begin[own + 1]):
                copies += held[neighbour[k]]
            if copies >= most:
                continue
            held[own] = True
        found[row] = True
    return found
