"""Reading windows: the tracks of a store cut into rows of equal length, each 5' to 3' on its own strand.

Minus windows are the reverse complement of the plus window, made here when they are read. Windows that are shorter than
the window length are padded at their end, on both strands.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import dask.array as da
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from helixdask.registry import LABEL_CLASSES, PHASE_CLASSES, group_of
from helixdask.sequence.codes import COMPLEMENT, PADDING, one_hot
from helixdask.store.store import Store
from helixdask.windows.grid import WindowGrid, Windows
from helixdask.windows.measures import probability_table

__all__ = ["lazy_windows", "read_windows"]

_SEQUENCE = "genome/sequence"
_BASES_PER_BLOCK = 1 << 23


def read_windows(store: Store, path: str, windows: Windows, length: int) -> NDArray[Any]:
    """Read a track as windows.

    Parameters
    ----------
    store
        The store.
    path
        A track, such as ``genome/sequence`` or ``labels/reference/label``.
    windows
        Windows of any order and strand.
    length
        Bases of a row; no window is longer.

    Returns
    -------
    numpy.ndarray
        ``(window, offset)``, or ``(window, offset, class)`` for probabilities, which are float16 or, where they are
        stored quantised, float32. Padding is 0, in the sequence the code of padding, in values of other tracks NaN.
    """
    array = store.array(path)
    stranded = "strand" in array.dims
    extra = array.shape[1:-1] if stranded else ()
    quantised = bool(extra) and array.dtype == np.uint8
    fill = PADDING if path == _SEQUENCE else array.fill_value if not stranded else 0
    rows = np.full((len(windows.start), length, *extra), fill, array.dtype)
    position = store.contigs.offsets[windows.contig] + windows.start
    size = windows.end - windows.start
    strands = slice(int(windows.strand.min(initial=1)), int(windows.strand.max(initial=0)) + 1)
    for members, begin, stop in _runs(position, size, length):
        data = array[(strands, ..., slice(begin, stop))] if stranded else array[begin:stop]
        at = (position[members] - begin).tolist()
        layer = (windows.strand[members] - strands.start).tolist()
        for row, first, n, strand, minus in zip(
            members.tolist(), at, size[members].tolist(), layer, windows.strand[members].tolist(), strict=True
        ):
            part = data[strand, ..., first : first + n] if stranded else data[first : first + n]
            rows[row, :n] = (part[..., ::-1] if minus else part).T
    if path == _SEQUENCE:
        minus_rows = windows.strand == 1
        rows[minus_rows] = COMPLEMENT[rows[minus_rows]]
    return probability_table("uint8")[rows] if quantised else rows


def lazy_windows(store: Store, length: int, *, with_one_hot: bool = False) -> xr.Dataset:
    """All windows of a genome as a lazy dataset: nothing is read before it is asked for.

    Parameters
    ----------
    store
        The store.
    length
        Window length in bases.
    with_one_hot
        Also a variable ``sequence_one_hot(window, offset, base)`` float16, channels C, A, T, G.

    Returns
    -------
    xarray.Dataset
        Dims ``window`` and ``offset``; rows as in `WindowGrid`. ``sequence`` holds base codes, other variables every
        label, prediction and coverage track of the store under its prefixed name, class or library as last dim;
        ``window_contig``, ``window_start``, ``window_end`` and ``window_strand`` say where each window lies. One Dask
        block is some hundred windows.
    """
    grid = WindowGrid(store.contigs.lengths, length)
    windows = grid.windows()
    variables: dict[str, Any] = {f"window_{name}": (("window",), column) for name, column in windows._asdict().items()}
    sequence = _lazy(store, grid, _SEQUENCE)
    variables["sequence"] = (("window", "offset"), sequence, {"padding": PADDING})
    if with_one_hot:
        hot = da.map_blocks(one_hot, sequence, dtype=np.float16, new_axis=2, chunks=(*sequence.chunks, (4,)))
        variables["sequence_one_hot"] = (("window", "offset", "base"), hot)
    for name, path in store.merged_tracks().items():
        dims = store.array(path).dims[1:-1]
        variables[name] = (("window", "offset", *dims), _lazy(store, grid, path))
    coords: dict[str, Any] = {}
    for set_name in store.names("coverage"):
        libraries = store.names(f"coverage/{set_name}")
        dim = f"{set_name}_library"
        for track in ("coverage", "spliced_coverage"):
            parts = [_lazy(store, grid, f"coverage/{set_name}/{library}/{track}") for library in libraries]
            variables[f"{set_name}_{track}"] = (("window", "offset", dim), da.stack(parts, axis=-1))
        coords[dim] = (dim, np.array(libraries, dtype=object))
    used = {dim for dims, *_ in variables.values() for dim in dims}
    for dim, names in (("label_class", LABEL_CLASSES), ("phase_class", PHASE_CLASSES), ("base", tuple("CATG"))):
        if dim in used:
            coords[dim] = (dim, np.array(names, dtype=object))
    return xr.Dataset(variables, coords=coords, attrs={"species": store.species, "window_length": length})


@dataclass(frozen=True, eq=False)
class _WindowTrack:
    """A track as rows of windows, looking like an array to Dask."""

    store: Store
    grid: WindowGrid
    path: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __reduce__(self) -> tuple[object, ...]:
        # Contigs are read again where it arrives: millions of them must not travel with every task.
        return (_track_of, (self.store, self.grid.window_length, self.path))

    def __getitem__(self, key: tuple[Any, ...]) -> NDArray[Any]:
        which, rest = key[0], key[1:]
        if isinstance(which, slice):
            rows = np.arange(*which.indices(self.shape[0]), dtype=np.int64)
        else:
            rows = np.atleast_1d(np.asarray(which, np.int64))
        values = read_windows(self.store, self.path, self.grid.at(rows), self.grid.window_length)
        self.store.check_unchanged(group_of(self.path))
        return values[(0 if isinstance(which, (int, np.integer)) else slice(None), *rest)]


def _track_of(store: Store, length: int, path: str) -> _WindowTrack:
    return _window_track(store, WindowGrid(store.contigs.lengths, length), path)


def _window_track(store: Store, grid: WindowGrid, path: str) -> _WindowTrack:
    array = store.array(path)
    extra = array.shape[1:-1]
    dtype = np.dtype(np.float32) if extra and array.dtype == np.uint8 else array.dtype
    return _WindowTrack(store, grid, path, (len(grid), grid.window_length, *extra), dtype)


def _lazy(store: Store, grid: WindowGrid, path: str) -> da.Array:
    track = _window_track(store, grid, path)
    per_block = int(np.clip(_BASES_PER_BLOCK // grid.window_length, 16, 512))
    lazy: da.Array = da.from_array(
        track,
        chunks=(per_block, *track.shape[1:]),
        name=False,
        asarray=False,
        inline_array=True,
        meta=np.empty((0,) * track.ndim, track.dtype),
    )
    return lazy


def _runs(
    position: NDArray[np.int64], size: NDArray[np.int64], gap: int
) -> Iterator[tuple[NDArray[np.int64], int, int]]:
    """Windows that lie together: their indices, and the slice of ``position`` that holds them, read at once."""
    if not len(position):
        return
    order = np.argsort(position, kind="stable")
    end = np.maximum.accumulate((position + size)[order])
    cuts = np.flatnonzero(position[order][1:] > end[:-1] + gap) + 1
    for members in np.split(order, cuts):
        yield members, int(position[members[0]]), int((position + size)[members].max())
