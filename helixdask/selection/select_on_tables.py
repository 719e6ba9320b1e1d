"""Selecting windows: a function on tables of windows, which the stage calls too."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from helixdask.draw import draw_keys
from helixdask.errors import BadInputError
from helixdask.selection.copies import within_cap
from helixdask.selection.finer import finer_strata
from helixdask.selection.on_tables import refuse_other_rules, usable_windows
from helixdask.selection.quota import Likes
from helixdask.selection.ranking import ranked_values, refuse_unknown_ranking
from helixdask.selection.select import select_helixer, select_windows, strata
from helixdask.selection.settings import INTERGENIC_CAP, KEEP_FRACTION
from helixdask.selection.sides import Kin
from helixdask.selection.table import numbered_strata, windows_of, with_strata
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
    stratify: str | ArrayLike | None = None,
    min_support: float | None = None,
    max_copies: int | None = None,
    kin: Kin | None = None,
    unannotated: bool | None = None,
    rules: Rules = Rules.DEFAULT,
) -> xr.Dataset:
    """Choose windows to learn from: the surest of every kind.

    Windows are sorted into strata by how much of them is intergenic, and each stratum gives its own surest ones. Fully
    intergenic windows are drawn by lot: the surest of them are the easy ones.

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
        Value of each window, ``(window,)``, or the name of a measure or of a ranking (`helixdask.selection.ranking`):
        within a stratum, windows with small values are kept. By default the mean distance between labels and
        predictions; without predictions windows are drawn by lot.
    largest
        Keep windows with large values of the measure instead.
    stratify
        Value of each window, ``(window,)``, or the name of a measure, by which strata with genes are divided again,
        into thirds: what is kept then has the genome's distribution of it.
    min_support
        Least share of the exonic bases that reads cover; windows without exons are not asked for any.
    max_copies
        Windows that are near copies of each other, of which so many may be kept; needs ``kin``.
    kin
        What is known of copies; the stage gives it.
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
    count = windows["class_count"].to_numpy()
    distance = windows["class_distance"].to_numpy() if "class_distance" in windows else None
    sign = -1 if largest and by is not None else 1
    if by is None or isinstance(by, str):
        refuse_unknown_ranking(by, largest, {str(name) for name in windows.variables})
    value = None
    if by is not None:
        value = (
            ranked_values(windows, by, largest=largest) if isinstance(by, str) else sign * np.asarray(by, np.float64)
        )
    size = (windows["end"] - windows["start"]).to_numpy().astype(np.int64)
    if keep_fraction is keep_bases is keep_windows is None:
        keep_fraction = 1.0 if value is None and distance is None else KEEP_FRACTION
    n, total = _amount(
        len(count), int(size.sum()), keep_fraction, keep_bases, keep_windows, windows.attrs["window_length"]
    )
    if rules == Rules.HELIXER:
        chosen = select_helixer(count, distance, n, value)
    else:
        usable, lot = usable_windows(windows, unannotated), _lots(windows)
        eligible = usable & _supported(windows, min_support)
        if max_copies is not None:
            eligible &= _without_copies(max_copies, kin, eligible, value, distance, count, lot)
        stratum, names = strata(count)
        if stratify is not None:
            by_value = ranked_values(windows, stratify) if isinstance(stratify, str) else np.asarray(stratify)
            stratum, names = finer_strata(stratum, names, by_value, usable, str(getattr(stratify, "name", stratify)))
        chosen = select_windows(
            count,
            distance,
            size,
            total=total,
            value=value,
            usable=usable,
            eligible=eligible,
            # Drawn by lot, equally certain windows do not all come from the first contig.
            lot=lot,
            likes=_likes(windows) if by is None and distance is not None else None,
            cap=max_intergenic,
            by_stratum=(stratum, names),
        )
    kept, weight = np.zeros(len(count), np.bool_), np.zeros(len(count), np.float32)
    kept[chosen.rows], weight[chosen.rows] = True, chosen.weight
    table = with_strata(windows, rules) if rules == Rules.HELIXER else numbered_strata(windows, stratum, names)
    table = table.assign_coords(kept=("window", kept), weight=("window", weight))
    found = [each.as_dict() for each in chosen.strata]
    for each in found:
        each["threshold"] = sign * each["threshold"] if each["threshold"] is not None else None
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


def _supported(windows: xr.Dataset, least: float | None) -> NDArray[np.bool_]:
    """Windows whose exons reads support enough, or that have none, ``(window,)``."""
    if least is None:
        return np.ones(windows.sizes["window"], np.bool_)
    if "support" not in windows:
        raise BadInputError(
            "a least support is wanted, but these windows are not measured by reads",
            remedy="Run helixdask windows with --coverage SET, and select with --windows NAME.",
        )
    support: NDArray[np.float32] = windows["support"].to_numpy()
    return np.isnan(support) | (support >= least)


def _without_copies(
    most: int,
    kin: Kin | None,
    eligible: NDArray[np.bool_],
    value: NDArray[np.float64] | None,
    distance: NDArray[np.float64] | None,
    count: NDArray[Any],
    lot: NDArray[np.uint64],
) -> NDArray[np.bool_]:
    """Windows of which not too many are near copies of each other, the best first, ``(window,)``."""
    if kin is None or kin.spot is None or kin.first is None or kin.second is None:
        raise BadInputError(
            "near copies are to be left out, but nothing is known of copies", remedy="Run helixdask kinship first."
        )
    if value is None and distance is not None:
        value = distance.sum(axis=1) / np.maximum(count.sum(axis=1), 1)
    order = np.lexsort((lot, np.zeros(len(lot)) if value is None else value))
    return within_cap(kin.spot, kin.first, kin.second, order[eligible[order]], most)


def _likes(table: xr.Dataset) -> Likes:
    """What should not decide which windows are the surest: GC content, repeats, and how long genes are."""
    measures = [table[name].to_numpy() for name in ("gc", "soft_masked", "repeats") if name in table]
    if "genes" in table:
        genic = table["class_count"].to_numpy()[:, 1:].sum(axis=1, dtype=np.int64)
        measures.append(genic / np.maximum(table["genes"].to_numpy(), 1))
    return Likes(measures, table["contig"].to_numpy())


def _lots(table: xr.Dataset) -> NDArray[np.uint64]:
    """Draw a lot for each window, which depends on contig name, start and strand only."""
    contig, start, _, strand = windows_of(table)
    lots: NDArray[np.uint64] = draw_keys(table["contig_name"].to_numpy(), 0)[contig]
    return lots ^ draw_keys(2 * start + strand, 1)
