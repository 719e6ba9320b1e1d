"""Several stores: which of them train and which validate, and near copies between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from helixdask.errors import BadInputError
from helixdask.selection.across import Across, Genome, across_genomes
from helixdask.selection.kin import near_gene_sketch
from helixdask.windows.grid import Windows

if TYPE_CHECKING:
    from helixdask.trainer.feed.training_windows import StoreSplit
    from helixdask.trainer.feed.window_set import WindowSet


def with_roles(splits: Sequence[StoreSplit], validate_on: str | None, urls: Sequence[str]) -> list[StoreSplit]:
    """The splits with one store that only validates and others that only train; None: all do both.

    Parameters
    ----------
    splits
        One for each store.
    validate_on
        The store as it was named, or its species.
    urls
        How the stores were named.

    Raises
    ------
    BadInputError
        No store is called so, several are, or there is no other to train on.
    """
    if validate_on is None:
        return list(splits)
    named = [validate_on.rstrip("/") == url.rstrip("/") for url in urls]
    if not any(named):
        named = [validate_on == split.store.species for split in splits]
    if sum(named) != 1:
        known = ", ".join(f"{url} ({split.store.species})" for url, split in zip(urls, splits, strict=True))
        problem = "is not among the stores" if not any(named) else "means several stores"
        raise BadInputError(f"--validate-on {validate_on} {problem}", remedy=f"They are {known}.")
    if len(splits) < 2:
        raise BadInputError("the only store cannot validate alone", remedy="Name others to train on.")
    return [replace(split, role="validates" if held else "trains") for split, held in zip(splits, named, strict=True)]


def without_copies_across(
    train: WindowSet, validation: WindowSet, splits: Sequence[StoreSplit]
) -> tuple[WindowSet, Across | None]:
    """Training windows without those that are near copies of validation windows of another store.

    Parameters
    ----------
    train, validation
        Windows of all stores.
    splits
        One for each store.

    Returns
    -------
    train, across
        What is left, and what was found; None where a store knows nothing of copies.
    """
    names = [split.kinship for split in splits]
    if len(splits) < 2 or any(name is None for name in names):
        return train, None
    genomes = [
        Genome(near_gene_sketch(split.store, str(name)), _windows(train, number), _windows(validation, number))
        for number, (split, name) in enumerate(zip(splits, names, strict=True))
    ]
    found = across_genomes(genomes)
    keep = np.ones(len(train), np.bool_)
    for number, dropped in enumerate(found.dropped):
        keep[np.flatnonzero(train.store == number)[dropped]] = False
    return train if keep.all() else train.some(np.flatnonzero(keep)), found


def _windows(some: WindowSet, store: int) -> Windows:
    rows = np.flatnonzero(some.store == store)
    return Windows(some.contig[rows], some.start[rows], some.end[rows], some.strand[rows])
