"""Whether every block of a bigWig file is whole: told before work starts, and by which block is not.

The library that reads bigWig stops with a panic at a block that does not inflate. So all of them are inflated once,
found by way of the file's own index.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from isal import isal_zlib

from helixdask.errors import BadInputError
from helixdask.inputs.foreign import COPY_AGAIN, foreign_errors

__all__ = ["check_bigwig_blocks"]

_MAGIC: Final = {b"\x26\xfc\x8f\x88": "<", b"\x88\x8f\xfc\x26": ">"}
_INDEX_MAGIC: Final = 0x2468ACE0
_LARGEST_BLOCK: Final = 1 << 26
_DEEPEST: Final = 32


def check_bigwig_blocks(path: str) -> None:
    """Inflate all blocks of a local bigWig file.

    Raises
    ------
    BadInputError
        A block or the index is damaged or cut short; names its byte.
    """
    with foreign_errors(path, "the index of the bigWig is damaged"), Path(path).open("rb") as file:
        size = Path(path).stat().st_size
        head = file.read(64)
        order = _MAGIC.get(head[:4])
        if order is None:
            raise BadInputError("not a bigWig file", where=path, remedy="Give a bigWig, a bedGraph, or aligned reads.")
        index, inflated = struct.unpack(f"{order}24xQ20xI", head[:56])[0:2]
        if not 0 <= inflated <= _LARGEST_BLOCK:
            raise BadInputError(f"its header names blocks of {inflated:,} bytes", where=path, remedy=COPY_AGAIN)
        for offset, length in sorted(_leaves(file, index, order, size, path)):
            if not 0 < length <= _LARGEST_BLOCK or offset + length > size:
                raise _damaged(path, offset, "is not in the file")
            file.seek(offset)
            raw = file.read(length)
            if not inflated:  # blocks are not compressed
                continue
            with foreign_errors(f"{path}, block at byte {offset:,}", "does not inflate"):
                inflator = isal_zlib.decompressobj()
                data = inflator.decompress(raw, inflated + 1)
            if not inflator.eof or len(data) > inflated:
                raise _damaged(path, offset, "is cut short" if len(data) <= inflated else "holds too many bytes")


def _damaged(path: str, offset: int, problem: str) -> BadInputError:
    return BadInputError(problem, where=f"{path}, block at byte {offset:,}", remedy=COPY_AGAIN)


def _leaves(file: BinaryIO, index: int, order: str, size: int, path: str) -> Iterator[tuple[int, int]]:
    """Byte and length of each block of data."""
    file.seek(index)
    if struct.unpack(f"{order}I", file.read(4))[0] != _INDEX_MAGIC:
        raise BadInputError("the index of the bigWig is damaged", where=path, remedy=COPY_AGAIN)
    level, seen = [index + 48], set()
    for _ in range(_DEEPEST):
        below: list[int] = []
        for node in level:
            if node in seen or node >= size:
                raise BadInputError("the index of the bigWig is damaged", where=path, remedy=COPY_AGAIN)
            seen.add(node)
            file.seek(node)
            leaf, count = struct.unpack(f"{order}BxH", file.read(4))
            row = struct.Struct(f"{order}16xQQ" if leaf else f"{order}16xQ")
            data = file.read(count * row.size)
            if len(data) < count * row.size:
                raise BadInputError("the index of the bigWig is cut short", where=path, remedy=COPY_AGAIN)
            if leaf:
                yield from row.iter_unpack(data)
            else:
                below.extend(offset for (offset,) in row.iter_unpack(data))
        level = below
    if level:
        raise BadInputError("the index of the bigWig is damaged", where=path, remedy=COPY_AGAIN)
