"""Strata divided again by a measure, so that what is kept has the genome's distribution of it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from helixdask.errors import BadInputError

PARTS: Final = 3


def finer_strata(
    stratum: NDArray[np.int64],
    names: list[str],
    value: NDArray[np.floating[Any]],
    usable: NDArray[np.bool_],
    measure: str,
) -> tuple[NDArray[np.int64], list[str]]:
    """Divide all strata but the last, which is drawn by lot as it is.

    Parameters
    ----------
    stratum, names
        ``(window,)`` and the names, as `helixdask.selection.select.strata` returns them.
    value
        ``(window,)``; windows with NaN are in the first part.
    usable
        ``(window,)``: edges are quantiles of these windows of the divided strata, so that each part has as many.
    measure
        What the value is called.

    Returns
    -------
    stratum, names
        The same with more strata, the last one again the last; fewer parts where many values are equal.

    Raises
    ------
    BadInputError
        There is no value at all.

    Examples
    --------
    >>> number, names = finer_strata(np.array([0, 0, 0, 1]), ["genes", "empty"], np.arange(4.0), np.ones(4, bool), "gc")
    >>> number.tolist(), names[:2], names[-1]
    ([0, 1, 2, 3], ['genes, gc below 0.667', 'genes, gc 0.667-1.33'], 'empty')
    """
    last = len(names) - 1
    known = value[usable & (stratum < last)]
    known = known[~np.isnan(known)]
    if not len(known):
        raise BadInputError(f"no window with genes has a value of {measure}", remedy="Stratify by another measure.")
    edges = np.unique(np.quantile(known, np.arange(1, PARTS) / PARTS))
    edges = edges[edges > known.min()]  # nothing is below the least value
    part = np.where(np.isnan(value), 0, np.searchsorted(edges, value, side="right"))
    words = ["any"]
    if len(edges):
        between = (f"{a:.3g}-{b:.3g}" for a, b in pairwise(edges))
        words = [f"below {edges[0]:.3g}", *between, f"from {edges[-1]:.3g}"]
    finer = np.where(stratum < last, stratum * len(words) + part, last * len(words))
    return finer, [*(f"{name}, {measure} {each}" for name in names[:-1] for each in words), names[-1]]
