"""An order of contigs that does not depend on the file: what is found must not, either."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from helixdask.draw import draw_keys
from helixdask.intervals import numbers
from helixdask.kinship.homologous import Sketch


def canonical_order(names: NDArray[Any], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows of contigs, ``(contig,)``: the longest first, those of one length as lots fall that their names draw."""
    return np.lexsort((draw_keys(names, 0), -lengths))


def sketch_in_order(
    hashes: NDArray[np.uint64], position: NDArray[np.int64], offsets: NDArray[np.int64], order: NDArray[np.int64]
) -> Sketch:
    """The sketch with contigs in another order, by which they are numbered.

    Parameters
    ----------
    hashes, position
        ``(kept,)`` as the store holds them, by position.
    offsets
        ``(contig + 1,)`` position of each contig's first base, and the end.
    order
        ``(contig,)`` rows of contigs.

    Examples
    --------
    >>> hashes, position = np.array([5, 6, 7], np.uint64), np.array([3, 14, 16])
    >>> sketch_in_order(hashes, position, np.array([0, 10, 30]), np.array([1, 0]))
    Sketch(hashes=array([6, 7, 5], dtype=uint64), contig=array([0, 0, 1]), start=array([4, 6, 3]))
    """
    bounds = np.searchsorted(position, offsets)
    contig, rows = numbers(bounds[:-1][order], np.diff(bounds)[order])
    return Sketch(hashes[rows], contig, position[rows] - offsets[order[contig]])
