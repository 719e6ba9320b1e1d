"""Where the padding of minus-strand predictions lies: Helixer 0.3.6 writes it in front, all others behind.

A network says nearly the same for every base of padding, over and over with the period of its pool size. What it says
is learnt from the padded plus rows, whose padding is always at their end; then both ends of the padded minus rows are
compared with it.
"""

from __future__ import annotations

import logging
from typing import Final

import h5py
import numpy as np
from numpy.typing import NDArray

from helixdask.errors import BadInputError
from helixdask.exchange.helixer_file import open_h5, read_rows
from helixdask.exchange.helixer_rows import FileRows

log = logging.getLogger(__name__)

_ROWS: Final = 100
_LONGEST_PERIOD: Final = 32
_AT_LEAST: Final = 1e-3
_TIMES: Final = 2.0
_FAR: Final = 0.1
_MOST_BASES: Final = 20_000
_CHOICES: Final = ("auto", "front", "end")


def settle_minus_padding(path: str, rows: FileRows, window_length: int, choice: str) -> str:
    """Find out where the padding of minus rows is in a file with predictions.

    Parameters
    ----------
    path
        The file with ``predictions``.
    rows
        Places of its rows.
    window_length
        Bases of a full row.
    choice
        ``auto``, ``front`` or ``end``.

    Returns
    -------
    ``front`` or ``end``.

    Raises
    ------
    BadInputError
        It cannot be told.
    """
    if choice not in _CHOICES:
        raise BadInputError(f"the padding is {choice!r}", remedy=f"Choose {', '.join(_CHOICES)}.")
    size = rows.end - rows.start
    padded = size < window_length
    minus = _some(np.flatnonzero(padded & (rows.strand == 1)))
    if choice != "auto" or not len(minus):
        return "end" if choice == "auto" else choice
    with open_h5(path) as file:
        dataset = file["predictions"]
        plus = _some(np.flatnonzero(padded & (rows.strand == 0)))
        usual = _padding_of(dataset, rows.row[plus], size[plus], window_length)
        if usual is None:
            raise _unclear(path, "no plus-strand row shows what padding looks like")
        front, end = _distances(dataset, rows.row[minus], size[minus], usual)
    low, high = sorted((front, end))
    # Networks differ in how far padding is from what they usually say of it; the other end is always much farther.
    if high < _AT_LEAST or high < _TIMES * low:
        if low > _FAR:
            raise BadInputError(
                f"where rows are padded, the predictions look like bases and not like padding ({front:.2f} from it in "
                f"front, {end:.2f} at the end)",
                where=path,
                remedy="Are they of this very file, in its order? If so, give --minus-padding front (as Helixer writes "
                "them) or --minus-padding end.",
            )
        raise _unclear(path, f"both ends of the padded rows look alike ({front:.4f} in front, {end:.4f} at the end)")
    found = "front" if front < end else "end"
    log.info(
        "%s: the padding of minus rows is %s (distance from padding %.4f in front, %.4f at the end)",
        path,
        "in front, as Helixer 0.3.6 writes it" if found == "front" else "at the end, as in the sequence",
        front,
        end,
    )
    return found


def _unclear(path: str, why: str) -> BadInputError:
    return BadInputError(
        f"where the padding of minus rows lies cannot be told: {why}",
        where=path,
        remedy="Give --minus-padding front (Helixer 0.3.6) or --minus-padding end (rows as they stand).",
    )


def _some(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """At most some of the rows, evenly spread."""
    return rows if len(rows) <= _ROWS else rows[np.linspace(0, len(rows) - 1, _ROWS).astype(np.int64)]


def _row(dataset: h5py.Dataset, row: int) -> NDArray[np.float32]:
    return np.asarray(read_rows(dataset, slice(row, row + 1))[0], np.float32)


def _padding_of(
    dataset: h5py.Dataset, rows: NDArray[np.int64], size: NDArray[np.int64], window_length: int
) -> NDArray[np.float32] | None:
    """What stands in padding, one vector for each base of its period: ``(period, 4)``."""
    zones, offsets = [], []
    for row, n in zip(rows.tolist(), size.tolist(), strict=True):
        zones.append(_row(dataset, row)[n : n + _MOST_BASES])
        offsets.append(np.arange(n, n + len(zones[-1])))
    if not zones:
        return None
    period, best = 1, np.inf
    for lag in range(1, min(_LONGEST_PERIOD, window_length - 1) + 1):
        steps = [np.abs(zone[lag:] - zone[:-lag]).sum(axis=1) for zone in zones if len(zone) > 2 * lag]
        change = round(float(np.median(np.concatenate(steps))), 4) if steps else np.inf
        if change < best:
            period, best = lag, change
    values, phase = np.concatenate(zones), np.concatenate(offsets) % period
    if len(np.unique(phase)) < period:
        return None
    return np.array([np.median(values[phase == k], axis=0) for k in range(period)], np.float32)


def _distances(
    dataset: h5py.Dataset, rows: NDArray[np.int64], size: NDArray[np.int64], usual: NDArray[np.float32]
) -> tuple[float, float]:
    """Mean distance from padding of what stands in front and at the end, in sums of probability differences."""
    totals, bases = np.zeros(2), 0
    for row, n in zip(rows.tolist(), size.tolist(), strict=True):
        values = _row(dataset, row)
        distance = np.abs(values - usual[np.arange(len(values)) % len(usual)]).sum(axis=1)
        pad = len(values) - n
        totals += distance[:pad].sum(), distance[n:].sum()
        bases += pad
    front, end = (totals / bases).tolist()
    return front, end
