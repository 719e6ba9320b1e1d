"""Which windows are worth learning from: those where labels and prediction are closest, from every kind of window.

Taking simply the most certain windows would take the empty ones. So windows are sorted into strata by how much of
them is intergenic, and each stratum gives its own most certain ones.

Default rules: fully intergenic windows are a stratum of their own, the others are binned by fixed edges. Exactly
``int(n * keep_fraction)`` windows are kept, or all that are usable. Strata give in proportion to what they hold, but

* fully intergenic windows are at most a quarter of what is kept: they are 82-91 % of a wheat genome's windows, and
  hardly any of a yeast's;
* no stratum is asked for the less certain half of its windows while another has some of its more certain half left.
  This comes first: in wheat, at 0.2, the certain half of the genic windows makes up 22-45 % of what is kept, and
  intergenic windows are the rest.

``rules="helixer"`` is Helixer's script with its faults: strata by quantiles that ties collapse, quotas that drop the
remainder, strata that are too small filled up with arbitrary windows of others.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helixdask.errors import BadInputError
from helixdask.settings import Rules

__all__ = ["INTERGENIC_EDGES", "MAX_INTERGENIC_SHARE", "Selection", "Stratum", "quotas", "select_windows", "strata"]

INTERGENIC_EDGES = (0.2, 0.4, 0.6, 0.8)
"""Inner edges of the bins of the intergenic fraction among windows that hold genic bases."""

MAX_INTERGENIC_SHARE = 0.25
"""Largest share of what is kept that may be fully intergenic, as long as there are others."""

CERTAIN_SHARE = 0.5
"""Share of a stratum that is used up before any stratum gives more."""


@dataclass(frozen=True)
class Stratum:
    """One stratum: what it is, how many windows it holds, should give and gave, and the largest distance kept."""

    name: str
    available: int
    wanted: int
    kept: int
    threshold: float | None

    def as_dict(self) -> dict[str, Any]:
        """Plain values for attributes and JSON."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Selection:
    """Rows kept, ascending ``(row,)`` int64, and the strata they were taken from."""

    rows: NDArray[np.int64]
    strata: tuple[Stratum, ...]


def select_windows(
    class_count: NDArray[Any],
    distance: NDArray[np.float64] | None,
    *,
    keep_fraction: float,
    value: NDArray[np.float64] | None = None,
    usable: NDArray[np.bool_] | None = None,
    tie_break: NDArray[Any] | None = None,
    rules: Rules = Rules.DEFAULT,
) -> Selection:
    """Choose windows.

    Parameters
    ----------
    class_count
        ``(window, label_class)`` bases of each class; class 0 is intergenic. Under default rules windows without any
        are never chosen.
    distance
        ``(window, label_class)`` sum over bases of |label - probability|. Without it every usable window is kept.
    keep_fraction
        Share of all windows (usable or not) to keep, above 0 and at most 1.
    value
        ``(window,)`` what windows are ranked by, instead of the mean of ``distance``; the smallest are kept first, and
        a window whose value is NaN is never chosen.
    usable
        ``(window,)`` False where a window must not be chosen. Helixer's rules know no such thing and ignore it.
    tie_break
        ``(window,)`` any sortable key: of equally certain windows those with the smaller key are taken; by default
        those of smaller row.
    rules
        See the module.

    Raises
    ------
    BadInputError
        The fraction is out of range, predictions are missing under Helixer's rules, or no window can be chosen.
    """
    n = len(class_count)
    if not 0 < keep_fraction <= 1:
        raise BadInputError(
            f"a fraction to keep of {keep_fraction}",
            remedy="Use --keep-fraction above 0 and at most 1, for example 0.2.",
        )
    if rules == Rules.HELIXER:
        return _select_helixer(class_count, distance, value, int(n * keep_fraction))
    bases = class_count.sum(axis=1, dtype=np.int64)
    ok = bases > 0 if usable is None else (bases > 0) & usable
    if value is None and distance is not None:
        value = distance.sum(axis=1) / np.maximum(bases, 1)
    if value is not None:
        ok &= ~np.isnan(value)
    if not ok.any():
        raise BadInputError(
            f"none of the {n:,} windows can be used: each is masked, or on a contig without labelled genes",
            remedy="Check the labels: `helixdask inspect` shows what they hold.",
        )
    stratum, names = strata(class_count)
    available = np.bincount(stratum[ok], minlength=len(INTERGENIC_EDGES) + 2)
    if value is None:
        wanted = available
        chosen = ok
    else:
        wanted = quotas(available, int(n * keep_fraction))
        key = np.arange(n) if tie_break is None else tie_break
        order = np.lexsort((key, value, stratum))
        order = order[ok[order]]
        place = np.arange(len(order)) - np.repeat(np.cumsum(available) - available, available)
        chosen = np.zeros(n, np.bool_)
        chosen[order[place < wanted[stratum[order]]]] = True
    if not chosen.any():
        raise BadInputError(
            f"{keep_fraction:g} of {n:,} windows is less than one window", remedy="Use a larger --keep-fraction."
        )
    found = [
        Stratum(
            name,
            int(available[i]),
            int(wanted[i]),
            int((chosen & (stratum == i)).sum()),
            float(value[chosen & (stratum == i)].max()) if value is not None and wanted[i] else None,
        )
        for i, name in enumerate(names)
    ]
    return Selection(np.flatnonzero(chosen), tuple(found))


