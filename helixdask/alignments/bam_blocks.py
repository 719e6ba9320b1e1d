"""Reading the alignments of some contigs straight from the bytes of a BAM file.

BGZF blocks are inflated with ISA-L, and compiled loops take what they need out of the records; no object is made per
read. A run of contigs that follow each other in the file is read as one piece.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from helixdask.alignments.alignments import Alignments
from helixdask.alignments.bam_index import BamIndex
from helixdask.alignments.bam_records import check_records, measure_records, parse_records
from helixdask.alignments.bgzf import BlockStream
from helixdask.alignments.byte_ranges import ByteRanges
from helixdask.alignments.stretches import Stretch
from helixdask.errors import BadInputError

PROBLEMS = {
    -1: "a record of the file has impossible lengths",
    -2: "alignments are not sorted by contig",
}


@dataclass(frozen=True, eq=False)
class Records:
    """Whole, sound BAM records in a buffer; valid until the next are asked for.

    Parameters
    ----------
    data
        Inflated bytes, uint8.
    begin, end
        The records are data[begin:end]. Some may lie before what was asked for, on contigs before it too.
    count, operations
        Number of records, and of CIGAR operations in them.
    stretch
        What was asked for.
    """

    data: NDArray[np.uint8]
    begin: int
    end: int
    count: int
    operations: int
    stretch: Stretch


class Reader(Protocol):
    """What gives the alignments of a file, whatever its format."""

    def records(self, stretch: Stretch) -> Iterator[Records]:
        """Yield the records of a stretch, sorted, in batches."""
        ...

    def batches(self, contig: int, start: int, stop: int) -> Iterator[Alignments]:
        """Yield the alignments that overlap [start, stop) of a contig, by start, in batches."""
        ...


class BamReader:
    """Alignments of one BAM file by place.

    Parameters
    ----------
    path
        A BAM file, sorted by coordinate; local or a URL.
    index
        Its index.
    chunk
        Compressed bytes that are read at a time; None: what suits the file.
    """

    def __init__(self, path: str, index: BamIndex, chunk: int | None = None) -> None:
        self.path, self.index, self.chunk = path, index, chunk
        self.file = ByteRanges(path)

    def records(self, stretch: Stretch) -> Iterator[Records]:
        """Yield the records of a stretch, sorted, in batches of some MB.

        Raises
        ------
        BadInputError
            If the file is damaged or cut short.
        """
        offset = self.index.first_offset(stretch.contig, stretch.last, int(stretch.start[0]))
        if offset >= 0:
            yield from records_of(BlockStream(self.file, offset >> 16, self.chunk), offset & 0xFFFF, stretch)

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
        return alignments_of(self.records, contig, start, stop)


def records_of(stream: BlockStream, skip: int, stretch: Stretch, before: bytes | bytearray = b"") -> Iterator[Records]:
    """Find the records of a stretch in the inflated bytes of a BAM file.

    Parameters
    ----------
    stream
        The bytes.
    skip
        Where in the first piece the first record begins.
    stretch
        What is wanted.
    before
        Bytes that come before those of the stream.

    Raises
    ------
    BadInputError
        If a record is damaged or cut short.
    """
    path, stop = stream.file.path, int(stretch.stop[-1])
    data = np.frombuffer(before, np.uint8) if before else stream.more(np.empty(0, np.uint8))
    while data is not None:
        end, count, operations, status = check_records(data, skip, stretch.last, stop)
        if status < 0:
            raise BadInputError(
                PROBLEMS[status], where=path, remedy="Check the file with samtools quickcheck; sort it anew."
            )
        if count:
            yield Records(data, skip, end, count, operations, stretch)
        if status > 0:
            return
        rest, skip = data[end:], 0
        data = stream.more(rest)
        if data is None and len(rest):
            raise BadInputError(
                "the file ends in the middle of a record",
                where=path,
                remedy="The file is damaged or cut short: copy or make it again.",
            )


def alignments_of(
    records: Callable[[Stretch], Iterator[Records]], contig: int, start: int, stop: int
) -> Iterator[Alignments]:
    """Yield the alignments of one part of a contig as arrays; see `Reader.batches`."""
    for batch in records(Stretch.of_part(contig, start, stop)):
        reads, operations = measure_records(batch.data, batch.begin, batch.end, contig, start)
        if reads:
            yield Alignments(*parse_records(batch.data, batch.begin, contig, start, reads, operations))
