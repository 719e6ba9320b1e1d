"""What the stages did that choose windows, in words for people: kinship, split, select."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

Attrs = Mapping[str, Any]
Facts = dict[str, Any]

_STRATA: Final = {
    "name": "stratum",
    "available": "windows",
    "kept": "kept",
    "available_bases": "bases",
    "wanted_bases": "bases wanted",
    "kept_bases": "bases kept",
    "weight": "weight in training",
}


def _kinship(attrs: Attrs) -> Facts:
    groups, unknown = attrs.get("n_groups", 0), attrs.get("n_unknown_contigs", 0)
    largest = f" (the largest: {attrs.get('largest_group', 0):,} contigs)" if groups else ""
    return {
        "sampled densely near": f"genes/{attrs['genes']}" if attrs.get("genes") else None,
        "k-mers in the sample": attrs.get("n_kmers"),
        "pairs of contigs that are alike": attrs.get("n_pairs"),
        "groups of copies": f"{groups:,}{largest}",
        "contigs without copies": attrs.get("n_single_contigs"),
        "too short to tell": f"{unknown:,} contigs of {attrs.get('bases_of_unknown_contigs', 0):,} bases"
        if unknown
        else None,
    }


def _split(attrs: Attrs) -> Facts:
    from helixdask.selection.leakage import SPLIT_TITLES

    guard = attrs.get("guard") or 0
    apart = f", windows within {guard:,} bases of another side left out" if guard else ""
    sides = attrs.get("n_windows") or {}
    left_out, copies = attrs.get("n_left_out", 0), attrs.get("n_near_copies", 0)
    return {
        "windows": attrs.get("windows"),
        "divided": f"by blocks of contigs{apart}" if attrs.get("by_blocks") else "by whole contigs",
        "seed": attrs.get("seed"),
        **{side: _side(attrs, side) for side, count in sides.items() if count},
        "left out": f"{left_out:,} windows, {copies:,} of them near copies of another side" if left_out else None,
        "validation with a near copy in training": [
            {
                "": SPLIT_TITLES.get(row["split"], row["split"]),
                "of its windows": f"{100 * row['windows']:.1f} %",
                "of its coding bases": f"{100 * row['coding_bases']:.1f} %",
            }
            for row in attrs.get("leakage") or []
        ],
    }


def _side(attrs: Attrs, side: str) -> str:
    count, bases, contigs = (attrs.get(f"n_{what}", {}).get(side, 0) for what in ("windows", "bases", "contigs"))
    return f"{count:,} windows of {bases:,} bases, on {contigs:,} contig{'s' * (contigs != 1)}"


def _select(attrs: Attrs) -> Facts:
    usable, kept = attrs.get("n_usable", 0), attrs.get("n_kept", 0)
    share = f" ({100 * kept / usable:.1f} % of the usable ones)" if usable else ""
    return {
        "windows": attrs.get("windows"),
        "usable": f"{usable:,} of {attrs.get('n_windows', 0):,} windows",
        "kept": f"{kept:,}{share} with {attrs.get('bases_kept', 0):,} bases",
        "strata": [{words: row.get(key) for key, words in _STRATA.items()} for row in attrs.get("strata") or []],
    }


CHOICES: Final[dict[str, Callable[[Attrs], Facts]]] = {"kinship": _kinship, "split": _split, "select": _select}
"""Named values by stage."""
