"""What a training run is made from, and in what two runs differ."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from helixdask.engine.same_work import Difference
from helixdask.trainer.feed.training_windows import StoreSplit
from helixdask.trainer.tuning.intent import Intent
from helixdask.trainer.tuning.settings import LEARNING_RATES, TuneSettings

NOT_IN_A_MODEL: Final = ("output", "resume", "replace", "tensorboard", "devices")
"""Settings that change nothing in the model, or its last digits at most."""
_TOLD_OTHERWISE: Final = (
    "stores",
    "model",
    "mode",
    "labels",
    "split",
    "selection",
    "coverage",
    "hidden_units",
    "validate_on",
)
_FILLED_IN: Final = ("coverage_norm", "class_weights", "transition_weights")
_LENGTH: Final = ("epochs", "max_steps", "patience", "max_hours")
_OF_A_STORE: Final = ("labels", "split", "selection")
_NOTHING: Final = "none"

Recipe = dict[str, Any]
"""Names of settings and inputs, and their values as plain JSON; names and places of files are no part of it."""


def recipe_of(intent: Intent, splits: Sequence[StoreSplit]) -> Recipe:
    """Everything that decides what a run ends with: settings, network, base model, what the stores hold.

    Parameters
    ----------
    intent
        What the run is to do.
    splits
        The split, labels and selection of each of its stores.

    Returns
    -------
    dict
        One entry for each setting and input.
    """
    skipped = (*NOT_IN_A_MODEL, *_TOLD_OTHERWISE)
    settings = intent.settings
    recipe = {name: value for name, value in settings.to_dict().items() if name not in skipped}
    recipe["learning_rate"] = settings.learning_rate or LEARNING_RATES[intent.mode]
    recipe |= {name: getattr(intent, name) for name in _FILLED_IN}
    recipe |= {"mode": intent.mode, "base model": intent.base.digest if intent.base else None}
    recipe |= {f"network {name}": value for name, value in intent.spec.to_dict().items()}
    for number, (split, groups) in enumerate(zip(splits, intent.groups, strict=True), 1):
        card, store = split.card(), split.store
        named = {name: card[name] and f"{card[name]} {card[f'{name}_digest']}" for name in _OF_A_STORE}
        named["coverage"] = [f"{group.partition('/')[2]} {store.identity(group)}" for group in groups]
        if split.role != "both":
            named["role"] = split.role
        if settings.confidence:
            named["confidence"] = store.identity(f"predictions/{settings.confidence}")
        recipe |= {f"{name} of store {number}": value for name, value in named.items()}
    plain: Recipe = json.loads(json.dumps(recipe, default=str))
    return plain


def without_length(recipe: Recipe) -> Recipe:
    """What two runs share that take the same steps; how many only where the learning rate depends on it."""
    skipped = _LENGTH if recipe["decay"] == "none" else _LENGTH[2:]
    return {name: value for name, value in recipe.items() if name not in skipped}


def recipe_differences(there: Mapping[str, Any], now: Mapping[str, Any]) -> list[Difference]:
    """In what a recipe differs from another; a setting that an older version did not know is the same as its default.

    Examples
    --------
    >>> [str(one) for one in recipe_differences({"seed": 1, "epochs": 10}, {"seed": 2, "epochs": 10})]
    ['seed was 1 and is 2']
    """
    fields = dataclasses.fields(TuneSettings)
    defaults = {each.name: each.default for each in fields if each.default is not dataclasses.MISSING}
    there = {name: value for name, value in defaults.items() if name in now} | dict(there)
    names = sorted(name for name in {*there, *now} if there.get(name) != now.get(name))
    return [Difference(name, _shown(there.get(name)), _shown(now.get(name))) for name in names]


def _shown(value: Any) -> str:
    """A value for people: of digests the first letters."""
    if value is None or value == []:
        return _NOTHING
    text = value if isinstance(value, str) else json.dumps(value)
    return re.sub(r"\b([0-9a-f]{12})[0-9a-f]{4,}\b", r"\1…", text)
