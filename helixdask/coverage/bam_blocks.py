"""Reading the alignments of a part of a contig straight from the bytes of a BAM file.

BGZF blocks are inflated with ISA-L, checksums included, and a compiled loop takes flag, position, quality, name hash
and CIGAR out of the records; no object is made per read. Every length in a record is checked against the bytes at hand
before it is followed.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from isal import isal_zlib
from isal.igzip_lib import IsalError

from helixdask.coverage.alignments import Alignments
from helixdask.coverage.bam_index import BamIndex
from helixdask.coverage.bam_records import measure_records, parse_records
from helixdask.errors import BadInputError

__all__ = ["BamReader", "open_reader"]

CHUNK = 2 << 20  # compressed bytes per batch; about four times as much inflated
BLOCK = 1 << 16  # no BGZF block is larger
MAX_OPEN = 8
PROBLEMS = {
    -1: "a record of the file has impossible lengths",
    -2: "alignments are not sorted by contig",
}

_READERS: dict[tuple[str, int, int, int], BamReader] = {}


class BamReader:
    """Alignments of one BAM file by place.

    Parameters
    ----------
    path
        A local BAM file, sorted by coordinate.
    index
        Its index.
    """

    def __init__(self, path: str, index: BamIndex) -> None:
        self.path, self.index = path, index
        self._file = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._file)
        self._first: tuple[int, bytes, int] = (-1, b"", -1)

    def batches(self, contig: int, start: int, stop: int) -> Iterator[Alignments]:
        """Yield the alignments that overlap [start, stop) of a contig, by start, in batches of some MB.

        Parameters
        ----------
        contig
            Number of the contig in the header of the BAM.
        start, stop
            0-based, half-open, on the contig. An alignment without CIGAR counts as one base long.

        Raises
        ------
        BadInputError
            If the file is damaged or cut short.
        """
        offset = self.index.start_offset(contig, start)
        if offset < 0:
            return
        skip = offset & 0xFFFF
        rest = b""
        for piece in self._inflate(offset >> 16):
            data = rest + piece if rest else piece
            buffer = np.frombuffer(data, np.uint8)
            reads, operations, end, status = measure_records(buffer, skip, contig, start, stop)
            if status < 0:
                raise BadInputError(
                    PROBLEMS[status], where=self.path, remedy="Check the file with samtools quickcheck; sort it anew."
                )
            if reads:
                yield Alignments(*parse_records(buffer, skip, contig, start, stop, reads, operations))
            if status > 0:
                return
            rest, skip = data[end:], 0
        if rest:
            raise self._damaged("the file ends in the middle of a record")

    def _inflate(self, offset: int) -> Iterator[bytes]:
        """Yield inflated data from the block at `offset` of the file on: one block, then more and more at a time.

        The first block is remembered, because many small contigs share one.
        """
        first = self._first
        if first[0] != offset:
            first = self._first = (offset, *self._inflate_blocks(offset, 1))
        _, data, offset = first
        limit = CHUNK // 16
        while data:
            yield data
            data, offset = self._inflate_blocks(offset, limit)
            limit = min(2 * limit, CHUNK)

    def _inflate_blocks(self, offset: int, limit: int) -> tuple[bytes, int]:
        """Return what the blocks from `offset` on hold, until `limit` bytes are done, and the next block's offset."""
        pieces: list[bytes] = []
        while not any(pieces):  # empty blocks are allowed inside a file
            raw = os.pread(self._file, limit + BLOCK, offset)  # keeps no place in the file: threads may share a reader
            if not raw:
                return b"", offset
            at = 0
            while at < min(limit, len(raw)):
                size = _block_size(raw, at)
                if size <= 0 or at + size > len(raw):
                    raise self._damaged(f"no complete BGZF block at byte {offset + at}")
                try:
                    pieces.append(isal_zlib.decompress(raw[at : at + size], 31, BLOCK))
                except (IsalError, EOFError) as error:  # type: ignore[misc]  # isal leaves its error class untyped
                    raise self._damaged(f"the BGZF block at byte {offset + at} does not inflate ({error})") from error
                at += size
            offset += at
        return b"".join(pieces), offset

    def _damaged(self, problem: str) -> BadInputError:
        return BadInputError(problem, where=self.path, remedy="The file is damaged or cut short: make it again.")


def open_reader(path: str, load_index: Callable[[], BamIndex]) -> BamReader:
    """Return this process's reader of a file; it is opened once and kept while the file does not change.

    Parameters
    ----------
    path
        The BAM file.
    load_index
        Called when the file is opened.
    """
    stat = Path(path).stat()
    key = (path, stat.st_size, stat.st_mtime_ns, os.getpid())
    if key not in _READERS:
        while len(_READERS) >= MAX_OPEN:
            _READERS.pop(next(iter(_READERS)), None)
        _READERS[key] = BamReader(path, load_index())
    return _READERS[key]


def _block_size(raw: bytes, at: int) -> int:
    """Return the size of the BGZF block at `at`, or 0 when there is none."""
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
