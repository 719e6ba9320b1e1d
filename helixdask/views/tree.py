"""All of a store as an xarray DataTree: nothing is read before it is computed."""

from __future__ import annotations

from collections.abc import Iterator

import dask.array as da
import xarray as xr

from helixdask.registry import arrays_of, tables_below
from helixdask.store.store import Store
from helixdask.store.stored_array import StoredArray
from helixdask.views.tracks import decoded, shown_attrs


def lazy_tree(store: Store) -> xr.DataTree:
    """All published groups of a store, each array decoded, one block for each shard."""
    datasets = {group: _dataset(store, group) for owner in store.published() for group in (owner, *tables_below(owner))}
    root = xr.Dataset(attrs=store.root_attrs)
    return xr.DataTree.from_dict({"/": root, **{group: one for group, one in datasets.items() if one is not None}})


def _dataset(store: Store, group: str) -> xr.Dataset | None:
    variables = {}
    for name, array in _arrays(store, group):
        values = da.from_array(array, chunks=_blocks(array), name=False, asarray=False)
        variables[name] = (array.dims, decoded(array, values), shown_attrs(array))
    return xr.Dataset(variables, attrs=store.attrs(group)) if variables or store.is_complete(group) else None


def _arrays(store: Store, group: str) -> Iterator[tuple[str, StoredArray]]:
    for name in arrays_of(group):
        if store.has_array(f"{group}/{name}"):
            yield name, store.array(f"{group}/{name}")


def _blocks(array: StoredArray) -> tuple[int, ...]:
    """Length of a block along each axis: that of an object, and never longer than the array."""
    blocks = array.shards or array.chunks
    return tuple(max(1, min(block, size)) for block, size in zip(blocks, array.shape, strict=True))
