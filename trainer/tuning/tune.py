"""Training: a new head on a frozen network, a whole network, or one from scratch; all with the same loop."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helixdask.errors import BadInputError, MissingInputError
from helixdask.store.store import Store
from helixdask.trainer.runtime import configure_tensorflow, import_tensorflow

tf = import_tensorflow()

import keras  # noqa: E402

from helixdask.trainer.feed.dataset import Feed  # noqa: E402
from helixdask.trainer.feed.training_windows import StoreSplit, gather_windows, read_split  # noqa: E402
from helixdask.trainer.feed.window_reader import TrackSet, WindowReader  # noqa: E402
from helixdask.trainer.network.build import NetworkSpec, build_network  # noqa: E402
from helixdask.trainer.network.card import default_card  # noqa: E402
from helixdask.trainer.network.model_file import LoadedModel, load_model, save_model  # noqa: E402
from helixdask.trainer.tuning.interrupts import StopRequest  # noqa: E402
from helixdask.trainer.tuning.learner import Confusions, Learner  # noqa: E402
from helixdask.trainer.tuning.optimisers import make_optimiser  # noqa: E402
from helixdask.trainer.tuning.progress import Event, OnProgress, draw_curves, silent, write_log  # noqa: E402
from helixdask.trainer.tuning.settings import LEARNING_RATES, TuneResult, TuneSettings  # noqa: E402
from helixdask.trainer.tuning.starting_point import (  # noqa: E402
    chosen_mode,
    coverage_groups,
    quicken_normalisation,
    starting_network,
)
from helixdask.trainer.tuning.verdict import in_words, score_row, verdict_of  # noqa: E402

__all__ = ["TuneResult", "TuneSettings", "train_from_scratch", "tune"]


def tune(settings: TuneSettings, on_progress: OnProgress = silent) -> TuneResult:
    """Tune a base model on the windows that the stores' splits name.

    Parameters
    ----------
    settings
        What, on what, how.
    on_progress
        Told of every step; see `helixdask.trainer.tuning.progress.show_progress`.

    Returns
    -------
    TuneResult
        The best epoch's model has been written, better than the base or not.

    Raises
    ------
    BadInputError
        A setting, the base model or the stores cannot be used; nothing was trained.
    MissingInputError
        No split, no labels, a side of the split without a window, or only masked bases.
    """
    settings.check()
    if settings.model is None:
        raise BadInputError("no base model was given", remedy="Name one with --model, or train from scratch.")
    _start(settings)
    base = load_model(settings.model)
    stores = [Store.open(url) for url in settings.stores]
    mode = chosen_mode(settings, stores)
    libraries = _libraries(stores, settings.coverage) if mode == "coverage" else [()] * len(stores)
    network, spec = starting_network(settings, mode, base, len(libraries[0]))
    with StopRequest() as stop:
        run = _Run(settings, stores, libraries, network, spec, on_progress, stop, mode)
        run.score_base(base)
        return run.fit(base)


def train_from_scratch(
    settings: TuneSettings, spec: NetworkSpec | None = None, on_progress: OnProgress = silent
) -> TuneResult:
    """Train a network from random weights, with the same loop; ``settings.model`` and ``mode`` are not looked at.

    Parameters
    ----------
    settings
        As for `tune`; a learning rate of 3e-4 and more epochs are sound here.
    spec
        The network; None: Helixer's published architecture.

    Raises
    ------
    BadInputError, MissingInputError
        As for `tune`.
    """
    settings.check()
    spec = spec or NetworkSpec(cnn_layers=4, filter_depth=96, kernel_size=10, lstm_layers=3, units=128)
    _start(settings)
    stores = [Store.open(url) for url in settings.stores]
    libraries = _libraries(stores, settings.coverage) if spec.n_libraries else [()] * len(stores)
    if len(libraries[0]) != spec.n_libraries:
        raise BadInputError(f"the network takes {spec.n_libraries} libraries, the stores have {len(libraries[0])}")
    network = build_network(spec, seed=settings.seed)
    with StopRequest() as stop:
        return _Run(settings, stores, libraries, network, spec, on_progress, stop, "scratch").fit(None)


def _start(settings: TuneSettings) -> None:
    threads = settings.threads or len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else [0])
    configure_tensorflow(threads)
    keras.utils.set_random_seed(settings.seed)


def _libraries(stores: Sequence[Store], coverage: str | None) -> list[tuple[str, ...]]:
    groups = [coverage_groups(store, coverage) for store in stores]
    names = [tuple(group.rpartition("/")[2] for group in of_store) for of_store in groups]
    if len(set(names)) > 1:
        listed = "; ".join(f"{s.url}: {', '.join(n)}" for s, n in zip(stores, names, strict=True))
        raise BadInputError("the stores differ in their libraries", where=listed, remedy="Give them the same names.")
    return groups


@dataclass
class _State:
    """What the loop knows; with weights and optimiser it is all that is needed to go on from here."""

    step: int = 0
    epoch: int = 0
    waited: int = 0
    best_epoch: int = 0
    best_f1: float = -1.0
    best_weights: list[NDArray[Any]] | None = None
    best_scores: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    train_seconds: float = 0.0
    train_windows: int = 0


class _Run:
    """One training run: its feeds, its learner and its loop."""

    def __init__(
        self,
        settings: TuneSettings,
        stores: Sequence[Store],
        libraries: Sequence[tuple[str, ...]],
        network: Any,
        spec: NetworkSpec,
        on_progress: OnProgress,
        stop: StopRequest,
        mode: str,
    ) -> None:
        self.settings, self.network, self.spec, self.mode = settings, network, spec, mode
        self.tell, self.stop = on_progress, stop
        self.splits: list[StoreSplit] = [read_split(store, settings.split, settings.labels) for store in stores]
        self.libraries = [
            {"name": group.rpartition("/")[2], "kind": stores[0].attrs(group).get("kind")} for group in libraries[0]
        ]
        train, validation = gather_windows(self.splits, spec.pool_size, rules=settings.rules)
        readers = [
            WindowReader(split.store, TrackSet(split.labels, groups))
            for split, groups in zip(self.splits, libraries, strict=True)
        ]
        shifted = settings.random_offsets and settings.rules != "helixer"
        order = train.order(
            settings.batch_size, seed=settings.seed, shuffle=True, max_shift=train.window_length // 4 if shifted else 0
        )
        self.train_feed = Feed(train, readers, order, spec.pool_size)
        fixed = validation.order(settings.validation_batch_size, shuffle=False)
        self.validation_feed = Feed(validation, readers, fixed, spec.pool_size)
        self._check_unmasked(self.train_feed, "training")
        self._check_unmasked(self.validation_feed, "validation")
        if settings.rules != "helixer":
            quicken_normalisation(network)
        self.learner = Learner(
            network,
            spec,
            make_optimiser(
                settings.optimiser,
                learning_rate=settings.learning_rate or LEARNING_RATES[mode],
                weight_decay=settings.weight_decay,
                clip_norm=settings.clip_norm,
                rules=settings.rules,
            ),
            class_weights=settings.class_weights,
            transition_weights=settings.transition_weights,
            coverage_norm=settings.coverage_norm,
            rules=settings.rules,
        )
        self.state = _State()
        self.base_scores: dict[str, Any] | None = None
        if train.window_length % spec.pool_size:
            cut = train.window_length % spec.pool_size
            self._say(
                f"The last {cut} bases of each window are not used: the network takes multiples of {spec.pool_size}."
            )
        learning = sum(int(np.prod(variable.shape)) for variable in network.trainable_variables)
        self._say(
            f"{len(train):,} training and {len(validation):,} validation windows of {train.window_length:,} bases; "
            f"{learning:,} of {network.count_params():,} weights learn."
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

    def score_base(self, base: LoadedModel) -> None:
        """Score the base model on the validation windows: what the tuned one is measured against."""
        learner = Learner(base.network, base.spec, rules=self.settings.rules)
        try:
            self.base_scores = self._validate(learner, epoch=0).scores()
        except _Stopped:
            raise KeyboardInterrupt from None
        self.state.history.append(score_row(0, 0, self.base_scores))
        self._say(f"base model: {in_words(self.base_scores)}")

    def _validate(self, learner: Learner, epoch: int) -> Confusions:
        feed, started, done = self.validation_feed, time.monotonic(), [0, 0]

        def on_batch(n: int) -> None:
            done[0] += 1
            done[1] += n
            rate = done[1] / max(time.monotonic() - started, 1e-9)
            total = feed.order.steps_per_epoch
            self.tell(
                Event(
                    "validation",
                    epoch,
                    self.settings.epochs,
                    done[0],
                    total,
                    windows_per_second=rate,
                    bases_per_second=rate * feed.length,
                )
            )
            if self.stop.wanted:
                raise _Stopped

        return learner.confusions(feed.dataset(0, feed.order.steps_per_epoch), on_batch)

    def fit(self, base: LoadedModel | None) -> TuneResult:
        """Train until an end is reached, then write the best epoch's model with its verdict."""
        state, settings, started = self.state, self.settings, time.monotonic()
        batches = iter(self.train_feed.dataset(state.step))
        stopped = "epochs"
        try:
            while state.epoch < settings.epochs:
                losses, limit = self._train_epoch(batches, started)
                state.epoch += 1
                self._finish_epoch(losses, base)
                if limit:
                    stopped = limit
                    break
                if state.waited >= settings.patience:
                    stopped = "patience"
                    break
        except _Stopped:
            stopped = "interrupted"
            kept = f" The best so far, epoch {state.best_epoch}, is kept." if state.best_epoch else ""
            self._say(f"Stopped.{kept}")
        return self._result(base, stopped, time.monotonic() - started)

    def _train_epoch(self, batches: Any, started: float) -> tuple[NDArray[np.float64], str]:
        """Train to the end of the epoch or to a limit; mean losses, and the limit."""
        state, settings, feed = self.state, self.settings, self.train_feed
        n_steps = feed.order.steps_per_epoch
        begin, windows, losses = time.monotonic(), 0, np.zeros(1 + self.spec.n_outputs)
        first = state.step
        while True:
            batch = next(batches)
            losses += self.learner.train(batch)
            state.step += 1
            windows += len(batch["minus"])
            done = state.step - first
            seconds = time.monotonic() - begin
            left = seconds / done * (n_steps - done + n_steps * (settings.epochs - state.epoch - 1))
            rate = windows / max(seconds, 1e-9)
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
                    seconds_left=left,
                )
            )
            if self.stop.wanted:
                raise _Stopped
            limit = ""
            if settings.max_steps and state.step >= settings.max_steps:
                limit = "max_steps"
            elif settings.max_hours and time.monotonic() - started > settings.max_hours * 3600:
                limit = "max_hours"
            if limit or done == n_steps:
                state.train_seconds += seconds
                state.train_windows += windows
                return losses / done, limit

    def _finish_epoch(self, losses: NDArray[np.float64], base: LoadedModel | None) -> None:
        state = self.state
        scores = self._validate(self.learner, state.epoch).scores()
        row = score_row(state.epoch, state.step, scores)
        row |= dict(zip(("loss", "genic_loss", "phase_loss"), losses.tolist(), strict=False))
        row["windows_per_second"] = state.train_windows / max(state.train_seconds, 1e-9)
        state.history.append(row)
        better = scores["genic"]["f1"] > state.best_f1
        if better:
            state.waited = 0
            state.best_epoch, state.best_f1, state.best_scores = state.epoch, scores["genic"]["f1"], scores
            state.best_weights = self.network.get_weights()
            save_model(self.settings.output, self.network, self.spec, self._card(base, self._verdict()))
        else:
            state.waited += 1
        write_log(Path(self.settings.output).with_suffix(".csv"), state.history)
        mark = "  best so far" if better else ""
        text = f"epoch {state.epoch}: loss {row['loss']:.4f}, {in_words(scores)}{mark}"
        self.tell(Event("epoch", state.epoch, self.settings.epochs, text=text, scores=row))

    def _result(self, base: LoadedModel | None, stopped: str, seconds: float) -> TuneResult:
        state, settings = self.state, self.settings
        verdict = self._verdict()
        if state.best_weights is not None:
            self.network.set_weights(state.best_weights)
        digest = save_model(settings.output, self.network, self.spec, self._card(base, verdict))
        if any(row["epoch"] > 0 for row in state.history):
            draw_curves(Path(settings.output).with_suffix(".png"), state.history)
        rate = state.train_windows / max(state.train_seconds, 1e-9)
        scored = state.best_epoch > 0
        return TuneResult(
            path=str(Path(settings.output).absolute()),
            digest=digest,
            best_epoch=state.best_epoch,
            genic_f1=state.best_f1 if scored else None,
            base_genic_f1=self.base_scores["genic"]["f1"] if self.base_scores else None,
            verdict=verdict,
            history=state.history,
            stopped=stopped,
            steps=state.step,
            seconds=seconds,
            windows_per_second=rate,
            bases_per_second=rate * self.train_feed.length,
        )

    def _verdict(self) -> dict[str, Any]:
        state = self.state
        return verdict_of(
            state.best_epoch,
            state.best_scores,
            self.base_scores,
            len(self.validation_feed.windows),
            pseudolabels=any(split.has_pseudolabels for split in self.splits),
        )

    def _card(self, base: LoadedModel | None, verdict: dict[str, Any]) -> dict[str, Any]:
        settings = self.settings
        known = default_card()
        return {
            "name": Path(settings.output).stem,
            "class_weights": settings.class_weights and list(settings.class_weights),
            "transition_weights": settings.transition_weights and list(settings.transition_weights),
            "training_window": self.train_feed.length,
            "inference_window": base.card["inference_window"] if base else known["inference_window"],
            "coverage_norm": settings.coverage_norm,
            "libraries": self.libraries or None,
            "base_model": base.digest if base else None,
            "training_stores": [split.card() for split in self.splits],
            "seed": settings.seed,
            "versions": {"tensorflow": tf.__version__, "keras": keras.__version__, "python": platform.python_version()},
            "scores": [
                {name: value for name, value in row.items() if name != "windows_per_second"}
                for row in self.state.history
            ],
            "verdict": verdict,
            "settings": settings.to_dict() | {"mode": self.mode},
        }


class _Stopped(Exception):
    """The user, or the batch system, asked for an end."""
