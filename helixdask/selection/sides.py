"""Who trains, who validates and who tests: drawn by lot from all usable windows, with copies on one side.

A unit is what goes to one side as a whole. Where no group of contigs holds more than half of the bases, and whole
groups reach between half and one and a half of the bases that are asked for, groups are the units. Otherwise contigs
are cut: units are blocks of neighbouring windows on the axis that all copies share (`helixdask.kinship.homologous`), so
that the copies of a block go with it, and training windows within the guard of another side are left out.

Then training windows are dropped that are near copies of windows of another side. Where that costs more than a tenth of
the training bases, only those are that share more; then other units are drawn, and then the validation side is made
smaller.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from helixdask.draw import draw_keys
from helixdask.errors import BadInputError, InternalError
from helixdask.kinship.homologous import LEAST_SHARED
from helixdask.selection.split import LEAST, LEFT_OUT, MOST, TEST, TRAIN, VALIDATION, assign_units, keep_apart
from helixdask.windows.grid import Windows

LEAST_VALIDATION: Final = 0.05
"""Share of the bases that validation holds at least, unless less is asked for."""
MOST_DROPPED: Final = 0.1
"""Share of the training bases that may be dropped as near copies."""
_LEAST_SHARED: Final = (LEAST_SHARED, 2 * LEAST_SHARED)
"""K-mers in common from which on training windows are dropped; the second where the first costs too much."""
_SMALLEST_FRACTION: Final = 1.2 * LEAST_VALIDATION
"""What is asked for in the end, so that what is drawn is not below it."""
_LARGEST_GROUP: Final = 0.5
_LEAST_TRAINING: Final = 0.75
"""Share of the bases not asked for by other sides that training keeps, if other draws allow it."""
_BLOCKS: Final = 5
_WINDOWS_PER_BLOCK: Final = 20
_DRAWS: Final = 4

Bools = NDArray[np.bool_]
Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Kin:
    """What is known of copies.

    Attributes
    ----------
    group
        ``(contig,)`` int64 group of each contig.
    train_only
        ``(contig,)`` bool, contigs of which too little is seen to tell: they only train.
    by_hand
        ``(contig,)`` bool, whether the group was said by people, so that it is not cut unless all of it has one axis.
    places
        Gives the axis of each window's copies and its place on it, ``(window,)`` each; None: contig and start.
    spot
        ``(window,)`` int64 number of the stretch that a window covers; both strands have one.
    first, second, shared
        ``(pair,)`` int64 spots that are near copies of each other, and how many k-mers both hold; None where that is
        not known.
    copied
        Gives the share of each spot that has a copy in spots that are held, ``(spot,)``.
    """

    group: Rows
    train_only: Bools
    by_hand: Bools
    places: Callable[[], tuple[Rows, Rows]] | None = None
    spot: Rows | None = None
    first: Rows | None = None
    second: Rows | None = None
    shared: Rows | None = None
    copied: Callable[[Bools], NDArray[np.float64]] | None = None

    @classmethod
    def of_groups(cls, group: Rows) -> Kin:
        """Groups that people say, ``(contig,)``, and nothing else; below 0: the contig only trains."""
        group = np.asarray(group, np.int64)
        own = int(group.max(initial=0)) + 1 + np.arange(len(group))
        return cls(np.where(group < 0, own, group), group < 0, group >= 0)

    @property
    def knows_copies(self) -> bool:
        """Whether near copies are known."""
        return self.first is not None

    def spots(self, some: Bools) -> Bools:
        """The spots of some windows, ``(spot,)`` bool."""
        if self.spot is None:
            raise InternalError("these windows have no spots")
        found = np.zeros(int(self.spot.max(initial=-1)) + 1, np.bool_)
        found[self.spot[some]] = True
        return found

    def near(self, held: Bools, least: int = LEAST_SHARED) -> Bools:
        """Whether each window shares at least so many k-mers with one that is held, ``(window,)``."""
        if self.spot is None or self.first is None or self.second is None or self.shared is None:
            return np.zeros(len(held), np.bool_)
        is_held = self.spots(held)
        is_near = np.zeros(len(is_held), np.bool_)
        for one, other in ((self.first, self.second), (self.second, self.first)):
            is_near[one[is_held[other] & (self.shared >= least)]] = True
        found: Bools = is_near[self.spot]
        return found


@dataclass(frozen=True, eq=False)
class Sides:
    """Side of each window, ``(window,)`` int8: 0 train, 1 validation, 2 test, -1 left out; and how that came about.

    Attributes
    ----------
    side
        The sides.
    by_blocks
        Whether contigs were cut.
    guard
        Bases that lie between the sides then.
    copies
        ``(window,)`` bool, windows that were dropped because they are near copies of another side.
    least_shared
        K-mers in common from which on they were.
    """

    side: NDArray[np.int8]
    by_blocks: bool
    guard: int
    copies: Bools
    least_shared: int


def draw_sides(
    windows: Windows,
    genic: Bools,
    kin: Kin,
    *,
    val_fraction: float,
    test_fraction: float = 0.0,
    seed: int,
    window_length: int,
    names: NDArray[Any],
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
            remedy="Use --val-fraction above 0 and --test-fraction from 0 on, together below 1, such as 0.2 and 0.1.",
        )
    table = _Table(windows, genic, kin, seed, window_length, names)
    spare: Sides | None = None
    losses: list[float] = []
    for fraction, by_blocks, draw in table.attempts(val_fraction):
        for made in table.draws(fraction, test_fraction, draw, by_blocks=by_blocks):
            lost, enough = table.lost(made), table.is_enough(made, fraction, test_fraction)
            if lost <= MOST_DROPPED and enough:
                return made
            if by_blocks and not table.uncut:
                losses.append(lost)
                if spare is None and lost <= MOST_DROPPED and (made.side == VALIDATION).any():
                    spare = made
    if spare is not None:
        return spare
    if table.uncut:
        raise BadInputError(
            "the groups of contigs that were given are too large to reach the fractions that are asked for, and cannot "
            "be cut, because it is not known which parts of their contigs are copies",
            remedy="Run helixdask kinship first, correct the groups, or ask for another --val-fraction.",
        )
    if losses:
        raise BadInputError(
            f"copies lie everywhere: {100 * min(losses):.1f} % of the training bases are near copies of any validation "
            f"side, and at most {100 * MOST_DROPPED:.0f} % may be dropped",
            remedy="Name the groups of contigs that belong together with --groups, or use --kinship off: validation "
            "scores then tell little about other genomes.",
        )
    raise BadInputError(
        "the windows lie at too few places to be split: each side needs one of its own",
        remedy="Use a shorter window length, a smaller --test-fraction, or keep more windows.",
    )


@dataclass(frozen=True, eq=False)
class _Table:
    windows: Windows
    genic: Bools
    kin: Kin
    seed: int
    window_length: int
    names: NDArray[Any]

    @cached_property
    def size(self) -> NDArray[np.int32]:
        return (self.windows.end - self.windows.start).astype(np.int32)

    @cached_property
    def total(self) -> int:
        return max(int(self.size.sum()), 1)

    @cached_property
    def group(self) -> NDArray[np.int32]:
        """Number of the group of each window."""
        return np.unique(self.kin.group, return_inverse=True)[1].astype(np.int32)[self.windows.contig]

    def attempts(self, val_fraction: float) -> list[tuple[float, bool, int]]:
        """Fraction, whether by blocks, and number of the draw."""
        largest = np.bincount(np.unique(self.group, return_inverse=True)[1], weights=self.size).max(initial=0)
        tried = (
            [(val_fraction, False, draw) for draw in range(_DRAWS)] if largest <= _LARGEST_GROUP * self.total else []
        )
        fraction, least = val_fraction, min(_SMALLEST_FRACTION, val_fraction)
        while True:
            tried += [(fraction, True, draw) for draw in range(_DRAWS)]
            if fraction <= least or not self.kin.knows_copies:
                return tried
            fraction = max(0.75 * fraction, least)

    def lost(self, made: Sides) -> float:
        """Share of the training bases that were dropped."""
        dropped = int(self.size[made.copies].sum())
        return dropped / max(dropped + int(self.size[made.side == TRAIN].sum()), 1)

    def is_enough(self, made: Sides, fraction: float, test_fraction: float) -> bool:
        """Whether all sides hold what they should."""
        least = max(LEAST * fraction, LEAST_VALIDATION if fraction >= _SMALLEST_FRACTION else 0)
        train, held, test = (int(self.size[made.side == code].sum()) for code in (TRAIN, VALIDATION, TEST))
        return (
            train >= _LEAST_TRAINING * (1 - fraction - test_fraction) * self.total
            and least * self.total <= held <= MOST * fraction * self.total
            and LEAST * test_fraction * self.total <= test <= MOST * test_fraction * self.total
        )

    def draws(self, fraction: float, test_fraction: float, draw: int, *, by_blocks: bool) -> Iterator[Sides]:
        """One draw, with fewer and fewer copies dropped; none where units are too few or too unequal."""
        windows, size, seed = self.windows, self.size, self.seed + (draw << 32)
        drawable = ~self.kin.train_only[windows.contig]
        unit = self._blocks(fraction, test_fraction) if by_blocks else self.group
        key = draw_keys(self.names, seed)[windows.contig]
        if by_blocks:
            key = key ^ draw_keys(windows.start, seed)
        side = np.full(len(size), TRAIN, np.int8)
        for code, share in ((TEST, test_fraction), (VALIDATION, fraction)):
            if not share:
                continue
            free = np.flatnonzero(drawable & (side == TRAIN))
            asked = min(share * self.total / max(int(size[free].sum()), 1), 0.9)
            chosen = assign_units(unit[free], size[free], self.genic[free], key[free], asked, force=by_blocks)
            if chosen is None:
                return
            side[free[chosen == 1]] = code
        guard = 0
        if by_blocks:
            side, guard = self._guarded(side)
        if not (side == TRAIN).any() or not (side == VALIDATION).any():
            return
        for least in _LEAST_SHARED if self.kin.knows_copies else _LEAST_SHARED[:1]:
            copies = self._copies(side, least)
            yield Sides(np.where(copies, LEFT_OUT, side).astype(np.int8), by_blocks, guard, copies, least)

    def _guarded(self, side: NDArray[np.int8]) -> tuple[NDArray[np.int8], int]:
        """Training windows near another side are left out, unless none would be left."""
        held = np.where(side == TRAIN, TRAIN, VALIDATION).astype(np.int8)
        apart = np.where(keep_apart(self.windows, held, self.window_length) == LEFT_OUT, LEFT_OUT, side)
        return (apart.astype(np.int8), self.window_length) if (apart == TRAIN).any() else (side, 0)

    def _copies(self, side: NDArray[np.int8], least: int) -> Bools:
        """Windows of training that are near copies of a held side, and of validation that are of test."""
        copies: Bools = (side == TRAIN) & self.kin.near(side > TRAIN, least)
        if (side == TEST).any():
            copies |= (side == VALIDATION) & self.kin.near(side == TEST, least)
        return copies

    @cached_property
    def _cut(self) -> tuple[Rows, Rows, bool]:
        """Axis and place of each window, and whether there are groups that cannot be cut."""
        if self.kin.places is None:
            axis, place = self.windows.contig.astype(np.int64), self.windows.start.astype(np.int64)
        else:
            axis, place = self.kin.places()
        # A group said by people that has several axes is a single place.
        group = np.unique(self.group, return_inverse=True)[1]
        several = np.zeros(int(group.max(initial=-1)) + 1, np.bool_)
        one = np.zeros(len(several), np.int64)
        one[group] = axis
        several[group[one[group] != axis]] = True
        uncut = several[group] & self.kin.by_hand[self.windows.contig]
        axis = np.where(uncut, int(axis.max(initial=0)) + 1 + group, axis)
        return axis, np.where(uncut, 0, place), bool(uncut.any())

    @property
    def uncut(self) -> bool:
        """Whether there are groups that cannot be cut."""
        return self._cut[2]

    def _blocks(self, fraction: float, test_fraction: float) -> Rows:
        """Unit of each window: runs of neighbouring windows on one axis, of about equal numbers of places."""
        axis, place, _ = self._cut
        order = np.lexsort((place, axis))
        new = np.ones(len(order), np.bool_)
        new[1:] = (np.diff(axis[order]) != 0) | (np.diff(place[order]) != 0)
        spot = np.cumsum(new) - 1
        axis_of = axis[order][new]
        n_spots = len(axis_of)
        wanted = min(fraction, test_fraction or fraction) * n_spots
        per_block = int(wanted / np.clip(wanted // _WINDOWS_PER_BLOCK, 1, _BLOCKS))
        per_block = max(1, min(per_block, n_spots // (3 if test_fraction else 2)))
        first = np.flatnonzero(np.concatenate([[True], axis_of[1:] != axis_of[:-1]]))
        count = np.diff(np.append(first, n_spots))
        blocks_of = np.maximum(1, np.round(count / per_block).astype(np.int64))
        within = np.arange(n_spots) - np.repeat(first, count)
        number = within * np.repeat(blocks_of, count) // np.repeat(count, count)
        block = np.empty(len(order), np.int64)
        block[order] = (number + np.repeat(np.cumsum(blocks_of) - blocks_of, count))[spot]
        return block
