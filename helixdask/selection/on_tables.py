"""Splitting windows, and which of them can be used: functions on tables of windows, which the stages call too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from helixdask.errors import BadInputError
from helixdask.selection.sides import Kin, draw_sides
from helixdask.selection.split import split_n90
from helixdask.selection.table import windows_of, with_sides
from helixdask.settings import Rules

MEASURES_OF_USE: Final = ("valid", "usable", "annotated")
"""Measures by which `usable_windows` goes."""


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
    6
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
    made = draw_sides(
        windows_of(windows).take(rows),
        windows["class_count"].to_numpy()[:, 1:].max(axis=1)[rows] > 0,
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
