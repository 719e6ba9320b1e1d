"""Windows before and after selection: strata, and measures of what is kept against all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from helixdask.charts.axes import beside
from helixdask.charts.plots import Series, curves
from helixdask.charts.strips import bar
from helixdask.errors import BadInputError, MissingInputError
from helixdask.pages import html_table
from helixdask.registry import LABEL_CLASSES
from helixdask.report.section import Section, heading, note, section_of_groups, share
from helixdask.selection.on_tables import usable_windows
from helixdask.selection.representative import cumulative, distance_of
from helixdask.selection.split import TRAIN
from helixdask.selection.table import chosen_rows, measure_names, read_table, windows_behind
from helixdask.store.lineage import provenance
from helixdask.store.store import Store

_COUNTS: Final = ("valid", "usable", "annotated")
"""Measures that say whether a window can be used, and not what it is like."""
_LEAST_WINDOWS: Final = 500
"""Distances within a stratum are told where it has so many windows."""


class Chosen(NamedTuple):
    """Windows that a selection chose among, whether each was kept, and how much it counts, ``(window,)``."""

    table: xr.Dataset
    kept: NDArray[np.bool_]
    weight: NDArray[np.float64]


def windows_section(store: Store) -> Section:
    """Each selection: its strata, and the distributions of measures."""
    missing = "no selection; `helixdask select STORE` makes one" if store.names("windows") else _NO_WINDOWS
    return section_of_groups("Windows", store, "selections", selection_parts, missing)


_TITLES: Final = {"utr": "UTR", "cds": "CDS", "gc": "G and C"}
_NO_WINDOWS: Final = "no windows; `helixdask windows STORE` cuts and measures them"


def selection_parts(store: Store, name: str) -> Iterator[str]:
    """A selection: what it was made from, its strata, its measures against all.

    Parameters
    ----------
    store
        The store.
    name
        Name of the selection.
    """
    attrs = store.attrs(f"selections/{name}")
    by, largest = (provenance(store, f"selections/{name}").settings.get(key) for key in ("by", "largest"))
    ranked = "by lot: there are no predictions"
    if by or attrs["predictions"]:
        ranked = f"by {by}, {'largest' if largest else 'smallest'} first" if by else "by distance from the labels"
    facts = [
        ("windows of", f"{attrs['window_length']:,} bases (windows/{attrs['windows']})"),
        ("labels", attrs["labels"] or "none"),
        ("chosen among", f"training windows of splits/{attrs['split']}" if attrs.get("split") else "all windows"),
        ("ranked", ranked),
        ("windows", attrs["n_windows"]),
        ("usable", attrs["n_usable"]),
        ("kept", f"{attrs['n_kept']:,} ({share(attrs['n_kept'], attrs['n_usable'])} of the usable ones)"),
        ("rules", attrs["rules"]),
    ]
    yield heading(f"selections/{name}")
    yield html_table((), facts, text=(1,))
    edge = f"{'smallest' if largest else 'largest'} {by or 'distance'} kept"
    yield _strata_tables(attrs["strata"], edge)
    try:
        chosen = chosen_windows(store, name)
    except (BadInputError, MissingInputError):
        yield note("Its windows were made anew since, so that measures cannot be compared.")
        return
    yield from _measures(chosen, [stratum["name"] for stratum in attrs["strata"]])


def chosen_windows(store: Store, name: str) -> Chosen:
    """What a selection chose among: usable windows, of the training side where it was made from a split.

    Raises
    ------
    BadInputError, MissingInputError
        Its windows are not there any more.
    """
    attrs = store.attrs(f"selections/{name}")
    everything = read_table(store, windows_behind(store, f"selections/{name}"))
    among = usable_windows(everything, provenance(store, f"selections/{name}").settings.get("unannotated"))
    kept, weight = np.zeros(len(among), np.bool_), np.zeros(len(among))
    rows = chosen_rows(store, f"selections/{name}", len(among))
    kept[rows], weight[rows] = True, 1.0
    if store.has_array(f"selections/{name}/window_weight"):
        weight[rows] = store.table(f"selections/{name}")["window_weight"]
    if attrs.get("split"):
        among &= sides_of(store, str(attrs["split"]), len(among)) == TRAIN
    rows = np.flatnonzero(among | kept)
    return Chosen(everything.isel(window=rows), kept[rows], weight[rows])


def sides_of(store: Store, split: str, n: int) -> NDArray[np.int8]:
    """Side of each of ``n`` windows, ``(window,)``; -1 for none."""
    side = np.full(n, -1, np.int8)
    side[chosen_rows(store, f"splits/{split}", n)] = store.table(f"splits/{split}")["window_side"]
    return side


def _strata_tables(strata: list[dict[str, Any]], edge: str) -> str:
    """What each stratum holds and gave, and its shares; ``edge`` names the last value that was kept."""
    most = max((stratum["available_bases"] for stratum in strata), default=0)
    before, after = (sum(stratum[key] for stratum in strata) for key in ("available_bases", "kept_bases"))
    weighted = sum(stratum["kept_bases"] * stratum["weight"] for stratum in strata)
    amounts = [
        (
            *(s["name"], s["available"], s["kept"], bar(s["kept_bases"], s["available_bases"], most)),
            *(s["available_bases"], s["kept_bases"], s["wanted_bases"]),
        )
        for s in strata
    ]
    shares = [
        (
            s["name"],
            share(s["available_bases"], before),
            share(s["kept_bases"], after),
            share(s["kept_bases"] * s["weight"], weighted),
            f"{s['weight']:.3g}",
            None if s["threshold"] is None else f"{s['threshold']:.4g}",
        )
        for s in strata
    ]
    columns = ("stratum", "usable windows", "kept", "dark: kept", "usable bases", "kept", "asked for")
    of_shares = ("stratum, share of the bases", "before", "after", "weighted", "weight", edge)
    return beside(html_table(columns, amounts, raw=(3,)), html_table(of_shares, shares))


def measures_of(table: xr.Dataset) -> dict[str, NDArray[np.float64]]:
    """Measures of windows that tell what they are like, by name, ``(window,)``; NaN where a window has none."""
    found: dict[str, NDArray[np.float64]] = {}
    if "class_count" in table:
        count = table["class_count"].to_numpy().astype(np.float64)
        with np.errstate(invalid="ignore", divide="ignore"):
            shares = count / count.sum(axis=1, keepdims=True)
        found |= {f"{_TITLES.get(name, name)} share": shares[:, i] for i, name in enumerate(LABEL_CLASSES)}
    for name, words in (("coverage", "depth"), ("coverage_agreement", "agreement with labels")):
        for i, library in enumerate(table["library"].to_numpy().tolist() if name in table else []):
            found[f"{library}: {words}"] = table[name].to_numpy()[:, i].astype(np.float64)
    for name in measure_names([str(name) for name in table.coords]):
        if name not in _COUNTS:
            found[_TITLES.get(name, name.replace("_", " "))] = table[name].to_numpy().astype(np.float64)
    return found


def _measures(chosen: Chosen, strata: list[str]) -> Iterator[str]:
    figures: list[str] = []
    rows: list[tuple[object, ...]] = []
    stratum = chosen.table["stratum"].to_numpy() if "stratum" in chosen.table else np.zeros(len(chosen.kept), np.int8)
    for name, values in measures_of(chosen.table).items():
        got = distance_of(values, chosen.kept, chosen.weight)
        if got is None:
            continue
        within = [
            (found.kept, strata[i])
            for i in range(len(strata))
            if (found := distance_of(values[stratum == i], chosen.kept[stratum == i])) and found.n_all >= _LEAST_WINDOWS
        ]
        worst = max(within, default=None)
        rows.append((name, got.kept, got.weighted, got.by_chance, worst and f"{worst[0]:.3f} in {worst[1]}"))
        if np.nanmin(values) == np.nanmax(values):
            continue  # a curve of one value shows nothing
        weight = chosen.weight[chosen.kept]
        series = [
            Series(label, shares, places)
            for label, (places, shares) in (
                ("all usable", cumulative(values)),
                ("kept", cumulative(values[chosen.kept])),
                ("kept, weighted", cumulative(values[chosen.kept], weight if weight.any() else None)),
            )
        ]
        figures.append(curves(series, name, name, "share of windows up to here", y_range=(0, 1)))
    if not rows:
        yield note("These windows were not measured.")
        return
    yield heading("What is kept, against all usable windows")
    yield note(
        "Kolmogorov-Smirnov distances, 0 for equal distributions and 1 for such that share nothing. Weighted: as "
        "training counts the windows. By chance: what one random draw of twenty exceeds."
    )
    columns = ["measure", "kept", "weighted", "by chance", f"largest of strata of {_LEAST_WINDOWS} windows and more"]
    if not any(row[-1] for row in rows):
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    yield html_table(columns, rows, digits=".3f", text=(4,))
    yield beside(*figures)
