"""Which libraries of a store show exons and introns."""

from __future__ import annotations

from typing import Final

from helixdask.store.reading import StoreReader

TRANSCRIPT_KINDS: Final = ("rnaseq", "longread", "alignments")
"""Kinds of libraries that show exons and introns: RNA-seq, long reads, aligned proteins and transcripts."""


def transcript_groups(store: StoreReader, coverage: str | None = None) -> tuple[str, ...]:
    """Groups of all libraries of a coverage set that show exons and introns, sorted by name; None: of all sets."""
    return tuple(
        f"coverage/{name}/{library}"
        for name in (store.names("coverage") if coverage is None else [coverage])
        for library in store.names(f"coverage/{name}")
        if store.attrs(f"coverage/{name}/{library}").get("kind") in TRANSCRIPT_KINDS
    )
