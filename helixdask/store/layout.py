"""Shapes, shards, chunks and compression of the arrays that the registry declares."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.abc.codec import BytesBytesCodec
from zarr.codecs import BloscCodec, Crc32cCodec, ZstdCodec

from helixdask.errors import InternalError
from helixdask.registry import FIXED_SIZES, POSITION, ArraySpec, genome_shard_length


class TrackLayout(NamedTuple):
    """Shape of a track and of its shards and chunks."""

    shape: tuple[int, ...]
    shards: tuple[int, ...]
    chunks: tuple[int, ...]


def track_layout(spec: ArraySpec, n_bases: int) -> TrackLayout:
    """Layout of a track in a genome of ``n_bases``: whole strands and classes in a shard, one strand in a chunk."""
    shard = min(spec.shard, genome_shard_length(n_bases))
    sizes = {**FIXED_SIZES, POSITION: n_bases}
    across = spec.dims[:-1]
    full = tuple(sizes[dim] for dim in across)
    chunk_across = tuple(1 if dim == "strand" else sizes[dim] for dim in across)
    return TrackLayout((*full, n_bases), (*full, shard), (*chunk_across, min(spec.chunk, shard)))


def _compressors(dtype: np.dtype[Any], *, fast: bool) -> list[BytesBytesCodec]:
    """Compression of chunks, then a checksum, so that damaged bytes are never read as something else."""
    compressor = BloscCodec(
        cname="lz4" if fast else "zstd",
        clevel=5 if fast else 3,
        shuffle="bitshuffle",
        typesize=dtype.itemsize,
    )
    return [compressor, Crc32cCodec()]


def _attributes(spec: ArraySpec, dtype: str) -> dict[str, Any]:
    """Attributes as the CF conventions name them."""
    attributes: dict[str, Any] = {"long_name": spec.meaning, "units": spec.unit}
    if spec.flags:
        numbers = range(len(spec.flags))
        attributes["flag_masks" if spec.bits else "flag_values"] = [1 << n if spec.bits else n for n in numbers]
        attributes["flag_meanings"] = " ".join(spec.flags)
    if spec.is_probability:
        attributes["scale_factor"] = spec.scale_factors[dtype]
    return attributes


def create_track(group: zarr.Group, spec: ArraySpec, n_bases: int, dtype: str | None = None) -> None:
    """Create an empty track; nothing is stored until a shard is written."""
    if dtype is not None and dtype not in (spec.dtype, *spec.other_dtypes):
        raise InternalError(f"{dtype} is not a type of this array", where=f"{spec.group}/{spec.name}")
    kind = np.dtype(dtype or spec.dtype)
    layout = track_layout(spec, n_bases)
    group.create_array(
        spec.name,
        shape=layout.shape,
        dtype=kind,
        shards=layout.shards,
        chunks=layout.chunks,
        compressors=_compressors(kind, fast=spec.name == "sequence"),
        fill_value=spec.fill,
        dimension_names=spec.dims,
        attributes=_attributes(spec, kind.name),
        overwrite=True,
    )


def create_table_column(group: zarr.Group, spec: ArraySpec, values: NDArray[Any]) -> None:
    """Create a column of a table and write all of it.

    Raises
    ------
    InternalError
        The values have another shape than the registry's.
    """
    if values.ndim != len(spec.dims):
        raise InternalError(f"{values.ndim} dimensions, not {len(spec.dims)}", where=f"{spec.group}/{spec.name}")
    expected = tuple(FIXED_SIZES.get(dim, n) for dim, n in zip(spec.dims[1:], values.shape[1:], strict=True))
    if values.shape[1:] != expected:
        raise InternalError(f"rows of shape {values.shape[1:]}, expected {expected}", where=f"{spec.group}/{spec.name}")
    rows = len(values)
    chunk = min(max(rows, 1), spec.chunk)
    shards = None if rows <= chunk else (min(-(-rows // chunk) * chunk, spec.shard), *expected)
    text = spec.dtype == "str"
    compressors = [ZstdCodec(), Crc32cCodec()] if text else _compressors(np.dtype(spec.dtype), fast=False)
    array = group.create_array(
        spec.name,
        shape=(rows, *expected),
        dtype=str if text else np.dtype(spec.dtype),
        shards=shards,
        chunks=(chunk, *expected),
        fill_value=spec.fill,
        dimension_names=spec.dims,
        attributes=_attributes(spec, spec.dtype),
        overwrite=True,
        compressors=compressors,
    )
    if rows:
        array[...] = values.astype(object) if text else values.astype(spec.dtype, copy=False)
