"""What a biologist has to know of a trained model, in about ten lines: made from the model's card."""

from __future__ import annotations

from typing import Any, Final

from helixdask.scores.against_base import evidence_source

_LEARNS: Final = {
    "norm": "no weight was trained; means and variances of its normalisation are those of this genome",
    "head": "of the base model only the output layer was trained",
    "coverage": "behind the base model a new output layer was trained that also sees coverage",
    "whole": "all weights were trained",
}
_BY_EVIDENCE: Final = (
    "No known genes were at hand. Evidence, {} and reading frames, tells which of two models is better, not how many "
    "genes of either are right: compare a region that you know, or evaluate with known genes."
)
_BY_GENES: Final = (
    "The scores are agreement with the known genes of the same genome: they hold as far as these are right."
)
_ONE_RUN: Final = "One run with one seed: another seed gives another model, and gains near 0 may not come again."


def card_summary(card: dict[str, Any]) -> str:
    """A list in Markdown: what a model is, what it learnt from, how sure that is, and when not to use it.

    Parameters
    ----------
    card
        See `helixdask.trainer.network.card.default_card`.

    Returns
    -------
    str
        Empty where the card tells of no training of ours.
    """
    stores = [store for store in card.get("training_stores") or [] if isinstance(store, dict)]
    verdict, settings = card.get("verdict") or {}, card.get("settings") or {}
    if not stores or not verdict.get("text"):
        return ""
    species = _listed(store.get("species") or "?" for store in stores if store.get("role") != "validates")
    sure = _BY_EVIDENCE.format(evidence_source(verdict)) if verdict.get("pseudolabels") else _BY_GENES
    facts = {
        "What it is": _what(settings, verdict, species),
        "Learnt from": _learnt(card, verdict, settings, species),
        "Judged on": _judged(card, verdict, stores),
        "Found": verdict["text"],
        "How sure": f"{sure} {_ONE_RUN}",
        "Needs": _needs(card),
        "When not to use it": _not_for(verdict, species),
        "To use it": f"`helixdask annotate genome.fa --model {card['name']}.keras -o genes.gff3`",
    }
    return "\n".join(f"* **{name}.** {text}" for name, text in facts.items() if text)


def _listed(names: Any) -> str:
    return " and ".join(dict.fromkeys(map(str, names)))


def _what(settings: dict[str, Any], verdict: dict[str, Any], species: str) -> str:
    base = settings.get("model")
    if base is None:
        return f"A network trained from scratch on {species}."
    if verdict.get("written") == "base":
        return f"The base model {base}, unchanged: tuning was not shown to make it better."
    return f"{base}, tuned to {species}: {_LEARNS.get(settings.get('mode', ''), 'it was trained')}."


def _learnt(card: dict[str, Any], verdict: dict[str, Any], settings: dict[str, Any], species: str) -> str:
    size, text = card.get("learnt"), species
    if size:
        text = f"{size['windows']:,} windows of {species}, {size['bases'] / 1e6:,.1f} million bases of one strand"
    if verdict.get("written") == "base":
        return f"{text}, as the base model that it is."
    if settings.get("mode") == "norm":
        return f"{text}; labels were looked at for scores alone."
    if not verdict.get("pseudolabels"):
        return f"{text}; the labels are an annotation."
    doubt = "; what is in doubt between them was masked" if settings.get("doubt") == "mask" else ""
    return f"{text}; the labels are genes that the base model called there itself, the surest of them{doubt}."


def _judged(card: dict[str, Any], verdict: dict[str, Any], stores: list[dict[str, Any]]) -> str:
    text = f"{verdict['validation_windows']:,} windows that no step has learnt from"
    if verdict.get("written") == "base":
        return f"{text}."
    leaks = [store["leakage"] for store in stores if store.get("leakage") is not None]
    if leaks:
        text += f"; {100 * max(leaks):.1f} % of their coding bases have a near copy among what was learnt"
    if len(stores) > 1 and not card.get("copies_across"):
        text += "; near copies between genomes were not looked for"
    return f"{text}."


def _needs(card: dict[str, Any]) -> str:
    libraries = card.get("libraries")
    if not libraries:
        return ""
    kinds = ", ".join(f"{library['name']} ({library['kind']})" for library in libraries)
    return f"In the store of each genome that it predicts, libraries with these names and kinds: {kinds}."


def _not_for(verdict: dict[str, Any], species: str) -> str:
    if verdict.get("written") == "base":
        return "It is no model of this genome in particular. What holds for the base model holds for it."
    far = f"On other genomes than {species} and its close relatives, for it has learnt what is particular there"
    if verdict.get("base") is None:
        return f"{far}."
    if not verdict.get("better"):
        return f"{far}; and where the base model does, for it was not shown to be better."
    return f"{far}: use the base model."
