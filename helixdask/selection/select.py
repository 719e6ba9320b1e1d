"""Which windows are worth learning from: those where labels and prediction are closest, from every kind of window.

Taking simply the most certain windows would take the empty ones. So windows are sorted into strata by how much of
them is intergenic, and each stratum gives its own most certain ones.

Default rules: fully intergenic windows are a stratum of their own, the others are binned by fixed edges. How many bases
each gives, and which windows, is in :mod:`helixdask.selection.quota`.

``rules="helixer"`` is Helixer's script with its faults: strata by quantiles that ties collapse, quotas that drop the
remainder, strata that are too small filled up with arbitrary windows of others.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from helixdask.errors import BadInputError
from helixdask.selection.quota import Likes, choose
from helixdask.selection.settings import INTERGENIC_CAP
from helixdask.settings import Rules

INTERGENIC_EDGES = (0.2, 0.4, 0.6, 0.8)
"""Inner edges of the bins of the intergenic fraction among windows that hold genic bases."""

EMPTY: Final = "fully intergenic"
"""Name of the stratum of windows without any gene."""


@dataclass(frozen=True)
class Stratum:
    """One stratum: how many windows it holds and gave, the same in bases, and how much each window counts.

    ``wanted_bases`` is what it was asked for, after the cap on fully intergenic windows; None under Helixer's rules,
    which count windows. ``threshold`` is the largest value kept, None where windows were drawn by lot. ``weight`` is
    the stratum's share of the genome over its share of what is kept.
    """

    name: str
    available: int
    kept: int
    available_bases: int
    wanted_bases: int | None
    kept_bases: int
    threshold: float | None
    weight: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values for attributes and JSON."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Selection:
    """Rows kept, ascending ``(row,)`` int64, the weight of each, ``(row,)`` float32, and the strata they come from."""

    rows: NDArray[np.int64]
    weight: NDArray[np.float32]
    strata: tuple[Stratum, ...]


def select_windows(
    class_count: NDArray[Any],
    distance: NDArray[np.float64] | None,
    bases: NDArray[np.int64],
    *,
    total: int,
    value: NDArray[np.float64] | None = None,
    usable: NDArray[np.bool_] | None = None,
    eligible: NDArray[np.bool_] | None = None,
    lot: NDArray[np.uint64] | None = None,
    likes: Likes | None = None,
    cap: float = INTERGENIC_CAP,
    by_stratum: tuple[NDArray[np.int64], list[str]] | None = None,
) -> Selection:
    """Choose windows by the default rules.

    Parameters
    ----------
    class_count
        ``(window, label_class)`` bases of each class; class 0 is intergenic. Windows without any are never chosen.
    distance
        ``(window, label_class)`` sum over bases of |label - probability|. Without it windows are drawn by lot.
    bases
        ``(window,)`` bases of each window, padding left out.
    total
        Bases to keep.
    value
        ``(window,)`` what windows are ranked by, instead of the mean of ``distance``; the smallest are kept first, and
        a window whose value is NaN is never chosen.
    usable
        ``(window,)`` False where a window is no part of what the selection stands for.
    eligible
        ``(window,)`` False where a usable window must not be chosen, such as one copy too many; None: all may.
    lot
        ``(window,)`` the lot that each window drew; by default its row.
    likes
        What should not decide among windows, such as their GC content.
    cap
        Largest share of the kept bases that fully intergenic windows may have.
    by_stratum
        Stratum of each window and the names of the strata, the fully intergenic one last; None: those of `strata`.

    Raises
    ------
    BadInputError
        No window can be chosen.
    """
    n = len(class_count)
    counted = class_count.sum(axis=1, dtype=np.int64)
    ok = counted > 0 if usable is None else (counted > 0) & usable
    if value is None and distance is not None:
        value = distance.sum(axis=1) / np.maximum(counted, 1)
    if value is not None:
        ok &= ~np.isnan(value)
    if not ok.any():
        raise BadInputError(
            f"none of the {n:,} windows can be used: each is masked, or on a contig without labelled genes",
            remedy="Check the labels: `helixdask inspect` shows what they hold.",
        )
    stratum, names = by_stratum or strata(class_count)
    may = ok if eligible is None else ok & eligible
    if not may.any():
        raise BadInputError(
            f"none of {int(ok.sum()):,} usable windows is left by what is asked of them",
            remedy="Ask for less: --min-support, --max-copies.",
        )
    lots = np.arange(n).astype(np.uint64) if lot is None else lot
    made = choose(stratum, bases, ok, lots, total, n_strata=len(names), value=value, likes=likes, cap=cap, eligible=may)
    if not made.kept.any():
        raise BadInputError(
            f"{total:,} bases are less than a window of any kind", remedy="Keep more: --keep-fraction or --keep-bases."
        )
    found = []
    for i, name in enumerate(names):
        mine = made.kept & (stratum == i)
        ranked = value is not None and i < len(names) - 1 and mine.any()
        found.append(
            Stratum(
                name,
                int((may & (stratum == i)).sum()),
                int(mine.sum()),
                int(made.available[i]),
                int(made.quota[i]),
                int(made.given[i]),
                float(value[mine].max()) if value is not None and ranked else None,
                round(float(made.weight[mine].max(initial=0.0)), 6),
            )
        )
    rows = np.flatnonzero(made.kept)
    return Selection(rows, made.weight[rows].astype(np.float32), tuple(found))


def strata(class_count: NDArray[Any], rules: Rules = Rules.DEFAULT) -> tuple[NDArray[np.int64], list[str]]:
    """Number of each window's stratum, ``(window,)``, and the names of the strata.

    Under ``rules="helixer"`` the strata depend on all windows: they are sixths of them, as far as ties allow.
    """
    bases = class_count.sum(axis=1, dtype=np.int64)
    fraction = class_count[:, 0] / np.maximum(bases, 1)
    if rules == Rules.HELIXER:
        rank = np.searchsorted(np.quantile(fraction, np.arange(1, 6) / 6), fraction)
        return rank, [f"sextile rank {r}" for r in range(6)]
    stratum = np.searchsorted(INTERGENIC_EDGES, fraction, side="right").astype(np.int64)
    stratum[class_count[:, 0] == bases] = len(INTERGENIC_EDGES) + 1
    edges = (0.0, *INTERGENIC_EDGES, 1.0)
    bins = [f"{100 * a:.0f}-{100 * b:.0f} % intergenic" for a, b in pairwise(edges)]
    return stratum, [*bins, EMPTY]


def select_helixer(
    class_count: NDArray[Any], distance: NDArray[np.float64] | None, n: int, value: NDArray[np.float64] | None = None
) -> Selection:
    """Choose ``n`` windows as Helixer's script does; parameters as for :func:`select_windows`.

    Raises
    ------
    BadInputError
        Predictions are missing, or all windows or none would be kept.
    """
    bases = class_count.sum(axis=1, dtype=np.int64)
    if value is None and distance is not None:
        value = distance.sum(axis=1) / bases
    if value is None:
        raise BadInputError("Helixer's selection needs predictions", remedy="Run `helixdask predict` first.")
    if not 0 < n < len(class_count):
        raise BadInputError(
            f"Helixer's selection keeps some but not all windows, not {n:,} of {len(class_count):,}",
            remedy="Use another --keep-fraction, or the default rules.",
        )
    rank, names = strata(class_count, Rules.HELIXER)
    ranks = np.unique(rank)
    each = n // len(ranks)
    chosen = np.zeros(len(class_count), np.bool_)
    found = []
    for r in ranks.tolist():
        # Windows of other strata are infinitely far, not absent: a stratum that is too small takes some of them.
        # Helixer leaves their order to an unstable sort; here it is the order of rows.
        within = np.where(rank == r, value, np.inf)
        order = np.argsort(within, kind="stable")
        chosen[order[:each]] = True
        mine = rank == r
        available = int(mine.sum())
        # Helixer reports the first distance that was not taken.
        threshold = float(within[order[each]]) if each < available else None
        kept = order[:each][mine[order[:each]]]
        found.append(
            Stratum(
                names[r], available, len(kept), int(bases[mine].sum()), None, int(bases[kept].sum()), threshold, 1.0
            )
        )
    if not each:
        raise BadInputError(
            f"{n:,} windows are fewer than Helixer's {len(ranks)} strata, so that none would be kept",
            remedy="Use a larger --keep-fraction.",
        )
    rows = np.flatnonzero(chosen)
    return Selection(rows, np.ones(len(rows), np.float32), tuple(found))
