"""Models: what they were trained on, learning curves and verdict, from their cards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final

import numpy as np

from helixdask.charts.axes import beside
from helixdask.charts.plots import Series, curves
from helixdask.pages import html_table
from helixdask.report.section import Section, heading, note, share
from helixdask.scores.against_base import (
    CLASS_TITLES,
    AgainstBase,
    evidence_against_base,
    evidence_source,
    f1_against_base,
)

_ROLES: Final = {"both": "learnt from and validated on", "trains": "learnt from", "validates": "validated on"}
_MOST_MODELS: Final = 6


_COLUMNS: Final = ("this model", "base model", "gain", "95 % interval")


def training_section(cards: Sequence[Mapping[str, Any]]) -> Section:
    """Each model: verdict, scores against its base model, curves; several models side by side first.

    Parameters
    ----------
    cards
        Cards of models, see `helixdask.trainer.network.card.default_card`.
    """
    if not cards:
        return Section("Models", missing="none was named; name .keras files after the store")
    parts: list[str] = []
    learnt = [card for card in cards if any(row.get("genic_f1") is not None for row in _checks(card))]
    if len(learnt) > 1:
        series = [_curve(card, "genic_f1", str(card["name"])) for card in learnt[:_MOST_MODELS]]
        parts.append(beside(curves(series, "Genic F1 of all models", "step", "F1 on validation")))
    for card in cards:
        parts += _model(card)
    return Section("Models", tuple(parts))


def _checks(card: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Checks of the model, those of the base model left out."""
    return [row for row in card.get("scores") or [] if row.get("epoch", 0) > 0]


def _curve(card: Mapping[str, Any], key: str, name: str) -> Series:
    rows = _checks(card)
    values = np.array([np.nan if row.get(key) is None else row[key] for row in rows], np.float64)
    return Series(name, values, np.array([row["step"] for row in rows], np.float64))


def _model(card: Mapping[str, Any]) -> Iterator[str]:
    verdict = card.get("verdict") or {}
    yield heading(str(card.get("name") or "a model without a name"))
    if verdict.get("text"):
        yield f'<p class="verdict">{escape(verdict["text"])}</p>'
    if stores := [store for store in card.get("training_stores") or [] if isinstance(store, Mapping)]:
        rows = [
            (
                store["species"],
                store["n_bases"],
                store["labels"],
                store["split"],
                store.get("selection"),
                share(store.get("leakage")),
                _ROLES.get(store.get("role", "both"), store.get("role")),
            )
            for store in stores
        ]
        yield html_table(
            ("store", "bases", "labels", "split", "selection", "leakage", "was"),
            rows,
            text=(2, 3, 4, 6),
        )
    if card.get("copies_across"):
        yield note(card["copies_across"]["text"])
    if not _checks(card):
        yield note("It tells nothing of its training.")
        return
    if verdict.get("tuned"):
        yield html_table(("F1 on validation", *_COLUMNS), map(_row, f1_against_base(verdict)))
        if verdict.get("pseudolabels"):
            yield note("The labels were called from predictions: they are not the truth, and decide nothing.")
    if evidence := list(evidence_against_base(verdict)):
        yield html_table(("agreement with evidence", *_COLUMNS), map(_row, evidence))
        source = evidence_source(verdict)
        yield note(f"How well genes called on validation agree with {source} and reading frames: this decides.")
    yield beside(*_curves(card))


def _row(score: AgainstBase) -> tuple[object, ...]:
    gain = None if score.gain is None else f"{score.gain:+.4f}"
    return score.title, score.tuned, score.base, gain, score.interval_in_words or None


def _curves(card: Mapping[str, Any]) -> Iterator[str]:
    keys = [key for key in CLASS_TITLES if any(row.get(f"{key}_f1") is not None for row in _checks(card))]
    base: dict[str, Any] = next((row for row in card["scores"] if row.get("epoch") == 0), {})
    if any(row.get("evidence") is not None for row in _checks(card)):
        before = [] if base.get("evidence") is None else [("base model", base["evidence"])]
        shown = [_curve(card, "evidence", "this model")]
        yield curves(shown, "Agreement with evidence", "step", "on validation", levels=before)
    if keys:
        levels = [(f"base model, {CLASS_TITLES[key]}", base[f"{key}_f1"]) for key in keys[:1] if f"{key}_f1" in base]
        genic = [_curve(card, f"{keys[0]}_f1", CLASS_TITLES[keys[0]])]
        yield curves(genic, f"F1 of {CLASS_TITLES[keys[0]]} bases", "step", "F1 on validation", levels=levels)
    if keys[1:]:
        series = [_curve(card, f"{key}_f1", CLASS_TITLES[key]) for key in keys[1:]]
        yield curves(series, "F1 by class", "step", "F1 on validation")
    if any(row.get("loss") is not None for row in _checks(card)):
        yield curves([_curve(card, "loss", "loss")], "Loss", "step", "loss while training")
