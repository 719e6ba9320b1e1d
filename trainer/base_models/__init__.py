"""Base models that come with the package, by name; `CARD.md` says what each is for and what it was trained on."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Final, NamedTuple

DEMO: Final = "demo"


class ShippedModel(NamedTuple):
    """A model in this folder.

    Attributes
    ----------
    name
        What to call it, as in ``--model fungi-mini``.
    path
        Its file.
    about
        What it is for, in a few words.
    """

    name: str
    path: Path
    about: str


_ABOUT: Final = {
    "fungi-mini": "fungi; trained on Cryptococcus, Aspergillus and two yeasts",
    "plant-mini": "plants; trained on Arabidopsis thaliana, A. arenosa and castor bean",
    DEMO: "the demonstration: a simulated species, no real genome",
}


def shipped_models() -> tuple[ShippedModel, ...]:
    """Models that come with the package, those for real genomes first.

    Examples
    --------
    >>> [model.name for model in shipped_models()][-1]
    'demo'
    """
    folder = Path(str(files(__package__)))
    there = ((name, folder / f"{name}.keras", about) for name, about in _ABOUT.items())
    return tuple(ShippedModel(*each) for each in there if each[1].is_file())


def shipped_model(name: str) -> Path | None:
    """File of a model that comes with the package; None where no such model does."""
    return next((model.path for model in shipped_models() if model.name == name), None)
