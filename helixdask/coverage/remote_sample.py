"""A sample of the reads of a BAM file behind a URL, by ranges of its bytes.

Nothing but the places of the sample is fetched. Tags are not looked at: the strand of a transcript is told by the
splice motifs of its introns, or by gene models.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from helixdask.alignments.alignments import Alignments, take
from helixdask.alignments.bam_blocks import BamReader
from helixdask.alignments.bam_header import read_bam_header
from helixdask.alignments.bam_index import BamIndex, read_index
from helixdask.alignments.byte_ranges import ByteRanges
from helixdask.alignments.index_checks import find_index
from helixdask.coverage.read_sample import UNWANTED, ReadSample, SampleSize, sample_places
from helixdask.coverage.rules import DEFAULT_MIN_MAPQ

log = logging.getLogger(__name__)

_SKIP: Final = 3
_REFERENCE_OPS: Final = np.isin(np.arange(16), (0, 2, 3, 7, 8))
_CHUNK: Final = 1 << 17
_PLACES: Final = 60
"""Each place is a request or two."""


def mapped_reads(index: BamIndex, n_contigs: int) -> NDArray[np.int64]:
    """Mapped reads of each contig of a BAM file by its index, ``(contig,)`` int64; 0 where it says nothing."""
    mapped = np.zeros(n_contigs, np.int64)
    mapped[: len(index.mapped)] = index.mapped.clip(min=0)[:n_contigs]
    return mapped


def sample_remote_bam(path: str, names: Mapping[str, int], size: SampleSize) -> ReadSample:
    """Take reads from places evenly spread over the mapped reads; none without an index.

    Parameters
    ----------
    path
        URL of a BAM file.
    names
        Row in the genome's contig table of each name that the file may use.
    size
        Reads to look at, at most.
    """
    index_path = find_index(path, "bam")
    if index_path is None:
        log.warning("%s: without an index the protocol of its reads is not looked at", path)
        return _columns([])
    header, index = read_bam_header(ByteRanges(path)), read_index(index_path)
    own = header.names.names(np.arange(len(header.names)))
    rows = np.array([names.get(name, -1) for name in own], np.int64)
    places = sample_places(header.lengths, mapped_reads(index, len(rows)), rows, min(size.places, _PLACES))
    per_place = -(-size.reads // max(1, len(places)))
    reader = BamReader(path, index, _CHUNK)
    parts: list[tuple[int, Alignments]] = []
    for contig, start, stop in places:
        left = per_place
        for batch in reader.batches(contig, start, stop):
            wanted = (batch.flag & UNWANTED == 0) & (batch.mapq >= DEFAULT_MIN_MAPQ) & (batch.position >= start)
            chosen = np.flatnonzero(wanted)[:left]
            parts.append((int(rows[contig]), take(batch, chosen)))
            left -= len(chosen)
            if not left:
                break
    return _columns(parts)


def _columns(parts: list[tuple[int, Alignments]]) -> ReadSample:
    """Alignments by contig as columns of a sample."""
    batches = [batch for _, batch in parts] or [Alignments.empty()]
    contig = np.concatenate([np.full(len(batch), row, np.int32) for row, batch in parts] or [np.zeros(0, np.int32)])
    cigar = np.concatenate([batch.cigar for batch in batches])
    count = np.concatenate([np.diff(batch.cigar_offset) for batch in batches])
    start = np.concatenate([batch.position for batch in batches])
    owner = np.repeat(np.arange(len(start)), count)
    operation, length = cigar & 15, (cigar >> 4).astype(np.int64)
    moved = np.where(_REFERENCE_OPS[operation], length, 0)
    done = np.cumsum(moved)
    before: NDArray[np.int64] = np.concatenate([[0], done])[np.cumsum(count) - count].astype(np.int64)
    begin = start[owner] + (done - moved) - before[owner]
    skips = operation == _SKIP
    end = start + np.bincount(owner, weights=moved, minlength=len(start)).astype(np.int64)
    return ReadSample(
        np.concatenate([batch.flag for batch in batches]),
        contig,
        start,
        end,
        np.zeros(len(start), np.int8),
        owner[skips].astype(np.int64),
        begin[skips],
        (begin + length)[skips],
    )
