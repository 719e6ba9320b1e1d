"""Is the tuned model better than its base model? Scores as numbers, in words, and the answer."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.scores.match import Match
from helixdask.trainer.tuning.bootstrap import base_intervals, match_intervals
from helixdask.trainer.tuning.checkpoint import LoopState
from helixdask.trainer.tuning.criterion import BETTER, CANNOT_TELL, NOT_BETTER, judgement_in_words


class GeneCounts(NamedTuple):
    """What gene calling found on validation windows.

    Attributes
    ----------
    levels, bases
        Names of the levels, and how many bases the windows have.
    tuned, base
        ``(stretch, level, 4)`` int64 of both models, see `gene_counts`; no base: trained from scratch.
    judgement
        What evidence says, see `criterion.judge`; None where the labels are known genes.
    """

    levels: tuple[str, ...]
    bases: int
    tuned: NDArray[np.int64]
    base: NDArray[np.int64] | None
    judgement: dict[str, Any] | None = None


def score_row(epoch: int, step: int, scores: dict[str, Any]) -> dict[str, Any]:
    """One row of the log, from the scores of `learner.Confusions`; epoch 0 is the base model."""
    row: dict[str, Any] = {"epoch": epoch, "step": step}
    for name in ("genic", "intergenic", "utr", "cds", "intron", "sub_genic"):
        row[f"{name}_f1"] = scores[name]["f1"]
    row["accuracy"] = scores["accuracy"]
    if "phase" in scores:
        row["phase_accuracy"] = scores["phase"]["accuracy"]
        row |= {f"phase_{phase}_f1": scores["phase"][phase] for phase in ("0", "1", "2")}
    return row


def in_words(scores: dict[str, Any]) -> str:
    """Genic F1 and that of each genic class."""
    return (
        f"genic F1 {scores['genic']['f1']:.4f} (UTR {scores['utr']['f1']:.3f}, CDS {scores['cds']['f1']:.3f}, "
        f"intron {scores['intron']['f1']:.3f})"
    )


def evidence_in_words(score: float | None) -> str:
    """Agreement with evidence, where that decides; else nothing."""
    return "" if score is None else f", agreement with evidence {score:.4f}"


def verdict_of(
    state: LoopState,
    validation_windows: int,
    *,
    pseudolabels: bool = False,
    genes: GeneCounts | None = None,
    ended: bool = False,
) -> dict[str, Any]:
    """Verdict on the same validation windows, for the model's card.

    Parameters
    ----------
    state
        Best check, scores of both models and their confusion matrices by window; no base: trained from scratch.
    validation_windows
        How many windows the scores are from.
    pseudolabels
        Whether the labels were called from predictions. A base model agrees with its own by construction: then evidence
        decides, and scores by the labels are only shown.
    genes
        Genes called from both models; None: not yet.
    ended
        Whether training came to its end: where its last check was the best, that is said.

    Returns
    -------
    dict
        ``outcome`` (``better``, ``not better``, ``cannot tell``), ``better`` (bool), ``text`` (a sentence),
        ``best_epoch``, ``best_step``, ``tuned``, ``base``, ``gain`` (difference in F1 with its 95 % interval, genic and
        by class), ``genes`` (by level the same of genes and coding exons), ``evidence`` (see `criterion.judge`),
        ``validation_windows``, ``pseudolabels``.
    """
    tuned, base = state.best_scores, state.base_scores
    gain = None
    if state.best_windows is not None and state.base_windows is not None:
        gain = base_intervals(state.best_windows, state.base_windows)
    called = _gene_scores(genes) if genes is not None else None
    verdict = {
        "better": False,
        "outcome": CANNOT_TELL,
        "best_epoch": state.best_epoch,
        "best_step": state.best_step,
        "tuned": tuned or None,
        "base": base,
        "gain": {name: list(values) for name, values in gain.items()} if gain else None,
        "genes": called,
        "evidence": genes.judgement if genes else None,
        "validation_windows": validation_windows,
        "pseudolabels": pseudolabels,
    }
    if not state.best_epoch:
        return verdict | {"text": "Stopped before the first check: the model is not tested."}
    rising = ended and not state.waited and sum(row["epoch"] > 0 for row in state.history) > 1
    more = " The last check was the best: more --epochs may gain more." if rising else ""
    after = tuned["genic"]["f1"]
    in_short = f"genic F1 {after:.4f} on validation (epoch {state.best_epoch})"
    if base is None:
        text = f"Trained: {in_short}{_genes_in_words(called)}.{more}"
        return verdict | {"outcome": BETTER, "better": True, "text": text}
    in_short += f", base {base['genic']['f1']:.4f}"
    if gain:
        in_short += f"; gain {_interval(gain['genic'])}"
    in_short += _genes_in_words(called)
    if pseudolabels:
        return verdict | _by_evidence(genes.judgement if genes else None, more)
    lost = bool(called and called["gene"].get("gain", [0, 0, 0])[2] < 0)
    if after > base["genic"]["f1"] and not lost:
        doubt = " The interval holds 0: more validation windows would tell." if gain and gain["genic"][1] <= 0 else ""
        return verdict | {
            "outcome": BETTER,
            "better": True,
            "text": f"Better than the base model: {in_short}.{doubt}{more}",
        }
    remedy = "Use the base model; or try more windows (select --keep-fraction), more epochs, --mode whole, or another "
    reason = " Bases got better and whole genes got worse." if after > base["genic"]["f1"] else ""
    text = f"NOT better than the base model: {in_short}.{reason} {remedy}learning rate."
    return verdict | {"outcome": NOT_BETTER, "text": text + more}


_IN_WORDS: Final = {
    BETTER: "Better than the base model",
    NOT_BETTER: "NOT better than the base model",
    CANNOT_TELL: "Whether it is better than the base model cannot be told",
}


def _by_evidence(judgement: dict[str, Any] | None, more: str) -> dict[str, Any]:
    """Outcome of a run on labels that a base model made: scores by those labels are in the card, and decide nothing."""
    if judgement is None:
        text = f"{_IN_WORDS[CANNOT_TELL]}: it was stopped before that was looked at."
        return {"outcome": CANNOT_TELL, "text": text}
    outcome = judgement["outcome"]
    text = f"{_IN_WORDS[outcome]}: {judgement_in_words(judgement)}.{more if outcome == BETTER else ''}"
    return {"outcome": outcome, "better": outcome == BETTER, "text": text}


def _gene_scores(genes: GeneCounts) -> dict[str, Any]:
    found: dict[str, Any] = {"bases": genes.bases}
    gains = {} if genes.base is None else match_intervals(genes.tuned, genes.base, genes.levels)
    for number, level in enumerate(genes.levels):
        sides = {"tuned": genes.tuned, "base": genes.base}
        found[level] = {
            side: Match(*counts[:, number].sum(axis=0).tolist()).as_dict()
            for side, counts in sides.items()
            if counts is not None
        }
        if gains:
            found[level]["gain"] = list(gains[level])
    return found


def _genes_in_words(called: dict[str, Any] | None) -> str:
    if called is None:
        return ""
    gene = called["gene"]
    if not gene["tuned"]["n_reference"]:
        return "; no gene lies whole in the validation windows"
    if "base" not in gene:
        return f"; gene F1 {gene['tuned']['f1']:.3f}"
    return f"; gene F1 {gene['tuned']['f1']:.3f}, base {gene['base']['f1']:.3f}, gain {_interval(gene['gain'])}"


def _interval(values: Any) -> str:
    gain, low, high = values
    return f"{gain:+.4f} (95 % interval {low:+.4f} to {high:+.4f})"
