"""The levels of a comparison: bases, exons, introns, intron chains, whole chains, loci, genes.

At each level both sides have units; each unit knows its contig, how much of it was met by the other side, and a
confidence. Everything that is reported (totals, contigs, confidence bins) is a sum over units.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from helixdask.errors import BadInputError
from helixdask.scores.chains import chain_classes, row_classes
from helixdask.scores.loci import covered_intervals, locus_of, on_one_axis
from helixdask.scores.match import Match
from helixdask.scores.nearby import FIRST, LAST, match_exons, match_single_exons
from helixdask.scores.structure import Structure

LEVELS = ("base", "exon", "intron", "intron_chain", "chain", "locus", "gene")
MATCHING = ("exact", "gffcompare")
"""How ends are compared: exactly, or as gffcompare does without options (free ends of transcripts)."""

_SLACK = 100


@dataclass(frozen=True)
class Units:
    """What is counted on one side of one level.

    Attributes
    ----------
    contig
        (unit,) int64 row in the contig table.
    size
        (unit,) int64: bases at the level `base`, else 1.
    met
        (unit,) int64: how much of `size` the other side has, too.
    score
        (unit,) float32 confidence, NaN for none. On the reference's side that of the best prediction that met it.
    """

    contig: NDArray[np.int64]
    size: NDArray[np.int64]
    met: NDArray[np.int64]
    score: NDArray[np.float32]


Sides = tuple[Units, Units]
"""Reference and prediction."""


def match_of(sides: Sides) -> Match:
    """Counts over all units."""
    reference, prediction = sides
    return Match(*(int(counts.sum()) for counts in (reference.size, prediction.size, reference.met, prediction.met)))


def compare_structures(reference: Structure, prediction: Structure, matching: str = "exact") -> dict[str, Sides]:
    """Compare two sets of transcripts at every level.

    Parameters
    ----------
    reference, prediction
        Whose tracks refer to the same contig table.
    matching
        ``exact``: exons need both ends; a chain is all segments of a transcript with both ends of each (gffcompare's
        ``--strict-match -e 0``). ``gffcompare``: where two exons are both outermost on one side, that end may differ
        by 100 bases; transcripts of several exons match by their introns alone, those of one exon by four fifths of
        the longer one.

    Returns
    -------
    dict
        Reference's and prediction's units by level. Equal exons, introns, chains of one side count once.
    """
    if matching not in MATCHING:
        raise BadInputError(f"there is no way of matching called {matching!r}", remedy=f"One of {', '.join(MATCHING)}.")
    both = (reference, prediction)
    width = max([int(side.end.max()) for side in both if len(side.end)], default=0) + 2 * _SLACK
    sizes = [len(side.start) for side in both]
    segment = _split(
        row_classes(*(np.concatenate(c) for c in zip(*((s.segment_track, s.start, s.end) for s in both), strict=True))),
        sizes,
    )
    introns = [side.introns() for side in both]
    intron = _split(
        row_classes(
            np.concatenate([side.track[rows[0]] for side, rows in zip(both, introns, strict=True)]),
            np.concatenate([rows[1] for rows in introns]),
            np.concatenate([rows[2] for rows in introns]),
        ),
        [len(rows[0]) for rows in introns],
    )
    whole = _chains(both, [side.first for side in both], [side.count for side in both], segment)
    n_introns = [side.count - 1 for side in both]
    chains = _chains(both, [np.cumsum(n) - n for n in n_introns], n_introns, intron)
    spliced = [n > 0 for n in n_introns]

    levels = {
        "base": _bases(both, width),
        "intron": _by_class(
            [side.track[rows[0]] >> 1 for side, rows in zip(both, introns, strict=True)],
            intron,
            [rows[3] for rows in introns],
        ),
        "intron_chain": _by_class(
            [side.track[keep] >> 1 for side, keep in zip(both, spliced, strict=True)],
            [classes[keep] for classes, keep in zip(chains, spliced, strict=True)],
            [side.gene_score[keep] for side, keep in zip(both, spliced, strict=True)],
        ),
    }
    contigs = [side.segment_track >> 1 for side in both]
    if matching == "exact":
        levels["exon"] = _by_class(contigs, segment, [side.score for side in both])
        pairs = _equal_pairs(whole, both[1].gene_score)
        unit = whole
    else:
        levels["exon"] = _loose_exons(both, contigs, segment, width)
        pairs, unit = _loose_transcripts(both, chains, whole, spliced, width)
    levels["chain"] = _by_group(both, unit, pairs)
    levels["locus"] = _by_group(both, [locus_of(side, width) for side in both], pairs)
    levels["gene"] = _by_group(both, [side.gene for side in both], pairs)
    return {level: levels[level] for level in LEVELS}


def _split(classes: NDArray[np.int64], sizes: list[int]) -> list[NDArray[np.int64]]:
    return [classes[: sizes[0]], classes[sizes[0] :]]


def _chains(
    both: tuple[Structure, Structure],
    first: list[NDArray[np.int64]],
    count: list[NDArray[np.int64]],
    parts: list[NDArray[np.int64]],
) -> list[NDArray[np.int64]]:
    """Class of each transcript's chain of parts, comparable between the sides."""
    joint = np.concatenate([first[0], first[1] + len(parts[0])])
    classes = chain_classes(joint, np.concatenate(count), np.concatenate(parts))
    return _split(classes, [len(side) for side in both])


