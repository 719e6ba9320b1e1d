"""What a training run works with: windows, feeds, the network that learns, who judges it, and what is kept of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from helixdask.errors import MissingInputError
from helixdask.selection.across import Across
from helixdask.settings import Rules
from helixdask.trainer.feed.dataset import Feed
from helixdask.trainer.feed.many_genomes import without_copies_across
from helixdask.trainer.feed.training_windows import gather_windows
from helixdask.trainer.feed.window_set import without_padding
from helixdask.trainer.network.libraries import held_by, read_groups
from helixdask.trainer.tuning.averaging import WeightAverage
from helixdask.trainer.tuning.checkpoint import Checkpoint, LoopState
from helixdask.trainer.tuning.interrupts import StopRequest
from helixdask.trainer.tuning.judge import Judge
from helixdask.trainer.tuning.learner import Learner
from helixdask.trainer.tuning.optimisers import make_optimiser
from helixdask.trainer.tuning.progress import Event, OnProgress
from helixdask.trainer.tuning.readers import label_readers, training_readers
from helixdask.trainer.tuning.recipe import without_length
from helixdask.trainer.tuning.record import Record
from helixdask.trainer.tuning.schedule import Schedule
from helixdask.trainer.tuning.settings import LEARNING_RATES
from helixdask.trainer.tuning.starting_point import Start, quicken_normalisation
from helixdask.trainer.tuning.validation import Validation


class Workbench:
    """All that a run needs, made once from where it starts; nothing here changes while it trains but the network.

    Parameters
    ----------
    start
        Settings, stores and the network, frozen as it is to be trained.
    tell
        Told of every step.
    stop
        Says when the user wants an end.

    Attributes
    ----------
    train_windows
        Windows to learn from, without near copies of validation windows of another store (``across``).
    n_padded
        Windows that were left out, for padding is nothing to normalise by.
    feed
        Their batches, of as many windows as the settings say.
    validation, judge
        Who scores networks, and who judges the base model and the tuned one.
    learner, average
        The network as it learns, and the mean of its weights.
    record, checkpoint
        What is written about the run, and kept for going on.

    Raises
    ------
    BadInputError, MissingInputError
        The stores cannot be used.
    """

    def __init__(self, start: Start, tell: OnProgress, stop: StopRequest) -> None:
        settings = start.settings
        self.start, self.settings, self.network, self.spec = start, settings, start.network, start.spec
        self.tell, self.stop, self.splits, self.replicas = tell, stop, start.splits, start.replicas
        of_helixer = settings.rules == Rules.HELIXER
        weighted = settings.window_weights and not of_helixer
        self.train_windows, validation = gather_windows(
            self.splits, self.spec.pool_size, rules=settings.rules, weighted=weighted
        )
        self.across: Across | None = None
        if settings.copies_across and not of_helixer:
            self.train_windows, self.across = without_copies_across(self.train_windows, validation, self.splits)
        self.n_padded = 0
        if not start.weights_learn:
            self.train_windows, every = without_padding(self.train_windows), self.train_windows
            self.n_padded = len(every) - len(self.train_windows)
        self._readers = training_readers(self.splits, start.groups, self.train_windows, settings)
        self.validation = Validation(
            validation,
            label_readers(self.splits, start.groups),  # every label counts in full
            label_readers(self.splits, self._judging_groups()),
            batch_size=settings.validation_batch_size,
            pool_size=self.spec.pool_size,
            padded_little=not of_helixer,
            epochs=settings.epochs,
            tell=tell,
            stop=stop,
        )
        self.feed = self.train_feed(settings.batch_size)
        self._check_unmasked(self.feed, "training")
        self._check_unmasked(self.validation.feed, "validation")
        if not of_helixer:
            quicken_normalisation(self.network)
        self.peak_rate = settings.learning_rate or LEARNING_RATES[start.mode]
        self.learner = self._learner()
        averages = start.base is not None and start.weights_learn and not of_helixer
        self.average = WeightAverage(self.network.layers if averages else ())
        n_training, mean = len(self.train_windows), float((self.train_windows.end - self.train_windows.start).mean())
        self.record = Record(start, self.splits, self.feed.length, len(validation), n_training, mean, self.across)
        by_length = {"batches": "by length"} if self.feed.order.has_lengths else {}
        self.checkpoint = Checkpoint(settings.output, without_length(self.record.recipe) | by_length)
        self.judge = Judge(
            self.validation,
            self.spec,
            start.base,
            settings.rules,
            by_evidence=self.record.by_evidence,
            source=held_by([split.store for split in self.splits], self._judging_groups()),
            replicas=self.replicas,
        )

    def train_feed(self, batch_size: int) -> Feed:
        """Batches of the training windows, so many in each."""
        settings, windows = self.settings, self.train_windows
        of_helixer = settings.rules == Rules.HELIXER
        order = windows.order(
            batch_size,
            seed=settings.seed,
            shuffle=True,
            max_shift=windows.window_length // 4 if settings.random_offsets and not of_helixer else 0,
            balanced=settings.balance_stores,
            pool_size=None if of_helixer else self.spec.pool_size,
        )
        return Feed(windows, self._readers, order, self.spec.pool_size)

    def schedule(self, state: LoopState, steps_per_epoch: int) -> Schedule:
        """Learning rates of all steps, as far as the batch size of this state takes them."""
        settings = self.settings
        total = state.first_step + (settings.epochs - state.first_epoch) * steps_per_epoch
        total = min(total, settings.max_steps or total)
        return Schedule(self.peak_rate, settings.warmup_steps, settings.decay, total)

    @property
    def n_learning(self) -> int:
        """Weights that learn."""
        return sum(int(np.prod(variable.shape)) for variable in self.network.trainable_variables)

    def say(self, text: str) -> None:
        """Tell people something."""
        self.tell(Event("message", text=text))

    def _learner(self) -> Learner:
        settings, start = self.settings, self.start
        with self.replicas.scope():
            optimiser: Any = make_optimiser(
                settings.optimiser,
                learning_rate=self.peak_rate,
                weight_decay=settings.weight_decay,
                clip_norm=self.replicas.share_of_norm(settings.clip_norm),
                rules=settings.rules,
            )
        return Learner(
            self.network,
            self.spec,
            optimiser,
            class_weights=start.class_weights or None,
            transition_weights=start.transition_weights or None,
            coverage_norm=start.coverage_norm,
            rules=settings.rules,
            xla=settings.xla,
            replicas=self.replicas,
        )

    def _judging_groups(self) -> Sequence[tuple[str, ...]]:
        """Groups of the libraries that the network sees, or of those that it does not: reads to judge genes by."""
        return self.start.groups if self.spec.n_libraries else read_groups([split.store for split in self.splits])

    def _check_unmasked(self, feed: Feed, side: str) -> None:
        if not any(feed.read(step)["valid"].any() for step in range(feed.order.steps_per_epoch)):
            where = ", ".join(f"{split.store.url}/labels/{split.labels}" for split in self.splits)
            raise MissingInputError(
                f"every base of the {side} windows is masked",
                where=where,
                remedy="Look at the findings of the labels: helixdask inspect STORE.",
            )
