"""The page of a run, and the pages of one selection or split, from the same sections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from helixdask.errors import BadInputError
from helixdask.pages import write_page
from helixdask.report.annotation import annotation_section
from helixdask.report.cost import cost_section
from helixdask.report.genes import genes_section
from helixdask.report.genome import genome_section
from helixdask.report.kinship import kinship_section, leakage_parts, leakage_section
from helixdask.report.libraries import libraries_section
from helixdask.report.section import Section, sections_as_html
from helixdask.report.sides import sides_section, split_parts
from helixdask.report.training import training_section
from helixdask.report.windows import selection_parts, windows_section
from helixdask.store.store import Store


def write_run_report(stores: Sequence[Store], cards: Sequence[Mapping[str, Any]], path: str | Path) -> None:
    """Write one page of a whole run; it needs nothing else, and appears whole or not at all.

    Tables of windows, genes and kinship are read, and sequence around a sample of the genes, but no track as a whole.

    Parameters
    ----------
    stores
        Stores, each with its sections.
    cards
        Cards of models.
    path
        HTML file to write.

    Raises
    ------
    BadInputError
        Neither a store nor a model is given, or the file cannot be written.
    StoreChangedError
        A group was replaced meanwhile.
    """
    if not stores and not cards:
        raise BadInputError("nothing to report on", remedy="Name a store, models, or both.")
    parts: list[str] = []
    for number, store in enumerate(stores):
        several = len(stores) > 1
        if several:
            parts.append(f"<h1>{store.species}</h1>")
        parts += sections_as_html(store_sections(store, None if several else cards), f"{number}-" if several else "")
        store.check_unchanged()
    if len(stores) != 1 and cards:
        parts += sections_as_html([training_section(cards)], "models-")
    title = " and ".join(store.species for store in stores) or " and ".join(str(card["name"]) for card in cards)
    write_page(path, f"Report on {title}", parts)


def store_sections(store: Store, cards: Sequence[Mapping[str, Any]] | None) -> list[Section]:
    """All sections of a store, in the order of the work, with those of models unless they are None."""
    before = (
        *(genome_section, annotation_section, libraries_section),
        *(windows_section, sides_section, kinship_section, leakage_section),
    )
    models = [] if cards is None else [training_section(cards)]
    return [*(make(store) for make in before), *models, genes_section(store), cost_section(store)]


def write_selection_report(store: Store, name: str, path: str | Path) -> None:
    """Write a page about a selection: its strata, and measures of what is kept against all.

    Raises
    ------
    BadInputError
        The file cannot be written.
    """
    write_page(path, f"Selection {name} of {store.species}", selection_parts(store, name))


def write_split_report(store: Store, name: str, path: str | Path) -> None:
    """Write a page about a split: its sides, where they lie, and what leaks.

    Raises
    ------
    BadInputError
        The file cannot be written.
    """
    parts = [*split_parts(store, name), *leakage_parts(store.attrs(f"splits/{name}"))]
    write_page(path, f"Split {name} of {store.species}", parts)