def _best(groups: NDArray[np.int64], score: NDArray[np.float32], n: int) -> NDArray[np.float32]:
    """Highest score of each group, NaN for none."""
    best = np.full(n, np.nan, np.float32)
    np.fmax.at(best, groups, score)
    return best


def _by_class(
    contigs: list[NDArray[np.int64]], classes: list[NDArray[np.int64]], scores: list[NDArray[np.float32]]
) -> Sides:
    """Units are distinct classes; one is met when the other side has it, too."""
    n = max([int(c.max()) + 1 for c in classes if len(c)], default=0)
    there = [np.bincount(c, minlength=n) > 0 for c in classes]
    best = _best(classes[1], scores[1], n)
    sides = []
    for contig, own, other in zip(contigs, classes, there[::-1], strict=True):
        distinct, at = np.unique(own, return_index=True)
        sides.append(_units(contig[at], other[distinct], best[distinct]))
    return sides[0], sides[1]


def _units(contig: NDArray[np.int64], met: NDArray[np.bool_], score: NDArray[np.float32]) -> Units:
    return Units(contig, np.ones(len(contig), np.int64), met.astype(np.int64), score)


_Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]


def _equal_pairs(classes: list[NDArray[np.int64]], score: NDArray[np.float32]) -> _Pairs:
    """Pairs of equal rows: every row that has a partner stands in one, that of the reference with its surest one."""
    n = max([int(c.max()) + 1 for c in classes if len(c)], default=0)
    orders = (np.arange(len(classes[0])), np.argsort(np.nan_to_num(score, nan=-1.0), kind="stable"))
    partner = np.full((2, n), -1, np.int64)
    for row, own, order in zip(partner, classes, orders, strict=True):
        row[own[order]] = order  # of equal ones the last stays
    left, right = (np.flatnonzero(partner[1 - side][classes[side]] >= 0) for side in (0, 1))
    return (
        np.concatenate([left, partner[0][classes[1][right]]]),
        np.concatenate([partner[1][classes[0][left]], right]),
    )


def _by_group(both: tuple[Structure, Structure], groups: list[NDArray[np.int64]], pairs: _Pairs) -> Sides:
    """Units are groups of transcripts; one is met when any of its transcripts is in a pair."""
    sides = []
    score_of_pair = both[1].gene_score[pairs[1]]
    for side, (own, structure, rows) in enumerate(zip(groups, both, pairs, strict=True)):
        distinct, at, place = np.unique(own, return_index=True, return_inverse=True)
        met = np.zeros(len(distinct), np.bool_)
        met[place[rows]] = True
        if side:
            score = _best(place, structure.gene_score, len(distinct))
        else:
            score = _best(place[rows], score_of_pair, len(distinct))
        sides.append(_units(structure.track[at] >> 1, met, score))
    return sides[0], sides[1]


