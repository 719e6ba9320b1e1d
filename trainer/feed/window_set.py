"""Windows of one or several stores as arrays, with the stretches in which each may be shifted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helixdask.trainer.feed.batch_order import BatchOrder, Stretches
from helixdask.trainer.feed.buckets import padded_lengths


@dataclass(frozen=True, eq=False)
class WindowSet:
    """Windows of one side of the split: one entry per window, contig coordinates, all stores end to end.

    ``weight`` is how much each counts in the loss, float32; None: all alike. ``taught`` is where labels count when a
    window is shifted; None: everywhere.
    """

    store: NDArray[np.int16]
    contig: NDArray[np.int32]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    strand: NDArray[np.int8]
    stretches: Stretches
    window_length: int
    weight: NDArray[np.float32] | None = None
    taught: Stretches | None = None

    def __len__(self) -> int:
        return len(self.start)

    def some(self, rows: NDArray[np.int64]) -> WindowSet:
        """Some of the windows, in the order of the rows."""
        columns = {name: getattr(self, name)[rows] for name in ("store", "contig", "start", "end", "strand")}
        weight = None if self.weight is None else self.weight[rows]
        taught = None if self.taught is None else self.taught.some(rows)
        return replace(self, **columns, stretches=self.stretches.some(rows), weight=weight, taught=taught)

    def order(
        self,
        batch_size: int,
        *,
        seed: int = 0,
        shuffle: bool,
        max_shift: int = 0,
        balanced: bool = False,
        pool_size: int | None = None,
    ) -> BatchOrder:
        """Batches of these windows.

        Parameters
        ----------
        batch_size, seed, shuffle, max_shift
            See `BatchOrder`.
        balanced
            As many of each store.
        pool_size
            Short windows come in batches of their own, whose length is a multiple of it; None: all are padded to a
            full window.
        """
        padded = None
        if pool_size is not None and not self.window_length % pool_size:
            padded = padded_lengths(self.end - self.start, self.window_length, pool_size)
        return BatchOrder(
            self.start,
            self.end,
            self.stretches if max_shift else None,
            self.window_length,
            batch_size,
            seed,
            shuffle=shuffle,
            max_shift=max_shift,
            balance=self.store if balanced else None,
            padded=padded,
        )


def without_padding(windows: WindowSet) -> WindowSet:
    """Windows of full length: what is padded is no sequence to take means and variances from.

    A store that has none keeps its short ones.
    """
    full = windows.end - windows.start == windows.window_length
    return windows.some(np.flatnonzero(full | ~np.isin(windows.store, windows.store[full])))


def joined(parts: Sequence[WindowSet]) -> WindowSet:
    """Windows of several stores end to end."""

    def column(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(part, name) for part in parts])

    def end_to_end(stretches: Sequence[Stretches]) -> Stretches:
        lower, upper = ([getattr(each, side) for each in stretches] for side in ("lower", "upper"))
        return Stretches(np.concatenate(lower), np.concatenate(upper))

    taught = None
    if any(part.taught is not None for part in parts):
        taught = end_to_end([part.stretches if part.taught is None else part.taught for part in parts])
    return WindowSet(
        column("store"),
        column("contig"),
        column("start"),
        column("end"),
        column("strand"),
        end_to_end([part.stretches for part in parts]),
        parts[0].window_length,
        None if parts[0].weight is None else column("weight"),
        taught,
    )
