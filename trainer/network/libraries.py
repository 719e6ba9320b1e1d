"""Which libraries of a store a network sees, and in which order: matched by name and kind, never by position."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, NamedTuple

from helixdask.coverage.kinds import TRANSCRIPT_READS
from helixdask.coverage.transcripts import held_in_words, transcript_groups
from helixdask.errors import BadInputError, MissingInputError
from helixdask.store.store import Store
from helixdask.trainer.network.spec import NetworkSpec

log = logging.getLogger(__name__)


class NamedLibrary(NamedTuple):
    """A library as a model knows it."""

    name: str
    kind: str


def libraries_of_set(store: Store, coverage: str) -> list[NamedLibrary]:
    """Libraries of a coverage set, sorted by name.

    Raises
    ------
    MissingInputError
        There is no such set, or it holds no library.
    """
    names = store.names(f"coverage/{coverage}")
    if not names:
        raise MissingInputError("the coverage set holds no library", where=f"{store.url}/coverage/{coverage}")
    return [NamedLibrary(name, str(store.attrs(f"coverage/{coverage}/{name}").get("kind"))) for name in names]


def model_libraries(store: Store, coverage: str, spec: NetworkSpec, card: dict[str, Any]) -> list[NamedLibrary]:
    """Libraries of a coverage set in the order of a model's channels.

    Parameters
    ----------
    store, coverage
        The store and its coverage set.
    spec, card
        The model's. Where the card names no libraries (Helixer's files), the store's order is taken and logged.

    Raises
    ------
    MissingInputError
        The set lacks a library that the model was trained on, or has another kind under its name; all are listed.
    """
    there = libraries_of_set(store, coverage)
    listed = ", ".join(library.name for library in there)
    if card["libraries"] is None:
        if len(there) != spec.n_libraries:
            raise MissingInputError(
                f"the model takes {spec.n_libraries} libraries without saying which; "
                f"coverage/{coverage} has {len(there)}: {listed}",
                where=store.url,
                remedy="Make a coverage set of exactly those libraries: helixdask coverage STORE --name SET --bam ...",
            )
        for number, library in enumerate(there, 1):
            log.warning("the model does not name its libraries: its library %d is taken to be %s", number, library.name)
        return there
    kinds = dict(there)
    wanted = [NamedLibrary(str(library["name"]), str(library["kind"])) for library in card["libraries"]]
    missing = [
        f"{name} (of kind {kind}; the store's is {kinds[name]})" if name in kinds else f"{name} ({kind})"
        for name, kind in wanted
        if kinds.get(name) != kind
    ]
    if missing:
        raise MissingInputError(
            f"the model was tuned on libraries that coverage/{coverage} lacks: {', '.join(missing)}",
            where=store.url,
            remedy=f"It has: {listed}. Add them: helixdask coverage STORE --name {coverage} ...",
        )
    return wanted


def shared_libraries(
    stores: Sequence[Store], coverage: str | None, known: Sequence[NamedLibrary] = ()
) -> tuple[list[NamedLibrary], list[tuple[str, ...]]]:
    """Libraries that a network is to be trained with, the same in all stores.

    Parameters
    ----------
    stores
        The stores.
    coverage
        Name of the coverage set in each; None: the only one there is.
    known
        Libraries that the network sees already: they keep their channels, the others follow, sorted by name.

    Returns
    -------
    tuple
        The libraries in the order of the channels, and for each store their groups in that order.

    Raises
    ------
    BadInputError
        The stores differ in names or kinds.
    MissingInputError
        A store has no such set.
    """
    sets = [store.resolve("coverage", coverage) for store in stores]
    there = [libraries_of_set(store, name) for store, name in zip(stores, sets, strict=True)]
    if any(set(libraries) != set(there[0]) for libraries in there):
        listed = "; ".join(
            f"{store.url}: {', '.join(f'{name} ({kind})' for name, kind in libraries)}"
            for store, libraries in zip(stores, there, strict=True)
        )
        raise BadInputError(
            "the stores differ in their libraries", where=listed, remedy="Give them the same names and kinds."
        )
    order = [*known, *(library for library in there[0] if library not in known)]
    return order, [tuple(f"coverage/{name}/{library.name}" for library in order) for name in sets]


def read_groups(stores: Sequence[Store]) -> list[tuple[str, ...]]:
    """Groups of all libraries of RNA-seq and long reads of each store, as many of each: none where one has none."""
    found = [transcript_groups(store, kinds=TRANSCRIPT_READS) for store in stores]
    fewest = min(map(len, found), default=0)
    return [groups[:fewest] for groups in found]


def held_by(stores: Sequence[Store], groups: Sequence[tuple[str, ...]]) -> str:
    """What some libraries of each store hold, for people: see `held_in_words`."""
    return held_in_words(store.attrs(group) for store, each in zip(stores, groups, strict=True) for group in each)
