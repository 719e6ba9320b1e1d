"""Arrays of a store as Dask arrays, and all of a store as an xarray DataTree: nothing is read before it is computed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import dask.array as da
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from helixdask.registry import arrays_of, tables_below
from helixdask.store.store import Store
from helixdask.store.stored_array import StoredArray

__all__ = ["lazy_track", "lazy_tree"]


@dataclass(frozen=True)
class _Slice:
    """A part of an array along its last axis, looking like an array to Dask."""

    store: Store
    array: StoredArray
    start: int
    stop: int

    @property
    def shape(self) -> tuple[int, ...]:
        return (*self.array.shape[:-1], self.stop - self.start)

    @property
    def ndim(self) -> int:
        return self.array.ndim

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.array.dtype

    def __getitem__(self, key: tuple[slice, ...]) -> NDArray[Any]:
        first, last, _ = key[-1].indices(self.stop - self.start)
        values = self.array[(*key[:-1], slice(self.start + first, self.start + last))]
        self.store.check_unchanged(self.array.group)
        return values


def lazy_track(store: Store, array: StoredArray, start: int, stop: int) -> da.Array:
    """Slice ``[start, stop)`` of a track as a Dask array, one block for each shard that it touches."""
    edges = [start, *range(start - start % array.block + array.block, stop, array.block), stop]
    along = tuple(last - first for first, last in pairwise(edges))
    chunks = (*((size,) for size in array.shape[:-1]), along)
    track: da.Array = da.from_array(_Slice(store, array, start, stop), chunks=chunks, name=False, asarray=False)
    return track


def lazy_tree(store: Store) -> xr.DataTree:
    """All published groups of a store, each array as it is declared, one block for each shard."""
    datasets = {group: _dataset(store, group) for owner in store.published() for group in (owner, *tables_below(owner))}
    root = xr.Dataset(attrs=store.root_attrs)
    return xr.DataTree.from_dict({"/": root, **{group: one for group, one in datasets.items() if one is not None}})


def _dataset(store: Store, group: str) -> xr.Dataset | None:
    variables = {
        name: (array.dims, da.from_array(array, chunks=_blocks(array), name=False, asarray=False), array.attrs)
        for name, array in _arrays(store, group)
    }
    return xr.Dataset(variables, attrs=store.attrs(group)) if variables or store.is_complete(group) else None


def _arrays(store: Store, group: str) -> Iterator[tuple[str, StoredArray]]:
    for name in arrays_of(group):
        if store.has_array(f"{group}/{name}"):
            yield name, store.array(f"{group}/{name}")


def _blocks(array: StoredArray) -> tuple[int, ...]:
    """Length of a block along each axis: that of an object, and never longer than the array."""
    blocks = array.shards or array.chunks
    return tuple(max(1, min(block, size)) for block, size in zip(blocks, array.shape, strict=True))
