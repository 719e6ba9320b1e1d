"""Which libraries of a store show exons and introns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from helixdask.coverage.kinds import ALIGNMENTS, CODING, READY_MADE, TRANSCRIPT_KINDS

if TYPE_CHECKING:
    from helixdask.store.reading import StoreReader


class EvidenceGroups(NamedTuple):
    """Groups of libraries by what they cover: exons from end to end, or coding bases alone, as proteins do."""

    exons: tuple[str, ...] = ()
    coding: tuple[str, ...] = ()

    @classmethod
    def of(cls, store: StoreReader, groups: Iterable[str]) -> EvidenceGroups:
        """Sort groups of a store."""
        coding = [group for group in groups if store.attrs(group).get("covers") == CODING]
        return cls(tuple(group for group in groups if group not in coding), tuple(coding))


def held_in_words(libraries: Iterable[Mapping[str, Any]]) -> str:
    """What libraries hold, from their attributes; reads where there are none.

    Examples
    --------
    >>> held_in_words([{"kind": "rnaseq"}, {"kind": "longread"}, {"kind": "alignments", "covers": "coding"}])
    'reads and protein alignments'
    """
    return " and ".join(dict.fromkeys(map(_held, libraries))) or "reads"


def _held(attrs: Mapping[str, Any]) -> str:
    if attrs.get("kind") == ALIGNMENTS:
        return f"{'protein' if attrs.get('covers') == CODING else 'transcript'} alignments"
    return "tracks" if attrs.get("kind") in READY_MADE else "reads"


def transcript_groups(
    store: StoreReader, coverage: str | None = None, kinds: Collection[str] = TRANSCRIPT_KINDS
) -> tuple[str, ...]:
    """Groups of all libraries of a coverage set that show exons and introns, sorted by name; None: of all sets."""
    return tuple(
        f"coverage/{name}/{library}"
        for name in (store.names("coverage") if coverage is None else [coverage])
        for library in store.names(f"coverage/{name}")
        if store.attrs(f"coverage/{name}/{library}").get("kind") in kinds
    )
