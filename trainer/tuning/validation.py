"""The validation windows of a run, and scoring networks on them: bases at every check, genes at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helixdask.trainer.feed.dataset import Feed
from helixdask.trainer.feed.training_windows import WindowSet
from helixdask.trainer.feed.window_reader import WindowReader
from helixdask.trainer.tuning.gene_counts import LEVELS, count_genes, join_windows
from helixdask.trainer.tuning.interrupts import StoppedError, StopRequest
from helixdask.trainer.tuning.learner import Confusions, Learner
from helixdask.trainer.tuning.progress import Event, OnProgress
from helixdask.trainer.tuning.verdict import GeneCounts


class Validation:
    """Scores networks on windows that no step learns from.

    Parameters
    ----------
    windows
        The validation windows.
    readers
        One for each store.
    batch_size, pool_size
        Windows in a batch, bases of a time step.
    padded_little
        Whether short windows come in batches of their own where bases are scored.
    epochs
        Of the run, for what is told.
    tell, stop
        Told of every batch; says when the user wants an end.
    """

    def __init__(
        self,
        windows: WindowSet,
        readers: Sequence[WindowReader],
        *,
        batch_size: int,
        pool_size: int,
        padded_little: bool,
        epochs: int,
        tell: OnProgress,
        stop: StopRequest,
    ) -> None:
        self.windows, self.readers = windows, readers
        self.batch_size, self.pool_size, self.epochs = batch_size, pool_size, epochs
        self.tell, self.stop = tell, stop
        self.feed = self._feed_of(windows, pool_size if padded_little else None)

    def __len__(self) -> int:
        return len(self.windows)

    def confusions(self, learner: Learner, epoch: int) -> Confusions:
        """Score bases; epoch 0 is the base model.

        Raises
        ------
        StoppedError
            The user wanted an end.
        """
        return learner.confusions(self.feed.batches(0, self.feed.order.steps_per_epoch), self._teller(self.feed, epoch))

    def genes(self, tuned: Learner, base: Learner | None) -> GeneCounts:
        """Call genes from what both networks predict, and compare them with the labels.

        Raises
        ------
        StoppedError
            The user wanted an end.
        """
        joined = join_windows(self.windows, self.pool_size)
        feed = self._feed_of(joined.windows)
        counts: list[NDArray[np.int64]] = [
            count_genes(learner, feed, joined.stretch, self._teller(feed, epoch, "genes"))
            for learner, epoch in ((tuned, self.epochs), (base, 0))
            if learner is not None
        ]
        bases = int((joined.windows.end - joined.windows.start).sum())
        return GeneCounts(LEVELS, bases, counts[0], counts[1] if base is not None else None)

    def _feed_of(self, windows: WindowSet, fitted: int | None = None) -> Feed:
        order = windows.order(self.batch_size, shuffle=False, pool_size=fitted)
        return Feed(windows, self.readers, order, self.pool_size)

    def _teller(self, feed: Feed, epoch: int, kind: Any = "validation") -> Callable[[int], None]:
        started, batches, windows = time.monotonic(), 0, 0

        def on_batch(n: int) -> None:
            nonlocal batches, windows
            batches, windows = batches + 1, windows + n
            rate = windows / max(time.monotonic() - started, 1e-9)
            total = feed.order.steps_per_epoch
            event = Event(kind, epoch, self.epochs, batches, total, windows_per_second=rate)
            self.tell(event.with_bases(feed.length))
            if self.stop.wanted:
                raise StoppedError

        return on_batch
