"""Which windows come in which batch, and where each begins: a pure function of seed, epoch and step.

tf.data only executes what is decided here, so that training can be repeated, and taken up again at any step.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from helixdask.trainer.feed.buckets import batches_of, n_batches, shares_of_stores


def _generator(seed: int, epoch: int, purpose: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, epoch, purpose])))


def epoch_order(n_rows: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """Permutation of the rows for one epoch, (n_rows,) int64."""
    return _generator(seed, epoch, 0).permutation(n_rows)


def balanced_order(
    group: NDArray[np.integer], seed: int, epoch: int, padded: NDArray[np.int64] | None = None
) -> NDArray[np.int64]:
    """Rows of one epoch in which each group comes as often as the others, ``(n_rows,)`` int64.

    A group that is too large gives a part of its rows, another part in each epoch; one that is too small gives all of
    them several times, and then some once more.

    Parameters
    ----------
    group
        Group of each row, ``(n_rows,)``.
    seed, epoch
        Of the draw.
    padded
        Bases that each row is padded to: of each length a group gives as many rows in every epoch.
    """
    rng = _generator(seed, epoch, 2)
    padded = np.zeros(len(group), np.int64) if padded is None else padded
    drawn = []
    for (value, length), wanted in shares_of_stores(group, padded).items():
        rows = np.flatnonzero((group == value) & (padded == length))
        times = -(-wanted // len(rows))
        drawn.append(np.concatenate([rng.permutation(rows) for _ in range(times)])[:wanted])
    return rng.permutation(np.concatenate(drawn))


def epoch_shifts(n_rows: int, max_shift: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """Shift of each row's window in one epoch, uniform in ``[-max_shift, max_shift]`` bases, (n_rows,) int64."""
    return _generator(seed, epoch, 1).integers(-max_shift, max_shift, n_rows, endpoint=True, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Stretches:
    """Where the window of each row may lie, contig coordinates: ``[lower, upper)``, (row,) int64 each."""

    lower: NDArray[np.int64]
    upper: NDArray[np.int64]

    def some(self, rows: NDArray[np.int64]) -> Stretches:
        """Those of some rows."""
        return Stretches(self.lower[rows], self.upper[rows])


def free_stretches(
    contig: NDArray[np.integer],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    contig_length: NDArray[np.int64],
    taken_contig: NDArray[np.integer],
    taken_start: NDArray[np.int64],
    taken_end: NDArray[np.int64],
) -> Stretches:
    """Largest stretch around each window that holds no taken (validation) base and no contig's edge.

    Parameters
    ----------
    contig, start, end
        Training windows: row in the contig table and half-open contig coordinates, (row,).
    contig_length
        Length of every contig, (contig,).
    taken_contig, taken_start, taken_end
        Validation windows, on either strand.

    Returns
    -------
    Stretches
        Each contains its window, unless the window itself overlaps a taken one: then it is the window.
    """
    lower = np.zeros(len(start), np.int64)
    upper = contig_length[contig].astype(np.int64)
    if len(taken_start) and len(start):
        # One axis for all contigs; windows of one length sorted by start are sorted by end but for the contigs' tails,
        # so the ends are made monotone before they are searched.
        stride = int(contig_length.max()) + 1
        key_start = taken_contig.astype(np.int64) * stride + taken_start
        order = np.argsort(key_start, kind="stable")
        key_start = key_start[order]
        key_end = np.maximum.accumulate((taken_contig.astype(np.int64) * stride + taken_end)[order])
        base = contig.astype(np.int64) * stride
        before = np.searchsorted(key_start, base + start, side="left") - 1
        nearest = np.where(before >= 0, key_end[np.maximum(before, 0)] - base, 0)
        lower = np.maximum(lower, nearest)
        after = np.searchsorted(key_start, base + start, side="left")
        following = np.where(after < len(key_start), key_start[np.minimum(after, len(key_start) - 1)] - base, upper)
        upper = np.minimum(upper, following)
    return Stretches(np.minimum(lower, start), np.maximum(upper, end))


def touching_stretches(
    contig: NDArray[np.integer], start: NDArray[np.int64], end: NDArray[np.int64], strand: NDArray[np.integer]
) -> Stretches:
    """Stretch around each window that windows of its strand cover without a gap.

    Parameters
    ----------
    contig, start, end, strand
        The windows: row in the contig table, half-open contig coordinates, 0 plus and 1 minus, (row,).

    Examples
    --------
    >>> import numpy as np
    >>> start = np.array([0, 10, 30])
    >>> stretches = touching_stretches(np.zeros(3, int), start, start + 10, np.zeros(3, int))
    >>> stretches.lower.tolist(), stretches.upper.tolist()
    ([0, 0, 30], [20, 20, 40])
    """
    lower, upper = start.copy(), end.copy()
    if not len(start):
        return Stretches(lower, upper)
    order = np.lexsort((start, strand, contig))
    begins = np.ones(len(order), np.bool_)
    begins[1:] = start[order[1:]] > end[order[:-1]]
    for column in (contig, strand):
        begins[1:] |= column[order[1:]] != column[order[:-1]]
    first = np.flatnonzero(begins)
    run = np.cumsum(begins) - 1
    lower[order] = start[order[first]][run]
    upper[order] = np.maximum.reduceat(end[order], first)[run]
    return Stretches(lower, upper)


@dataclass(frozen=True, eq=False)
class BatchOrder:
    """Batches of one set of windows, epoch after epoch.

    Parameters
    ----------
    start, end
        The windows as they stand in their table, contig coordinates, (row,) int64.
    stretches
        Where a shifted window must stay; None: windows stay where they are.
    window_length
        Bases of a full window. Shorter ones (ends of contigs) are never shifted: they stay padded.
    batch_size
        Rows per batch; the last of an epoch may be shorter.
    seed
        Of order and shifts.
    shuffle
        False: rows in the order of the table (validation).
    max_shift
        Largest shift, in bases.
    balance
        Group of each row: each comes equally often in an epoch; None: every row comes once.
    padded
        Bases that each row is padded to, ``(row,)``: a batch holds rows of one length, see `buckets`. None: all rows
        are padded to a full window.
    """

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    stretches: Stretches | None
    window_length: int
    batch_size: int
    seed: int = 0
    shuffle: bool = True
    max_shift: int = 0
    balance: NDArray[np.integer] | None = None
    padded: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        # Two epochs: the one being trained and the one being prefetched.
        object.__setattr__(self, "_epoch", lru_cache(maxsize=2)(self._make_epoch))
        object.__setattr__(self, "_n_batches", self._count_batches())
        object.__setattr__(self, "_has_lengths", len(np.unique(self._lengths())) > 1)

    def _lengths(self) -> NDArray[np.int64]:
        """Bases that each row is padded to."""
        return np.full(len(self.start), self.window_length, np.int64) if self.padded is None else self.padded

    def _count_batches(self) -> int:
        if self.balance is None:
            return n_batches(self._lengths(), self.window_length, self.batch_size)
        shares = shares_of_stores(self.balance, self._lengths())
        drawn = np.repeat([length for _, length in shares], [*shares.values()])
        return n_batches(drawn, self.window_length, self.batch_size)

    @property
    def steps_per_epoch(self) -> int:
        """Batches in one epoch."""
        found: int = self._n_batches  # type: ignore[attr-defined]
        return found

    @property
    def has_lengths(self) -> bool:
        """Whether batches differ in length."""
        found: bool = self._has_lengths  # type: ignore[attr-defined]
        return found

    def length_of(self, rows: NDArray[np.int64]) -> int:
        """Bases that the rows of a batch are padded to."""
        return self.window_length if self.padded is None else int(self.padded[rows].max(initial=0))

    def batch(self, epoch: int, step: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Rows of one batch, and where their windows start and end: (b,) int64 each, contig coordinates."""
        order, bounds, shifts = self._epoch(epoch)  # type: ignore[attr-defined]
        rows = order[bounds[step] : bounds[step + 1]]
        start, end = self.start[rows], self.end[rows]
        if shifts is not None and self.stretches is not None:
            full = end - start == self.window_length
            lowest = self.stretches.lower[rows]
            highest = self.stretches.upper[rows] - self.window_length
            shifted = np.clip(start + shifts[rows], lowest, highest)
            start = np.where(full & (highest >= lowest), shifted, start)
            end = np.where(full, start + self.window_length, end)
        return rows, start, end

    def _make_epoch(self, epoch: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64] | None]:
        n = len(self.start)
        order = np.arange(n, dtype=np.int64)
        if self.balance is not None:
            order = balanced_order(self.balance, self.seed, epoch, self._lengths())
        elif self.shuffle:
            order = epoch_order(n, self.seed, epoch)
        shifts = epoch_shifts(n, self.max_shift, self.seed, epoch) if self.max_shift else None
        return *batches_of(order, self._lengths(), self.window_length, self.batch_size), shifts
