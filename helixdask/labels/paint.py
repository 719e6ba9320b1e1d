"""Label tracks of one slice of the genome, painted from interval tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from helixdask.kernels import njit
from helixdask.labels.intervals import StrandTables
from helixdask.labels.segments import Ints, covered
from helixdask.registry import LABEL_CLASSES

TRACKS: Final = ("label", "phase", "transition", "valid", "gene_length")


@njit(cache=True, nogil=True)
def _fill(out: NDArray[np.generic], start: Ints, end: Ints, value: NDArray[np.generic], low: int) -> None:
    for row in range(len(start)):
        first, last = max(start[row] - low, 0), min(end[row] - low, len(out))
        for at in range(first, last):
            out[at] = value[row]


@njit(cache=True, nogil=True)
def _fill_phases(out: NDArray[np.uint8], start: Ints, end: Ints, value: Ints, low: int, minus: bool) -> None:
    for row in range(len(start)):
        first, last = max(start[row] - low, 0), min(end[row] - low, len(out))
        for at in range(first, last):
            run = end[row] - 1 - low - at if minus else at + low - start[row]
            out[at] = 1 + (value[row] - run) % 3


def is_blank(tables: Sequence[StrandTables], low: int, high: int) -> bool:
    """Whether nothing at all is to be painted in ``[low, high)``: every track keeps its fill value."""
    for t in tables:
        spans = ((t.class_start, t.class_end), (t.phase_start, t.phase_end), (t.mask_start, t.mask_end))
        rows = [covered(start, end, low, high) for start, end in spans]
        if any(part.stop > part.start for part in rows) or np.diff(np.searchsorted(t.mark_at, (low, high)))[0]:
            return False
    return True


def count_bases(tables: Sequence[StrandTables], low: int, high: int) -> tuple[Ints, int]:
    """Bases of each label class, ``(4,)`` int64, and masked bases, of both strands of ``[low, high)``."""
    classes, masked = np.zeros(len(LABEL_CLASSES), np.int64), 0
    for t in tables:
        rows = covered(t.class_start, t.class_end, low, high)
        size = np.minimum(t.class_end[rows], high) - np.maximum(t.class_start[rows], low)
        np.add.at(classes, t.class_value[rows], size)
        rows = covered(t.mask_start, t.mask_end, low, high)
        masked += int((np.minimum(t.mask_end[rows], high) - np.maximum(t.mask_start[rows], low)).sum())
    classes[0] = len(tables) * (high - low) - classes[1:].sum()
    return classes, masked


def paint(tables: Sequence[StrandTables], low: int, high: int) -> dict[str, NDArray[np.generic]]:
    """Label tracks of the slice ``[low, high)`` of ``position``.

    Parameters
    ----------
    tables
        Those of the plus and of the minus strand.
    low, high
        Any slice: what is painted at a base does not depend on where the slice begins or ends.

    Returns
    -------
    dict
        ``label`` (class index), ``phase`` (phase class index), ``transition`` (bits), ``valid`` (0 where masked), all
        ``(2, high - low)`` uint8, and ``gene_length`` ``(2, high - low)`` uint32; plus-strand orientation.
    """
    shape = (2, high - low)
    out: dict[str, NDArray[np.generic]] = {name: np.zeros(shape, np.uint8) for name in ("label", "phase", "transition")}
    out["valid"] = np.ones(shape, np.uint8)
    out["gene_length"] = np.zeros(shape, np.uint32)
    for strand, t in enumerate(tables):
        rows = covered(t.class_start, t.class_end, low, high)
        _fill(out["label"][strand], t.class_start[rows], t.class_end[rows], t.class_value[rows], low)
        rows = covered(t.phase_start, t.phase_end, low, high)
        value = t.phase_value[rows].astype(np.int64)
        _fill_phases(out["phase"][strand], t.phase_start[rows], t.phase_end[rows], value, low, strand == 1)
        rows = covered(t.mask_start, t.mask_end, low, high)
        zero = np.zeros(rows.stop - rows.start, np.uint8)
        _fill(out["valid"][strand], t.mask_start[rows], t.mask_end[rows], zero, low)
        rows = covered(t.length_start, t.length_end, low, high)
        _fill(out["gene_length"][strand], t.length_start[rows], t.length_end[rows], t.length_value[rows], low)
        rows = slice(*np.searchsorted(t.mark_at, (low, high)).tolist())
        out["transition"][strand, t.mark_at[rows] - low] = t.mark_bits[rows]
    return out
