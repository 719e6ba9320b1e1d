"""Files of ready-made tracks: checked against the genome, their values as counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from helixdask.coverage.bedgraph import bedgraph_sample
from helixdask.coverage.bigwig_blocks import check_bigwig_blocks
from helixdask.coverage.bigwig_read import BigWig
from helixdask.engine.identity import file_identity
from helixdask.engine.stage import Region
from helixdask.errors import BadInputError
from helixdask.store.contigs import ContigTable
from helixdask.store.objects import is_url

_MOST: Final = float(np.iinfo(np.uint32).max)
_SAMPLE_PLACES: Final = 64
_SAMPLE_LENGTH: Final = 1 << 14


def as_counts(
    values: NDArray[np.float64], scale: float | None, where: str, *, may_be_negative: bool
) -> tuple[NDArray[np.uint32], int, int]:
    """Turn values of a track into counts.

    Parameters
    ----------
    values
        ``(n,)`` float64.
    scale
        They are multiplied by this and rounded, halves up; None: they must be whole numbers.
    where
        The file, for messages.
    may_be_negative
        Whether negative values stand for a minus strand; their sign is dropped.

    Returns
    -------
    counts
        ``(n,)`` uint32.
    changed, lost
        How many values were rounded, and how many of those to 0.

    Raises
    ------
    BadInputError
        If a value is not finite, negative, too large, or, without a scale, no whole number.
    """
    if not np.isfinite(values).all():
        raise BadInputError("holds values that are no numbers", where=where, remedy="Replace NaN and infinity by 0.")
    if may_be_negative:
        values = np.abs(values)
    elif (values < 0).any():
        raise BadInputError(
            f"holds negative values ({values.min():g})",
            where=where,
            remedy="A file for the minus strand is given as minus_path, or with strand minus.",
        )
    scaled = values if scale is None else values * scale
    counts = np.floor(scaled + 0.5)
    odd = counts != scaled
    if scale is None and odd.any():
        least = float(values[values > 0].min())
        raise BadInputError(
            f"holds values that are no counts, such as {float(values[odd][0]):g}",
            where=where,
            remedy=f"Give the library a scale in the sheet: values are multiplied by it and rounded. "
            f"{1 / least:.6g} makes the least value here, {least:g}, one read; 1 only rounds.",
        )
    if counts.size and counts.max() > _MOST:
        raise BadInputError(f"holds values above {_MOST:,.0f}", where=where, remedy="Give a smaller scale.")
    return counts.astype(np.uint32), int(np.count_nonzero(odd)), int(np.count_nonzero(odd & (counts == 0)))


@lru_cache(maxsize=16)
def open_bigwig(path: str, identity: str) -> BigWig:
    """Open a bigWig file; it is opened once and kept."""
    del identity  # another file has another
    return BigWig(path)


@lru_cache(maxsize=16)
def _check_blocks(path: str, identity: str) -> None:
    """Read a file whole once, and not again for its plan and for each run of the stage."""
    del identity
    check_bigwig_blocks(path)


def _names_in(file: Mapping[str, int], aliases: Mapping[str, str]) -> dict[str, str]:
    """Names of a file's contigs by their names in the genome."""
    return {aliases.get(name, name): name for name in file}


def bigwig_values(
    path: str, identity: str, contigs: ContigTable, aliases: Mapping[str, str], region: Region
) -> NDArray[np.float64]:
    """Values of a region of the genome, ``(base,)``; 0 where the file has none."""
    file = open_bigwig(path, identity)
    names = _names_in(file.lengths, aliases)
    values = np.zeros(region.length)
    for contig, start, stop, position in contigs.pieces(region.start, region.stop).rows():
        name = names.get(str(contigs.names[contig]))
        if name is not None:
            at = position - region.start
            values[at : at + stop - start] = file.values(name, start, stop)
    return values


def check_bigwig(path: str, contigs: ContigTable, aliases: Mapping[str, str], counts: Callable[..., Any]) -> None:
    """Refuse a bigWig file of another genome, a damaged one, or one whose values ``counts`` refuses.

    Raises
    ------
    BadInputError
        It cannot be used.
    """
    identity = file_identity(path)
    file = open_bigwig(path, identity)
    if not is_url(path):
        _check_blocks(path, identity)
    names = _names_in(file.lengths, aliases)
    rows = [row for row, name in enumerate(contigs.names.tolist()) if name in names]
    check_some_known(path, list(file.lengths), contigs, aliases)
    for row in rows:
        known, length = str(contigs.names[row]), int(contigs.lengths[row])
        if file.lengths[names[known]] != length:
            raise BadInputError(
                f"contig `{known}` has {file.lengths[names[known]]:,} bases in the file, {length:,} in the genome",
                where=path,
                remedy="The track belongs to another assembly: make it for this one.",
            )
    lengths = np.array([contigs.lengths[row] for row in rows], np.int64)
    total = np.cumsum(lengths)
    for at in ((np.arange(_SAMPLE_PLACES) + 0.5) / _SAMPLE_PLACES * total[-1]).astype(np.int64).tolist():
        k = int(np.searchsorted(total, at, side="right"))
        start = at - int(total[k] - lengths[k])
        name = names[str(contigs.names[rows[k]])]
        counts(file.values(name, start, min(start + _SAMPLE_LENGTH, int(lengths[k]))))


def check_bedgraph(path: str, contigs: ContigTable, aliases: Mapping[str, str], counts: Callable[..., Any]) -> None:
    """The same of a bedGraph file.

    Raises
    ------
    BadInputError
        It cannot be used.
    """
    if not Path(path).is_file():
        raise BadInputError("no such file", where=path, remedy="bedGraph files must be local.")
    names, values = bedgraph_sample(path)
    check_some_known(path, names, contigs, aliases)
    counts(values)


def check_some_known(path: str, names: list[str], contigs: ContigTable, aliases: Mapping[str, str]) -> None:
    """Refuse a file none of whose names is one of the genome, by itself or by an alias.

    Raises
    ------
    BadInputError
        None is.
    """
    if not any(name in contigs or aliases.get(name) in contigs for name in names):
        raise BadInputError(
            f"no contig name in common with the genome (file: {', '.join(names[:3]) or 'none'}; "
            f"genome: {', '.join(str(name) for name in contigs.names[:3])})",
            where=path,
            remedy="Give the other names with --aliases, or make the file for this genome.",
        )
