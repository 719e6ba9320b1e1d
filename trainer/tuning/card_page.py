"""A model's card as a page of Markdown, for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from helixdask.scores.against_base import AgainstBase, evidence_against_base, evidence_source, f1_against_base
from helixdask.trainer.tuning.card_summary import card_summary

_EVIDENCE = (
    "How well genes that were called on the validation windows agree with {0}, and raw coding bases with reading "
    "frames: F1 of what of either side has its match on the other, and how much of where {0} lie the genes tell. "
    "This decides whether the tuned model is better."
)


def card_page(card: dict[str, Any], network: dict[str, Any], digest: str, n_weights: int) -> str:
    """Write a card as Markdown.

    Parameters
    ----------
    card
        See `helixdask.trainer.network.card.default_card`.
    network
        Hyper-parameters, see `helixdask.trainer.network.spec.NetworkSpec`.
    digest
        SHA-256 of the model file.
    n_weights
        Weights of the network.
    """
    verdict = card.get("verdict") or {}
    parts = [f"# {card['name']}"]
    if summary := card_summary(card):
        parts.append(summary)
    elif verdict.get("text"):
        parts.append(f"**{verdict['text']}**")
    parts.append("## The model")
    parts.append(_facts(card, n_weights, digest))
    if verdict.get("tuned"):
        parts += ["## Scores on validation windows", _score_table("F1", f1_against_base(verdict))]
        parts.append(f"{verdict['validation_windows']:,} windows that no step has learnt from.")
        if verdict.get("pseudolabels"):
            parts.append("Their labels were called from predictions: they are not the truth, and decide nothing.")
    if evidence := list(evidence_against_base(verdict)):
        parts += [
            "## Agreement with evidence",
            _EVIDENCE.format(evidence_source(verdict)),
            _score_table("agreement", evidence),
        ]
    if card["training_stores"]:
        parts += ["## Trained on", _store_table(card["training_stores"])]
        if card.get("copies_across"):
            parts.append(card["copies_across"]["text"])
    if card.get("scores"):
        columns = [name for name in card["scores"][-1] if name.endswith(("_f1", "loss")) or name in ("epoch", "step")]
        rows = [[_number(row.get(name)) for name in columns] for row in card["scores"]]
        parts += ["## Check by check", _table(columns, rows)]
    for title, values in (("## Network", network), ("## Settings", card.get("settings") or {})):
        if values:
            parts += [title, _table(("", ""), [(name, f"`{value}`") for name, value in values.items()])]
    return "\n\n".join(parts) + "\n"


def _facts(card: dict[str, Any], n_weights: int, digest: str) -> str:
    libraries = card.get("libraries")
    facts = {
        "weights": f"{n_weights:,}",
        "SHA-256": f"`{digest}`",
        "SHA-256 of the base model": f"`{card['base_model']}`" if card.get("base_model") else None,
        "window in training": f"{card['training_window']:,} bases",
        "window in prediction": f"{card['inference_window']:,} bases",
        "sees coverage of": ", ".join(f"{library['name']} ({library['kind']})" for library in libraries or []),
        "coverage norm": card["coverage_norm"] if libraries else None,
        "class weights (intergenic, UTR, CDS, intron)": _list(card["class_weights"]),
        "transition weights (starts, then ends, of transcript, CDS, intron)": _list(card["transition_weights"]),
        "seed": None if card.get("seed") is None else str(card["seed"]),
        "made with": ", ".join(f"{name} {version}" for name, version in (card.get("versions") or {}).items()),
    }
    return "\n".join(f"* {name}: {value}" for name, value in facts.items() if value)


def _list(values: Any) -> str:
    return ", ".join(f"{value:g}" for value in values) if values else "none"


def _score_table(what: str, scores: Iterable[AgainstBase]) -> str:
    return _table((what, "this model", "base model", "gain", "95 % interval"), [_score_row(score) for score in scores])


def _score_row(score: AgainstBase) -> list[str]:
    gain = "" if score.gain is None else f"{score.gain:+.4f}"
    return [score.title, _number(score.tuned), _number(score.base), gain, score.interval_in_words]


def _store_table(stores: Sequence[Any]) -> str:
    columns = ("species", "n_bases", "labels", "labels_digest", "split", "split_digest", "selection", "leakage", "role")
    rows = [
        [_cell(store.get(name)) for name in columns] if isinstance(store, dict) else [str(store), *[""] * 8]
        for store in stores
    ]
    return _table(columns, rows)


def _cell(value: Any) -> str:
    return "" if value is None else f"{100 * value:.1f} %" if isinstance(value, float) else str(value)


def _number(value: Any) -> str:
    return "" if value is None else f"{value:.4f}" if isinstance(value, float) else str(value)


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
