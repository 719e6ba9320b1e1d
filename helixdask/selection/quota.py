"""How many bases each stratum of windows gives, which of its windows, and how much each counts then.

Strata with genes give by rank, each window among its likes (`helixdask.selection.likes`). Fully intergenic windows are
drawn by lot, because the surest of them are the easy ones. Their share of what is kept has a cap that nothing lifts:
what genic strata cannot give is not filled up with empty DNA.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.selection.likes import rank_among_likes
from helixdask.selection.settings import INTERGENIC_CAP

CERTAIN_SHARE: Final = 0.5
"""Share of a ranked stratum that is given at most, unless more than that is asked for of the whole genome."""


class Likes(NamedTuple):
    """What windows are alike in: measures, ``(window,)`` each, and the contig of each window, ``(window,)``."""

    measures: Sequence[NDArray[Any]]
    contig: NDArray[np.integer[Any]]


class Chosen(NamedTuple):
    """What was chosen.

    Attributes
    ----------
    kept
        ``(window,)`` bool.
    weight
        ``(window,)`` float64: share of the window's stratum in the genome over its share in what is kept, so that a sum
        over kept windows stands for the genome; 0 for windows that are not kept. The mean over kept bases is 1.
    available, quota, given
        ``(stratum,)`` int64 bases: may be chosen, asked for after the cap, kept.
    """

    kept: NDArray[np.bool_]
    weight: NDArray[np.float64]
    available: NDArray[np.int64]
    quota: NDArray[np.int64]
    given: NDArray[np.int64]


def choose(
    stratum: NDArray[np.int64],
    bases: NDArray[np.int64],
    usable: NDArray[np.bool_],
    lot: NDArray[np.uint64],
    total: int,
    *,
    n_strata: int,
    value: NDArray[np.float64] | None = None,
    likes: Likes | None = None,
    cap: float = INTERGENIC_CAP,
    eligible: NDArray[np.bool_] | None = None,
) -> Chosen:
    """Choose windows.

    Parameters
    ----------
    stratum
        ``(window,)``; the last of ``n_strata`` is the fully intergenic one.
    bases
        ``(window,)`` bases of each window, padding left out.
    usable
        ``(window,)`` windows that the chosen ones stand for.
    lot
        ``(window,)`` the lot that each window drew.
    total
        Bases to keep, of all strata together.
    n_strata
        Number of strata.
    value
        ``(window,)`` what windows of genic strata are ranked by, smallest first; None: by lot, too.
    likes
        What should not decide among the windows of a genic stratum; None: only ``value`` decides.
    cap
        Largest share of the fully intergenic stratum, 0 to 1.
    eligible
        ``(window,)`` usable windows that may be chosen; None: all.

    Examples
    --------
    >>> stratum, bases = np.array([0, 0, 1, 1, 1, 1, 1, 1]), np.full(8, 100)
    >>> lot = np.arange(8, dtype=np.uint64)
    >>> choose(stratum, bases, bases > 0, lot, 400, n_strata=2, cap=0.5).given.tolist()
    [200, 200]
    """
    may = usable if eligible is None else usable & eligible
    there, available = (
        np.bincount(stratum, np.where(mask, bases, 0), minlength=n_strata).astype(np.int64) for mask in (usable, may)
    )
    everything = max(int(there.sum()), 1)
    limit = available.astype(np.float64)
    if value is not None:
        limit[:-1] *= max(CERTAIN_SHARE, min(total / everything, 1.0))
    quota = _quotas(available, limit, float(min(total, everything)), cap)
    score = np.zeros(len(stratum)) if value is None else np.where(stratum == n_strata - 1, 0.0, value)
    if value is not None and likes is not None:
        for number in range(n_strata - 1):
            mine = np.flatnonzero(may & (stratum == number))
            chosen = float(quota[number]) / max(int(available[number]), 1)
            score[mine] = rank_among_likes(
                value[mine], [each[mine] for each in likes.measures], likes.contig[mine], lot[mine], chosen
            )
    order = np.lexsort((lot, score, stratum))
    order = order[may[order]]
    before = np.cumsum(bases[order]) - bases[order]
    first = np.concatenate([[0], np.cumsum(available)])[:-1]
    before -= first[stratum[order]]
    # A window is taken while more than half of it is still asked for, and an empty one only below the cap.
    taken = (before + bases[order] / 2 <= quota[stratum[order]]) & (quota[stratum[order]] > 0)
    is_empty = stratum[order] == n_strata - 1
    if available[:-1].any():
        most = _most_empty(cap, float(bases[order][taken & ~is_empty].sum()))
        quota[-1] = min(quota[-1], most)
        taken &= ~is_empty | (before + bases[order] <= most)
    kept = np.zeros(len(stratum), np.bool_)
    kept[order[taken]] = True
    given = np.bincount(stratum, np.where(kept, bases, 0), minlength=n_strata).astype(np.int64)
    share = there / everything / np.maximum(given / max(int(given.sum()), 1), 1e-300)
    weight = np.where(kept, share[stratum], 0.0)
    mean = float((weight * bases).sum()) / max(int(given.sum()), 1)
    return Chosen(kept, weight / mean if mean else weight, available, np.rint(quota).astype(np.int64), given)


def _quotas(available: NDArray[np.int64], limit: NDArray[np.float64], total: float, cap: float) -> NDArray[np.float64]:
    """Bases that each stratum is asked for."""
    share = available / max(int(available.sum()), 1)
    if not available[:-1].any():
        return np.minimum(available, total).astype(np.float64)
    empty = min(share[-1], cap)
    genic = share[:-1] / share[:-1].sum() * (1 - empty) * total
    quota = np.minimum(genic, limit[:-1])  # both in proportion to what is there: all strata are short, or none
    return np.append(quota, min(empty * total, _most_empty(cap, float(quota.sum())), float(available[-1])))


def _most_empty(cap: float, genic: float) -> float:
    """Bases of empty windows that may stand beside so many of genic ones."""
    return cap / (1 - cap) * genic if cap < 1 else np.inf
