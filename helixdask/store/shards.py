"""One shard of a track as bytes, as Zarr's `sharding_indexed` codec lays them out: compressed chunks, then their index.

zarr-python spends half a millisecond on each chunk. A task writes thousands of them and always whole shards, so they
are put together here, in the compiled code of the same compressor, without its event loop.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any, Final

import google_crc32c
import numpy as np
import zarr
from numcodecs import blosc
from numpy.typing import NDArray
from zarr.codecs import BloscCodec, BytesCodec, Crc32cCodec, ShardingCodec

from helixdask.errors import InternalError

_MISSING: Final = np.iinfo(np.uint64).max
_SHUFFLES: Final = {"noshuffle": blosc.NOSHUFFLE, "shuffle": blosc.SHUFFLE, "bitshuffle": blosc.BITSHUFFLE}
_LAYOUTS: Final = ([BytesCodec, BloscCodec, Crc32cCodec], [BytesCodec, BloscCodec])


@dataclass(frozen=True)
class ShardWriter:
    """How the shards of one track are made.

    ``length`` is that of the track; ``shard`` and ``chunk`` are shapes; ``checksum`` says whether each chunk ends in
    its CRC-32C, as in all stores but old ones; the others are the settings of Blosc.
    """

    length: int
    shard: tuple[int, ...]
    chunk: tuple[int, ...]
    fill: Any
    dtype: np.dtype[Any]
    compressor: str
    level: int
    shuffle: int
    blocksize: int
    checksum: bool

    def key(self, start: int) -> str:
        """Name of the object that holds the shard that begins at a position, within the track."""
        return "/".join(["c", *("0" for _ in self.shard[:-1]), str(start // self.shard[-1])])


def shard_writer(array: zarr.Array[Any]) -> ShardWriter:
    """Read from an array's own metadata how its shards are made.

    Raises
    ------
    InternalError
        It is not laid out as tracks are.
    """
    codecs: tuple[Any, ...] = getattr(array.metadata, "codecs", ())
    inner = codecs[0].codecs if len(codecs) == 1 and isinstance(codecs[0], ShardingCodec) else ()
    kinds = [type(codec) for codec in inner]
    if array.shards is None or kinds not in _LAYOUTS:
        raise InternalError("not laid out as a track", where=str(array.path))
    compressor: Any = inner[1].to_dict()["configuration"]  # as in the metadata, in words in every Zarr
    return ShardWriter(
        array.shape[-1],
        array.shards,
        array.chunks,
        array.fill_value,
        np.dtype(array.dtype),
        compressor["cname"],
        compressor["clevel"],
        _SHUFFLES[compressor["shuffle"]],
        compressor["blocksize"],
        kinds == _LAYOUTS[0],
    )


@cache
def _places(shard: tuple[int, ...], chunk: tuple[int, ...]) -> tuple[tuple[slice, ...], ...]:
    """Where the chunks of a shard lie, in the order of the index."""
    counts = [size // part for size, part in zip(shard, chunk, strict=True)]
    return tuple(
        tuple(slice(number * part, (number + 1) * part) for number, part in zip(numbers, chunk, strict=True))
        for numbers in product(*map(range, counts))
    )


def encode_shard(values: NDArray[Any], writer: ShardWriter) -> bytes | None:
    """Bytes of one shard; None where it holds nothing but the fill value.

    Parameters
    ----------
    values
        The shard, shorter along its last axis only at the array's end. Chunks that hold nothing but the fill value are
        left out.
    writer
        From :func:`shard_writer`.
    """
    places = _places(writer.shard, writer.chunk)
    index = np.full((len(places), 2), _MISSING, "<u8")
    pieces: list[bytes] = []
    at = 0
    for number, place in enumerate(places):
        chunk = values[place]
        if chunk.size == 0 or _is_blank(chunk, writer.fill):
            continue
        if chunk.shape != writer.chunk:
            whole = np.full(writer.chunk, writer.fill, writer.dtype)
            whole[..., : chunk.shape[-1]] = chunk
            chunk = whole
        data = np.ascontiguousarray(chunk, writer.dtype)
        piece = blosc.compress(
            data, writer.compressor.encode(), writer.level, shuffle=writer.shuffle, blocksize=writer.blocksize
        )
        if writer.checksum:
            piece += google_crc32c.value(piece).to_bytes(4, "little")
        index[number] = at, len(piece)
        at += len(piece)
        pieces.append(piece)
    if not pieces:
        return None
    table = index.tobytes()
    return b"".join([*pieces, table, google_crc32c.value(table).to_bytes(4, "little")])


def _is_blank(chunk: NDArray[Any], fill: Any) -> bool:
    if fill != fill:  # NaN
        return bool(np.isnan(chunk).all())
    return bool(chunk.flat[0] == fill) and bool((chunk == fill).all())
