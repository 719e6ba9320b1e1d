"""Each gene's place among the genes of its contig and strand, and how far doubt about it reaches on either side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from helixdask.genes.models import GeneModels
from helixdask.labels.features import mirrored
from helixdask.labels.segments import Ints


@dataclass(frozen=True)
class Neighbours:
    """One row for each gene, coordinates 5' to 3' on its strand.

    ``before`` and ``after`` are where a doubtful stretch that leads up to the gene begins and one that follows it ends.
    ``previous`` is the gene upstream, -1 without one. ``overlaps``: the previous gene ends behind this one's start;
    ``nested``: behind its end too. ``chain_first`` and ``chain_last`` are the outermost genes of an unbroken chain of
    overlaps.
    """

    start: Ints
    end: Ints
    before: Ints
    after: Ints
    previous: Ints
    overlaps: NDArray[np.bool_]
    nested: NDArray[np.bool_]
    chain_first: Ints
    chain_last: Ints


def reach(distance: Ints) -> Ints:
    """How far doubt reaches into a gap: ten times the whole part of the root of its length."""
    return 10 * np.floor(np.sqrt(np.maximum(distance, 0).astype(np.float64))).astype(np.int64)


def neighbours_of(models: GeneModels, contig_lengths: Ints, *, symmetric: bool) -> Neighbours:
    """Neighbours of every gene.

    Parameters
    ----------
    models
        Genes.
    contig_lengths
        ``(contig,)``.
    symmetric
        Doubt reaches as far on either side of a gap, and no farther at the end of a contig; genes inside a gene do not
        end it. Otherwise as in GeenuFF: one border in each gap, near the upstream gene; the end of the contig is a
        border.
    """
    genes = models.genes
    n = len(genes)
    contig = genes["contig"].to_numpy(np.int64)
    minus = genes["strand"].to_numpy() == 1
    length = contig_lengths[contig]
    start, end = mirrored(genes["start"].to_numpy(np.int64), genes["end"].to_numpy(np.int64), length, minus)
    number = np.arange(n)
    # GeenuFF goes by the order of the file where genes begin at one place.
    ties = -end if symmetric else np.where(minus, -number, number)
    order = np.lexsort((ties, start, minus, contig))
    axis = (contig * 2 + minus)[order]
    s, e = start[order], end[order]
    linked = np.zeros(n, bool)
    linked[1:] = axis[1:] == axis[:-1]
    gap = np.zeros(n, np.int64)
    gap[1:] = s[1:] - e[:-1]
    overlaps = linked & (gap < 0)
    nested = overlaps.copy()
    nested[1:] &= e[:-1] > e[1:]
    step = np.where(gap > 0, np.minimum(np.maximum(gap, 0) // 2, reach(gap)), 0)
    last = np.ones(n, bool)
    last[:-1] = ~linked[1:]
    before, after = np.empty(n, np.int64), np.empty(n, np.int64)
    if symmetric:
        before, after = _free_sides(axis, s, e, length[order])
    else:
        before[1:] = e[:-1] + step[1:]
        before = np.where(linked, before, 0)
        after[:-1] = before[1:]
        after = np.where(last, length[order], after)
    chain = np.cumsum(~overlaps) - 1
    head = np.flatnonzero(~overlaps)
    tail = np.append(head[1:], n) - 1 if len(head) else head
    previous = np.full(n, -1, np.int64)
    previous[1:] = np.where(linked[1:], order[:-1], -1)
    back = np.empty(n, np.int64)
    back[order] = number
    return Neighbours(
        start,
        end,
        before[back],
        after[back],
        previous[back],
        overlaps[back],
        nested[back],
        order[head[chain]][back],
        order[tail[chain]][back],
    )


def _free_sides(axis: Ints, start: Ints, end: Ints, length: Ints) -> tuple[Ints, Ints]:
    """How far doubt reaches before and after genes that are sorted by axis and start: half of a gap at most.

    Of the other genes of an axis those count that begin before this one, and those that end after it.
    """
    # A base between axes keeps them apart.
    lift = axis * np.int64(int(length.max(initial=0)) + 1)
    first = np.searchsorted(lift + start, lift + start, side="left")
    reached = np.concatenate([[-1], np.maximum.accumulate(lift + end)])[first]
    by_end = np.argsort(lift + end, kind="stable")
    last = np.searchsorted((lift + end)[by_end], lift + end, side="right")
    upcoming = np.append(np.minimum.accumulate((lift + start)[by_end][::-1])[::-1], np.iinfo(np.int64).max)[last]
    alone5, alone3 = reached < lift, upcoming > lift + length
    gap5 = np.where(alone5, start, start - (reached - lift))
    gap3 = np.where(alone3, length - end, upcoming - lift - end)
    return start - _side(gap5, alone5), end + _side(gap3, alone3)


def _side(gap: Ints, alone: NDArray[np.bool_]) -> Ints:
    return np.maximum(np.minimum(reach(gap), np.where(alone, gap, gap // 2)), 0)
