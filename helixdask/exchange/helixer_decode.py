"""Rows of a Helixer file back to codes, and laid down on tracks in plus orientation."""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from helixdask.sequence.codes import COMPLEMENT, ONE_HOT, PADDING

BAD: Final = 0xFF
"""What stands where a vector means nothing."""

_BASE_WORDS: Final = np.ascontiguousarray(ONE_HOT[: PADDING + 1]).view(np.uint64)[:, 0]
_CLASS_WORDS: Final = np.eye(4, dtype=np.uint8).view(np.uint32)[:, 0]


def decode_bases(rows: NDArray[Any], strand: NDArray[np.int8]) -> NDArray[np.uint8]:
    """Base codes of the plus strand, in the order of the row.

    Parameters
    ----------
    rows
        ``X``, ``(row, base, 4)``, any float.
    strand
        Strand of each row, ``(row,)``.

    Returns
    -------
    ``(row, base)`` uint8; ``PADDING`` for a vector of zeros, ``BAD`` for one that is of no base.
    """
    words = np.ascontiguousarray(rows, np.float16).view(np.uint64)[..., 0]
    codes = _look_up(words, _BASE_WORDS)
    minus = np.flatnonzero(strand == 1)
    table = COMPLEMENT.copy()
    table[BAD] = BAD
    codes[minus] = table[codes[minus]]
    return codes


def decode_classes(rows: NDArray[Any]) -> NDArray[np.uint8]:
    """Class of each one-hot vector, ``(row, base, 4)`` int8 to ``(row, base)`` uint8; ``BAD`` where there is none."""
    words = np.ascontiguousarray(rows, np.int8).view(np.uint32)[..., 0]
    return _look_up(words, _CLASS_WORDS)


@numba.njit(cache=True)
def _look_up(words: NDArray[Any], table: NDArray[Any]) -> NDArray[np.uint8]:
    """Place of each word in a short table, the frequent ones first."""
    out = np.empty(words.shape, np.uint8)
    for row in range(words.shape[0]):
        for base in range(words.shape[1]):
            found = 0xFF
            for code in range(len(table)):
                if words[row, base] == table[code]:
                    found = code
                    break
            out[row, base] = found
    return out


@numba.njit(cache=True)
def pack_transitions(rows: NDArray[np.int8]) -> NDArray[np.uint8]:
    """Six columns of 0 and 1 as the bits of a byte, ``(row, base, 6)`` to ``(row, base)``."""
    out = np.zeros(rows.shape[:2], np.uint8)
    for row in range(rows.shape[0]):
        for base in range(rows.shape[1]):
            for bit in range(rows.shape[2]):
                if rows[row, base, bit] != 0:
                    out[row, base] |= 1 << bit
    return out


@numba.njit(cache=True)
def lay_down(
    track: NDArray[Any],
    seen: NDArray[np.bool_],
    values: NDArray[Any],
    first: NDArray[np.int64],
    position: NDArray[np.int64],
    end: NDArray[np.int64],
    strand: NDArray[np.int8],
    layer: NDArray[np.int8],
    start: int,
) -> int:
    """Lay rows on a stretch of a track.

    Parameters
    ----------
    track
        ``(layer, class, base)``, written in plus orientation.
    seen
        Which bases of it hold something already, ``(layer, base)``.
    values
        ``(row, base, class)``, read 5' to 3' on the row's own strand.
    first
        Where the row's first real base stands in it, ``(row,)``.
    position, end
        Its place on the genome-long axis, ``(row,)``.
    strand, layer
        Direction in which it is read, and the layer of the track that it goes to, ``(row,)``.
    start
        Position of the track's first base.

    Returns
    -------
    int
        Position of the first base for which two rows say different things; -1 if there is none.
    """
    stop = start + track.shape[2]
    clash = -1
    for row in range(values.shape[0]):
        into = layer[row]
        low, high = max(position[row], start), min(end[row], stop)
        for place in range(low, high):
            along = place - position[row] if strand[row] == 0 else end[row] - 1 - place
            at = first[row] + along
            base = place - start
            if seen[into, base]:
                for number in range(values.shape[2]):
                    if track[into, number, base] != values[row, at, number] and (clash < 0 or place < clash):
                        clash = place
            else:
                seen[into, base] = True
                for number in range(values.shape[2]):
                    track[into, number, base] = values[row, at, number]
    return clash
