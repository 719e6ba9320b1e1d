"""One training run: its feeds, its learner, the loop, and what is kept for going on after an interruption."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from helixdask.errors import MissingInputError
from helixdask.store.store import Store
from helixdask.trainer.feed.dataset import Feed
from helixdask.trainer.feed.training_windows import StoreSplit, WindowSet, gather_windows, read_split
from helixdask.trainer.feed.window_reader import TrackSet, WindowReader
from helixdask.trainer.network.model_file import LoadedModel, save_model
from helixdask.trainer.network.spec import NetworkSpec
from helixdask.trainer.tuning.checkpoint import Checkpoint, LoopState
from helixdask.trainer.tuning.interrupts import StopRequest
from helixdask.trainer.tuning.learner import Confusions, Learner
from helixdask.trainer.tuning.optimisers import make_optimiser
from helixdask.trainer.tuning.progress import Event, OnProgress
from helixdask.trainer.tuning.record import Record
from helixdask.trainer.tuning.schedule import Schedule
from helixdask.trainer.tuning.settings import LEARNING_RATES, TuneResult, TuneSettings
from helixdask.trainer.tuning.starting_point import quicken_normalisation
from helixdask.trainer.tuning.verdict import in_words, score_row

__all__ = ["TrainingRun"]

_SECONDS_BETWEEN_CHECKPOINTS: Final = 300.0


@dataclass(frozen=True)
class Start:
    """What a run starts from."""

    settings: TuneSettings
    mode: str
    stores: Sequence[Store]
    libraries: Sequence[tuple[str, ...]]
    network: keras.Model
    spec: NetworkSpec
    base: LoadedModel | None


class TrainingRun:
    """Trains one network on the windows of some stores.

    Parameters
    ----------
    start
        Settings, stores and the network, frozen as it is to be trained.
    on_progress
        Told of every step.
    stop
        Says when the user wants an end.

    Raises
    ------
    BadInputError, MissingInputError
        The stores cannot be used; nothing was trained.
    """

    def __init__(self, start: Start, on_progress: OnProgress, stop: StopRequest) -> None:
        settings = start.settings
        self.start, self.settings, self.network, self.spec = start, settings, start.network, start.spec
        self.tell, self.stop = on_progress, stop
        self.splits: list[StoreSplit] = [read_split(store, settings.split, settings.labels) for store in start.stores]
        self.train_windows, validation = gather_windows(self.splits, self.spec.pool_size, rules=settings.rules)
        self.readers = [
            WindowReader(split.store, TrackSet(split.labels, groups))
            for split, groups in zip(self.splits, start.libraries, strict=True)
        ]
        self.train_feed = self._train_feed(settings.batch_size)
        fixed = validation.order(settings.validation_batch_size, shuffle=False)
        self.validation_feed = Feed(validation, self.readers, fixed, self.spec.pool_size)
        self._check_unmasked(self.train_feed, "training")
        self._check_unmasked(self.validation_feed, "validation")
        if settings.rules != "helixer":
            quicken_normalisation(self.network)
        self.peak_rate = settings.learning_rate or LEARNING_RATES[start.mode]
        self.learner = Learner(
            self.network,
            self.spec,
            make_optimiser(
                settings.optimiser,
                learning_rate=self.peak_rate,
                weight_decay=settings.weight_decay,
                clip_norm=settings.clip_norm,
                rules=settings.rules,
            ),
            class_weights=settings.class_weights,
            transition_weights=settings.transition_weights,
            coverage_norm=settings.coverage_norm,
            rules=settings.rules,
        )
        self.state = LoopState(settings.batch_size)
        self.record = Record(settings, start, self.splits, self.train_feed.length, len(validation))
        self.checkpoint = Checkpoint(settings.output, self.record.identity())
        self._saved_at = time.monotonic()
        self._describe(self.train_windows, validation)

    def _train_feed(self, batch_size: int) -> Feed:
        settings, windows = self.settings, self.train_windows
        shifted = settings.random_offsets and settings.rules != "helixer"
        order = windows.order(
            batch_size,
            seed=settings.seed,
            shuffle=True,
            max_shift=windows.window_length // 4 if shifted else 0,
            balanced=settings.balance_stores,
        )
        return Feed(windows, self.readers, order, self.spec.pool_size)

    def _describe(self, train: WindowSet, validation: WindowSet) -> None:
        if cut := train.window_length % self.spec.pool_size:
            self._say(
                f"The last {cut} bases of each window are not used: the network takes multiples of "
                f"{self.spec.pool_size}."
            )
        learning = sum(int(np.prod(variable.shape)) for variable in self.network.trainable_variables)
        self._say(
            f"{len(train):,} training and {len(validation):,} validation windows of {train.window_length:,} bases; "
            f"{learning:,} of {self.network.count_params():,} weights learn."
        )

    def _say(self, text: str) -> None:
        self.tell(Event("message", text=text))

    def _check_unmasked(self, feed: Feed, side: str) -> None:
        if not any(feed.read(step)["valid"].any() for step in range(feed.order.steps_per_epoch)):
            where = ", ".join(f"{split.store.url}/labels/{split.labels}" for split in self.splits)
            raise MissingInputError(
                f"every base of the {side} windows is masked",
                where=where,
                remedy="Look at the findings of the labels: helixdask inspect STORE.",
            )

    def fit(self) -> TuneResult:
        """Train until an end is reached, or go on where a killed run left off; then write the best epoch's model."""
        resumed = self._resume()
        settings, state = self.settings, self.state
        begin = time.monotonic() - state.seconds
        stopped = "epochs"
        try:
            if self.start.base is not None and state.base_scores is None:
                self._score_base(self.start.base)
            if not resumed:
                self.checkpoint.remove()
            while state.epoch < settings.epochs and state.waited < settings.patience:
                limit = self._train_epoch(begin)
                self._finish_epoch()
                state.seconds = time.monotonic() - begin
                self.checkpoint.save(state, self.network, self.learner.optimiser)
                if limit:
                    stopped = limit
                    break
            else:
                stopped = "patience" if state.epoch < settings.epochs else "epochs"
        except _Stopped:
            stopped = "interrupted"
            state.seconds = time.monotonic() - begin
            self.checkpoint.save(state, self.network, self.learner.optimiser)
            kept = f" The best so far, epoch {state.best_epoch}, is kept." if state.best_epoch else ""
            self._say(f"Stopped.{kept} The same command goes on from here.")
        result = self.record.finish(state, self.network, stopped, time.monotonic() - begin)
        if stopped != "interrupted":
            self.checkpoint.remove()
        return result

    def _resume(self) -> bool:
        wanted = self.settings.resume
        if wanted is False or not self.checkpoint.exists():
            if wanted:
                raise MissingInputError(
                    "there is nothing to go on from", where=str(self.checkpoint.path), remedy="Leave --resume out."
                )
            return False
        if other := self.checkpoint.difference():
            if wanted:
                raise MissingInputError(
                    f"the interrupted run was another one: it differs in {other}",
                    where=str(self.checkpoint.path),
                    remedy="Give the same settings, or start afresh with --no-resume.",
                )
            self._say(f"An interrupted run is left there that differs in {other}: starting afresh.")
            return False
        self.state = self.checkpoint.restore(self.network, self.learner.optimiser)
        if self.state.batch_size != self.train_feed.order.batch_size:
            self.train_feed = self._train_feed(self.state.batch_size)
        self._say(f"Going on after step {self.state.step:,}, in epoch {self.state.epoch + 1}.")
        return True

    def _score_base(self, base: LoadedModel) -> None:
        """Score the base model on the validation windows: what the tuned one is measured against."""
        found = self._validate(Learner(base.network, base.spec, rules=self.settings.rules), epoch=0)
        self.state.base_scores, self.state.base_windows = found.scores(), found.by_window
        self.state.history.append(score_row(0, 0, self.state.base_scores))
        self._say(f"base model: {in_words(self.state.base_scores)}")

    def _validate(self, learner: Learner, epoch: int) -> Confusions:
        feed, started, done = self.validation_feed, time.monotonic(), [0, 0]
        total = feed.order.steps_per_epoch

        def on_batch(n: int) -> None:
            done[0] += 1
            done[1] += n
            rate = done[1] / max(time.monotonic() - started, 1e-9)
            event = Event("validation", epoch, self.settings.epochs, done[0], total)
            self.tell(replace(event, windows_per_second=rate, bases_per_second=rate * feed.length))
            if self.stop.wanted:
                raise _Stopped

        return learner.confusions(feed.dataset(0, total), on_batch)

    def _train_epoch(self, begin: float) -> str:
        """Train to the end of the epoch or to a limit, which is handed back."""
        while True:
            try:
                return self._train_batches(begin)
            except tf.errors.ResourceExhaustedError:
                self._halve_batch()

    def _train_batches(self, begin: float) -> str:
        state, settings, feed = self.state, self.settings, self.train_feed
        n_steps = feed.order.steps_per_epoch
        schedule = self._schedule()
        batches: Iterator[Any] = iter(feed.dataset(state.feed_step(n_steps)))
        losses = np.array(state.losses or [0.0] * (1 + self.spec.n_outputs))
        epoch_begin, first_done = time.monotonic(), state.done_in_epoch(n_steps)
        while (done := state.done_in_epoch(n_steps)) < n_steps:
            if limit := self._limit(begin):
                return limit
            started = time.monotonic()
            batch = next(batches)
            self.learner.set_rate(schedule.rate(state.step))
            losses += self.learner.train(batch)
            done += 1
            state.step += 1
            state.losses = losses.tolist()
            state.train_windows += len(batch["minus"])
            state.train_seconds += time.monotonic() - started
            per_step = (time.monotonic() - epoch_begin) / (done - first_done)
            rate = len(batch["minus"]) / max(per_step, 1e-9)
            self.tell(
                Event(
                    "step",
                    state.epoch + 1,
                    settings.epochs,
                    done,
                    n_steps,
                    loss=float(losses[0] / done),
                    windows_per_second=rate,
                    bases_per_second=rate * feed.length,
                    seconds_left=per_step * (n_steps * (settings.epochs - state.epoch) - done),
                )
            )
            if self.stop.wanted:
                raise _Stopped
            if time.monotonic() - self._saved_at > _SECONDS_BETWEEN_CHECKPOINTS:
                state.seconds = time.monotonic() - begin
                self.checkpoint.save(state, self.network, self.learner.optimiser)
                self._saved_at = time.monotonic()
        return self._limit(begin)

    def _schedule(self) -> Schedule:
        state, settings = self.state, self.settings
        n_steps = self.train_feed.order.steps_per_epoch
        total = state.first_step + (settings.epochs - state.first_epoch) * n_steps
        total = min(total, settings.max_steps or total)
        return Schedule(self.peak_rate, settings.warmup_steps, settings.decay, total)

    def _limit(self, begin: float) -> str:
        settings = self.settings
        if settings.max_steps and self.state.step >= settings.max_steps:
            return "max_steps"
        if settings.max_hours and time.monotonic() - begin > settings.max_hours * 3600:
            return "max_hours"
        return ""

    def _halve_batch(self) -> None:
        """Begin the epoch again with half as many windows in a batch: the device has no memory for more."""
        state = self.state
        if state.batch_size == 1:
            raise MissingInputError(
                "the device has not enough memory for a single window",
                remedy="Use shorter windows (select --window-length), or a device with more memory.",
            ) from None
        state.batch_size //= 2
        state.first_epoch, state.first_step = state.epoch, state.step
        state.losses = []
        self.train_feed = self._train_feed(state.batch_size)
        self._say(f"Out of memory: going on with batches of {state.batch_size}.")

    def _finish_epoch(self) -> None:
        state = self.state
        n_done = max(state.done_in_epoch(self.train_feed.order.steps_per_epoch), 1)
        losses: NDArray[np.float64] = np.array(state.losses) / n_done
        state.epoch += 1
        found = self._validate(self.learner, state.epoch)
        scores = found.scores()
        row = score_row(state.epoch, state.step, scores)
        row |= dict(zip(("loss", "genic_loss", "phase_loss"), losses.tolist(), strict=False))
        row["learning_rate"] = self._schedule().rate(state.step - 1)
        row["windows_per_second"] = state.train_windows / max(state.train_seconds, 1e-9)
        state.history.append(row)
        state.losses = []
        better = scores["genic"]["f1"] > state.best_f1
        if better:
            state.waited = 0
            state.best_epoch, state.best_f1, state.best_scores = state.epoch, scores["genic"]["f1"], scores
            state.best_windows, state.best_weights = found.by_window, self.network.get_weights()
            save_model(self.settings.output, self.network, self.spec, self.record.card(state))
        else:
            state.waited += 1
        self.record.log(state)
        mark = "  best so far" if better else ""
        text = f"epoch {state.epoch}: loss {row['loss']:.4f}, {in_words(scores)}{mark}"
        self.tell(Event("epoch", state.epoch, self.settings.epochs, text=text, scores=row))


class _Stopped(Exception):
    """The user, or the batch system, asked for an end."""
