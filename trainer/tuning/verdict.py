"""Is the tuned model better than its base model? Scores as numbers, in words, and the answer."""

from __future__ import annotations

from typing import Any

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


def verdict_of(
    best_epoch: int,
    tuned: dict[str, Any],
    base: dict[str, Any] | None,
    validation_windows: int,
    *,
    pseudolabels: bool = False,
) -> dict[str, Any]:
    """Verdict on the same validation windows, for the model's card.

    Parameters
    ----------
    best_epoch
        Epoch of the model that is kept; 0: none was scored.
    tuned, base
        Scores of both; no base: trained from scratch.
    validation_windows
        How many windows the scores are from.
    pseudolabels
        Whether the labels were called from predictions. A base model agrees with its own by construction, so a lower
        score of the tuned one says little about the truth.

    Returns
    -------
    dict
        ``better`` (bool), ``text`` (a sentence), ``best_epoch``, ``tuned``, ``base``, ``validation_windows``,
        ``pseudolabels``.
    """
    verdict = {
        "better": False,
        "best_epoch": best_epoch,
        "tuned": tuned or None,
        "base": base,
        "validation_windows": validation_windows,
        "pseudolabels": pseudolabels,
    }
    if not best_epoch:
        return verdict | {"text": "Stopped before the first epoch was scored: the model is not tested."}
    after = tuned["genic"]["f1"]
    in_short = f"genic F1 {after:.4f} on validation (epoch {best_epoch})"
    if base is None:
        return verdict | {"better": True, "text": f"Trained: {in_short}."}
    before = base["genic"]["f1"]
    if after > before:
        return verdict | {"better": True, "text": f"Better than the base model: {in_short}, base {before:.4f}."}
    if pseudolabels:
        text = (
            f"NOT better by its own pseudolabels: {in_short}, base {before:.4f}. They are the base model's, which "
            "agrees with them by construction: this says little about the truth. Compare both on a known annotation "
            "(helixdask evaluate) before you choose."
        )
        return verdict | {"text": text}
    text = (
        f"NOT better than the base model: {in_short}, base {before:.4f}. Use the base model; or try more windows "
        "(select --keep-fraction), more epochs, or another learning rate."
    )
    return verdict | {"text": text}
