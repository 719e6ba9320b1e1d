"""The loop of a training run: steps, checks, the best model so far, and going on after an interruption."""

from __future__ import annotations

import time
from typing import Final

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from helixdask.engine.same_work import in_words as differences_in_words
from helixdask.errors import AlreadyExistsError, MissingInputError
from helixdask.trainer.network.model_file import save_model
from helixdask.trainer.tuning.checkpoint import LoopState
from helixdask.trainer.tuning.finished import finished_run
from helixdask.trainer.tuning.interrupts import StoppedError
from helixdask.trainer.tuning.plan import announce
from helixdask.trainer.tuning.progress import Event
from helixdask.trainer.tuning.recipe import recipe_differences
from helixdask.trainer.tuning.schedule import Schedule
from helixdask.trainer.tuning.settings import TuneResult
from helixdask.trainer.tuning.verdict import evidence_in_words, in_words, score_row
from helixdask.trainer.tuning.workbench import Workbench

_SECONDS_BETWEEN_CHECKPOINTS: Final = 300.0


class TrainingRun:
    """Trains one network on the windows of some stores.

    Parameters
    ----------
    bench
        What it works with.
    """

    def __init__(self, bench: Workbench) -> None:
        self.bench, self.settings = bench, bench.settings
        self.learner, self.judge, self.average = bench.learner, bench.judge, bench.average
        self.record, self.checkpoint = bench.record, bench.checkpoint
        self.state = LoopState(bench.settings.batch_size)
        self.train_feed = bench.feed
        self._saved_at = time.monotonic()
        announce(bench)

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
            if self.bench.start.base is not None and state.base_scores is None:
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
            self.bench.say(f"Stopped.{kept} The same command goes on from here.")
            genes = self.judge.genes_so_far()
        result = self.record.finish(state, self.bench.network, stopped, time.monotonic() - begin, genes)
        if stopped != "interrupted":
            self.checkpoint.remove()
        return result

    def _save_checkpoint(self) -> None:
        self.checkpoint.save(self.state, self.bench.network, self.learner.optimiser, self.average.means())
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
            self.bench.say(f"The interrupted run that was left there is given up: {other}.")
            return False
        self.state, means = self.checkpoint.restore(self.bench.network, self.learner.optimiser)
        self.average.restore(means)
        if self.state.batch_size != self.train_feed.order.batch_size:
            self.train_feed = self.bench.train_feed(self.state.batch_size)
        self.bench.say(f"Going on after step {self.state.step:,}, in epoch {self.state.epoch + 1}.")
        return True

    def _score_base(self) -> None:
        """Score the base model on the validation windows: what the tuned one is measured against."""
        found, evidence = self.judge.of_base()
        self.state.base_scores, self.state.base_windows = found.scores(), found.by_window
        row = score_row(0, 0, self.state.base_scores)
        self.state.history.append(row if evidence is None else row | {"evidence": evidence})
        self.bench.say(f"base model: {in_words(self.state.base_scores)}{evidence_in_words(evidence)}")

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
        losses = np.array(state.losses or [0.0] * (1 + self.bench.spec.n_outputs))
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
            self.bench.tell(event.with_bases(batch["codes"].shape[1]))
            if self.bench.stop.wanted:
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
        return self.bench.schedule(self.state, self.train_feed.order.steps_per_epoch)

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
        self.train_feed = self.bench.train_feed(state.batch_size)
        self.bench.say(f"Out of memory: going on with batches of {state.batch_size}.")

    def _check(self) -> None:
        """Score on the validation windows, and keep the model when it is the best so far."""
        state = self.state
        losses: NDArray[np.float64] = np.array(state.losses) / state.steps_since_check
        epoch = state.epoch + 1
        found = self.bench.validation.confusions(self.learner, epoch)
        scores = found.scores()
        row = score_row(epoch, state.step, scores)
        row |= dict(zip(("loss", "genic_loss", "phase_loss"), losses.tolist(), strict=False))
        if self.bench.start.weights_learn:
            row["learning_rate"] = self._schedule().rate(state.step - 1)
        row["windows_per_second"] = state.train_windows / max(state.train_seconds, 1e-9)
        evidence = self.judge.agreement(self.learner, epoch)
        state.history.append(row if evidence is None else row | {"evidence": evidence})
        state.losses, state.steps_since_check = [], 0
        score = scores["genic"]["f1"] if evidence is None else evidence
        best = score >= state.best_score  # of equal checks the later one: its mean is of more steps
        state.waited = 0 if score > state.best_score else state.waited + 1
        if best:
            self.judge.keep_last()
            state.best_epoch, state.best_step = epoch, state.step
            state.best_score, state.best_scores = score, scores
            state.best_windows, state.best_weights = found.by_window, self.bench.network.get_weights()
            if not self.record.may_keep_base:
                save_model(self.settings.output, self.bench.network, self.bench.spec, self.record.card(state))
        self.record.log(state)
        mark = "  best so far" if best else ""
        where = f"epoch {epoch}, step {state.step:,}" if self.settings.check_every else f"epoch {epoch}"
        text = f"{where}: loss {row['loss']:.4f}, {in_words(scores)}{evidence_in_words(evidence)}{mark}"
        self.bench.tell(Event("check", epoch, self.settings.epochs, text=text, scores=row))
