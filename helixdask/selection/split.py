"""Who trains and who validates: whole contigs by bases, never an empty side.

Neighbouring windows are alike, so a contig (or a group of contigs, such as homoeologs) goes to one side as a whole.
Which ones is drawn with a seed, then adjusted until the bases of the validation side are as near to what was asked for
as moving or exchanging single contigs can bring them, with genes on both sides.

Where that cannot be done, because one contig holds all genes or because whole contigs would give less than half or more
than twice of what was asked for (one chromosome, or two of a size), contigs are cut into blocks that take the place of
contigs, and training windows that lie within the guard of a validation block are left out.

``rules="helixer"`` is Helixer's N90 script: by number of sequences, among large and small ones separately.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helixdask.errors import BadInputError
from helixdask.selection.draw import draw_keys
from helixdask.windows.grid import Windows

__all__ = ["LEFT_OUT", "TRAIN", "VALIDATION", "Split", "assign_units", "keep_apart", "split_n90", "split_windows"]

TRAIN, VALIDATION, LEFT_OUT = 0, 1, -1

_BLOCKS = 5
"""Blocks that make up the validation side where contigs are cut."""

_WINDOWS_PER_BLOCK = 20


@dataclass(frozen=True, eq=False)
class Split:
    """Side of each window, ``(window,)`` int8: 0 train, 1 validation, -1 left out (guard); and how it was made.

    ``by_blocks`` says whether contigs had to be cut; ``guard`` is the distance in bases kept between the sides then.
    """

    side: NDArray[np.int8]
    by_blocks: bool = False
    guard: int = 0


def split_windows(
    windows: Windows,
    genic: NDArray[np.bool_],
    *,
    val_fraction: float,
    seed: int,
    window_length: int,
    names: NDArray[Any] | None = None,
    groups: NDArray[np.int64] | None = None,
) -> Split:
    """Assign windows to training and validation.

    Parameters
    ----------
    windows
        The windows to split, in any order.
    genic
        ``(window,)`` whether a window holds genic bases: both sides get some, as far as there are two places with any.
    val_fraction
        Share of bases for validation, above 0 and below 1.
    seed
        The same seed gives the same split.
    window_length
        Width of the guard where contigs are cut.
    names
        ``(contig,)`` contig names; with them the draw depends on names and not on the order of contigs.
    groups
        ``(contig,)`` group of each contig: contigs of one group stay together, unless they must be cut.

    Raises
    ------
    BadInputError
        The fraction is out of range, or all windows lie at one place.
    """
    if not 0 < val_fraction < 1:
        raise BadInputError(
            f"a validation fraction of {val_fraction}",
            remedy="Use --val-fraction above 0 and below 1, for example 0.2.",
        )
    n_contigs = int(windows.contig.max()) + 1 if len(windows.contig) else 0
    key = draw_keys(np.arange(n_contigs) if names is None else names[:n_contigs], seed)
    unit = windows.contig.astype(np.int64) if groups is None else np.asarray(groups, np.int64)[windows.contig]
    size = windows.end - windows.start
    side = assign_units(unit, size, genic, key[windows.contig], val_fraction)
    if side is not None:
        return Split(side)
    block = _blocks(windows, val_fraction)
    side = assign_units(
        block, size, genic, key[windows.contig] ^ draw_keys(windows.start, seed), val_fraction, force=True
    )
    if side is None:
        raise BadInputError(
            "all windows lie at one place and cannot be split into training and validation",
            remedy="Use a shorter window length, or keep more windows.",
        )
    for guard in (window_length, 0):
        guarded = keep_apart(windows, side, guard)
        if guard == 0 or (guarded == TRAIN).any():
            return Split(guarded, True, guard)
    return Split(side, True, 0)


def split_n90(unit: NDArray[np.int64], names: NDArray[Any], *, val_fraction: float, seed: int) -> NDArray[np.int8]:
    """Split as Helixer's script does: the side of each window, ``(window,)`` int8.

    Contigs are ordered by their number of windows; those that make up 90 % of all windows are the large ones. Of the
    large and of the small ones, ``ceil(val_fraction * count)`` contigs go to validation; of a single one, none.

    Parameters
    ----------
    unit
        ``(window,)`` row of the window's contig in ``names``.
    names
        ``(contig,)`` contig names, which break ties.

    Raises
    ------
    BadInputError
        The fraction leaves no contig for one of the sides.
    """
    rows, count = np.unique(unit, return_counts=True)
    by_name = np.array(sorted(range(len(rows)), key=lambda i: str(names[rows[i]]).encode()), np.int64)
    order = by_name[np.argsort(-count[by_name], kind="stable")]
    rows, cumulative = rows[order], np.cumsum(count[order])
    large = int(np.argmax(cumulative >= int(0.9 * cumulative[-1]))) + 1
    draw = np.random.RandomState(seed)
    validation: list[NDArray[np.int64]] = []
    for half in (rows[:large], rows[large:]):
        if len(half) < 2:
            continue
        n_validation = ceil(val_fraction * len(half))
        if not 0 < val_fraction < 1 or n_validation >= len(half):
            raise BadInputError(
                f"a validation fraction of {val_fraction} leaves none of {len(half)} contigs to train on, or none to "
                "validate with",
                remedy="Use another --val-fraction, or the default rules.",
            )
        validation.append(half[draw.permutation(len(half))[:n_validation]])
    return np.isin(unit, np.concatenate([*validation, np.empty(0, np.int64)])).astype(np.int8)


def assign_units(
    unit: NDArray[np.int64],
    size: NDArray[np.int64],
    genic: NDArray[np.bool_],
    key: NDArray[np.uint64],
    val_fraction: float,
    force: bool = False,
) -> NDArray[np.int8] | None:
    """Sides of windows by whole units; None where units are too few or too unequal (which ``force`` accepts)."""
    units, row = np.unique(unit, return_inverse=True)
    if len(units) < 2:
        return None
    bases = np.bincount(row, weights=size).astype(np.int64)
    has_genes = np.bincount(row, weights=genic) > 0
    need_genes = int(has_genes.sum()) >= 2
    if not need_genes and has_genes.any() and not force:
        return None
    target = val_fraction * bases.sum()
    # A unit's place in the draw is that of its first window's contig, or of the smallest key in a group of contigs.
    draw = np.full(len(units), np.iinfo(np.uint64).max, np.uint64)
    np.minimum.at(draw, row, key)
    order = np.argsort(draw, kind="stable")
    validation = _fill(bases[order], has_genes[order] if need_genes else np.ones(len(units), np.bool_), target)
    if not force and not target / 2 <= bases[order][validation].sum() <= 2 * target:
        return None
    chosen = np.zeros(len(units), np.bool_)
    chosen[order] = validation
    return chosen[row].astype(np.int8)


def _fill(bases: NDArray[np.int64], needed: NDArray[np.bool_], target: float) -> NDArray[np.bool_]:
    """Choose units for validation, in the order drawn; at least one needed unit on each side."""
    chosen = np.zeros(len(bases), np.bool_)
    candidates = np.flatnonzero(needed)
    fits = candidates[bases[candidates] <= target]
    chosen[fits[0] if len(fits) else candidates[np.argmin(bases[candidates])]] = True
    left = target - bases[chosen].sum()
    while True:
        open_units = np.flatnonzero(~chosen & (bases <= left))
        # The last needed unit stays in training.
        if (needed & ~chosen).sum() <= 1:
            open_units = open_units[~needed[open_units]]
        taken = open_units[np.cumsum(bases[open_units]) <= left]
        if (needed & ~chosen).sum() == needed[taken].sum() and needed[taken].any():
            taken = np.delete(taken, np.flatnonzero(needed[taken])[-1])
        if not len(taken):
            break
        chosen[taken] = True
        left = target - bases[chosen].sum()
    for _ in range(200):
        move = _best_move(bases, needed, chosen, target)
        if move is None:
            break
        chosen[list(move)] = ~chosen[list(move)]
    return chosen


def _best_move(
    bases: NDArray[np.int64], needed: NDArray[np.bool_], chosen: NDArray[np.bool_], target: float
) -> tuple[int, ...] | None:
    """The unit to move, or the two to exchange, that bring the validation side nearest to its target, if any do."""
    gap = target - bases[chosen].sum()
    moves: list[tuple[float, tuple[int, ...]]] = [(abs(gap), ())]
    free = np.ones(len(bases), np.bool_)
    for is_side in (chosen, ~chosen):
        if (needed & is_side).sum() == 1:  # the last needed unit of a side stays, or is exchanged for another
            free &= ~(needed & is_side)
    for candidates, sign in ((np.flatnonzero(~chosen & free), 1), (np.flatnonzero(chosen & free), -1)):
        if len(candidates):
            after = np.abs(gap - sign * bases[candidates])
            at = int(np.argmin(after))
            moves.append((float(after[at]), (int(candidates[at]),)))
    for may_swap in (free, needed):
        inside, outside = np.flatnonzero(chosen & may_swap), np.flatnonzero(~chosen & may_swap)
        if not len(inside) or not len(outside):
            continue
        by_size = outside[np.argsort(bases[outside], kind="stable")]
        wished = bases[inside] + gap
        right = np.minimum(np.searchsorted(bases[by_size], wished), len(by_size) - 1)
        for at_size in (right, np.maximum(right - 1, 0)):
            after = np.abs(wished - bases[by_size[at_size]])
            pick = int(np.argmin(after))
            moves.append((float(after[pick]), (int(inside[pick]), int(by_size[at_size[pick]]))))
    return min(moves, key=lambda move: move[0])[1] or None


def _blocks(windows: Windows, val_fraction: float) -> NDArray[np.int64]:
    """Block of each window: runs of neighbouring windows of one contig, of about equal numbers of bases."""
    place = np.lexsort((windows.start, windows.contig))
    contig, start = windows.contig[place], windows.start[place]
    new = np.ones(len(place), np.bool_)
    new[1:] = (contig[1:] != contig[:-1]) | (start[1:] != start[:-1])
    spot = np.cumsum(new) - 1
    n_spots = int(spot[-1]) + 1
    wanted = val_fraction * n_spots
    per_block = max(1, int(wanted / np.clip(wanted // _WINDOWS_PER_BLOCK, 1, _BLOCKS)))
    spot_contig = contig[new]
    first_spot = np.flatnonzero(np.concatenate([[True], spot_contig[1:] != spot_contig[:-1]]))
    count = np.diff(np.append(first_spot, n_spots))
    within = np.arange(n_spots) - np.repeat(first_spot, count)
    blocks_of = np.maximum(1, np.round(count / per_block).astype(np.int64))
    if len(count) == 1:
        blocks_of = np.minimum(np.maximum(blocks_of, 2), count)
    number = within * np.repeat(blocks_of, count) // np.repeat(count, count)
    block_of_spot = number + np.repeat(np.cumsum(blocks_of) - blocks_of, count)
    block = np.empty(len(place), np.int64)
    block[place] = block_of_spot[spot]
    return block


def keep_apart(windows: Windows, side: NDArray[np.int8], guard: int) -> NDArray[np.int8]:
    """Leave out training windows less than ``guard`` bases from a validation window of their contig."""
    stride = int(windows.end.max()) + guard + 1
    start = windows.contig * np.int64(stride) + windows.start
    end = windows.contig * np.int64(stride) + windows.end
    held = np.sort(start[side == VALIDATION])
    held_end = np.sort(end[side == VALIDATION])
    after = np.searchsorted(held, start)
    to_next = np.where(after < len(held), held[np.minimum(after, len(held) - 1)] - end, guard)
    to_last = np.where(after > 0, start - held_end[np.maximum(after - 1, 0)], guard)
    near = (side == TRAIN) & ((to_next < guard) | (to_last < guard))
    return np.where(near, LEFT_OUT, side).astype(np.int8)
