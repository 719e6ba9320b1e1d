"""What is written about a training run: the model's card with its verdict, the log, the curves, the result."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import keras
import tensorflow as tf

from helixdask.public_names import public_name
from helixdask.selection.across import Across
from helixdask.settings import Rules
from helixdask.store.objects import disk_errors, whole_file
from helixdask.trainer.feed.training_windows import StoreSplit, utr_ratio
from helixdask.trainer.network.card import default_card
from helixdask.trainer.network.model_file import save_model
from helixdask.trainer.network.spec import parameter_count
from helixdask.trainer.tuning.card_page import card_page
from helixdask.trainer.tuning.checkpoint import LoopState
from helixdask.trainer.tuning.progress import draw_curves, write_log
from helixdask.trainer.tuning.recipe import NOT_IN_A_MODEL, recipe_of
from helixdask.trainer.tuning.settings import TuneResult
from helixdask.trainer.tuning.starting_point import Start
from helixdask.trainer.tuning.verdict import GeneCounts, verdict_of

_BASE_IS_WRITTEN: Final = " What is written is the base model; --keep-worse writes the tuned one."


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
    n_training, mean_bases
        Training windows, and their bases on average, padding left out.
    across
        What was found of near copies between stores; None: they were not looked for.
    """

    def __init__(
        self,
        start: Start,
        splits: Sequence[StoreSplit],
        window_length: int,
        n_validation: int,
        n_training: int,
        mean_bases: float,
        across: Across | None = None,
    ) -> None:
        self.settings, self.start, self.splits = start.settings, start, splits
        self.window_length, self.n_validation = window_length, n_validation
        self.n_training, self.mean_bases = n_training, mean_bases
        self.copies_across = None if across is None else across.in_short()
        self.libraries = [library._asdict() for library in start.libraries]
        self.recipe = recipe_of(start, splits)
        self.pseudolabels = any(split.has_pseudolabels for split in splits)

    @property
    def _utr_ratio(self) -> float | None:
        """Of known genes that are learnt from; pseudolabels have what the base model's had."""
        if self.pseudolabels:
            return self.start.base.card.get("utr_ratio") if self.start.base else None
        return utr_ratio([split for split in self.splits if split.role != "validates"])

    @property
    def by_evidence(self) -> bool:
        """Whether evidence decides, for the labels are a base model's own."""
        return self.pseudolabels and self.start.base is not None and self.settings.rules != Rules.HELIXER

    @property
    def may_keep_base(self) -> bool:
        """Whether a model is written only where it is shown to be better than its base."""
        return self.by_evidence and not self.settings.keep_worse

    def verdict(self, state: LoopState, genes: GeneCounts | None = None, *, ended: bool = False) -> dict[str, Any]:
        """Whether the best check's model is better than the base model."""
        return verdict_of(state, self.n_validation, pseudolabels=self.by_evidence, genes=genes, ended=ended)

    def card(self, state: LoopState, verdict: dict[str, Any] | None = None, ended: str | None = None) -> dict[str, Any]:
        """Card of the best check's model; `ended` says why training came to its end, where it did."""
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
            "learnt": {"windows": self.n_training, "bases": round(self.n_training * self.mean_bases)},
            "copies_across": self.copies_across,
            "utr_ratio": self._utr_ratio,
            "seed": settings.seed,
            "versions": {"tensorflow": tf.__version__, "keras": keras.__version__, "python": platform.python_version()},
            "scores": [{k: v for k, v in row.items() if k != "windows_per_second"} for row in state.history],
            "verdict": verdict or self.verdict(state),
            "recipe": self.recipe,
            "ended": ended,
            "settings": {k: v for k, v in settings.to_dict().items() if k not in NOT_IN_A_MODEL}
            | {
                "stores": [public_name(store) for store in settings.stores],
                "model": public_name(settings.model) if settings.model else None,
                "validate_on": public_name(settings.validate_on) if settings.validate_on else None,
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
        """Write the best check's model, or the base model where it is not shown to be better, and its card and curves.

        On known genes the best check's model is written anyway: whoever reads its verdict can judge.
        """
        settings, base = self.settings, self.start.base
        if state.best_weights is not None:
            network.set_weights(state.best_weights)
        ended = stopped if stopped != "interrupted" else None
        verdict = self.verdict(state, genes, ended=ended is not None)
        keeps_base = self.may_keep_base and not verdict["better"]
        verdict |= {"written": "base" if keeps_base else "tuned"}
        card, spec = self.card(state, verdict, ended), self.start.spec
        if keeps_base and base is not None:
            verdict["text"] += _BASE_IS_WRITTEN
            network, spec = base.network, base.spec
            told = ("name", "scores", "verdict", "recipe", "ended", "settings", "versions")
            card = base.card | {name: card[name] for name in told} | {"base_model": base.digest}
        output = Path(settings.output)
        digest = save_model(output, network, spec, card)
        page = card_page(card, spec.to_dict(), digest, parameter_count(spec))
        with disk_errors(settings.output), whole_file(output.with_suffix(".md")) as aside:
            aside.write_text(page, encoding="utf-8")
        if any(row["epoch"] > 0 for row in state.history):
            draw_curves(output.with_suffix(".png"), state.history)
        rate = state.train_windows / max(state.train_seconds, 1e-9)
        return TuneResult(
            path=str(output.absolute()),
            digest=digest,
            best_epoch=state.best_epoch,
            genic_f1=state.best_scores["genic"]["f1"] if state.best_epoch else None,
            base_genic_f1=state.base_scores["genic"]["f1"] if state.base_scores else None,
            verdict=verdict,
            history=[dict(row) for row in state.history],
            stopped=stopped,
            steps=state.step,
            seconds=seconds,
            windows_per_second=rate,
            bases_per_second=rate * self.mean_bases,
        )
