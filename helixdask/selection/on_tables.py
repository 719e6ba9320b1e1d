"""Selecting and splitting windows: functions on tables of windows, which the stages call too."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from helixdask.errors import BadInputError
from helixdask.selection.draw import draw_keys
from helixdask.selection.select import select_windows
from helixdask.selection.split import Split, split_n90, split_windows
from helixdask.selection.table import measure_names, windows_of, with_sides, with_strata
from helixdask.settings import Rules
from helixdask.windows.grid import Windows

__all__ = ["refuse_other_measures", "refuse_other_rules", "select", "split", "usable_windows"]


def select(
    windows: xr.Dataset,
    keep_fraction: float = 0.2,
    *,
    by: str | ArrayLike | None = None,
    largest: bool = False,
    unannotated: bool | None = None,
    rules: Rules = Rules.DEFAULT,
) -> xr.Dataset:
    """Choose windows to learn from: the surest of every kind.

    Windows are sorted into strata by how much of them is intergenic, and each stratum gives its own surest ones.

    Parameters
    ----------
    windows
        Windows with measures, as :meth:`GenomeStore.windows` returns them; any of them, in any order.
    keep_fraction
        Share of these windows to keep, above 0 and at most 1.
    by
        Value of each window, ``(window,)``, or the name of a measure: within a stratum, windows with small values are
        kept. By default the mean distance between labels and predictions; where there are no predictions, all usable
        windows are kept.
    largest
        Keep windows with large values instead.
    unannotated
        Whether windows of contigs without any labelled gene may be kept; by default only where labels were called from
        predictions.
    rules
        ``helixer``: as Helixer's script does.

    Returns
    -------
    xarray.Dataset
        The same windows with ``stratum`` and ``kept``; the attributes ``strata`` say what each holds and gave.

    Raises
    ------
    BadInputError
        The windows were not measured, or not by this measure, the fraction is out of range, or no window can be kept.

    Examples
    --------
    >>> ds = hd.select(store.windows(10_000), 0.25)
    >>> ds.isel(window=ds.kept.values).sizes["window"]
    10
    >>> sure = hd.select(store.windows(10_000), 0.25, by="confidence", largest=True)
    """
    if "class_count" not in windows:
        raise BadInputError(
            "these windows have no measures",
            remedy="Run helixdask windows with --labels or --predictions; where there are several tables of windows, "
            "name labels, predictions or a selection.",
        )
    if by is None:
        refuse_other_rules(windows.attrs, rules)
    if by is None or isinstance(by, str):
        refuse_other_measures(by, largest, {str(name) for name in windows.variables})
    count = windows["class_count"].to_numpy()
    distance = windows["class_distance"].to_numpy() if "class_distance" in windows else None
    sign = -1 if largest else 1
    value = None if by is None else sign * np.asarray(windows[by] if isinstance(by, str) else by, np.float64)
    chosen = select_windows(
        count,
        distance,
        keep_fraction=keep_fraction,
        value=value,
        usable=usable_windows(windows, unannotated),
        # Equally certain windows, such as deserts where quantised probabilities are exactly 1, are many: drawn by lot,
        # they do not all come from the first contig.
        tie_break=_lots(windows),
        rules=rules,
    )
    kept = np.zeros(len(count), np.bool_)
    kept[chosen.rows] = True
    table = with_strata(windows, rules).assign_coords(kept=("window", kept))
    found = [stratum.as_dict() for stratum in chosen.strata]
    for stratum in found:
        stratum["threshold"] = sign * stratum["threshold"] if stratum["threshold"] is not None else None
    return table.assign_attrs(strata=found)


def split(
    windows: xr.Dataset,
    val_fraction: float = 0.2,
    *,
    seed: int = 0,
    groups: NDArray[np.int64] | None = None,
    rules: Rules = Rules.DEFAULT,
) -> xr.Dataset:
    """Put windows on the training or the validation side: whole contigs, or blocks where contigs are too few.

    Parameters
    ----------
    windows
        Windows with measures. Where `select` marked some as ``kept``, only those are put on a side.
    val_fraction
        Share of the bases for validation.
    seed
        Seed of the draw.
    groups
        Group of each contig, ``(contig_row,)``: contigs of one group stay on one side.
    rules
        ``helixer``: by number of sequences, as Helixer's script does; validation may then be empty.

    Returns
    -------
    xarray.Dataset
        The same windows with ``side``: 0 train, 1 validation, -1 neither. The attributes ``by_blocks`` and ``guard``
        say whether contigs were cut, and how many bases lie between the sides then.

    Raises
    ------
    BadInputError
        The windows were not measured, the fraction is out of range, or all windows lie at one place.

    Examples
    --------
    >>> ds = hd.split(hd.select(store.windows(10_000), 0.5), 0.2, seed=1)
    >>> ds.isel(window=(ds.side == 1).values).sizes["window"]
    7
    """
    if "class_count" not in windows:
        raise BadInputError("these windows have no measures", remedy="Split windows that were measured and selected.")
    rows = np.flatnonzero(windows["kept"].to_numpy()) if "kept" in windows else np.arange(windows.sizes["window"])
    some = windows.isel(window=rows)
    sides = np.full(windows.sizes["window"], -1, np.int8)
    made = _split(windows_of(some), some, val_fraction, seed, groups, rules)
    sides[rows] = made.side
    return with_sides(windows, sides).assign_attrs(by_blocks=made.by_blocks, guard=made.guard)


def refuse_other_rules(attrs: Mapping[str, Any], rules: Rules, where: str | None = None) -> None:
    """See that windows were measured as the rules of a selection need it.

    Raises
    ------
    BadInputError
        They were not.
    """
    if rules == Rules.HELIXER and attrs.get("rules") != Rules.HELIXER:
        raise BadInputError(
            "Helixer's selection needs distances that are summed as Helixer does",
            where=where,
            remedy="Run helixdask windows --rules helixer, under another --name.",
        )


def refuse_other_measures(by: str | None, largest: bool, columns: Collection[str], where: str | None = None) -> None:
    """See that windows can be ranked by a measure.

    Raises
    ------
    BadInputError
        The columns of the windows do not hold it, or large values are wanted of none.
    """
    names = measure_names(columns)
    if by is None and largest:
        raise BadInputError(
            "large values are wanted, but of no measure", where=where, remedy=f"Rank by {', '.join(names)}."
        )
    if by is not None and by not in columns:
        remedy = f"They hold {', '.join(names)}; `helixdask windows --replace` measures all that this version knows."
        raise BadInputError(f"these windows are not measured by {by!r}", where=where, remedy=remedy)


def usable_windows(windows: xr.Dataset, unannotated: bool | None) -> NDArray[np.bool_]:
    """Which windows may be chosen: those with a valid base, on contigs with labelled genes unless ``unannotated``."""
    usable: NDArray[np.bool_] = windows["valid"].to_numpy() > 0
    if not (bool(windows.attrs.get("predicted_labels")) if unannotated is None else unannotated):
        usable &= windows["annotated"].to_numpy()
    return usable


def _split(
    windows: Windows,
    table: xr.Dataset,
    val_fraction: float,
    seed: int,
    groups: NDArray[np.int64] | None,
    rules: Rules,
) -> Split:
    names: NDArray[Any] = table["contig_name"].to_numpy()
    if rules == Rules.HELIXER:
        return Split(split_n90(windows.contig.astype(np.int64), names, val_fraction=val_fraction, seed=seed))
    return split_windows(
        windows,
        table["class_count"].to_numpy()[:, 1:].sum(axis=1) > 0,
        val_fraction=val_fraction,
        seed=seed,
        window_length=int(table.attrs["window_length"]),
        names=names,
        groups=groups,
    )


def _lots(table: xr.Dataset) -> NDArray[np.uint64]:
    """Draw a lot for each window, which depends on contig name, start and strand only."""
    contig, start, _, strand = windows_of(table)
    lots: NDArray[np.uint64] = draw_keys(table["contig_name"].to_numpy(), 0)[contig]
    return lots ^ draw_keys(2 * start + strand, 1)
