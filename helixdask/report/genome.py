"""The genome: its size, its composition, its contigs."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from helixdask.charts.axes import beside
from helixdask.charts.plots import Series, columns
from helixdask.charts.strips import bar
from helixdask.pages import html_table
from helixdask.report.section import Section, note, share
from helixdask.store.store import Store

_MOST_ROWS: Final = 42
_WORDS: Final = {3: "k", 6: "M", 9: "G"}


def genome_section(store: Store) -> Section:
    """Size, composition, and the contigs one by one, or by length where they are many."""
    contigs, lengths = store.contigs, store.contigs.lengths
    kinds = store.attrs("genome").get("bases") or {}
    called = kinds.get("at", 0) + kinds.get("gc", 0)
    facts = [
        ("species", store.species),
        ("bases", store.n_bases),
        ("contigs", len(contigs)),
        ("longest", int(lengths.max(initial=0))),
        ("N50", n50(lengths)),
        ("G and C, of called bases", share(kinds.get("gc"), called)),
        ("N", share(kinds.get("n"), store.n_bases)),
        ("soft-masked", share(kinds.get("soft_masked"), store.n_bases)),
    ]
    about = html_table((), facts)
    parts: list[str] = []
    if len(contigs) <= _MOST_ROWS:
        most = int(lengths.max(initial=1))
        rows = [
            (name, length, bar(0, length, most)) for name, length in zip(contigs.names, lengths.tolist(), strict=True)
        ]
        parts.append(beside(about, html_table(("contig", "bases", ""), rows, raw=(2,))))
    else:
        names, number, bases = by_length(lengths)
        series = [Series("contigs", number / len(lengths)), Series("bases", bases / store.n_bases)]
        parts.append(beside(about, columns(names, series, "Contigs by length", "bases of a contig", "share")))
        parts.append(note("Many contigs are counted by length; sections below name the longest ones."))
    return Section("Genome", tuple(parts))


def n50(lengths: NDArray[np.int64]) -> int:
    """Length of the contig that holds the middle base, the longest first.

    Examples
    --------
    >>> n50(np.array([10, 50, 40]))
    50
    """
    ordered = np.sort(lengths)[::-1]
    if not len(ordered):
        return 0
    return int(ordered[np.searchsorted(np.cumsum(ordered), ordered.sum() / 2)])


def length_class(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Power of ten of each length, ``(contig,)``.

    Examples
    --------
    >>> length_class(np.array([9, 10, 999, 1000])).tolist()
    [0, 1, 2, 3]
    """
    powers = 10 ** np.arange(1, 13, dtype=np.int64)
    return np.searchsorted(powers, lengths, side="right")


def class_name(power: int) -> str:
    """Name of a class of lengths.

    Examples
    --------
    >>> class_name(4), class_name(2)
    ('10k', '100')
    """
    unit = power - power % 3
    return f"{10 ** (power - unit)}{_WORDS.get(unit, '')}"


def by_length(lengths: NDArray[np.int64]) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
    """Contigs and their bases by length: the least length of each class, number and bases, ``(class,)``."""
    classes = length_class(lengths)
    first, last = (int(classes.min()), int(classes.max()) + 1) if len(classes) else (0, 0)
    number = np.bincount(classes, minlength=last)[first:last].astype(np.float64)
    bases = np.bincount(classes, lengths.astype(np.float64), minlength=last)[first:last].astype(np.float64)
    return [f"{class_name(power)}+" for power in range(first, last)], number, bases
