"""Names of the alignments that rows of a GFF3 or GTF file belong to, as hashes, straight from the bytes of the rows."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from helixdask.kernels import njit

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]


def _bytes(text: bytes) -> Bytes:
    return np.frombuffer(text, np.uint8)


_ID: Final = _bytes(b"ID=")
_PARENT: Final = _bytes(b"Parent=")
_TRANSCRIPT: Final = _bytes(b"transcript_id ")
_SPACE, _TAB, _QUOTE, _COMMA, _SEMICOLON = (ord(mark) for mark in ' \t",;')
_BASIS: Final = np.uint64(0xCBF29CE484222325)
_PRIME: Final = np.uint64(0x100000001B3)


def alignment_names(
    text: bytes, begin: Ints, end: Ints, is_match: NDArray[np.bool_], line: Ints
) -> tuple[Ints, NDArray[np.uint64]]:
    """Hashes (FNV-1a) of the names of the alignments that rows belong to.

    Parameters
    ----------
    text
        The rows.
    begin, end
        ``(row,)`` where the attributes of each lie in the text.
    is_match
        ``(row,)`` whether an ID names the alignment, else a Parent or transcript_id does. A match without an ID is an
        alignment by itself.
    line
        ``(row,)`` number in the file.

    Returns
    -------
    tuple
        ``(name,)`` int64 row, ascending: one with two parents comes twice, one that names none not at all; and
        ``(name,)`` uint64.

    Examples
    --------
    >>> text = b"ID=a;Parent=m,n" + b"Parent=n" + b"ID=m"
    >>> begin, end = np.array([0, 15, 23]), np.array([15, 23, 27])
    >>> rows, names = alignment_names(text, begin, end, np.array([False, False, True]), np.array([1, 2, 3]))
    >>> rows.tolist(), (names[:2] == names[:1:-1]).tolist()
    ([0, 0, 1, 2], [True, True])
    """
    values = _bytes(text)
    return _hashed(values, begin, end, is_match, line, len(begin) + int(np.count_nonzero(values == _COMMA)))


@njit(cache=True, nogil=True)
def _hashed(
    text: Bytes, begin: Ints, end: Ints, is_match: NDArray[np.bool_], line: Ints, most: int
) -> tuple[Ints, NDArray[np.uint64]]:
    rows, names = np.empty(most, np.int64), np.empty(most, np.uint64)
    n = 0
    for row in range(len(begin)):
        key = _ID if is_match[row] else _PARENT
        at, stop = _value(text, begin[row], end[row], key)
        if at == stop and not is_match[row]:
            at, stop = _value(text, begin[row], end[row], _TRANSCRIPT)
        if at == stop and is_match[row]:
            rows[n], names[n] = row, ~np.uint64(line[row])
            n += 1
        while at < stop:
            value = _BASIS
            while at < stop and text[at] != _COMMA:
                value = (value ^ np.uint64(text[at])) * _PRIME
                at += 1
            at += 1
            if value != _BASIS:
                rows[n], names[n] = row, value
                n += 1
    return rows[:n], names[:n]


@njit(cache=True, nogil=True)
def _value(text: Bytes, begin: int, end: int, key: Bytes) -> tuple[int, int]:
    """Where the value of a key lies in the attributes of a row, without quotes; nowhere: an empty stretch."""
    at = begin
    while at < end:
        while at < end and (text[at] == _SPACE or text[at] == _TAB):
            at += 1
        same = 0
        while same < len(key) and at + same < end and text[at + same] == key[same]:
            same += 1
        if same == len(key):
            at += same
            while at < end and (text[at] == _SPACE or text[at] == _QUOTE):
                at += 1
            stop = at
            while stop < end and text[stop] != _SEMICOLON and text[stop] != _QUOTE:
                stop += 1
            if stop > at:
                return at, stop
        while at < end and text[at] != _SEMICOLON:
            at += 1
        at += 1
    return end, end
