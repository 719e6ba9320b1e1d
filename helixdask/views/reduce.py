"""Values of bases to values of bins: means, sums, largest and smallest values, exact in float64."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

REDUCTIONS: Final = ("mean", "sum", "max", "min")
"""Ways of making one value from those of the bases of a bin."""


def reduce_bins(
    parts: Iterable[tuple[int, NDArray[Any]]], edges: NDArray[np.int64], shape: tuple[int, ...], how: str
) -> NDArray[np.float64]:
    """Reduce the values of bases to those of bins, part by part, so that bins may be of any size.

    Parameters
    ----------
    parts
        Position and values ``(..., base)`` of stretches that lie end to end, from the first edge to the last.
    edges
        Where the bins begin, and where the last one ends: ``(bin + 1,)``, ascending.
    shape
        Sizes of the dimensions before ``base``.
    how
        One of `REDUCTIONS`.

    Returns
    -------
    numpy.ndarray
        ``(..., bin)`` float64. NaN are missing values and left out. A bin of nothing else is NaN, its sum 0.

    Examples
    --------
    >>> import numpy as np
    >>> reduce_bins([(10, np.arange(5)), (15, np.arange(5, 8))], np.array([10, 14, 18]), (), "mean")
    array([1.5, 5.5])
    """
    empty = 0.0 if how in ("mean", "sum") else np.nan
    found = np.full((*shape, len(edges) - 1), empty)
    count = np.zeros(found.shape, np.int64)
    join = {"max": np.fmax, "min": np.fmin}.get(how, np.add)
    for start, part in parts:
        first = int(np.searchsorted(edges, start, side="right")) - 1
        last = int(np.searchsorted(edges, start + part.shape[-1], side="left"))
        at, bins = np.maximum(edges[first:last] - start, 0), slice(first, last)
        known = ~np.isnan(part) if part.dtype.kind == "f" else None
        if how == "mean":
            bases = np.diff(np.append(at, part.shape[-1]))
            count[..., bins] += bases if known is None else np.add.reduceat(known, at, axis=-1, dtype=np.int64)
        values = part if known is None or join is not np.add else np.where(known, part, 0)
        dtype = np.float64 if join is np.add else None
        found[..., bins] = join(found[..., bins], join.reduceat(values, at, axis=-1, dtype=dtype))
    if how == "mean":
        np.divide(found, count, out=found, where=count > 0)
        found[count == 0] = np.nan
    return found
