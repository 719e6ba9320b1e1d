"""Is the tuned model better than its base model? Scores as numbers, in words, and the answer."""

from __future__ import annotations

from typing import Any

from helixdask.trainer.tuning.bootstrap import difference_intervals
from helixdask.trainer.tuning.checkpoint import LoopState

__all__ = ["in_words", "score_row", "verdict_of"]


def score_row(epoch: int, step: int, scores: dict[str, Any]) -> dict[str, Any]:
    """One row of the log, from the scores of `learner.Confusions`; epoch 0 is the base model."""
    row: dict[str, Any] = {"epoch": epoch, "step": step}
    for name in ("genic", "intergenic", "utr", "cds", "intron", "sub_genic"):
        row[f"{name}_f1"] = scores[name]["f1"]
    row["accuracy"] = scores["accuracy"]
    if "phase" in scores:
        row["phase_accuracy"] = scores["phase"]["accuracy"]
    return row


def in_words(scores: dict[str, Any]) -> str:
    """Genic F1 and that of each genic class."""
    return (
        f"genic F1 {scores['genic']['f1']:.4f} (UTR {scores['utr']['f1']:.3f}, CDS {scores['cds']['f1']:.3f}, "
        f"intron {scores['intron']['f1']:.3f})"
    )


def verdict_of(state: LoopState, validation_windows: int, *, pseudolabels: bool = False) -> dict[str, Any]:
    """Verdict on the same validation windows, for the model's card.

    Parameters
    ----------
    state
        Best epoch, scores of both models and their confusion matrices by window; no base: trained from scratch.
    validation_windows
        How many windows the scores are from.
    pseudolabels
        Whether the labels were called from predictions. A base model agrees with its own by construction, so a lower
        score of the tuned one says little about the truth.

    Returns
    -------
    dict
        ``better`` (bool), ``text`` (a sentence), ``best_epoch``, ``tuned``, ``base``, ``gain`` (difference in F1 with
        its 95 % interval, genic and by class), ``validation_windows``, ``pseudolabels``.
    """
    tuned, base = state.best_scores, state.base_scores
    gain = None
    if state.best_windows is not None and state.base_windows is not None:
        gain = difference_intervals(state.best_windows, state.base_windows)
    verdict = {
        "better": False,
        "best_epoch": state.best_epoch,
        "tuned": tuned or None,
        "base": base,
        "gain": {name: list(values) for name, values in gain.items()} if gain else None,
        "validation_windows": validation_windows,
        "pseudolabels": pseudolabels,
    }
    if not state.best_epoch:
        return verdict | {"text": "Stopped before the first epoch was scored: the model is not tested."}
    after = tuned["genic"]["f1"]
    in_short = f"genic F1 {after:.4f} on validation (epoch {state.best_epoch})"
    if base is None:
        return verdict | {"better": True, "text": f"Trained: {in_short}."}
    in_short += f", base {base['genic']['f1']:.4f}"
    if gain:
        difference, low, high = gain["genic"]
        in_short += f"; gain {difference:+.4f}, 95 % interval {low:+.4f} to {high:+.4f}"
    if after > base["genic"]["f1"]:
        doubt = " The interval holds 0: more validation windows would tell." if gain and gain["genic"][1] <= 0 else ""
        return verdict | {"better": True, "text": f"Better than the base model: {in_short}.{doubt}"}
    if pseudolabels:
        text = (
            f"NOT better by its own pseudolabels: {in_short}. They are the base model's, which agrees with them by "
            "construction: this says little about the truth. Compare both on a known annotation (helixdask evaluate) "
            "before you choose."
        )
        return verdict | {"text": text}
    text = (
        f"NOT better than the base model: {in_short}. Use the base model; or try more windows "
        "(select --keep-fraction), more epochs, or another learning rate."
    )
    return verdict | {"text": text}
