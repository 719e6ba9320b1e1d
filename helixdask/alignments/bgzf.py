"""Inflating BGZF, the blocked gzip of BAM files: a run of blocks into one buffer, checksums included."""

from __future__ import annotations

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from helixdask.alignments.byte_ranges import ByteRanges
from helixdask.errors import BadInputError
from helixdask.inputs.foreign import COPY_AGAIN, foreign_errors, reason

BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
"""The empty block that ends every complete file."""

CHUNK = 1 << 17
"""Compressed bytes per read of the file; the inflated bytes fit a processor's cache."""
REMOTE_CHUNK = 1 << 22
"""The same behind a URL, where each read is a request."""
FIRST_CHUNK = 1 << 15
_BLOCK = 1 << 16  # no block is larger, compressed or inflated


class BlockStream:
    """What the blocks of a file hold from some block on, piece by piece in one buffer.

    Parameters
    ----------
    file
        The file.
    offset
        Where the first block begins.
    chunk
        Compressed bytes for each piece; None: what suits the file. The first pieces are smaller: little may be wanted.
    """

    def __init__(self, file: ByteRanges, offset: int, chunk: int | None = None) -> None:
        self.file, self.offset = file, offset
        self.chunk = chunk or (CHUNK if file.is_local else REMOTE_CHUNK)
        self._limit = min(FIRST_CHUNK, self.chunk)
        self._buffer = np.empty(0, np.uint8)

    def more(self, keep: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
        """Return what was kept and some more behind it; None at the end of the file.

        Parameters
        ----------
        keep
            The end of the piece before, uint8. That piece is overwritten.

        Raises
        ------
        BadInputError
            If a block is damaged or cut short.
        """
        while True:
            raw = self.file.read(self.offset, self._limit + _BLOCK)
            if not raw:
                return None
            sizes, inflated = _blocks(raw, self._limit)
            if not sizes:
                raise self._damaged(f"no complete BGZF block at byte {self.offset}")
            filled = self._fill(keep, raw, sizes, inflated)
            self._limit = min(2 * self._limit, self.chunk)
            if filled > len(keep):  # empty blocks are allowed inside a file
                return self._buffer[:filled]

    def _fill(self, keep: NDArray[np.uint8], raw: bytes, sizes: list[int], inflated: int) -> int:
        filled = len(keep)
        buffer = self._buffer
        if filled + inflated > len(buffer):
            buffer = np.empty(2 * (filled + inflated), np.uint8)
        buffer[:filled] = keep
        view = memoryview(buffer)  # type: ignore[arg-type]
        at = 0
        for size in sizes:
            try:
                piece = isal_zlib.decompress(raw[at : at + size], 31, _BLOCK)
                view[filled : filled + len(piece)] = piece
            except Exception as error:  # isal has its own, and the buffer another; no context: this is a hot loop
                place = f"the BGZF block at byte {self.offset + at}"
                raise self._damaged(f"{place} does not inflate ({reason(error)})") from error
            at += size
            filled += len(piece)
        self._buffer = buffer
        self.offset += at
        return filled

    def _damaged(self, problem: str) -> BadInputError:
        return BadInputError(problem, where=self.file.path, remedy=COPY_AGAIN)


def inflate_all(raw: bytes, where: str) -> bytes:
    """Inflate a small gzip or BGZF file, such as an index, as a whole.

    Raises
    ------
    BadInputError
        If it is damaged or cut short.
    """
    pieces = []
    while raw:
        inflator = isal_zlib.decompressobj(31)
        with foreign_errors(where, "does not inflate"):
            pieces.append(inflator.decompress(raw) + inflator.flush())
        if not inflator.eof:
            raise BadInputError("is cut short", where=where)
        raw = inflator.unused_data
    return b"".join(pieces)


def _blocks(raw: bytes, limit: int) -> tuple[list[int], int]:
    """Sizes of the whole blocks that begin in the first `limit` bytes, and an upper bound of what they inflate to."""
    sizes, inflated, at = [], 0, 0
    while at < min(limit, len(raw)):
        size = _block_size(raw, at)
        if size <= 0 or at + size > len(raw):
            break
        inflated += min(int.from_bytes(raw[at + size - 4 : at + size], "little"), _BLOCK)
        sizes.append(size)
        at += size
    return sizes, inflated


def _block_size(raw: bytes, at: int) -> int:
    """Return the size of the block at `at`, or 0 when there is none."""
    if raw[at : at + 4] != b"\x1f\x8b\x08\x04" or at + 18 > len(raw):
        return 0
    if raw[at + 12 : at + 16] == b"BC\x02\x00":  # as every writer does it
        return int.from_bytes(raw[at + 16 : at + 18], "little") + 1
    field, end = at + 12, at + 12 + int.from_bytes(raw[at + 10 : at + 12], "little")
    while field + 4 <= end:
        length = int.from_bytes(raw[field + 2 : field + 4], "little")
        if raw[field : field + 2] == b"BC" and length == 2:
            return int.from_bytes(raw[field + 4 : field + 6], "little") + 1
        field += 4 + length
    return 0
