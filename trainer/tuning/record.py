"""What is written about a training run: the model's card with its verdict, the log, the curves, the result."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import keras
import tensorflow as tf

from helixdask.public_names import public_name
from helixdask.store.objects import disk_errors, whole_file
from helixdask.trainer.feed.training_windows import StoreSplit
from helixdask.trainer.network.card import default_card
from helixdask.trainer.network.card_page import card_page
from helixdask.trainer.network.model_file import save_model
from helixdask.trainer.network.spec import parameter_count
from helixdask.trainer.tuning.checkpoint import LoopState
from helixdask.trainer.tuning.progress import draw_curves, write_log
from helixdask.trainer.tuning.settings import TuneResult
from helixdask.trainer.tuning.starting_point import Start
from helixdask.trainer.tuning.verdict import GeneCounts, verdict_of

_NO_PART_OF_A_MODEL: Final = ("output", "resume", "tensorboard")
_NO_PART_OF_A_RUN: Final = (*_NO_PART_OF_A_MODEL, "stores", "model", "patience", "max_hours")
_LENGTH: Final = ("epochs", "max_steps")


class Record:
    """What a run says about itself.

    Parameters
    ----------
    start, splits
        What it is made from.
    window_length
        Bases of a window as the network gets it.
    n_validation
        Validation windows.
    mean_bases
        Bases of a training window on average, padding left out.
    """

    def __init__(
        self, start: Start, splits: Sequence[StoreSplit], window_length: int, n_validation: int, mean_bases: float
    ) -> None:
        self.settings, self.start, self.splits = start.settings, start, splits
        self.window_length, self.n_validation, self.mean_bases = window_length, n_validation, mean_bases
        self.libraries = [library._asdict() for library in start.libraries]

    def identity(self) -> dict[str, Any]:
        """What two runs must share to be one and the same; their length only where the learning rate depends on it."""
        settings = {k: v for k, v in self.settings.to_dict().items() if k not in _NO_PART_OF_A_RUN}
        if self.settings.decay == "none":
            settings = {k: v for k, v in settings.items() if k not in _LENGTH}
        stores = [{k: v for k, v in split.card().items() if k != "store"} for split in self.splits]
        base = self.start.base.digest if self.start.base else None
        return settings | {"mode": self.start.mode, "base": base, "stores": stores, "libraries": self.libraries}

    def verdict(self, state: LoopState, genes: GeneCounts | None = None, *, ended: bool = False) -> dict[str, Any]:
        """Whether the best check's model is better than the base model."""
        pseudolabels = any(split.has_pseudolabels for split in self.splits)
        return verdict_of(state, self.n_validation, pseudolabels=pseudolabels, genes=genes, ended=ended)

    def card(self, state: LoopState, verdict: dict[str, Any] | None = None) -> dict[str, Any]:
        """Card of the best check's model."""
        settings, base, start = self.settings, self.start.base, self.start
        window = base.card["inference_window"] if base else default_card()["inference_window"]
        return {
            "name": Path(settings.output).stem,
            "class_weights": list(start.class_weights),
            "transition_weights": list(start.transition_weights),
            "training_window": self.window_length,
            "inference_window": window,
            "coverage_norm": start.coverage_norm,
            "libraries": self.libraries or None,
            "base_model": base.digest if base else None,
            "training_stores": [split.card() for split in self.splits],
            "seed": settings.seed,
            "versions": {"tensorflow": tf.__version__, "keras": keras.__version__, "python": platform.python_version()},
            "scores": [{k: v for k, v in row.items() if k != "windows_per_second"} for row in state.history],
            "verdict": verdict or self.verdict(state),
            "settings": {k: v for k, v in settings.to_dict().items() if k not in _NO_PART_OF_A_MODEL}
            | {
                "stores": [public_name(store) for store in settings.stores],
                "model": public_name(settings.model) if settings.model else None,
                "mode": start.mode,
                "batch_size": state.batch_size,
            },
        }

    def log(self, state: LoopState) -> None:
        """Write the table of checks, and for TensorBoard where that is wanted."""
        write_log(Path(self.settings.output).with_suffix(".csv"), state.history)
        if self.settings.tensorboard and state.history:
            row = state.history[-1]
            writer = tf.summary.create_file_writer(self.settings.tensorboard)
            with writer.as_default(step=row["step"]):
                for name, value in row.items():
                    if name not in ("epoch", "step"):
                        tf.summary.scalar(name, value)
            writer.close()

    def finish(
        self, state: LoopState, network: Any, stopped: str, seconds: float, genes: GeneCounts | None = None
    ) -> TuneResult:
        """Write the best check's model with its final card, the card as a page, and the curves."""
        settings = self.settings
        if state.best_weights is not None:
            network.set_weights(state.best_weights)
        verdict = self.verdict(state, genes, ended=stopped != "interrupted")
        card = self.card(state, verdict)
        output = Path(settings.output)
        digest = save_model(output, network, self.start.spec, card)
        page = card_page(card, self.start.spec.to_dict(), digest, parameter_count(self.start.spec))
        with disk_errors(settings.output), whole_file(output.with_suffix(".md")) as aside:
            aside.write_text(page, encoding="utf-8")
        if any(row["epoch"] > 0 for row in state.history):
            draw_curves(output.with_suffix(".png"), state.history)
        rate = state.train_windows / max(state.train_seconds, 1e-9)
        return TuneResult(
            path=str(output.absolute()),
            digest=digest,
            best_epoch=state.best_epoch,
            genic_f1=state.best_f1 if state.best_epoch else None,
            base_genic_f1=state.base_scores["genic"]["f1"] if state.base_scores else None,
            verdict=verdict,
            history=[dict(row) for row in state.history],
            stopped=stopped,
            steps=state.step,
            seconds=seconds,
            windows_per_second=rate,
            bases_per_second=rate * self.mean_bases,
        )
