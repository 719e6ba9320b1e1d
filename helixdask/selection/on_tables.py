"""Selecting and splitting windows: functions on tables of windows, which the stages call too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from helixdask.errors import BadInputError
from helixdask.selection.draw import draw_keys
from helixdask.selection.select import select_windows
from helixdask.selection.sides import Kin, draw_sides
from helixdask.selection.split import split_n90
from helixdask.selection.table import windows_of, with_sides, with_strata
from helixdask.settings import Rules

__all__ = ["refuse_other_rules", "select", "split", "usable_windows"]


def select(
    windows: xr.Dataset,
    keep_fraction: float = 0.2,
    *,
    by: str | ArrayLike | None = None,
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
        The windows were not measured, the fraction is out of range, or no window can be kept.

    Examples
    --------
    >>> ds = hd.select(store.windows(10_000), 0.25)
    >>> ds.isel(window=ds.kept.values).sizes["window"]
    10
    """
    if "class_count" not in windows:
        raise BadInputError(
            "these windows have no measures",
            remedy="Run helixdask windows with --labels or --predictions; where there are several tables of windows, "
            "name labels, predictions or a selection.",
        )
    if by is None:
        refuse_other_rules(windows.attrs, rules)
    count = windows["class_count"].to_numpy()
    distance = windows["class_distance"].to_numpy() if "class_distance" in windows else None
    value = None if by is None else np.asarray(windows[by] if isinstance(by, str) else by, np.float64)
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
    return table.assign_attrs(strata=[stratum.as_dict() for stratum in chosen.strata])


def split(
    windows: xr.Dataset,
    val_fraction: float = 0.2,
    *,
    test_fraction: float = 0.0,
    seed: int = 0,
    groups: NDArray[np.int64] | None = None,
    kin: Kin | None = None,
    unannotated: bool | None = None,
    rules: Rules = Rules.DEFAULT,
) -> xr.Dataset:
    """Put windows on the training, validation or test side: whole contigs, or blocks where contigs are too few.

    Sides are drawn from all usable windows: those of which half of the bases are neither masked nor N.

    Parameters
    ----------
    windows
        Windows with measures, as :meth:`GenomeStore.windows` returns them; any of them, in any order.
    val_fraction, test_fraction
        Shares of the bases for validation and test.
    seed
        Seed of the draw.
    groups
        Group of each contig, ``(contig_row,)``: contigs of one group stay on one side, those below 0 only train.
    kin
        What is known of copies, for windows that are usable all of them; the stage gives it in place of groups.
    unannotated
        Whether windows of contigs without any labelled gene are usable; by default only where labels were called from
        predictions.
    rules
        ``helixer``: all windows, by number of sequences, as Helixer's script does; validation may then be empty.

    Returns
    -------
    xarray.Dataset
        The same windows with ``side``: 0 train, 1 validation, 2 test, -1 none. The attributes ``by_blocks`` and
        ``guard`` say whether contigs were cut, and how many bases lie between the sides then; ``near_copies`` how many
        windows were dropped because another side holds a near copy, with ``least_shared`` or more k-mers in common.

    Raises
    ------
    BadInputError
        The windows were not measured, a fraction is out of range, or no sides can be drawn that keep groups together.

    Examples
    --------
    >>> ds = hd.split(store.windows(10_000), 0.2, seed=1)
    >>> ds.isel(window=(ds.side == 1).values).sizes["window"]
    8
    """
    if "class_count" not in windows:
        raise BadInputError("these windows have no measures", remedy="Split windows that were measured.")
    side = np.full(windows.sizes["window"], -1, np.int8)
    names: NDArray[Any] = windows["contig_name"].to_numpy()
    if rules == Rules.HELIXER:
        contig = windows["contig"].to_numpy().astype(np.int64)
        side[:] = split_n90(contig, names, val_fraction=val_fraction, seed=seed)
        return with_sides(windows, side).assign_attrs(by_blocks=False, guard=0, near_copies=0, least_shared=0)
    rows = np.flatnonzero(usable_windows(windows, unannotated))
    some = windows.isel(window=rows)
    made = draw_sides(
        windows_of(some),
        some["class_count"].to_numpy()[:, 1:].sum(axis=1) > 0,
        kin or Kin.of_groups(np.arange(len(names)) if groups is None else groups),
        val_fraction=val_fraction,
        test_fraction=test_fraction,
        seed=seed,
        window_length=int(windows.attrs["window_length"]),
        names=names,
    )
    side[rows] = made.side
    how = {
        "by_blocks": made.by_blocks,
        "guard": made.guard,
        "near_copies": int(made.copies.sum()),
        "least_shared": made.least_shared,
    }
    return with_sides(windows, side).assign_attrs(how)


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


def usable_windows(windows: xr.Dataset, unannotated: bool | None) -> NDArray[np.bool_]:
    """Which windows may be chosen and split, ``(window,)``.

    At least half of their bases are neither masked nor N, and they lie on contigs with labelled genes unless
    ``unannotated``. Windows that an earlier version measured hold no numbers of N.
    """
    size = (windows["end"] - windows["start"]).to_numpy()
    usable: NDArray[np.bool_] = 2 * windows["usable" if "usable" in windows else "valid"].to_numpy() >= size
    if not (bool(windows.attrs.get("predicted_labels")) if unannotated is None else unannotated):
        usable &= windows["annotated"].to_numpy()
    return usable


def _lots(table: xr.Dataset) -> NDArray[np.uint64]:
    """Draw a lot for each window, which depends on contig name, start and strand only."""
    contig, start, _, strand = windows_of(table)
    lots: NDArray[np.uint64] = draw_keys(table["contig_name"].to_numpy(), 0)[contig]
    return lots ^ draw_keys(2 * start + strand, 1)
