"""Units on one side or the other, by bases, never an empty side; and Helixer's own way.

A unit, such as a contig, a group of homoeologs or a block, goes to one side as a whole. Which ones is drawn with a
seed. Only where the bases of the side are far from what was asked for, single units are moved or exchanged until they
are near: the side that comes nearest would be the same for all seeds. Both sides hold genes. How units are made is told
in `helixdask.selection.sides`.

`split_n90` is Helixer's N90 script: by number of sequences, among large and small ones separately.
"""

from __future__ import annotations

from math import ceil
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from helixdask.errors import BadInputError
from helixdask.windows.grid import Windows

TRAIN, VALIDATION, TEST, LEFT_OUT = 0, 1, 2, -1
LEAST: Final = 0.5
MOST: Final = 1.5
"""A side may hold from half to one and a half of the bases that were asked for."""
_NEAR: Final = 0.4
"""What is drawn is left as it is where its bases differ from what was asked for by at most this share."""


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
    unit: NDArray[np.integer[Any]],
    size: NDArray[np.integer[Any]],
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
    if not force and not LEAST * target <= bases[order][validation].sum() <= MOST * target:
        return None
    chosen = np.zeros(len(units), np.bool_)
    chosen[order] = validation
    return chosen[row].astype(np.int8)


def _fill(bases: NDArray[np.int64], needed: NDArray[np.bool_], target: float) -> NDArray[np.bool_]:
    """Choose units for validation, in the order drawn; at least one needed unit on each side."""
    chosen = np.zeros(len(bases), np.bool_)
    candidates = np.flatnonzero(needed)
    fits = candidates[bases[candidates] <= (1 + _NEAR) * target]
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
        if abs(target - bases[chosen].sum()) <= _NEAR * target:
            break
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
