"""Alignments as stretches that they cover and introns that they skip, and both counted over the bases of a region."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.coverage.alignment_rows import AlignmentRows
from helixdask.coverage.running_sum import sum_differences
from helixdask.intervals import joined

LEAST_INTRON: Final = 20
"""Shorter gaps are gaps of the alignment: neither covered nor skipped."""


class Stretches(NamedTuple):
    """Stretches of contigs, each column ``(stretch,)``; ``strand`` is 0 plus, 1 minus, -1 none."""

    contig: NDArray[np.int32]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    strand: NDArray[np.int8]


class Blocks(NamedTuple):
    """What alignments cover and skip, their number, and that of skips which are too long for an intron."""

    covered: Stretches
    introns: Stretches
    n_alignments: int
    introns_too_long: int


def alignment_blocks(rows: AlignmentRows, max_intron: int) -> Blocks:
    """Put the rows of each alignment together.

    Of one alignment on a strand of a contig only the rows of the lowest rank count, which is the finest division.
    Those that overlap or touch are one stretch. What lies between two neighbours is an intron where it has at least
    `LEAST_INTRON` and at most ``max_intron`` bases.

    Parameters
    ----------
    rows
        Of the file, in any order.
    max_intron
        Longest intron.

    Examples
    --------
    >>> a, n = np.array, np.zeros(3, np.int8)
    >>> rows = AlignmentRows(a([7, 7, 7], np.uint64), n, n.astype(np.int32), a([500, 0, 90]), a([600, 90, 100]), n)
    >>> made = alignment_blocks(rows, 1_000)
    >>> made.covered.start, made.covered.end, made.introns.start, made.introns.end
    (array([  0, 500]), array([100, 600]), array([100]), array([500]))
    """
    order = np.lexsort((rows.strand, rows.contig, rows.alignment))
    keys = [column[order] for column in (rows.alignment, rows.contig, rows.strand)]
    fresh = np.ones(len(order), np.bool_)
    fresh[1:] = np.any([key[1:] != key[:-1] for key in keys], axis=0)
    first = np.flatnonzero(fresh)
    group = np.cumsum(fresh) - 1
    lowest = np.minimum.reduceat(rows.rank[order], first) if len(first) else rows.rank[:0]
    chosen = rows.rank[order] == lowest[group]
    order, group = order[chosen], group[chosen]
    unions = joined(group, rows.start[order], rows.end[order])
    at, of = order[unions.rows], group[unions.rows]
    contig, start, end, strand = rows.contig[at], rows.start[at], unions.end, rows.strand[at]
    gap = start[1:] - end[:-1]
    skips = np.flatnonzero((of[1:] == of[:-1]) & (gap >= LEAST_INTRON))
    short = skips[gap[skips] <= max_intron]
    introns = Stretches(contig[short], end[short], start[short + 1], strand[short])
    return Blocks(Stretches(contig, start, end, strand), introns, len(first), len(skips) - len(short))


def depth_of(
    start: NDArray[np.int64], end: NDArray[np.int64], strand: NDArray[np.int8], region_start: int, region_stop: int
) -> NDArray[np.uint32]:
    """How many stretches hold each base of a region, ``(2, base)`` uint32: plus, minus.

    Parameters
    ----------
    start, end, strand
        Stretches on ``position``; those without a strand count on both.
    region_start, region_stop
        The region.
    """
    difference = np.zeros((2, region_stop - region_start + 1), np.int32)
    here = (start < region_stop) & (end > region_start)
    low = np.maximum(start[here], region_start) - region_start
    high = np.minimum(end[here], region_stop) - region_start
    for row in range(2):
        mine = strand[here] != 1 - row
        np.add.at(difference[row], low[mine], 1)
        np.add.at(difference[row], high[mine], -1)
    sum_differences(difference)
    return difference[:, :-1].astype(np.uint32)
