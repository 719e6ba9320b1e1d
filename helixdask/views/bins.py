"""Tracks reduced to one value for each bin of the contigs, as a lazy Dataset."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import dask.array as da
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from helixdask.errors import BadInputError
from helixdask.probabilities import decode
from helixdask.registry import LABEL_CLASSES, PHASE_CLASSES, POSITION, TRANSITIONS
from helixdask.sequence.codes import SOFT_MASK
from helixdask.store.store import Store
from helixdask.store.stored_array import StoredArray
from helixdask.views.bin_grid import BinGrid
from helixdask.views.reduce import REDUCTIONS, reduce_bins
from helixdask.views.tracks import Lazy, merged_dataset, rows_of

_SEQUENCE: Final = "genome/sequence"
_MANY: Final = 1 << 22
_DIM_OF: Final = {LABEL_CLASSES: "label_class", PHASE_CLASSES: "phase_class", TRANSITIONS: "transition"}
_ATTRS: Final = ("long_name", "units")

_CODES: Final = np.arange(256, dtype=np.uint8)
_TABLES: Final = {
    "gc": np.where((_CODES & 0x0F) < 4, np.isin(_CODES & 0x0F, (0, 3)), np.nan).astype(np.float32),
    "soft_masked": (_CODES & SOFT_MASK) != 0,
    "ambiguous": (_CODES & 0x0F) > 3,
}
"""Value of each base code: G and C are 1, A and T are 0, and other letters are missing."""


def bins_dataset(store: Store, width: int | None, reduce: str) -> xr.Dataset:
    """Tracks reduced to bins, as :meth:`helixdask.GenomeStore.bins` describes it."""
    if reduce not in REDUCTIONS:
        raise BadInputError(f"reduce is {reduce!r}", remedy=f"Choose one of: {', '.join(REDUCTIONS)}.")
    grid = BinGrid(store.contigs.lengths, width)
    blocks = grid.blocks(store.shard_length)

    def lazy(path: str, of: str = "") -> Lazy:
        track = _BinTrack(store, grid, path, reduce, of)
        chunks = (*((size,) for size in track.shape[:-1]), blocks)
        values = da.from_array(track, chunks=chunks, name=False, asarray=False, meta=np.empty((0,) * track.ndim))
        about = {key: value for key, value in track.array.attrs.items() if key in _ATTRS}
        return track.dims, values, about | {"cell_methods": f"position: {reduce}"}

    def about(of: str, meaning: str) -> Lazy:
        dims, values, attrs = lazy(_SEQUENCE, of)
        return dims, values, attrs | {"long_name": meaning}

    bins = np.arange(len(grid)) if len(grid) <= _MANY else da.arange(len(grid), chunks=(blocks,))
    coords: dict[str, Any] = {"contig_name": ("contig_row", store.contigs.names)}
    for name in ("contig", "start", "end"):
        place = getattr(grid, name)
        many = isinstance(bins, da.Array)
        coords[name] = ("bin", da.map_blocks(place, bins, dtype=np.int64) if many else place(bins))
    first = {"gc": about("gc", "G and C of A, C, G and T"), "soft_masked": about("soft_masked", "lower-case letters")}
    return merged_dataset(store, lazy, first, coords, {"reduce": reduce} | ({} if width is None else {"width": width}))


def region_bins(store: Store, path: str, place: tuple[int, int, int], width: int, of: str = "") -> NDArray[np.float64]:
    """Means of a track over the bins that touch a region, read shard by shard.

    Parameters
    ----------
    store, path
        The store, and the path of a track.
    place
        Contig row, first base and one past the last, as ``ContigTable.parse_region`` gives them.
    width
        Bases of a bin; bins begin at the contig's start.
    of
        What of the sequence is looked at: ``gc``, ``soft_masked`` or ``ambiguous``.

    Returns
    -------
    numpy.ndarray
        ``(..., bin)``; classes of labels are an axis of their own, as in :func:`bins_dataset`.
    """
    contig, start, end = place
    track = _BinTrack(store, BinGrid(store.contigs.lengths, width), path, "mean", of)
    before = track.grid.first(contig)
    return track[..., before + start // width : before - (-end // width)]


@dataclass(frozen=True, eq=False)
class _BinTrack:
    """A track with one value for each bin, looking like an array to Dask."""

    store: Store
    grid: BinGrid
    path: str
    how: str
    of: str = ""
    """What of the sequence is looked at: a key of `_TABLES`."""

    dtype = np.dtype(np.float64)

    def __reduce__(self) -> tuple[object, ...]:
        # Contigs are read again where it arrives: millions of them must not travel.
        return (_arrived, (self.store, self.grid.width, self.path, self.how, self.of))

    @cached_property
    def array(self) -> StoredArray:
        return self.store.array(self.path)

    @cached_property
    def _classes(self) -> int:
        """Number of classes or bits that each become values of their own; 0: the values stay as they are."""
        return len(self.array.spec.flags) if self.array.spec.flags in _DIM_OF else 0

    @property
    def dims(self) -> tuple[str, ...]:
        spec = self.array.spec
        more = (_DIM_OF[spec.flags],) if self._classes else ()
        return (*(dim for dim in spec.dims if dim != POSITION), *more, "bin")

    @property
    def shape(self) -> tuple[int, ...]:
        more = (self._classes,) if self._classes else ()
        return (*self.array.shape[:-1], *more, len(self.grid))

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __getitem__(self, key: tuple[Any, ...]) -> NDArray[np.float64]:
        first, last, within = rows_of(key[-1], len(self.grid))
        found = np.empty((*self.shape[:-1], 0))
        if first < last:
            edges = self.grid.edges(first, last)
            found = reduce_bins(self._parts(int(edges[0]), int(edges[-1])), edges, self.shape[:-1], self.how)
        self.store.check_unchanged(self.array.group)
        return np.asarray(found[..., within][tuple(key[:-1])])

    def _parts(self, start: int, stop: int) -> Iterator[tuple[int, NDArray[Any]]]:
        """Values of the bases, one shard at a time."""
        block = self.array.block
        while start < stop:
            end = min(stop, start - start % block + block)
            yield start, self._values(self.array[..., start:end])
            start = end

    def _values(self, stored: NDArray[Any]) -> NDArray[Any]:
        """Values as they are reduced: classes and bits as indicators on an axis before the last."""
        spec = self.array.spec
        if self.of:
            return np.asarray(_TABLES[self.of][stored])
        if spec.is_probability:
            return decode(stored)
        if self._classes:
            numbers = np.arange(self._classes, dtype=stored.dtype)[:, None]
            spread = stored[..., None, :]
            return (spread >> numbers) & 1 if spec.bits else spread == numbers
        return stored


def _arrived(store: Store, width: int | None, path: str, how: str, of: str) -> _BinTrack:
    return _BinTrack(store, BinGrid(store.contigs.lengths, width), path, how, of)
