"""Which lanes a picture of a region has, from top to bottom, and what each is called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from helixdask.errors import BadInputError
from helixdask.store.lineage import predictions_of
from helixdask.store.store import Store

SEQUENCE: Final = "genome/sequence"
_MOST_LIBRARIES: Final = 6
"""A set with more libraries is one lane, their sum, unless they are named."""


@dataclass(frozen=True)
class Lane:
    """One lane.

    Attributes
    ----------
    path
        What it shows: ``genes/NAME``, ``labels/NAME``, ``predictions/NAME``, ``coverage/SET/LIBRARY``,
        ``coverage/SET`` (the sum of its libraries), ``tracks/NAME`` or ``genome/sequence``.
    libraries
        Libraries that are summed; one where the path names it, none of other kinds.
    """

    path: str
    libraries: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """``genes``, ``labels``, ``predictions``, ``coverage``, ``tracks`` or ``genome``."""
        return self.path.partition("/")[0]

    @property
    def set_name(self) -> str:
        """What libraries with a common scale have in common."""
        return self.path.split("/")[1]


def lanes_of(store: Store, wanted: Sequence[str] | None = None) -> list[Lane]:
    """Lanes in the order in which they are drawn.

    Genes that were read come first, with the labels; then each predictions with the genes that were called from them,
    so that several models stand below each other; then coverage, other tracks, and the sequence.

    Parameters
    ----------
    store
        The store.
    wanted
        What to show, in this order: kinds (``genes``), groups (``predictions/base``, ``coverage/rnaseq/leaf``) or
        ``genome/sequence``; None: all there is.

    Raises
    ------
    BadInputError
        Something that was asked for is not in the store, or there is nothing to draw.
    """
    everything = _all_lanes(store)
    if not any(lane.kind != "genome" for lane in everything) and not wanted:
        raise BadInputError(
            "the store holds no genes, labels, predictions, coverage or tracks to draw",
            where=store.url,
            remedy="Make some first, for example with: helixdask labels STORE --gff3 FILE",
        )
    if not wanted:
        return everything
    single = [lane for name in store.names("coverage") for lane in _libraries(store, name)]
    chosen: list[Lane] = []
    for name in wanted:
        found = [lane for lane in everything if _is_of(lane, name)] or [lane for lane in single if _is_of(lane, name)]
        if not found:
            there = ", ".join(dict.fromkeys(lane.path for lane in (*everything, *single)))
            raise BadInputError(f"no track is called {name!r}", where=store.url, remedy=f"There are: {there}.")
        chosen += [lane for lane in found if lane not in chosen]
    return chosen


def _is_of(lane: Lane, name: str) -> bool:
    name = name.rstrip("/")
    return lane.path == name or lane.path.startswith(f"{name}/")


def _all_lanes(store: Store) -> list[Lane]:
    source = {name: predictions_of(store, name) for name in store.names("genes")}
    predictions = store.names("predictions")
    read = [f"genes/{name}" for name, made_from in source.items() if made_from not in predictions]
    paths = [*read, *(f"labels/{name}" for name in store.names("labels"))]
    for each in predictions:
        paths += [f"predictions/{each}", *(f"genes/{name}" for name, origin in source.items() if origin == each)]
    lanes = [Lane(path) for path in paths]
    for name in store.names("coverage"):
        single = _libraries(store, name)
        many = len(single) > _MOST_LIBRARIES
        lanes += [Lane(f"coverage/{name}", tuple(store.names(f"coverage/{name}")))] if many else single
    return [*lanes, *(Lane(f"tracks/{name}") for name in store.names("tracks")), Lane(SEQUENCE)]


def _libraries(store: Store, name: str) -> list[Lane]:
    return [Lane(f"coverage/{name}/{library}", (library,)) for library in store.names(f"coverage/{name}")]
