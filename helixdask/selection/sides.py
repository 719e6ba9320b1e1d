"""Who trains, who validates and who tests: drawn by lot from all usable windows, with copies on one side.

A unit is what goes to one side as a whole. Where whole groups of contigs reach between half and one and a half of the
bases that are asked for, and no group holds more than half of the genome, groups are the units. Otherwise contigs are
cut: units are blocks of neighbouring windows on the axis that all copies share (`helixdask.kinship.homologous`), so
that the copies of a block go with it.

Then training windows are left out that lie within the guard of a cut block of another side, or that share k-mers near
genes with one. Where that would cost more than a tenth of the training bases, the validation side is made smaller.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from helixdask.errors import BadInputError
from helixdask.selection.draw import draw_keys
from helixdask.selection.split import LEFT_OUT, TRAIN, VALIDATION, assign_units, keep_apart
from helixdask.windows.grid import Windows

__all__ = ["TEST", "Kin", "Sides", "draw_sides"]

TEST: Final = 2
LEAST_VALIDATION: Final = 0.05
"""Share of the bases that validation must have."""
MOST_DROPPED: Final = 0.1
"""Share of the training bases that may be left out."""
LEAST_SHARED: Final = 2
"""K-mers from which on a window counts as a copy."""
_LARGEST_GROUP: Final = 0.5
_BLOCKS: Final = 5
_WINDOWS_PER_BLOCK: Final = 20
_DRAWS: Final = 4


@dataclass(frozen=True, eq=False)
class Kin:
    """What is known of copies.

    Attributes
    ----------
    group
        ``(contig,)`` group of each contig.
    train_only
        ``(contig,)`` contigs of which too little is seen to tell: they only train.
    axis, place
        ``(window,)`` where each window lies on the axis of its copies; None: contig and start.
    shared
        Gives, for windows that are held, ``(window,)`` bool, how many k-mers each other window shares with them,
        ``(window,)``; None: that is not known.
    """

    group: NDArray[np.int64]
    train_only: NDArray[np.bool_]
    axis: NDArray[np.int64] | None = None
    place: NDArray[np.int64] | None = None
    shared: Callable[[NDArray[np.bool_]], NDArray[np.int64]] | None = None


@dataclass(frozen=True, eq=False)
class Sides:
    """Side of each window, ``(window,)`` int8: 0 train, 1 validation, 2 test, -1 left out; and how that came about.

    Attributes
    ----------
    side
        The sides.
    by_blocks
        Whether contigs were cut.
    dropped
        ``(window,)`` bool, training windows that were left out because they share k-mers with another side.
    near
        ``(window,)`` bool, training windows that were left out because they lie beside a block of another side.
    """

    side: NDArray[np.int8]
    by_blocks: bool
    dropped: NDArray[np.bool_]
    near: NDArray[np.bool_]


def draw_sides(
    windows: Windows,
    genic: NDArray[np.bool_],
    kin: Kin,
    *,
    val_fraction: float,
    test_fraction: float = 0.0,
    seed: int,
    window_length: int,
    names: NDArray[np.object_],
) -> Sides:
    """Draw the sides of windows.

    Parameters
    ----------
    windows
        All usable windows, in any order.
    genic
        ``(window,)`` whether a window holds genic bases: each side gets some, as far as there are units with any.
    kin
        What is known of copies.
    val_fraction, test_fraction
        Shares of the bases, above 0 and from 0 on.
    seed
        The same seed gives the same sides, whatever the order of contigs and windows.
    window_length
        Width of the guard where contigs are cut.
    names
        ``(contig,)`` contig names.

    Raises
    ------
    BadInputError
        A fraction is out of range, or no sides can be drawn that keep copies together.
    """
    if not 0 < val_fraction < 1 or not 0 <= test_fraction < 1 or val_fraction + test_fraction >= 1:
        raise BadInputError(
            f"a validation fraction of {val_fraction:g} and a test fraction of {test_fraction:g}",
            remedy="Use --val-fraction above 0, and sum of both below 1, for example 0.2 and 0.1.",
        )
    table = _Table(windows, genic, kin, seed, window_length, names)
    size = windows.end - windows.start
    drawable = ~kin.train_only[windows.contig]
    total = max(int(size.sum()), 1)
    whole = np.bincount(kin.group[windows.contig], weights=size).max(initial=0) <= _LARGEST_GROUP * total
    worst = 0.0
    for by_blocks in (False, True) if whole else (True,):
        fraction = val_fraction
        while fraction >= min(LEAST_VALIDATION, val_fraction):
            for draw in range(_DRAWS if by_blocks else 1):
                made = table.draw(drawable, fraction, test_fraction, draw, by_blocks=by_blocks)
                if made is None:
                    break
                train = int(size[made.side == TRAIN].sum())
                lost = int(size[made.dropped].sum())
                worst = max(worst, lost / max(train + lost, 1))
                if train and lost <= MOST_DROPPED * (train + lost):
                    return made
            if not by_blocks:
                break
            fraction *= 0.75
    if not worst:
        raise BadInputError(
            "all windows lie at one place and cannot be split into training and validation",
            remedy="Use a shorter window length, or keep more windows.",
        )
    raise BadInputError(
        f"copies lie everywhere: {100 * worst:.0f} % of the training bases share k-mers with any validation side",
        remedy="Give groups of contigs that belong together with --groups, or split without kinship: --kinship off.",
    )


@dataclass(frozen=True, eq=False)
class _Table:
    windows: Windows
    genic: NDArray[np.bool_]
    kin: Kin
    seed: int
    window_length: int
    names: NDArray[np.object_]

    def draw(
        self, drawable: NDArray[np.bool_], fraction: float, test_fraction: float, draw: int, *, by_blocks: bool
    ) -> Sides | None:
        """One draw; None where units are too few or too unequal."""
        windows, size = self.windows, self.windows.end - self.windows.start
        unit = self._blocks(fraction) if by_blocks else self.kin.group[windows.contig]
        key = draw_keys(self.names, self.seed + draw)[windows.contig]
        if by_blocks:
            key = key ^ draw_keys(windows.start, self.seed + draw)
        side = np.zeros(len(size), np.int8)
        for code, share in ((TEST, test_fraction), (VALIDATION, fraction)):
            if not share:
                continue
            free = np.flatnonzero(drawable & (side == TRAIN))
            asked = min(share * size.sum() / max(size[free].sum(), 1), 0.9)
            chosen = assign_units(unit[free], size[free], self.genic[free], key[free], asked, force=by_blocks)
            if chosen is None:
                return None
            side[free[chosen == 1]] = code
        apart = side
        if by_blocks:
            for guard in (self.window_length, 0):
                apart = self._guarded(side, guard)
                if (apart == TRAIN).any():
                    break
        near = (apart == LEFT_OUT) & (side != LEFT_OUT)
        return self._without_copies(apart, near, by_blocks)

    def _guarded(self, side: NDArray[np.int8], guard: int) -> NDArray[np.int8]:
        held = np.where(side == TRAIN, TRAIN, VALIDATION).astype(np.int8)
        return np.where(keep_apart(self.windows, held, guard) == LEFT_OUT, LEFT_OUT, side).astype(np.int8)

    def _without_copies(self, side: NDArray[np.int8], near: NDArray[np.bool_], by_blocks: bool) -> Sides:
        """Leave out windows of training that share k-mers with a held side, and of validation that do with test."""
        dropped = np.zeros(len(side), np.bool_)
        if self.kin.shared is not None:
            held = side > TRAIN
            dropped = (side == TRAIN) & (self.kin.shared(held) >= LEAST_SHARED)
            if (side == TEST).any():
                dropped |= (side == VALIDATION) & (self.kin.shared(side == TEST) >= LEAST_SHARED)
        return Sides(np.where(dropped, LEFT_OUT, side).astype(np.int8), by_blocks, dropped, near)

    def _blocks(self, fraction: float) -> NDArray[np.int64]:
        """Unit of each window: runs of neighbouring windows on one axis, of about equal numbers of places."""
        axis = self.windows.contig.astype(np.int64) if self.kin.axis is None else self.kin.axis
        place = self.windows.start.astype(np.int64) if self.kin.place is None else self.kin.place
        order = np.lexsort((place, axis))
        axis_of, place_of = axis[order], place[order]
        new = np.ones(len(order), np.bool_)
        new[1:] = (axis_of[1:] != axis_of[:-1]) | (place_of[1:] != place_of[:-1])
        spot = np.cumsum(new) - 1
        n_spots = int(spot[-1]) + 1
        wanted = fraction * n_spots
        per_block = max(1, int(wanted / np.clip(wanted // _WINDOWS_PER_BLOCK, 1, _BLOCKS)))
        first = np.flatnonzero(np.concatenate([[True], np.diff(axis_of[new]) != 0]))
        count = np.diff(np.append(first, n_spots))
        within = np.arange(n_spots) - np.repeat(first, count)
        blocks_of = np.maximum(1, np.round(count / per_block).astype(np.int64))
        if len(count) == 1:
            blocks_of = np.minimum(np.maximum(blocks_of, 2), count)
        number = within * np.repeat(blocks_of, count) // np.repeat(count, count)
        block = np.empty(len(order), np.int64)
        block[order] = (number + np.repeat(np.cumsum(blocks_of) - blocks_of, count))[spot]
        return block
