"""What a model says about itself: how it was trained, on what, and how it is to be used."""

from __future__ import annotations

from typing import Any, Final, Literal, get_args

from helixdask.errors import BadInputError
from helixdask.settings import WINDOW_LENGTH

CARD_FORMAT = 1
CLASS_WEIGHTS = (0.7, 1.6, 1.2, 1.2)
TRANSITION_WEIGHTS = (1.0, 12.0, 3.0, 1.0, 12.0, 3.0)
CoverageNorm = Literal["log", "linear", "none"]
COVERAGE_NORMS: Final[tuple[str, ...]] = get_args(CoverageNorm)
# What Helixer's guide recommends for its published models, by the lineage their file names start with.
_PUBLISHED_WINDOWS = {"land_plant": 64_152, "vertebrate": 213_840, "invertebrate": 213_840, "fungi": 21_384}


def published_window(file_name: str) -> int | None:
    """Window length recommended for a published model, or None for a file name that is not one of theirs."""
    for lineage, window in _PUBLISHED_WINDOWS.items():
        if file_name.startswith(f"{lineage}_v"):
            return window
    return None


def default_card(**known: Any) -> dict[str, Any]:
    """Return a card with Helixer's documented values where nothing else is known.

    Parameters
    ----------
    known
        Entries that are known; others than those below are kept as they are.

    Returns
    -------
    dict
        JSON values: `format`, `name`, `class_weights` (4), `transition_weights` (6), `loss_weights` (genic, phase),
        `training_window` and `inference_window` (bases), `coverage_norm`, `libraries` (list of `{"name", "kind"}` in
        the order of the channels, or None where nobody knows), `base_model` (digest), `training_stores` (list of
        digests), `learnt` (`windows` and their `bases`, or None), `copies_across` (near copies between them, or None),
        `utr_ratio` (UTR bases for each coding base in the labels, or None), `seed`, `versions`, `scores` (by epoch),
        `verdict`, `recipe` (all that decided what training ended with, by name), `ended` (why training ended; None
        while it goes on).

    Raises
    ------
    BadInputError
        A coverage norm that does not exist.
    """
    card: dict[str, Any] = {
        "format": CARD_FORMAT,
        "name": None,
        "class_weights": list(CLASS_WEIGHTS),
        "transition_weights": list(TRANSITION_WEIGHTS),
        "loss_weights": [0.8, 0.2],
        "training_window": WINDOW_LENGTH,
        "inference_window": WINDOW_LENGTH,
        "coverage_norm": "log",
        "libraries": None,
        "base_model": None,
        "training_stores": [],
        "learnt": None,
        "copies_across": None,
        "utr_ratio": None,
        "seed": None,
        "versions": {},
        "scores": [],
        "verdict": None,
        "recipe": None,
        "ended": None,
    }
    card.update(known)
    if card["coverage_norm"] not in COVERAGE_NORMS:
        raise BadInputError(f"coverage norm {card['coverage_norm']!r} is none of {', '.join(COVERAGE_NORMS)}")
    return card
