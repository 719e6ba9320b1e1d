"""Tracks of a store as Dask arrays, one block for each shard, and tracks of all groups side by side as one Dataset."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import dask.array as da
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from helixdask.probabilities import decode
from helixdask.registry import LABEL_CLASSES, PHASE_CLASSES, STRANDS, TRANSITIONS
from helixdask.store.store import Store
from helixdask.store.stored_array import StoredArray

Lazy = tuple[tuple[str, ...], da.Array, dict[str, Any]]
"""Dimensions, values and attributes of a variable."""

_SHOWN = ("long_name", "units", "flag_values", "flag_masks", "flag_meanings")
_NAMES_ALONG = {
    "strand": STRANDS,
    "label_class": LABEL_CLASSES,
    "phase_class": PHASE_CLASSES,
    "transition": TRANSITIONS,
}


def shown_attrs(array: StoredArray) -> dict[str, Any]:
    """Attributes of an array that hold for its decoded values."""
    return {key: value for key, value in array.attrs.items() if key in _SHOWN}


def decoded(array: StoredArray, values: da.Array) -> da.Array:
    """Stored values of an array as they are meant: probabilities as float32."""
    return da.map_blocks(decode, values, dtype=np.float32) if array.spec.is_probability else values


def rows_of(key: Any, n: int) -> tuple[int, int, Any]:
    """First row, and one past the last, that an index of an axis of ``n`` needs, and the index among these.

    Examples
    --------
    >>> rows_of(slice(8, 2, -3), 100), rows_of(7, 100), rows_of([5, 9], 100)
    ((5, 9, slice(None, None, -3)), (7, 8, 0), (5, 10, array([0, 4])))
    """
    if isinstance(key, slice):
        rows = range(*key.indices(n))
        return (min(rows), max(rows) + 1, slice(None, None, rows.step)) if rows else (0, 0, slice(None))
    if isinstance(key, (int, np.integer)):
        return int(key), int(key) + 1, 0
    wanted = np.asarray(key, np.int64)
    first = int(wanted.min(initial=n))
    return first, int(wanted.max(initial=first - 1)) + 1, wanted - first


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

    def __getitem__(self, key: tuple[Any, ...]) -> NDArray[Any]:
        first, last, within = rows_of(key[-1], self.stop - self.start)
        values = self.array[(*key[:-1], slice(self.start + first, self.start + last))]
        self.store.check_unchanged(self.array.group)
        return np.asarray(values[..., within])


def track_slice(store: Store, path: str, start: int, stop: int) -> Lazy:
    """Slice ``[start, stop)`` of a track, decoded, one block for each shard that it touches."""
    array = store.array(path)
    edges = [start, *range(start - start % array.block + array.block, stop, array.block), stop]
    along = tuple(last - first for first, last in pairwise(edges))
    chunks = (*((size,) for size in array.shape[:-1]), along)
    track = da.from_array(_Slice(store, array, start, stop), chunks=chunks, name=False, asarray=False)
    return array.dims, decoded(array, track), shown_attrs(array)


def merged_dataset(
    store: Store,
    lazy: Callable[[str], Lazy],
    variables: Mapping[str, Lazy],
    coords: Mapping[str, Any],
    attrs: Mapping[str, Any],
    *,
    tracks: Mapping[str, str] | None = None,
    sets: Sequence[str] | None = None,
    libraries_last: bool = False,
) -> xr.Dataset:
    """Tracks of all published groups side by side: ``reference_label``, ``base_class_probability`` and so on.

    Parameters
    ----------
    store
        The store.
    lazy
        Makes a variable from the path of a track.
    variables
        What is there beside these tracks.
    coords, attrs
        Of the dataset; names along strands, classes and libraries are added.
    tracks
        Paths of the tracks by the names of their variables; None: all of labels, predictions and others.
    sets
        Names of coverage sets; None: all.
    libraries_last
        Whether the dimension of libraries is the last, and not the first.

    Returns
    -------
    xarray.Dataset
        Libraries of a coverage set are stacked along a dimension of their own, ``rnaseq_library``.
    """
    paths = store.merged_tracks() if tracks is None else tracks
    found: dict[str, Any] = {**variables, **{name: lazy(path) for name, path in paths.items()}}
    names: dict[str, Any] = dict(coords)
    for set_name in store.names("coverage") if sets is None else sets:
        libraries = store.names(f"coverage/{set_name}")
        library = f"{set_name}_library"
        names[library] = (library, np.array(libraries, dtype=object))
        for track in ("coverage", "spliced_coverage"):
            parts = [lazy(f"coverage/{set_name}/{name}/{track}") for name in libraries]
            dims, _, about = parts[0]
            stacked = da.stack([values for _, values, _ in parts], axis=-1 if libraries_last else 0)
            found[f"{set_name}_{track}"] = ((*dims, library) if libraries_last else (library, *dims), stacked, about)
    used = {dim for dims, *_ in found.values() for dim in dims}
    names |= {dim: (dim, np.array(texts, dtype=object)) for dim, texts in _NAMES_ALONG.items() if dim in used}
    return xr.Dataset(found, coords=names, attrs={"species": store.species, **attrs})
