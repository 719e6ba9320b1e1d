"""Reading the windows of a store's tracks: by zarr anywhere, many at once by tensorstore on disks, or from memory.

Windows that lie together are read at once. Random windows of a batch are read ahead, all of them and all tracks at the
same time, straight from the chunks: they cost little more than neighbouring ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.registry import group_of
from helixdask.store.objects import is_url
from helixdask.store.store import Store
from helixdask.store.stored_array import StoredArray
from helixdask.windows.cut import COVERAGE_PADDING, PADDING, WindowLayout, cut
from helixdask.windows.grid import Spans

_SEQUENCE: Final = "genome/sequence"
_CACHE_BYTES: Final = 256 << 20
_THREADS: Final = 4


class _Piece(NamedTuple):
    """A stretch of a track that holds some windows: their numbers, its first position, and how it is read.

    What is read is ``(layer, base)`` or ``(layer, class, base)``. ``strand`` is that of the first layer; None: one
    layer is for both.
    """

    members: Sequence[int]
    start: int
    strand: int | None
    read: Callable[[], NDArray[Any]]


_Pieces = Callable[[Spans, int], Iterable[_Piece]]


@dataclass(frozen=True, eq=False)
class WindowTrack:
    """A track of which windows are read.

    Attributes
    ----------
    store, path
        Where it is.
    classes
        Length of its class axis; empty where there is none.
    dtype, padding
        Type and padding of rows: the stored type and 0; -1 as float32 for coverage; `PADDING` for the sequence;
        what stands for no value in tracks without strands.
    """

    store: Store
    path: str
    classes: tuple[int, ...]
    dtype: np.dtype[Any]
    padding: Any
    _pieces: _Pieces

    @property
    def group(self) -> str:
        """The published group that holds it."""
        return group_of(self.path)

    def rows(self, n: int, length: int) -> NDArray[Any]:
        """Rows of padding, ``(n, length)`` or ``(n, length, class)``."""
        return np.full((n, length, *self.classes), self.padding, self.dtype)


def open_track(store: Store, path: str, *, ahead: bool = False) -> WindowTrack:
    """Open a track for reading windows.

    Parameters
    ----------
    store
        The store.
    path
        A track, such as ``genome/sequence`` or ``labels/reference/label``.
    ahead
        Whether all windows that are asked for are read at the same time: for batches of windows from all over the
        genome. On a disk this takes tensorstore, where it is installed. Tensorstore takes a missing object for one
        that was never written; see `Store.check_objects`.

    Raises
    ------
    MissingInputError
        There is no such track.
    StoreDamagedError
        Objects of its group are missing, or not what was written.
    """
    array = store.array(path)
    stranded = _is_stranded(array)
    dtype, padding = array.dtype, 0 if stranded else array.fill_value
    if path == _SEQUENCE:
        padding = PADDING
    elif path.startswith("coverage/"):
        dtype, padding = np.dtype(np.float32), COVERAGE_PADDING
    pieces: _Pieces = partial(_together, array)
    if ahead and not is_url(store.url) and find_spec("tensorstore"):
        pieces = partial(_by_tensorstore, _open_tensorstore(store, path), array)
    elif ahead:
        pieces = partial(_by_threads, pieces)
    return WindowTrack(store, path, array.shape[1:-1] if stranded else (), dtype, padding, pieces)


def held_track(store: Store, path: str, start: int, stop: int) -> WindowTrack:
    """Read the slice ``[start, stop)`` of a track, for cutting windows from memory."""
    data = store.read(path, start, stop)
    strand, data = (0, data) if _is_stranded(store.array(path)) else (None, data[np.newaxis])

    def whole(spans: Spans, length: int) -> list[_Piece]:
        del length
        return [_Piece(range(len(spans.position)), start, strand, lambda: data)]

    return replace(open_track(store, path), _pieces=whole)


def read_into(
    tracks: Sequence[WindowTrack],
    outs: Sequence[NDArray[Any]],
    spans: Spans,
    layout: WindowLayout,
    rows: Sequence[int] | None = None,
) -> None:
    """Read windows of some tracks into rows that hold padding.

    Parameters
    ----------
    tracks
        What is read.
    outs
        Rows for each track, as `WindowTrack.rows` makes them, of any type that holds the values.
    spans
        Windows of any order and strand.
    layout
        Length, orientation and padding of the rows.
    rows
        Row of each window; by default they are in the order of the windows.

    Raises
    ------
    StoreDamagedError
        Bytes of a track are not what was written.
    """
    position, size, strand = (column.tolist() for column in spans)
    rows = range(len(position)) if rows is None else rows
    pending = [track._pieces(spans, layout.length) for track in tracks]  # what is read ahead has begun for all now
    for track, out, pieces in zip(tracks, outs, pending, strict=True):
        for members, start, first, read in pieces:
            places = [
                (rows[i], 0 if first is None else strand[i] - first, position[i] - start, size[i], strand[i])
                for i in members
            ]
            cut(out, read(), places, layout, bases=track.path == _SEQUENCE)


def read_windows(store: Store, path: str, spans: Spans, layout: WindowLayout) -> NDArray[Any]:
    """Read windows of one track.

    Returns
    -------
    numpy.ndarray
        ``(window, offset)``, or ``(window, offset, class)`` for probabilities, as they are stored; coverage is
        float32. The padding is that of `WindowTrack`.
    """
    track = open_track(store, path)
    out = track.rows(len(spans.position), layout.length)
    read_into([track], [out], spans, layout)
    return out


def _is_stranded(array: StoredArray) -> bool:
    return "strand" in array.dims


def _together(array: StoredArray, spans: Spans, gap: int) -> Iterator[_Piece]:
    """Windows that lie together, nearer to each other than ``gap`` bases, are one piece."""
    if not len(spans.position):
        return
    first, last = int(spans.strand.min()), int(spans.strand.max())
    order = np.argsort(spans.position, kind="stable")
    end = np.maximum.accumulate((spans.position + spans.size)[order])
    cuts = np.flatnonzero(spans.position[order][1:] > end[:-1] + gap) + 1
    for members in np.split(order, cuts):
        start, stop = int(spans.position[members[0]]), int((spans.position + spans.size)[members].max())
        stranded = _is_stranded(array)
        key = (slice(first, last + 1) if stranded else np.newaxis, ..., slice(start, stop))
        yield _Piece(members.tolist(), start, first if stranded else None, partial(_layers, array, key))


def _layers(array: StoredArray, key: tuple[Any, ...]) -> NDArray[Any]:
    return array[key] if key[0] is not None else array[key[1:]][np.newaxis]


def _by_threads(pieces: _Pieces, spans: Spans, length: int) -> list[_Piece]:
    return [piece._replace(read=_threads().submit(piece.read).result) for piece in pieces(spans, length)]


def _by_tensorstore(track: Any, array: StoredArray, spans: Spans, length: int) -> list[_Piece]:
    del length
    stranded, between = _is_stranded(array), (slice(None),) * (array.ndim - 2)
    pieces = []
    for i, (start, size, strand) in enumerate(zip(*(column.tolist() for column in spans), strict=True)):
        part = slice(start, start + size)
        future = track[(strand, *between, part) if stranded else part].read()
        pieces.append(_Piece((i,), start, strand if stranded else None, partial(_layer, array, future)))
    return pieces


def _layer(array: StoredArray, future: Any) -> NDArray[Any]:
    with array.reading():
        values: NDArray[Any] = future.result()[np.newaxis]
    return values


def _open_tensorstore(store: Store, path: str) -> Any:
    import tensorstore as ts

    spec = {"driver": "zarr3", "kvstore": {"driver": "file", "path": str(Path(store.url) / path)}}
    with store.reading(path):
        return ts.open(spec, context=_tensorstore_context(), read=True, open=True).result()


@cache
def _tensorstore_context() -> Any:
    import tensorstore as ts

    return ts.Context({"cache_pool": {"total_bytes_limit": _CACHE_BYTES}})


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="helixdask-read")
