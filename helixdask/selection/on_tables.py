"""Selecting and splitting windows: functions on tables of windows, which the stages call too."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from helixdask.errors import BadInputError
from helixdask.selection.draw import draw_keys
from helixdask.selection.quota import Likes
from helixdask.selection.select import select_helixer, select_windows
from helixdask.selection.settings import INTERGENIC_CAP, KEEP_FRACTION
from helixdask.selection.sides import Kin, draw_sides
from helixdask.selection.split import split_n90
from helixdask.selection.table import measure_names, windows_of, with_sides, with_strata
from helixdask.settings import Rules


def select(
    windows: xr.Dataset,
    keep_fraction: float | None = None,
    *,
    keep_bases: int | None = None,
    keep_windows: int | None = None,
    max_intergenic: float = INTERGENIC_CAP,
    by: str | ArrayLike | None = None,
    largest: bool = False,
    unannotated: bool | None = None,
    rules: Rules = Rules.DEFAULT,
) -> xr.Dataset:
    """Choose windows to learn from: the surest of every kind.

    Windows are sorted into strata by how much of them is intergenic, and each stratum gives its own surest ones, each
    compared with windows of about the same GC content, share of repeats and length of genes. Fully intergenic windows
    are drawn by lot: the surest of them are the easy ones.

    Parameters
    ----------
    windows
        Windows with measures, as :meth:`GenomeStore.windows` returns them; any of them, in any order.
    keep_fraction
        Share of the bases of these windows to keep, above 0 and at most 1. By default 0.2 of windows that are ranked,
        and all where there are no predictions.
    keep_bases, keep_windows
        The same as a number of bases, or of whole windows.
    max_intergenic
        Largest share of what is kept that is fully intergenic, 0 to 1. It holds even where less is kept then.
    by
        Value of each window, ``(window,)``, or the name of a measure: within a stratum, windows with small values are
        kept. By default the mean distance between labels and predictions; without predictions windows are drawn by
        lot.
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
        The same windows with ``stratum``, ``kept`` and ``weight``, how much a kept window counts so that all together
        stand for the genome; the attributes ``strata`` say what each holds and gave.

    Raises
    ------
    BadInputError
        The windows were not measured, or not by this measure, the fraction is out of range, or no window can be kept.

    Examples
    --------
    >>> ds = hd.select(store.windows(10_000), 0.25)
    >>> ds.isel(window=ds.kept.values).sizes["window"]
    11
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
    size = (windows["end"] - windows["start"]).to_numpy().astype(np.int64)
    if keep_fraction is keep_bases is keep_windows is None:
        keep_fraction = 1.0 if value is None and distance is None else KEEP_FRACTION
    n, total = _amount(
        len(count), int(size.sum()), keep_fraction, keep_bases, keep_windows, windows.attrs["window_length"]
    )
    if rules == Rules.HELIXER:
        chosen = select_helixer(count, distance, n, value)
    else:
        chosen = select_windows(
            count,
            distance,
            size,
            total=total,
            value=value,
            usable=usable_windows(windows, unannotated),
            # Drawn by lot, equally certain windows do not all come from the first contig.
            lot=_lots(windows),
            likes=_likes(windows) if by is None and distance is not None else None,
            cap=max_intergenic,
        )
    kept, weight = np.zeros(len(count), np.bool_), np.zeros(len(count), np.float32)
    kept[chosen.rows], weight[chosen.rows] = True, chosen.weight
    table = with_strata(windows, rules).assign_coords(kept=("window", kept), weight=("window", weight))
    found = [stratum.as_dict() for stratum in chosen.strata]
    for stratum in found:
        stratum["threshold"] = sign * stratum["threshold"] if stratum["threshold"] is not None else None
    return table.assign_attrs(strata=found)


def _amount(
    n: int, everything: int, fraction: float | None, bases: int | None, windows: int | None, window_length: int
) -> tuple[int, int]:
    """Windows and bases to keep, of ``n`` windows with so many bases."""
    if sum(amount is not None for amount in (fraction, bases, windows)) > 1:
        raise BadInputError(
            "the amount to keep is said twice", remedy="Give one of --keep-fraction, --keep-bases and --keep-windows."
        )
    if bases is not None:
        return bases // window_length, bases
    if windows is not None:
        return windows, windows * window_length
    if fraction is None or not 0 < fraction <= 1:
        raise BadInputError(
            f"a fraction to keep of {fraction}",
            remedy="Use --keep-fraction above 0 and at most 1, for example 0.2.",
        )
    return int(n * fraction), int(everything * fraction)


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
    made = draw_sides(
        windows_of(windows).take(rows),
        windows["class_count"].to_numpy()[:, 1:].any(axis=1)[rows],
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
    """Which windows may be chosen and split, ``(window,)``.

    At least half of their bases are neither masked nor N, and they lie on contigs with labelled genes unless
    ``unannotated``. Windows that an earlier version measured hold no numbers of N.
    """
    size = (windows["end"] - windows["start"]).to_numpy()
    usable: NDArray[np.bool_] = 2 * windows["usable" if "usable" in windows else "valid"].to_numpy() >= size
    if not (bool(windows.attrs.get("predicted_labels")) if unannotated is None else unannotated):
        usable &= windows["annotated"].to_numpy()
    return usable


def _likes(table: xr.Dataset) -> Likes:
    """What should not decide which windows are the surest: GC content, repeats, and how long genes are."""
    measures = [table[name].to_numpy() for name in ("gc", "soft_masked") if name in table]
    if "genes" in table:
        genic = table["class_count"].to_numpy()[:, 1:].sum(axis=1, dtype=np.int64)
        measures.append(genic / np.maximum(table["genes"].to_numpy(), 1))
    return Likes(measures, table["contig"].to_numpy())


def _lots(table: xr.Dataset) -> NDArray[np.uint64]:
    """Draw a lot for each window, which depends on contig name, start and strand only."""
    contig, start, _, strand = windows_of(table)
    lots: NDArray[np.uint64] = draw_keys(table["contig_name"].to_numpy(), 0)[contig]
    return lots ^ draw_keys(2 * start + strand, 1)
