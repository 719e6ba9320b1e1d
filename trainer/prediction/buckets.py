"""Windows for contigs that are shorter than a window: padded to the next of a few lengths, not to a whole window.

A genome of two million contigs of 300 bases would otherwise cost seventy times what its bases cost.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from helixdask.trainer.prediction.overlap import WindowRule

__all__ = ["SHORTEST_BUCKET", "bucket_lengths", "buckets"]

SHORTEST_BUCKET: Final = 300


def bucket_lengths(window_length: int, pool_size: int) -> list[int]:
    """Lengths that short contigs are padded to, ascending, the window itself the last; multiples of the pool size."""
    lengths = [window_length]
    while (half := -(-lengths[-1] // (2 * pool_size)) * pool_size) >= SHORTEST_BUCKET and half < lengths[-1]:
        lengths.append(half)
    return lengths[::-1]


def buckets(
    length: NDArray[np.int64], rule: WindowRule, pool_size: int
) -> Iterator[tuple[WindowRule, NDArray[np.int64]]]:
    """Sort pieces of contigs by the windows they get.

    Parameters
    ----------
    length
        Length of each piece's whole contig, in bases.
    rule
        Windows of contigs that fill at least one.
    pool_size
        Of the network.

    Yields
    ------
    tuple
        A rule, and the pieces it is for: ``rule`` itself for contigs as long as a window or nearly so, others for
        contigs that fit into one shorter window.
    """
    lengths = bucket_lengths(rule.length, pool_size)
    number = np.minimum(np.searchsorted(lengths, length, side="left"), len(lengths) - 1)
    for index, bucket in enumerate(lengths):
        members = np.flatnonzero(number == index)
        if len(members):
            yield (rule if bucket == rule.length else WindowRule(bucket, bucket, 0)), members
