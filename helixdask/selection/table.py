"""The windows of a store as a table: an xarray dataset over ``window`` with places, measures, selection and side.

`store.windows` puts the tracks beside these columns; `select` and `split` work on them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final, Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from helixdask.errors import BadInputError
from helixdask.registry import LABEL_CLASSES, SIDES, STRANDS, arrays_of
from helixdask.selection.select import strata
from helixdask.settings import Rules
from helixdask.store.lineage import Provenance
from helixdask.store.store import Store
from helixdask.windows.grid import WindowGrid, Windows

DEFAULT_LENGTH: Final = 21_384
Side = Literal["train", "validation", "test"]

_COPIED: Final = ("window_length", "labels", "predictions", "coverage", "repeats", "rules", "predicted_labels")


def windows_of(table: xr.Dataset) -> Windows:
    """Places of the windows of a table."""
    return Windows(*(table[name].to_numpy() for name in Windows._fields))


def read_table(
    store: Store, name: str | None, length: int = DEFAULT_LENGTH, *, measures: Collection[str] | None = None
) -> xr.Dataset:
    """All windows of a stored table with their measures; without a name the places of all windows of a length.

    Parameters
    ----------
    store
        The store.
    name
        Name of the stored table; None: there is none.
    length
        Length of windows that are in no table.
    measures
        Read only these, as far as they are there, and make no strata. None: all.

    Returns
    -------
    xarray.Dataset
        Coordinates over ``window``, none of them an index: ``row`` is the number in the table; ``contig`` is the row in
        the contig table, whose names are ``contig_name`` over ``contig_row``; ``start``, ``end``, ``strand`` (0, 1);
        the measures that the table holds, and ``stratum``, the number of the stratum that `select` takes it from.
    """
    attrs: dict[str, Any] = {"window_length": length}
    if name is None:
        columns: dict[str, Any] = dict(WindowGrid(store.contigs.lengths, length).windows()._asdict())
    else:
        stored = store.attrs(f"windows/{name}")
        attrs = {"windows": name} | {key: stored[key] for key in _COPIED if key in stored}
        wanted = None if measures is None else {f"window_{key}" for key in (*Windows._fields, *measures)}
        found = store.table(f"windows/{name}", wanted)
        columns = {key.removeprefix("window_"): values for key, values in found.items()}
        columns["strand"] = columns["strand"].astype(np.int8)
    declared = arrays_of(f"windows/{name}")
    coords: dict[str, Any] = {}
    for key, column in columns.items():
        about = declared[f"window_{key}"]
        coords[key] = (about.dims, column, {"long_name": about.meaning, "units": about.unit})
    coords["row"] = ("window", np.arange(len(columns["start"])))
    coords["contig_name"] = ("contig_row", store.contigs.names)
    table = xr.Dataset(coords=coords, attrs={"species": store.species, **attrs})
    table.strand.attrs.update(flag_values=[0, 1], flag_meanings=" ".join(STRANDS))
    if "library" in table.dims:
        table = table.assign_coords(library=np.array(store.attrs(f"windows/{name}")["libraries"], object))
    if "class_count" in table:
        table = table.assign_coords(label_class=np.array(LABEL_CLASSES, object))
        if measures is None:
            table = with_strata(table, Rules(attrs.get("rules", "default")))
    return table


def measure_names(table: Collection[str]) -> list[str]:
    """Measures that windows can be ranked by, of the columns of a table.

    Examples
    --------
    >>> measure_names({"contig", "start", "end", "strand", "valid", "class_count", "agreement"})
    ['valid', 'agreement']
    """
    columns = arrays_of("windows/any").items()
    names = [name.removeprefix("window_") for name, about in columns if about.optional and about.dims == ("window",)]
    return [name for name in names if name in table]


def with_strata(table: xr.Dataset, rules: Rules) -> xr.Dataset:
    """The table with the stratum of each window."""
    return numbered_strata(table, *strata(table["class_count"].to_numpy(), rules))


def numbered_strata(table: xr.Dataset, number: NDArray[np.int64], names: list[str]) -> xr.Dataset:
    """The table with given strata."""
    words = " ".join(name.replace(" ", "_") for name in names)
    meanings = {"flag_values": list(range(len(names))), "flag_meanings": words}
    return table.assign_coords(stratum=("window", number.astype(np.int8), meanings))


def window_table(
    store: Store,
    length: int | None = None,
    *,
    labels: str | None = None,
    predictions: str | None = None,
    selection: str | None = None,
    split: str | None = None,
    side: Side | None = None,
) -> xr.Dataset:
    """The windows of a store, or those that were chosen, with all that is known of each.

    The measures are those of the stored table that a selection or split was made from; without these, of the only
    table that has the length, labels and predictions. Parameters are those of `GenomeStore.windows`.

    Returns
    -------
    xarray.Dataset
        As `read_table`; and ``kept``, whether the selection holds a window, and ``side``, 0 for train, 1 for
        validation, 2 for test and -1 for none, where there is one selection or split of these windows or it was named.

    Raises
    ------
    MissingInputError
        Something that was named is not in the store.
    BadInputError
        What was named does not fit together.
    """
    if side is not None and side not in SIDES:
        raise BadInputError(f"side is {side!r}", remedy=f"Choose {', '.join(SIDES)}.")
    if split is not None or side is not None:
        split = store.resolve("splits", split)
    found = [f"{kind}/{name}" for kind, name in (("selections", selection), ("splits", split)) if name is not None]
    named = {windows_behind(store, group) for group in found}
    if len(named) > 1:
        raise BadInputError(
            f"selection {selection!r} and split {split!r} were made from different windows",
            where=store.url,
            remedy="Name only one of them.",
        )
    name = named.pop() if named else _only_table(store, length or DEFAULT_LENGTH, labels, predictions)
    table = read_table(store, name, length or DEFAULT_LENGTH)
    if length is not None and table.attrs["window_length"] != length:
        raise BadInputError(
            f"{' and '.join(found)} are of windows of {table.attrs['window_length']:,} bases, not {length:,}",
            where=store.url,
            remedy="Leave the length out.",
        )
    if split is None:
        split = _only_one(store, "splits", name)
    if selection is None:
        selection = parent(store.attrs(f"splits/{split}"), "selection") or _only_one(store, "selections", name)
    n = table.sizes["window"]
    chosen = np.ones(n, np.bool_)
    if selection is not None and _is_from(store, f"selections/{selection}", name):
        kept = np.zeros(n, np.bool_)
        kept[chosen_rows(store, f"selections/{selection}", n)] = True
        table = table.assign_coords(kept=("window", kept)).assign_attrs(selection=selection)
        chosen &= kept | (f"selections/{selection}" not in found)
    if split is not None:
        sides = np.full(n, -1, np.int8)
        sides[chosen_rows(store, f"splits/{split}", n)] = store.table(f"splits/{split}")["window_side"]
        table = with_sides(table, sides).assign_attrs(split=split)
        chosen &= (sides == SIDES.index(side)) if side is not None else True
    return table if chosen.all() else table.isel(window=np.flatnonzero(chosen))


def with_sides(table: xr.Dataset, side: NDArray[np.int8]) -> xr.Dataset:
    """The table with the side of each window."""
    meanings = {"flag_values": [-1, *range(len(SIDES))], "flag_meanings": f"none {' '.join(SIDES)}"}
    return table.assign_coords(side=("window", side, meanings))


def chosen_rows(store: Store, group: str, n: int) -> NDArray[np.int64]:
    """Rows of a table of ``n`` windows that a selection or split holds, ``(row,)``.

    Raises
    ------
    BadInputError
        It names rows that are not there.
    """
    rows: NDArray[np.int64] = store.table(group)["window_row"]
    if len(rows) and (rows.min() < 0 or rows.max() >= n):
        raise BadInputError(
            "names windows that are not in the table it was made from",
            where=f"{store.url}/{group}",
            remedy="Run helixdask select and split again.",
        )
    return rows


def parent(attrs: Mapping[str, Any], kind: str) -> str | None:
    """Name of a group that another was made from; attributes hold it as a name or as a path."""
    value = attrs.get(kind)
    return str(value).rpartition("/")[2] if value else None


def windows_behind(store: Store, group: str) -> str:
    """Name of the windows that a selection or split was made from.

    Raises
    ------
    MissingInputError
        There is no such group, or its windows are gone.
    BadInputError
        The windows were made anew since.
    """
    store.resolve(*group.split("/"))
    windows = store.resolve("windows", parent(store.attrs(group), "windows"))
    if not _is_from(store, group, windows):
        raise BadInputError(
            f"windows/{windows} was made anew after this",
            where=f"{store.url}/{group}",
            remedy="Run helixdask split and helixdask select again.",
        )
    return windows


def _is_from(store: Store, group: str, windows: str | None) -> bool:
    """Whether a selection or split was made from a table of windows as it is now."""
    attrs = store.attrs(group)
    if windows is None or parent(attrs, "windows") not in (windows, None) or not attrs:
        return False
    now = store.identity(f"windows/{windows}")
    return bool(Provenance.of(attrs).inputs.get(f"windows/{windows}", now) == now)


def _only_one(store: Store, kind: str, windows: str | None) -> str | None:
    """The only selection or split of a table of windows."""
    names = [name for name in store.names(kind) if _is_from(store, f"{kind}/{name}", windows)]
    return names[0] if len(names) == 1 else None


def _only_table(store: Store, length: int, labels: str | None, predictions: str | None) -> str | None:
    """The only table of these windows, of those with measures where there are others too."""
    fitting = []
    for name in store.names("windows"):
        attrs = store.attrs(f"windows/{name}")
        wanted = {"window_length": length, "labels": labels, "predictions": predictions}
        if all(attrs.get(key) == value for key, value in wanted.items() if value is not None):
            fitting.append(name)
    measured = [name for name in fitting if store.has_array(f"windows/{name}/window_valid")]
    fitting = measured or fitting
    return fitting[0] if len(fitting) == 1 else None
