"""One training run: its feeds, its learner, the loop, and what is kept for going on after an interruption."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from helixdask.engine.same_work import in_words as differences_in_words
from helixdask.errors import AlreadyExistsError, MissingInputError
from helixdask.selection.across import Across
from helixdask.settings import Rules
from helixdask.trainer.feed.dataset import Feed
from helixdask.trainer.feed.many_genomes import without_copies_across
from helixdask.trainer.feed.training_windows import gather_windows
from helixdask.trainer.feed.window_set import without_padding
from helixdask.trainer.network.libraries import held_by, read_groups
from helixdask.trainer.network.model_file import save_model
from helixdask.trainer.tuning.averaging import WeightAverage
from helixdask.trainer.tuning.caveats import caveats
from helixdask.trainer.tuning.checkpoint import Checkpoint, LoopState
from helixdask.trainer.tuning.finished import finished_run
from helixdask.trainer.tuning.interrupts import StoppedError, StopRequest
from helixdask.trainer.tuning.judge import Judge
from helixdask.trainer.tuning.learner import Learner
from helixdask.trainer.tuning.optimisers import make_optimiser
from helixdask.trainer.tuning.outlook import (
    STEPS_TO_MEASURE,
    disk_of_training,
    measured,
    memory_of_training,
    refuse_what_cannot_fit,
)
from helixdask.trainer.tuning.progress import Event, OnProgress
from helixdask.trainer.tuning.readers import label_readers, training_readers
from helixdask.trainer.tuning.recipe import recipe_differences, without_length
from helixdask.trainer.tuning.record import Record
from helixdask.trainer.tuning.schedule import Schedule
from helixdask.trainer.tuning.settings import LEARNING_RATES, TuneResult
from helixdask.trainer.tuning.starting_point import Start, quicken_normalisation
from helixdask.trainer.tuning.validation import Validation
from helixdask.trainer.tuning.verdict import evidence_in_words, in_words, score_row

log = logging.getLogger(__name__)

_SECONDS_BETWEEN_CHECKPOINTS: Final = 300.0


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
        self.splits = start.splits
        self.train_windows, validation = gather_windows(
            self.splits,
            self.spec.pool_size,
            rules=settings.rules,
            weighted=settings.window_weights and settings.rules != Rules.HELIXER,
        )
        self.across: Across | None = None
        if settings.copies_across and settings.rules != Rules.HELIXER:
            self.train_windows, self.across = without_copies_across(self.train_windows, validation, self.splits)
        self.n_padded = 0
        if not start.weights_learn:
            self.train_windows, every = without_padding(self.train_windows), self.train_windows
            self.n_padded = len(every) - len(self.train_windows)
        self.readers = training_readers(self.splits, start.groups, self.train_windows, settings)
        self.train_feed = self._train_feed(settings.batch_size)
        self.validation = Validation(
            validation,
            label_readers(self.splits, start.groups),  # every label counts in full
            label_readers(self.splits, self._judging_groups()),
            batch_size=settings.validation_batch_size,
            pool_size=self.spec.pool_size,
            padded_little=settings.rules != Rules.HELIXER,
            epochs=settings.epochs,
            tell=on_progress,
            stop=stop,
        )
        self._check_unmasked(self.train_feed, "training")
        self._check_unmasked(self.validation.feed, "validation")
        if settings.rules != Rules.HELIXER:
            quicken_normalisation(self.network)
        self.peak_rate = settings.learning_rate or LEARNING_RATES[start.mode]
        self.replicas = start.replicas
        with self.replicas.scope():
            optimiser = make_optimiser(
                settings.optimiser,
                learning_rate=self.peak_rate,
                weight_decay=settings.weight_decay,
                clip_norm=self.replicas.share_of_norm(settings.clip_norm),
                rules=settings.rules,
            )
        self.learner = Learner(
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
        averages = start.base is not None and start.weights_learn and settings.rules != Rules.HELIXER
        self.average = WeightAverage(self.network.layers if averages else ())
        self.state = LoopState(settings.batch_size)
        windows = self.train_windows
        mean = float((windows.end - windows.start).mean())
        self.record = Record(
            start, self.splits, self.train_feed.length, len(validation), len(windows), mean, self.across
        )
        by_length = {"batches": "by length"} if self.train_feed.order.has_lengths else {}
        self.judge = Judge(
            self.validation,
            self.spec,
            start.base,
            settings.rules,
            by_evidence=self.record.by_evidence,
            source=held_by([split.store for split in self.splits], self._judging_groups()),
            replicas=self.replicas,
        )
        self.checkpoint = Checkpoint(settings.output, without_length(self.record.recipe) | by_length)
        self._saved_at = time.monotonic()
        self._describe()

    def _judging_groups(self) -> Sequence[tuple[str, ...]]:
        """Groups of the libraries that the network sees, or of those that it does not: reads to judge genes by."""
        return self.start.groups if self.spec.n_libraries else read_groups([split.store for split in self.splits])

    def _train_feed(self, batch_size: int) -> Feed:
        settings, windows = self.settings, self.train_windows
        shifted = settings.random_offsets and settings.rules != Rules.HELIXER
        order = windows.order(
            batch_size,
            seed=settings.seed,
            shuffle=True,
            max_shift=windows.window_length // 4 if shifted else 0,
            balanced=settings.balance_stores,
            pool_size=None if settings.rules == Rules.HELIXER else self.spec.pool_size,
        )
        return Feed(windows, self.readers, order, self.spec.pool_size)

    def _describe(self) -> None:
        train, validation = self.train_windows, self.validation
        if cut := train.window_length % self.spec.pool_size:
            self._say(
                f"The last {cut} bases of each window are not used, as in Helixer: the network takes multiples of "
                f"{self.spec.pool_size}."
            )
        if self.start.libraries:
            names = ", ".join(f"{name} ({kind})" for name, kind in self.start.libraries)
            self._say(f"Coverage of {names}, norm {self.start.coverage_norm}.")
        self._describe_copies()
        by_evidence, keep_worse = self.record.by_evidence, self.settings.keep_worse
        for caveat in caveats(self.splits, self.across, by_evidence=by_evidence, keep_worse=keep_worse):
            log.warning("%s", caveat)
        if self.replicas.number > 1:
            self._say(f"{self.replicas.number} devices share each batch.")
        learning = f"{self._n_learning():,} of {self.network.count_params():,} weights learn"
        if not self.start.weights_learn:
            learning = "no weight learns, normalisation adapts"
            if self.n_padded:
                learning += f"; {self.n_padded:,} shorter ones are left out, for padding is no sequence"
        self._say(
            f"{len(train):,} training and {len(validation):,} validation windows of {train.window_length:,} bases; "
            f"{learning}."
        )

    def _describe_copies(self) -> None:
        """What is known of near copies between stores."""
        if self.across is None:
            if len(self.splits) > 1 and self.settings.copies_across:
                self._say("Near copies between stores were not looked for: not all splits were made with kinship.")
            return
        dropped = self.across.in_short()["left_out"]
        self._say(f"{dropped:,} training windows are near copies of validation windows of another store: left out.")

    def _n_learning(self) -> int:
        return sum(int(np.prod(variable.shape)) for variable in self.network.trainable_variables)

    def plan(self) -> dict[str, Any]:
        """What `fit` would do, as plain JSON values."""
        start, settings = self.start, self.settings
        return {
            "mode": start.mode,
            "base_model": start.base.path if start.base is not None else None,
            "libraries": [f"{name} ({kind})" for name, kind in start.libraries],
            "coverage_norm": start.coverage_norm if start.libraries else None,
            "labels": [f"{split.store.url}/labels/{split.labels}" for split in self.splits],
            "n_training_windows": len(self.train_windows),
            "n_validation_windows": len(self.validation),
            "window_length": self.train_windows.window_length,
            "steps_in_an_epoch": self.train_feed.order.steps_per_epoch,
            "steps_at_most": self._schedule().total_steps,
            "learning_rate": self.peak_rate if start.weights_learn else None,
            "class_weights": list(start.class_weights),
            "transition_weights": list(start.transition_weights),
            "n_weights": self.network.count_params(),
            "n_weights_that_learn": self._n_learning(),
            **self._outlook(),
            "written": settings.output,
            "state": self._state(),
        }

    def _outlook(self) -> dict[str, Any]:
        """Memory and disk of the run.

        Raises
        ------
        BadInputError
            They are plainly too small.
        """
        n_weights, n_learning, n_averaged = self.network.count_params(), self._n_learning(), self.average.size
        windows = -(-self.settings.batch_size // self.replicas.number)  # on each device
        bases = windows * self.train_windows.window_length
        memory = memory_of_training(self.spec, n_weights, n_learning, bases, n_averaged)
        disk = disk_of_training(n_weights, n_learning, n_averaged)
        on_processor = not tf.config.get_visible_devices("GPU")
        refuse_what_cannot_fit(memory, disk, self.settings.output, on_processor=on_processor)
        device = "CPU" if on_processor else "GPU"
        return {"memory": int(memory), "disk": disk, "device": device, "n_devices": self.replicas.number}

    def measure(self) -> dict[str, float]:
        """Take a few steps that nothing is kept of, and say what the whole run would take in seconds."""
        n_steps = min(STEPS_TO_MEASURE, self.train_feed.order.steps_per_epoch)
        found = measured(self.learner.train, self.learner.classify, self.train_feed.batches(0, n_steps))
        steps, every = self._schedule().total_steps, self.settings.check_every or self.train_feed.order.steps_per_epoch
        checks = self.judge.checks(every).seconds(steps, found["seconds_to_score_a_batch"])
        found["seconds_at_most"] = found["seconds_to_begin"] + steps * found["seconds_a_step"] + checks
        return found

    def _state(self) -> str:
        if self.checkpoint.exists():
            return "interrupted"
        return "already there" if finished_run(self.settings, self.record.recipe) else "planned"

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
        """Train until an end is reached, or go on where a killed run left off; then write the best check's model.

        A model that is there, of the same recipe and trained to its end, is left as it is.

        Raises
        ------
        AlreadyExistsError
            A model or an interrupted run of another recipe has the output's name, and is not to be replaced.
        """
        if not self.checkpoint.exists() and (there := finished_run(self.settings, self.record.recipe)):
            return there
        resumed = self._resume()
        settings, state = self.settings, self.state
        begin = time.monotonic() - state.seconds
        stopped, genes = "epochs", None
        try:
            if self.start.base is not None and state.base_scores is None:
                self._score_base()
            if not resumed:
                self.checkpoint.remove()
            while state.epoch < settings.epochs and state.waited < settings.patience:
                limit = self._train_some(begin)
                self._after_steps(limit)
                state.seconds = time.monotonic() - begin
                self._save_checkpoint()
                if limit:
                    stopped = limit
                    break
            else:
                stopped = "patience" if state.epoch < settings.epochs else "epochs"
            if state.best_weights is not None:
                genes = self.judge.genes_of(self.learner, state.best_weights, settings.epochs)
        except StoppedError:
            stopped = "interrupted"
            state.seconds = time.monotonic() - begin
            self._save_checkpoint()
            kept = f" The best so far, epoch {state.best_epoch}, is kept." if state.best_epoch else ""
            self._say(f"Stopped.{kept} The same command goes on from here.")
            genes = self.judge.genes_so_far()
        result = self.record.finish(state, self.network, stopped, time.monotonic() - begin, genes)
        if stopped != "interrupted":
            self.checkpoint.remove()
        return result

    def _save_checkpoint(self) -> None:
        self.checkpoint.save(self.state, self.network, self.learner.optimiser, self.average.means())
        self._saved_at = time.monotonic()

    def _resume(self) -> bool:
        wanted = self.settings.resume
        if wanted is False or not self.checkpoint.exists():
            if wanted:
                raise MissingInputError(
                    "there is nothing to go on from", where=str(self.checkpoint.path), remedy="Leave --resume out."
                )
            return False
        if found := recipe_differences(self.checkpoint.recipe(), self.checkpoint.identity):
            other = differences_in_words(found)
            if wanted or not self.settings.replace:
                raise AlreadyExistsError(
                    f"an interrupted run is left there that was another one: {other}",
                    where=str(self.checkpoint.path),
                    remedy="Give the same settings to go on with it; or start afresh with --replace.",
                )
            self._say(f"The interrupted run that was left there is given up: {other}.")
            return False
        self.state, means = self.checkpoint.restore(self.network, self.learner.optimiser)
        self.average.restore(means)
        if self.state.batch_size != self.train_feed.order.batch_size:
            self.train_feed = self._train_feed(self.state.batch_size)
        self._say(f"Going on after step {self.state.step:,}, in epoch {self.state.epoch + 1}.")
        return True

    def _score_base(self) -> None:
        """Score the base model on the validation windows: what the tuned one is measured against."""
        found, evidence = self.judge.of_base()
        self.state.base_scores, self.state.base_windows = found.scores(), found.by_window
        row = score_row(0, 0, self.state.base_scores)
        self.state.history.append(row if evidence is None else row | {"evidence": evidence})
        self._say(f"base model: {in_words(self.state.base_scores)}{evidence_in_words(evidence)}")

    def _train_some(self, begin: float) -> str:
        """Train to the next check, the end of the epoch or a limit, which is handed back."""
        while True:
            try:
                return self._train_batches(begin)
            except tf.errors.ResourceExhaustedError:
                self._halve_batch()

    def _train_batches(self, begin: float) -> str:
        state, settings, feed = self.state, self.settings, self.train_feed
        n_steps = feed.order.steps_per_epoch
        schedule = self._schedule()
        batches = feed.batches(state.feed_step(n_steps))
        losses = np.array(state.losses or [0.0] * (1 + self.spec.n_outputs))
        started, first_step = time.monotonic(), state.step
        while (done := state.done_in_epoch(n_steps)) < n_steps and not self._check_is_due():
            if limit := self._limit(begin):
                return limit
            before = time.monotonic()
            batch = next(batches)
            self.learner.set_rate(schedule.rate(state.step))
            losses += self.learner.train(batch)
            done += 1
            state.step += 1
            self.average.add(state.step)
            state.steps_since_check += 1
            state.losses = losses.tolist()
            state.train_windows += len(batch["codes"])
            state.train_seconds += time.monotonic() - before
            per_step = (time.monotonic() - started) / (state.step - first_step)
            event = Event(
                "step",
                state.epoch + 1,
                settings.epochs,
                done,
                n_steps,
                loss=float(losses[0] / state.steps_since_check),
                windows_per_second=len(batch["codes"]) / max(per_step, 1e-9),
                seconds_left=per_step * (schedule.total_steps - state.step),
            )
            self.tell(event.with_bases(batch["codes"].shape[1]))
            if self.stop.wanted:
                raise StoppedError
            if time.monotonic() - self._saved_at > _SECONDS_BETWEEN_CHECKPOINTS:
                state.seconds = time.monotonic() - begin
                self._save_checkpoint()
        return self._limit(begin)

    def _check_is_due(self) -> bool:
        every = self.settings.check_every
        return bool(every) and self.state.steps_since_check >= every

    def _after_steps(self, limit: str) -> None:
        """Check where it is due, at every limit and at the very end; count the epoch."""
        state = self.state
        ended = state.done_in_epoch(self.train_feed.order.steps_per_epoch) == self.train_feed.order.steps_per_epoch
        last = bool(limit) or (ended and state.epoch + 1 == self.settings.epochs)
        due = self._check_is_due() if self.settings.check_every else ended
        if (due or last) and state.steps_since_check:
            with self.average.in_place():
                self._check()
        if ended:
            state.epoch += 1

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
        state.losses, state.steps_since_check = [], 0
        self.train_feed = self._train_feed(state.batch_size)
        self._say(f"Out of memory: going on with batches of {state.batch_size}.")

    def _check(self) -> None:
        """Score on the validation windows, and keep the model when it is the best so far."""
        state = self.state
        losses: NDArray[np.float64] = np.array(state.losses) / state.steps_since_check
        epoch = state.epoch + 1
        found = self.validation.confusions(self.learner, epoch)
        scores = found.scores()
        row = score_row(epoch, state.step, scores)
        row |= dict(zip(("loss", "genic_loss", "phase_loss"), losses.tolist(), strict=False))
        if self.start.weights_learn:
            row["learning_rate"] = self._schedule().rate(state.step - 1)
        row["windows_per_second"] = state.train_windows / max(state.train_seconds, 1e-9)
        evidence = self.judge.agreement(self.learner, epoch)
        state.history.append(row if evidence is None else row | {"evidence": evidence})
        state.losses, state.steps_since_check = [], 0
        score = scores["genic"]["f1"] if evidence is None else evidence
        better = score > state.best_score
        if better:
            state.waited = 0
            self.judge.keep_last()
            state.best_epoch, state.best_step = epoch, state.step
            state.best_score, state.best_scores = score, scores
            state.best_windows, state.best_weights = found.by_window, self.network.get_weights()
            if not self.record.may_keep_base:
                save_model(self.settings.output, self.network, self.spec, self.record.card(state))
        else:
            state.waited += 1
        self.record.log(state)
        mark = "  best so far" if better else ""
        where = f"epoch {epoch}, step {state.step:,}" if self.settings.check_every else f"epoch {epoch}"
        text = f"{where}: loss {row['loss']:.4f}, {in_words(scores)}{evidence_in_words(evidence)}{mark}"
        self.tell(Event("check", epoch, self.settings.epochs, text=text, scores=row))
