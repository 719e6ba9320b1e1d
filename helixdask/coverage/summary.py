"""What the libraries of a set hold: reads used and skipped, strand balance, and where their coverage lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from helixdask.coverage.kinds import DEFAULT_SET
from helixdask.coverage.places import PLACES, add_places
from helixdask.coverage.rules import REASONS
from helixdask.coverage.statistics import QUANTILES
from helixdask.engine.cluster import RunOptions
from helixdask.engine.slices import run_slices, slices_of
from helixdask.errors import MissingInputError
from helixdask.public_names import public_name
from helixdask.registry import STRANDS
from helixdask.store.store import Store

REASON_WORDS: Final = {
    "unmapped": "unmapped",
    "secondary": "secondary",
    "qc_fail": "QC failed",
    "duplicate": "duplicate",
    "supplementary": "supplementary",
    "low_mapq": "low MAPQ",
    "no_cigar": "no CIGAR",
    "unclear_mate": "mate unclear",
    "second_mate": "read 2",
    "too_short": "too short",
}
_TASK: Final = 1 << 22
_BASES_PER_SECOND: Final = 5e7


def summarise(
    store: Store, set_name: str = DEFAULT_SET, labels: str | None = None, options: RunOptions | None = None
) -> dict[str, Any]:
    """Summary of all libraries of a set.

    Parameters
    ----------
    store
        The store.
    set_name
        The set.
    labels
        Labels to compare coverage with; None: the only ones, `reference` of several, none where there are none.
    options
        How to run; only comparing with labels reads the tracks.

    Returns
    -------
    dict
        JSON-able: `set`, `species`, `labels` (or None), and `libraries`, each with `name`, `kind`, `strandedness`,
        `rules`, `path`, `reads_used`, `alignments` (of proteins or transcripts), `reads_skipped` (by reason),
        `spliced_share` (of the reads used), `plus_share` (of coverage), `covered_share` (of bases, by strand),
        `per_million`, `constants` (None where they are not known); with labels also `places` (shares of coverage) and
        `spliced_on_introns` (share of spliced coverage on labelled introns).

    Raises
    ------
    MissingInputError
        If the set holds no library, or the labels are not there.
    """
    names = store.names(f"coverage/{set_name}")
    if not names:
        sets = ", ".join(store.names("coverage")) or "none"
        raise MissingInputError(
            f"coverage/{set_name} holds no library", where=store.url, remedy=f"Sets that do: {sets}. Name one: --name."
        )
    there = store.names("labels")
    if labels is not None or len(there) == 1:
        labels = store.resolve("labels", labels)
    elif "reference" in there:
        labels = "reference"
    attrs = [store.attrs(f"coverage/{set_name}/{name}") for name in names]
    libraries = [library_facts(store, name, a) for name, a in zip(names, attrs, strict=True)]
    if labels is not None:
        for library, sums in zip(
            libraries, _sums(store, set_name, names, attrs, labels, options or RunOptions()), strict=True
        ):
            total, spliced = int(sums[:4].sum()), int(sums[4:].sum())
            library["places"] = {place: _share(int(n), total) for place, n in zip(PLACES, sums[:4], strict=True)}
            library["spliced_on_introns"] = _share(int(sums[4]), spliced)
    return {"set": set_name, "species": store.species, "labels": labels, "libraries": libraries}


def library_facts(store: Store, name: str, attrs: Mapping[str, Any]) -> dict[str, Any]:
    """What the attributes of a library tell, see `summarise`; no track is read."""
    counts = attrs["counts"]
    used = counts.get("reads_used")
    plus, minus = counts["coverage_sum_plus"], counts["coverage_sum_minus"]
    return {
        "name": name,
        "kind": attrs["kind"],
        "strandedness": attrs.get("strandedness"),
        "rules": attrs.get("rules"),
        "path": public_name(attrs["path"]) if attrs.get("path") else None,
        "reads_used": used,
        "alignments": counts.get("alignments"),
        "reads_skipped": {r: counts[f"reads_{r}"] for r in REASONS[1:] if counts.get(f"reads_{r}")},
        "spliced_share": _share(counts.get("reads_spliced"), used),
        "plus_share": _share(plus, plus + minus),
        "covered_share": {
            strand: _share(counts[f"coverage_bases_{word}"], store.n_bases)
            for strand, word in zip(STRANDS, ("plus", "minus"), strict=True)
        },
        "per_million": attrs.get("per_million"),
        "constants": attrs.get("constants"),
    }


def _share(part: int | None, whole: int | None) -> float | None:
    return part / whole if part is not None and whole else None


def _sums(
    store: Store,
    set_name: str,
    names: Sequence[str],
    attrs: Sequence[Mapping[str, Any]],
    labels: str,
    options: RunOptions,
) -> NDArray[np.int64]:
    """Sums of coverage on each place, and of spliced coverage on introns and elsewhere, (library, 6) int64."""
    stranded = [a.get("strandedness") not in ("unstranded", None) for a in attrs]
    shared = (store, [f"coverage/{set_name}/{name}" for name in names], stranded, f"labels/{labels}/label")
    seconds = store.n_bases * len(names) / _BASES_PER_SECOND
    sums = np.zeros((len(names), 6), np.int64)
    slices = slices_of(store, _TASK)
    for _, part in run_slices(_slice_sums, shared, slices, options, seconds, store.url, title="coverage"):
        sums += part
    return sums


def _slice_sums(shared: tuple[Any, ...], start: int, stop: int) -> NDArray[np.int64]:
    """The same for one slice, one shard of one library at a time."""
    store, groups, stranded, labels = shared
    sums = np.zeros((len(groups), 6), np.int64)
    for first in range(start, stop, store.shard_length):
        last = min(first + store.shard_length, stop)
        label = store.read(labels, first, last)
        for row, (group, by_strand) in enumerate(zip(groups, stranded, strict=True)):
            coverage, spliced = (
                store.read(f"{group}/{name}", first, last) for name in ("coverage", "spliced_coverage")
            )
            add_places(coverage, spliced, label, by_strand, sums[row])
    return sums


def summary_tables(summary: Mapping[str, Any]) -> list[tuple[str, list[str], list[list[Any]]]]:
    """Titles, columns and rows of a summary as people read it."""
    libraries = summary["libraries"]
    reasons = [r for r in REASONS[1:] if any(r in library["reads_skipped"] for library in libraries)]
    aligned = ["alignments"] if any(x["alignments"] is not None for x in libraries) else []
    tables = [
        (
            f"Coverage set {summary['set']} of {summary['species']}",
            ["library", "kind", "strandedness", *aligned, "reads used", *(f"{REASON_WORDS[r]}" for r in reasons)],
            [
                [x[name] for name in ("name", "kind", "strandedness", *aligned, "reads_used")]
                + [x["reads_skipped"].get(r, 0) if x["reads_used"] is not None else None for r in reasons]
                for x in libraries
            ],
        )
    ]
    columns = ["library", "spliced reads", "on +", "+ covered", "- covered"]
    if summary["labels"]:
        columns += [*PLACES, "spliced on introns"]
    rows = []
    for x in libraries:
        shares = [x["spliced_share"], x["plus_share"], *(x["covered_share"][strand] for strand in STRANDS)]
        if summary["labels"]:
            shares += [*(x["places"][place] for place in PLACES), x["spliced_on_introns"]]
        rows.append([x["name"], *(_percent(share) for share in shares)])
    tables.append(
        (f"Shares of coverage; places by labels/{summary['labels']}" if summary["labels"] else "Shares", columns, rows)
    )
    depth = []
    for x in libraries:
        for strand in STRANDS if x["constants"] else ():
            c = x["constants"][strand]
            depth.append(
                [
                    f"{x['name']} {strand}",
                    x["per_million"],
                    c["mean"],
                    c["mean_covered"],
                    *(c["quantiles"][f"{q:g}"] for q in QUANTILES),
                ]
            )
    names = ["median", *(f"{100 * q:g} %" for q in QUANTILES[1:])]
    tables.append(
        (
            "Constants for normalising (stored, not applied); quantiles of covered bases",
            ["library, strand", "per million", "mean", "mean covered", *names],
            depth,
        )
    )
    return tables


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{share:.1%}"
