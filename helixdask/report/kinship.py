"""Contigs that are copies of each other, and what of validation has a near copy in training."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from helixdask.charts.axes import beside
from helixdask.charts.matrix import matrix
from helixdask.charts.plots import Series, columns
from helixdask.pages import html_table
from helixdask.report.section import Section, heading, note, section_of_groups, share
from helixdask.selection.leakage import HISTOGRAM_LABELS, SPLIT_TITLES, Leakage
from helixdask.store.store import Store

_MOST_ROWS: Final = 32
_MOST_GROUPS: Final = 12


def kinship_section(store: Store) -> Section:
    """Groups of contigs, as a matrix of what they share, and by size."""
    missing = "copies were not looked for; `helixdask kinship STORE` does"
    return section_of_groups("Kinship", store, "kinship", _kinship_parts, missing)


def _kinship_parts(store: Store, name: str) -> Iterator[str]:
    attrs, table, contigs = store.attrs(f"kinship/{name}"), store.table(f"kinship/{name}"), store.contigs
    facts = [
        ("k-mers in the sample", attrs["n_kmers"]),
        ("pairs of contigs that are alike", attrs["n_pairs"]),
        ("groups of two and more", attrs["n_groups"]),
        ("contigs in the largest group", attrs["largest_group"]),
        ("contigs without copies", attrs["n_single_contigs"]),
        ("contigs with too few k-mers to tell", attrs["n_unknown_contigs"]),
        ("bases on them", share(attrs["bases_of_unknown_contigs"], contigs.n_bases)),
    ]
    yield heading(f"kinship/{name}")
    yield html_table((), facts)
    group = table["kin_group"].astype(np.int64)
    size = np.bincount(group, minlength=len(contigs))
    if size.max(initial=0) < 2:
        yield note("No contig is a copy of another.")
        return
    bases = np.bincount(group, contigs.lengths, minlength=len(contigs))
    largest = np.argsort(-np.where(size > 1, bases, -1), kind="stable")[: min(_MOST_GROUPS, int((size > 1).sum()))]
    rows = shown_rows(group, largest, contigs.lengths)
    figures = [_matrix(table, rows, group, [str(contigs.names[row]) for row in rows])]
    if int((size > 1).sum()) > 1:
        figures.append(_sizes(size))
    yield beside(*figures)
    told = [
        (str(contigs.names[each]), int(size[each]), int(bases[each]), share(bases[each], contigs.n_bases))
        for each in largest
    ]
    yield html_table(("largest groups, by their first contig", "contigs", "bases", "of the genome"), told)


def shown_rows(group: NDArray[np.int64], groups: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Contigs of the matrix, those of a group together: the longest of each, as many as fit.

    Parameters
    ----------
    group
        ``(contig,)``.
    groups
        The groups to show, in order.
    lengths
        ``(contig,)``.
    """
    found: list[int] = []
    for each in groups.tolist():
        members = np.flatnonzero(group == each)
        members = members[np.argsort(-lengths[members], kind="stable")]
        found += np.sort(members[: _MOST_ROWS - len(found)]).tolist()
    return np.array(found, np.int64)


def _matrix(
    table: dict[str, NDArray[np.generic]], rows: NDArray[np.int64], group: NDArray[np.int64], names: list[str]
) -> str:
    place = np.full(len(group), -1, np.int64)
    place[rows] = np.arange(len(rows))
    first, second = place[table["pair_first"]], place[table["pair_second"]]
    there = (first >= 0) & (second >= 0)
    values = np.zeros((len(rows), len(rows)))
    values[first[there], second[there]] = values[second[there], first[there]] = table["pair_containment"][there]
    title = "Share of k-mers in common (area of the squares; frames: groups)"
    pairs = [f"{names[a]} and {names[b]} {values[a, b]:.2f}" for a, b in zip(*np.nonzero(np.triu(values)), strict=True)]
    text = (
        f"Matrix of {len(rows)} contigs. Alike are: {'; '.join(pairs[:40])}{' and others' if len(pairs) > 40 else ''}."
    )
    return matrix(values, names, title, text, group[rows])


def _sizes(size: NDArray[np.int64]) -> str:
    """Groups by the number of their contigs."""
    edges = (2, 3, 4, 5, 9, 17, 65)
    labels = ("2", "3", "4", "5-8", "9-16", "17-64", "65+")
    which = np.searchsorted(edges, size[size > 1], side="right") - 1
    counts = np.bincount(which, minlength=len(labels)).astype(np.float64)
    return columns(labels, [Series("groups", counts)], "Groups by size", "contigs in the group", "groups")


def leakage_section(store: Store) -> Section:
    """Near copies of validation in training, of each split and of one that knows nothing of copies."""
    parts: list[str] = []
    for name in store.names("splits"):
        attrs = store.attrs(f"splits/{name}")
        if not attrs.get("leakage"):
            continue
        parts += [heading(f"splits/{name}"), *leakage_parts(attrs)]
    if not parts:
        return Section("Leakage", missing="not measured; run `helixdask kinship STORE` before `split`")
    return Section("Leakage", tuple(parts))


def leakage_parts(attrs: dict[str, object]) -> Iterator[str]:
    """A table and a histogram from the attributes of a split; nothing where copies were not looked for."""
    found = attrs.get("leakage")
    if not isinstance(found, list) or not found:
        return
    titles = {row["split"]: SPLIT_TITLES.get(row["split"], row["split"]) for row in found}
    rows = [(titles[row["split"]], *(share(row[key]) for key in Leakage._fields)) for row in found]
    yield html_table(("validation with a near copy in training", "windows", "coding bases"), rows)
    counts = attrs.get("shared_kmers")
    if isinstance(counts, list) and counts:
        names = [row["split"] for row in found if row["split"] in counts[0]]
        series = [Series(titles[name], np.array([row[name] for row in counts], np.float64)) for name in names]
        title = "K-mers that validation windows share with one training window"
        yield beside(columns(HISTOGRAM_LABELS, series, title, "k-mers near genes in common", "windows"))
