"""What the libraries of a set hold: reads used and skipped, strand balance, and where their coverage lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import dask.base
import numpy as np
from dask.delayed import delayed
from numba import njit
from numpy.typing import NDArray

from helixdask.coverage.rules import REASONS
from helixdask.coverage.statistics import QUANTILES
from helixdask.errors import MissingInputError
from helixdask.public_names import public_name
from helixdask.registry import STRANDS
from helixdask.store.store import Store

__all__ = ["PLACES", "REASON_WORDS", "summarise", "summary_tables"]

PLACES: Final = ("exon", "intron", "antisense", "elsewhere")
"""Where coverage lies by the labels of its own strand (UTR and CDS are exons); `antisense`: outside genes of its own
strand, but on an exon of the other. Of unstranded libraries both strands' labels are looked at alike."""

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
_INTERGENIC, _INTRON = 0, 3


def summarise(store: Store, set_name: str = "rnaseq", labels: str | None = None) -> dict[str, Any]:
    """Summary of all libraries of a set.

    Parameters
    ----------
    store
        The store.
    set_name
        The set.
    labels
        Labels to compare coverage with; None: the only ones, `reference` of several, none where there are none.

    Returns
    -------
    dict
        JSON-able: `set`, `species`, `labels` (or None), and `libraries`, each with `name`, `kind`, `strandedness`,
        `rules`, `path`, `reads_used`, `reads_skipped` (by reason), `spliced_share` (of the reads used), `plus_share`
        (of coverage), `covered_share` (of bases, by strand), `per_million`, `constants` (None where they are not
        known); with labels also `places` (shares of coverage) and `spliced_on_introns` (share of spliced coverage on
        labelled introns).

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
    libraries = [_library(store, name, a) for name, a in zip(names, attrs, strict=True)]
    if labels is not None:
        for library, sums in zip(libraries, _sums(store, set_name, names, attrs, labels), strict=True):
            total, spliced = int(sums[:4].sum()), int(sums[4:].sum())
            library["places"] = {place: _share(int(n), total) for place, n in zip(PLACES, sums[:4], strict=True)}
            library["spliced_on_introns"] = _share(int(sums[4]), spliced)
    return {"set": set_name, "species": store.species, "labels": labels, "libraries": libraries}


def _library(store: Store, name: str, attrs: Mapping[str, Any]) -> dict[str, Any]:
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
    store: Store, set_name: str, names: Sequence[str], attrs: Sequence[Mapping[str, Any]], labels: str
) -> NDArray[np.int64]:
    """Sums of coverage on each place, and of spliced coverage on introns and elsewhere, (library, 6) int64."""
    stranded = [a.get("strandedness") not in ("unstranded", None) for a in attrs]
    tasks = [
        delayed(_region_sums)(store, set_name, list(names), stranded, labels, start)
        for start in range(0, store.n_bases, store.shard_length)
    ]
    found: NDArray[np.int64] = np.stack(dask.base.compute(*tasks, scheduler="threads")).sum(axis=0)
    return found


def _region_sums(
    store: Store, set_name: str, names: list[str], stranded: list[bool], labels: str, start: int
) -> NDArray[np.int64]:
    """The same for one shard."""
    stop = min(start + store.shard_length, store.n_bases)
    label = store.read(f"labels/{labels}/label", start, stop)
    sums = np.zeros((len(names), 6), np.int64)
    for row, (name, by_strand) in enumerate(zip(names, stranded, strict=True)):
        group = f"coverage/{set_name}/{name}"
        coverage = store.read(f"{group}/coverage", start, stop)
        spliced = store.read(f"{group}/spliced_coverage", start, stop)
        _add_sums(coverage, spliced, label, by_strand, sums[row])
    return sums


@njit(cache=True, nogil=True)
def _add_sums(
    coverage: NDArray[np.uint32],
    spliced: NDArray[np.uint32],
    label: NDArray[np.uint8],
    stranded: bool,
    sums: NDArray[np.int64],
) -> None:
    for strand in range(2):
        for i in range(coverage.shape[1]):
            if not (coverage[strand, i] or spliced[strand, i]):
                continue
            own, other = label[strand, i], label[1 - strand, i]
            if not stranded and (own == _INTERGENIC or (own == _INTRON and other != _INTERGENIC)):
                own = other
            if own != _INTERGENIC:
                place = 1 if own == _INTRON else 0
            else:
                place = 2 if other not in (_INTERGENIC, _INTRON) else 3
            sums[place] += coverage[strand, i]
            sums[4 if own == _INTRON else 5] += spliced[strand, i]


def summary_tables(summary: Mapping[str, Any]) -> list[tuple[str, list[str], list[list[Any]]]]:
    """Titles, columns and rows of a summary as people read it."""
    libraries = summary["libraries"]
    reasons = [r for r in REASONS[1:] if any(r in library["reads_skipped"] for library in libraries)]
    tables = [
        (
            f"Coverage set {summary['set']} of {summary['species']}",
            ["library", "kind", "strandedness", "reads used", *(f"{REASON_WORDS[r]}" for r in reasons)],
            [
                [x["name"], x["kind"], x["strandedness"], x["reads_used"]]
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
