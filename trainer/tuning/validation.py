"""The validation windows of a run, and scoring networks on them: bases at every check, genes at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from helixdask.trainer.feed.dataset import Feed
from helixdask.trainer.feed.window_reader import WindowReader
from helixdask.trainer.feed.window_set import WindowSet
from helixdask.trainer.tuning.gene_counts import Counts, StretchWindows, count_genes, join_windows
from helixdask.trainer.tuning.interrupts import StoppedError, StopRequest
from helixdask.trainer.tuning.learner import Confusions, Learner
from helixdask.trainer.tuning.progress import Event, OnProgress


class Validation:
    """Scores networks on windows that no step learns from.

    Parameters
    ----------
    windows
        The validation windows.
    readers, evidence
        One for each store; what is read beside the libraries that the network sees, where genes are called: reads.
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
        evidence: Sequence[WindowReader],
        *,
        batch_size: int,
        pool_size: int,
        padded_little: bool,
        epochs: int,
        tell: OnProgress,
        stop: StopRequest,
    ) -> None:
        self.windows, self.readers, self.evidence = windows, readers, evidence
        self.batch_size, self.pool_size, self.epochs = batch_size, pool_size, epochs
        self.tell, self.stop = tell, stop
        self.feed = self._feed_of(windows, readers, pool_size if padded_little else None)

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

    def count_genes(self, learner: Learner, epoch: int) -> Counts:
        """Call genes from what a network predicts, and compare them with the labels and with evidence; epoch 0: base.

        Raises
        ------
        StoppedError
            The user wanted an end.
        """
        joined, feed = self._stretches
        return count_genes(learner, feed, joined.stretch, self._teller(feed, epoch, "genes"))

    @property
    def called_bases(self) -> int:
        """Bases on which genes are called: all of the windows', or those of a draw."""
        windows = self._stretches[0].windows
        return int((windows.end - windows.start).sum())

    @property
    def called_batches(self) -> int:
        """Batches of the windows on which genes are called."""
        return self._stretches[1].order.steps_per_epoch

    @cached_property
    def _stretches(self) -> tuple[StretchWindows, Feed]:
        joined = join_windows(self.windows, self.pool_size)
        return joined, self._feed_of(joined.windows, self.evidence)

    def _feed_of(self, windows: WindowSet, readers: Sequence[WindowReader], fitted: int | None = None) -> Feed:
        order = windows.order(self.batch_size, shuffle=False, pool_size=fitted)
        return Feed(windows, readers, order, self.pool_size)

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