def _bases(both: tuple[Structure, Structure], width: int) -> Sides:
    """Units are disjoint intervals; what is met is the bases that the other side covers."""
    covered = [covered_intervals(side, width) for side in both]
    sides = []
    for side in (0, 1):
        start, end, interval = covered[side]
        other_start, other_end, _ = covered[1 - side]
        met = _length_below(other_start, other_end, end) - _length_below(other_start, other_end, start)
        score = np.full(len(start), np.nan, np.float32)
        if side:
            score = _best(interval, both[side].score, len(start))
        sides.append(Units(start // width >> 1, end - start, met, score))
    return sides[0], sides[1]


def _length_below(start: NDArray[np.int64], end: NDArray[np.int64], at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Bases of disjoint sorted intervals to the left of each place."""
    if not len(start):
        return np.zeros(len(at), np.int64)
    before = np.concatenate([[0], np.cumsum(end - start)])
    row = np.searchsorted(start, at, side="right") - 1
    inside = np.where(row >= 0, np.minimum(at, end[row]) - start[row], 0)
    return np.where(row >= 0, before[row], 0) + inside


def _loose_exons(
    both: tuple[Structure, Structure],
    contigs: list[NDArray[np.int64]],
    classes: list[NDArray[np.int64]],
    width: int,
) -> Sides:
    """Distinct exons, paired with slack at free ends."""
    exons, ats, scores = [], [], []
    for side, own in zip(both, classes, strict=True):
        _, at, place = np.unique(own, return_index=True, return_inverse=True)
        bits = np.zeros(len(at), np.uint8)
        np.bitwise_or.at(bits, place[side.first], np.uint8(FIRST))
        np.bitwise_or.at(bits, place[side.first + side.count - 1], np.uint8(LAST))
        track = side.segment_track[at]
        # Room between the tracks, so that no exon is near one of another track.
        exons.append((on_one_axis(track, side.start[at], width), on_one_axis(track, side.end[at], width), bits))
        ats.append(at)
        scores.append(_best(place, side.score, len(at)))
    left, right = match_exons(exons[0], exons[1], _SLACK)
    sides = []
    for row, pair in enumerate((left, right)):
        met = np.zeros(len(ats[row]), np.bool_)
        met[pair] = True
        score = scores[1] if row else _best(left, scores[1][right], len(ats[0]))
        sides.append(_units(contigs[row][ats[row]], met, score))
    return sides[0], sides[1]


def _loose_transcripts(
    both: tuple[Structure, Structure],
    chains: list[NDArray[np.int64]],
    whole: list[NDArray[np.int64]],
    spliced: list[NDArray[np.bool_]],
    width: int,
) -> tuple[_Pairs, list[NDArray[np.int64]]]:
    """Pairs of transcripts by intron chain, or by common bases where there is no intron; and what counts once."""
    several = [np.flatnonzero(keep) for keep in spliced]
    single = [np.flatnonzero(~keep) for keep in spliced]
    one = _equal_pairs([chains[side][several[side]] for side in (0, 1)], both[1].gene_score[several[1]])
    exons = []
    for side, rows in zip(both, single, strict=True):
        at = side.first[rows]
        start = on_one_axis(side.track[rows], side.start[at], width)
        exons.append((start, start + side.end[at] - side.start[at], np.zeros(len(rows), np.uint8)))
    two = match_single_exons(exons[0], exons[1])
    left = np.concatenate([several[0][one[0]], single[0][two[0]]])
    right = np.concatenate([several[1][one[1]], single[1][two[1]]])
    # Chains of introns and whole transcripts are numbered apart: the latter below zero.
    unit = [np.where(keep, own, -1 - all_) for keep, own, all_ in zip(spliced, chains, whole, strict=True)]
    return (left, right), unit
