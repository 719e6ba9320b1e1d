"""Which libraries of a store show transcripts from end to end."""

from __future__ import annotations

from typing import Final

from helixdask.store.reading import StoreReader

TRANSCRIPT_KINDS: Final = ("rnaseq", "longread")
"""Kinds of libraries whose reads cover transcripts from end to end."""


def transcript_groups(store: StoreReader, coverage: str | None = None) -> tuple[str, ...]:
    """Groups of all libraries of RNA-seq and long reads of a coverage set, sorted by name; None: of all sets."""
    return tuple(
        f"coverage/{name}/{library}"
        for name in (store.names("coverage") if coverage is None else [coverage])
        for library in store.names(f"coverage/{name}")
        if store.attrs(f"coverage/{name}/{library}").get("kind") in TRANSCRIPT_KINDS
    )
