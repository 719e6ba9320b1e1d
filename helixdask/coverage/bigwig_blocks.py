"""Whether a bigWig file is whole: told before work starts, and by which byte is wrong.

The library that reads bigWig stops with a panic, or asks for endless memory, where a header, an index or a block is
damaged. So these are looked at first: header and list of contigs whenever a file is opened, all blocks once.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from isal import isal_zlib

from helixdask.errors import BadInputError
from helixdask.inputs.foreign import COPY_AGAIN, foreign_errors

_ORDERS: Final = {
    b"\x26\xfc\x8f\x88": "<",
    b"\x88\x8f\xfc\x26": ">",
    b"\xeb\xf2\x89\x87": "<",
    b"\x87\x89\xf2\xeb": ">",
}
"""First bytes of bigWig and bigBed, and their byte orders."""
_CONTIGS_MAGIC: Final = 0x78CA8C91
_INDEX_MAGIC: Final = 0x2468ACE0
_HEAD: Final = 64
_LARGEST_BLOCK: Final = 1 << 26
_DEEPEST: Final = 32


@dataclass(frozen=True)
class _Tree:
    """A tree of nodes in a file: where it begins, and bytes of an entry of a leaf and of an inner node."""

    what: str
    root: int
    leaf: struct.Struct
    inner: struct.Struct


def check_bigwig_head(path: str) -> None:
    """Look at the header and the list of contigs of a local file.

    Raises
    ------
    BadInputError
        It is no bigWig or bigBed, or these are damaged or cut short.
    """
    with foreign_errors(path, "the header of the bigWig is damaged"), Path(path).open("rb") as file:
        order, size, head = _head(file, path)
        zooms, contigs = struct.unpack(f"{order}6xHQ", head[:16])
        if _HEAD + 24 * zooms > size:
            raise _damaged(path, 0, "the header of the bigWig is damaged")
        file.seek(contigs)
        magic, _, key, value, count = struct.unpack(f"{order}IIIIQ", file.read(24))
        if magic != _CONTIGS_MAGIC or value != 8 or not 0 < key < size or count * (key + 8) > size:
            raise _damaged(path, contigs, "the list of contigs is damaged")
        entry = struct.Struct(f"{order}{key}xII")
        tree = _Tree("list of contigs", contigs + 32, entry, struct.Struct(f"{order}{key}xQ"))
        found = sum(1 for _ in _leaves(file, tree, order, size, path))
        if found != count:
            raise _damaged(path, contigs, f"the list of contigs has {found:,} entries, not {count:,}")


def check_bigwig_blocks(path: str) -> None:
    """Inflate all blocks of a local file.

    Raises
    ------
    BadInputError
        A block or the index is damaged or cut short; names its byte.
    """
    with foreign_errors(path, "the index of the bigWig is damaged"), Path(path).open("rb") as file:
        order, size, head = _head(file, path)
        index, inflated = struct.unpack(f"{order}24xQ20xI", head[:56])
        if inflated > _LARGEST_BLOCK:
            raise _damaged(path, 52, f"the header names blocks of {inflated:,} bytes")
        file.seek(index)
        if struct.unpack(f"{order}I", file.read(4))[0] != _INDEX_MAGIC:
            raise _damaged(path, index, "the index of the bigWig is damaged")
        tree = _Tree("index", index + 48, struct.Struct(f"{order}16xQQ"), struct.Struct(f"{order}16xQ"))
        for offset, length in sorted(_leaves(file, tree, order, size, path)):
            if not 0 < length <= _LARGEST_BLOCK or offset + length > size:
                raise _damaged(path, offset, "a block of the index is not in the file")
            if inflated:  # else blocks are not compressed
                file.seek(offset)
                _inflate(file.read(length), inflated, offset, path)


def _inflate(raw: bytes, most: int, offset: int, path: str) -> None:
    with foreign_errors(f"{path}, byte {offset:,}", "a block does not inflate"):
        inflator = isal_zlib.decompressobj()
        data = inflator.decompress(raw, most + 1)
    if not inflator.eof or len(data) > most:
        raise _damaged(path, offset, "a block is cut short" if len(data) <= most else "a block holds too many bytes")


def _head(file: BinaryIO, path: str) -> tuple[str, int, bytes]:
    """Byte order, size and header of a file."""
    head = file.read(_HEAD)
    order = _ORDERS.get(head[:4])
    if order is None:
        raise BadInputError(
            "cannot be read as bigWig: it is none", where=path, remedy="Give a bigWig, a bedGraph, or aligned reads."
        )
    return order, Path(path).stat().st_size, head


def _damaged(path: str, offset: int, problem: str) -> BadInputError:
    return BadInputError(problem, where=f"{path}, byte {offset:,}", remedy=COPY_AGAIN)


def _leaves(file: BinaryIO, tree: _Tree, order: str, size: int, path: str) -> Iterator[tuple[int, int]]:
    """The two numbers of each entry of all leaves."""
    level, seen = [tree.root], set()
    for _ in range(_DEEPEST):
        below: list[int] = []
        for node in level:
            problem = f"the {tree.what} of the bigWig is damaged"
            if node in seen or node >= size:
                raise _damaged(path, node, problem)
            seen.add(node)
            file.seek(node)
            is_leaf, count = struct.unpack(f"{order}BxH", file.read(4))
            entry = tree.leaf if is_leaf else tree.inner
            data = file.read(count * entry.size)
            if is_leaf > 1 or len(data) < count * entry.size:
                raise _damaged(path, node, problem)
            if is_leaf:
                yield from entry.iter_unpack(data)
            else:
                below.extend(offset for (offset,) in entry.iter_unpack(data))
        level = below
    if level:
        raise _damaged(path, tree.root, f"the {tree.what} of the bigWig is too deep")
