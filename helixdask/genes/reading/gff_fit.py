"""Which of several transcripts rows fit, by exons and introns; plain functions on intervals."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

Interval = tuple[int, int]


def fits_exons(coding: Sequence[Interval], exons: Sequence[Interval]) -> bool:
    """Whether coding segments can be those of a transcript with these exons.

    Each must lie in one exon. Where one exon ends and the next begins, so must the coding segments: an intron between
    two segments is an intron of the transcript. Several segments of one exon are allowed (a frameshift).

    Parameters
    ----------
    coding, exons
        Half-open intervals, in any order.

    Examples
    --------
    >>> exons = [(0, 100), (200, 300), (400, 500)]
    >>> fits_exons([(50, 100), (200, 250)], exons)
    True
    >>> fits_exons([(50, 100), (400, 450)], exons)
    False
    >>> fits_exons([(50, 90), (200, 250)], exons)
    False
    """
    exons, coding = sorted(exons), sorted(coding)
    place = []
    for start, end in coding:
        inside = [k for k, (low, high) in enumerate(exons) if low <= start and end <= high]
        if not inside:
            return False
        place.append(inside[0])
    return all(
        here == there or (there == here + 1 and one[1] == exons[here][1] and other[0] == exons[there][0])
        for (one, here), (other, there) in pairwise(zip(coding, place, strict=True))
    )
