"""Sides of a split: how much each holds, and where along the contigs their windows lie."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from helixdask.charts.strips import bar, lane_key, lanes
from helixdask.errors import BadInputError, MissingInputError
from helixdask.pages import html_table
from helixdask.registry import SIDES
from helixdask.report.genome import class_name, length_class
from helixdask.report.section import Section, heading, note, section_of_groups, share
from helixdask.report.windows import sides_of
from helixdask.selection.split import TRAIN
from helixdask.selection.table import chosen_rows, parent, windows_behind
from helixdask.store.store import Store
from helixdask.windows.grid import Windows

_MOST_CONTIGS: Final = 42
_NAMED_OF_MANY: Final = 24
_BINS: Final = 200


def sides_section(store: Store) -> Section:
    """Each split: its sides, and their places."""
    missing = "no split; `helixdask split STORE` makes one"
    return section_of_groups("Sides", store, "splits", split_parts, missing)


def split_parts(store: Store, name: str) -> Iterator[str]:
    """A split: what it was made from, its sides, and where along the contigs they lie.

    Parameters
    ----------
    store
        The store.
    name
        Name of the split.
    """
    attrs = store.attrs(f"splits/{name}")
    sides = [side for side in SIDES if side in attrs["n_windows"]]
    total = sum(attrs["n_bases"][side] for side in sides)
    how = f"by blocks of contigs, {attrs['guard']:,} bases apart" if attrs["by_blocks"] else "by whole contigs"
    facts = [
        ("windows", attrs["windows"]),
        ("divided", f"selections/{attrs['selection']}" if attrs["selection"] else "all usable windows"),
        ("kinship", attrs.get("kinship") or "not used"),
        ("windows of", f"{attrs['window_length']:,} bases"),
        ("drawn", how),
        (
            "left out",
            f"{attrs['n_left_out']:,} windows, {attrs.get('n_near_copies', 0):,} of them near copies of another side",
        ),
        ("seed", str(attrs["seed"])),
        ("rules", attrs["rules"]),
    ]
    keys = ("n_windows", "n_bases", "n_contigs")
    rows = [
        (
            side,
            *(attrs[key][side] for key in keys),
            share(attrs["n_bases"][side], total),
            bar(attrs["n_bases"][side], total, total),
        )
        for side in sides
    ]
    yield heading(f"splits/{name}")
    yield html_table((), facts, text=(1,))
    yield html_table(("side", "windows", "bases", "contigs", "of the bases", ""), rows, raw=(5,))
    try:
        yield from _places(store, name, sides)
    except (BadInputError, MissingInputError):
        yield note("Its windows were made anew since, so that their places are not known.")


def _places(store: Store, name: str, sides: list[str]) -> Iterator[str]:
    windows_name = windows_behind(store, f"splits/{name}")
    group = f"windows/{windows_name}"
    windows = Windows(*(store.array(f"{group}/window_{column}")[...] for column in Windows._fields))
    side = sides_of(store, name, len(windows.start))
    layers = [(side == code, words) for code, words in enumerate(sides)]
    if (chosen := _selected(store, name, windows_name, len(side))) is not None:
        layers.insert(1, (chosen & (side == TRAIN), "selected of training"))
    contigs = store.contigs
    order = np.lexsort((np.arange(len(contigs)), -contigs.lengths))
    many = len(contigs) > _MOST_CONTIGS
    named = np.sort(order[:_NAMED_OF_MANY]) if many else np.arange(len(contigs))
    longest = int(contigs.lengths.max(initial=1))
    yield heading("Where along the contigs the sides lie")
    yield lane_key([words for _, words in layers])
    masks = [mask for mask, _ in layers]
    rows = []
    for contig in named.tolist():
        length = int(contigs.lengths[contig])
        shares = contig_shares(windows, masks, contig, length, max(1, round(_BINS * length / longest)))
        told = ", ".join(
            f"{words} {share(float(s))}" for (_, words), s in zip(layers, shares.mean(axis=1), strict=True)
        )
        text = f"{contigs.names[contig]}: {told}"
        rows.append((str(contigs.names[contig]), length, lanes(shares, length / longest, text)))
    title = f"The {len(named):,} longest contigs" if many else "contig"
    yield html_table((title, "bases", "along the contig"), rows, raw=(2,), wide=(2,))
    if many:
        rest = np.setdiff1d(np.arange(len(contigs)), named, assume_unique=True)
        yield _by_length(windows, layers, contigs.lengths, rest)


def contig_shares(
    windows: Windows, masks: list[NDArray[np.bool_]], contig: int, length: int, n_bins: int
) -> NDArray[np.float64]:
    """Share of each bin of a contig that some windows cover, over both strands, ``(mask, bin)``.

    Parameters
    ----------
    windows
        Places; those of one contig and strand do not overlap.
    masks
        Which windows count, ``(window,)`` each.
    contig, length
        Row and bases of the contig.
    n_bins
        Bins of equal size.
    """
    edges = np.linspace(0, length, n_bins + 1)
    here = windows.contig == contig
    found = np.zeros((len(masks), n_bins))
    for i, mask in enumerate(masks):
        mine = here & mask
        start, end = np.sort(windows.start[mine]), np.sort(windows.end[mine])
        # Bases that are covered in front of each edge: what has begun there, less what has ended.
        covered = _passed(start, edges) - _passed(end, edges)
        found[i] = np.diff(covered) / (2 * np.maximum(np.diff(edges), 1e-9))
    return np.clip(found, 0.0, 1.0)


def _passed(points: NDArray[np.int64], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum of the distances of all points in front of each edge to it; the points ascend."""
    sums = np.concatenate([[0.0], np.cumsum(points, dtype=np.float64)])
    before = np.searchsorted(points, edges)
    passed: NDArray[np.float64] = before * edges - sums[before]
    return passed


def _selected(store: Store, split: str, windows: str, n: int) -> NDArray[np.bool_] | None:
    """Windows that the only selection among the split's training windows holds, ``(window,)``."""
    names = [
        name
        for name in store.names("selections")
        if parent(store.attrs(f"selections/{name}"), "split") == split
        and parent(store.attrs(f"selections/{name}"), "windows") == windows
    ]
    if len(names) != 1:
        return None
    found = np.zeros(n, np.bool_)
    found[chosen_rows(store, f"selections/{names[0]}", n)] = True
    return found


def _by_length(
    windows: Windows, layers: list[tuple[NDArray[np.bool_], str]], lengths: NDArray[np.int64], rest: NDArray[np.int64]
) -> str:
    """All other contigs by their lengths: how much of their bases, over both strands, is on each side."""
    classes = np.full(len(lengths), -1, np.int64)
    classes[rest] = length_class(lengths[rest])
    of_window = classes[windows.contig]
    size = (windows.end - windows.start).astype(np.float64)
    rows: list[tuple[Any, ...]] = []
    for power in sorted(set(classes[rest].tolist()), reverse=True):
        mine = classes == power
        bases = int(lengths[mine].sum())
        covered = [share(float(size[mask & (of_window == power)].sum()), 2 * bases) for mask, _ in layers]
        rows.append((f"{class_name(power)} and longer", int(mine.sum()), bases, *covered))
    return html_table((f"The {len(rest):,} others, by length", "contigs", "bases", *(w for _, w in layers)), rows)
