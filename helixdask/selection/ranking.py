"""Rankings of windows: named scores, of which small values are kept first.

A ranking is a function of the table of windows. Those here have names; other packages add theirs by the entry point
``helixdask.rankings``, whose objects are `Ranking`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from helixdask.errors import BadInputError
from helixdask.registry import arrays_of
from helixdask.selection.table import measure_names

Values = NDArray[np.float64]
ENTRY_POINTS: Final = "helixdask.rankings"


@dataclass(frozen=True)
class Ranking:
    """A score by which windows are ranked.

    Parameters
    ----------
    name
        As `select --by` takes it.
    meaning
        A line for people.
    needs
        Columns of the table of windows that it is made from.
    value
        From the table to ``(window,)`` float64; windows with small values are kept first, those with NaN never.
    """

    name: str
    meaning: str
    needs: tuple[str, ...]
    value: Callable[[xr.Dataset], Values]


def _distance(table: xr.Dataset) -> Values:
    count = table["class_count"].to_numpy().sum(axis=1, dtype=np.int64)
    found: Values = table["class_distance"].to_numpy().sum(axis=1) / np.maximum(count, 1)
    return found


def _balanced_distance(table: xr.Dataset) -> Values:
    """Mean over the classes that a window holds of the mean distance at a base of the class."""
    count = table["class_count"].to_numpy().astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        each = np.where(count > 0, table["class_distance"].to_numpy() / count, np.nan)
    there = (count > 0).sum(axis=1)
    found: Values = np.nansum(each, axis=1) / np.maximum(there, 1)
    return found


def _genic_doubt(table: xr.Dataset) -> Values:
    """Share of genic bases that are predicted otherwise; of windows without genes that of all bases."""
    genic, every = (table[name].to_numpy().astype(np.float64) for name in ("genic_agreement", "agreement"))
    return 1 - np.where(np.isnan(genic), every, genic)


def _evidence(table: xr.Dataset) -> Values:
    """Mean of doubt and missing support: by predictions, and by reads and alignments."""
    support = table["support"].to_numpy().astype(np.float64)
    doubt = _genic_doubt(table)
    return np.where(np.isnan(support), doubt, (doubt + 1 - support) / 2)


RANKINGS: Final = (
    Ranking("distance", "mean distance between labels and predictions", ("class_distance",), _distance),
    Ranking("balanced-distance", "the same, each class as much as the others", ("class_distance",), _balanced_distance),
    Ranking("genic-doubt", "genic bases predicted otherwise", ("genic_agreement", "agreement"), _genic_doubt),
    Ranking(
        "evidence",
        "that, and exons without reads or alignments",
        ("genic_agreement", "agreement", "support"),
        _evidence,
    ),
)


@cache
def rankings() -> Mapping[str, Ranking]:
    """All rankings by name: those of helixdask, and of installed packages."""
    others = (entry.load() for entry in entry_points(group=ENTRY_POINTS))
    return {ranking.name: ranking for ranking in (*others, *RANKINGS)}


def ranked_values(table: xr.Dataset, by: str, *, largest: bool = False) -> Values:
    """Value of each window by a measure or a ranking, ``(window,)``, the windows to keep having small ones.

    Raises
    ------
    BadInputError
        As `refuse_unknown_ranking`.
    """
    refuse_unknown_ranking(by, largest, {str(name) for name in table.variables})
    if by in table.variables:
        return np.asarray(table[by], np.float64) * (-1 if largest else 1)
    return np.asarray(rankings()[by].value(table), np.float64)


def refuse_unknown_ranking(by: str | None, largest: bool, columns: Collection[str], where: str | None = None) -> None:
    """See that windows can be ranked so.

    Parameters
    ----------
    by
        A measure or a ranking; None: the default.
    largest
        Whether large values are wanted, which only measures have.
    columns
        Columns of the table of windows.
    where
        The table.

    Raises
    ------
    BadInputError
        There is no such measure and no such ranking, or its columns are not there; or large values are wanted of none.
    """
    measures = measure_names(columns)
    ranking = None if by is None or by in columns else rankings().get(by)
    if largest and (by is None or ranking is not None):
        raise BadInputError(
            "large values are wanted, but of no measure", where=where, remedy=f"Rank by {', '.join(measures)}."
        )
    again = "`helixdask windows --replace` measures all that this version knows"
    if ranking is not None:
        missing = [name for name in ranking.needs if name not in columns]
        if missing:
            raise BadInputError(
                f"{by} is made from {', '.join(missing)}, which these windows lack",
                where=where,
                remedy=f"{again}; predictions and --coverage SET give more measures.",
            )
    elif by is not None and (by not in columns or _is_wide(by)):
        known = ", ".join((*measures, *rankings()))
        raise BadInputError(
            f"these windows are not measured by {by!r}", where=where, remedy=f"They hold {known}; {again}."
        )


def _is_wide(name: str) -> bool:
    """Whether a column has several values for a window."""
    declared = arrays_of("windows/any").get(f"window_{name}")
    return declared is not None and declared.dims != ("window",)