def quotas(available: NDArray[np.int64], total: int) -> NDArray[np.int64]:
    """How many windows each stratum gives; the last stratum is the fully intergenic one.

    They sum to ``total``, or to all there is, and none is asked for more than it has.
    """
    available = np.asarray(available, np.int64)
    total = min(total, int(available.sum()))
    share = available / max(1, available.sum())
    if share[:-1].any():
        share[-1] = min(share[-1], MAX_INTERGENIC_SHARE)
        share[:-1] *= (1 - share[-1]) / share[:-1].sum()
    part = max(CERTAIN_SHARE, total / max(1, int(available.sum())))
    given = np.zeros_like(available)
    for limit in (np.ceil(available * part).astype(np.int64), available):
        given = _fill(given, limit, share, total)
    return given


def _fill(
    given: NDArray[np.int64], limit: NDArray[np.int64], share: NDArray[np.float64], total: int
) -> NDArray[np.int64]:
    """Give what is left of ``total`` by shares, never above the limits, what is over to the strata with room."""
    given = given.copy()
    while (left := total - int(given.sum())) > 0:
        room = limit - given
        open_share = np.where(room > 0, share, 0.0)
        if not open_share.any():
            break
        exact = left * open_share / open_share.sum()
        step = np.minimum(np.floor(exact).astype(np.int64), room)
        if not step.any():  # fewer left than strata: one each, to the largest remainders
            first = np.argsort(-exact, kind="stable")[:left]
            step[first[room[first] > 0]] = 1
        given += step
    return given


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
    return stratum, [*bins, "fully intergenic"]


def _select_helixer(
    class_count: NDArray[Any], distance: NDArray[np.float64] | None, value: NDArray[np.float64] | None, n: int
) -> Selection:
    if value is None and distance is not None:
        value = distance.sum(axis=1) / class_count.sum(axis=1, dtype=np.int64)
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
        available = int((rank == r).sum())
        # Helixer reports the first distance that was not taken.
        threshold = float(within[order[each]]) if each < available else None
        found.append(Stratum(names[r], available, each, min(each, available), threshold))
    if not each:
        raise BadInputError(
            f"{n:,} windows are fewer than Helixer's {len(ranks)} strata, so that none would be kept",
            remedy="Use a larger --keep-fraction.",
        )
    return Selection(np.flatnonzero(chosen), tuple(found))
