"""A sample of a library's reads, spread over the file: always the same for the same file."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import fsspec
import numpy as np
import pysam
from numpy.typing import NDArray

from helixdask.coverage.index_checks import find_index
from helixdask.coverage.libraries import Library
from helixdask.coverage.rules import DEFAULT_MIN_MAPQ
from helixdask.errors import BadInputError
from helixdask.store.objects import is_url
from helixdask.store.store import Store

__all__ = ["FIRST_LOOK", "SAMPLE_SIZES", "ReadSample", "SampleSize", "sample_reads"]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SampleSize:
    """How many reads to look at, at most, and from how many places: single genes may be far from the average."""

    reads: int
    places: int


FIRST_LOOK: Final = SampleSize(16_000, 200)
SAMPLE_SIZES: Final = (SampleSize(30_000, 600), SampleSize(600_000, 1500))
"""Each is taken where those before decided nothing."""

_INDEX_STEP: Final = 1 << 14  # an index leads to stretches of this length
_WITHOUT_BASES: Final = (b"required_fields=0x8ff", b"decode_md=0")
"""Of CRAM only what is looked at is decoded, so no reference sequence is needed; BAM takes no notice."""
_UNWANTED: Final = 0x4 | 0x100 | 0x200 | 0x400 | 0x800
_SKIP: Final = 3


@dataclass(frozen=True)
class ReadSample:
    """Alignments as columns.

    Parameters
    ----------
    flag
        SAM flags, uint16.
    contig
        Row in the contig table, int32.
    start, end
        On the contig, int64.
    tag_strand
        Strand of the transcript by the tag XS or ts: 1 plus, -1 minus, 0 unknown, int8.
    intron_read
        Row of the alignment of each intron, int64.
    intron_start, intron_end
        On the contig, int64.
    """

    flag: NDArray[np.uint16]
    contig: NDArray[np.int32]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    tag_strand: NDArray[np.int8]
    intron_read: NDArray[np.int64]
    intron_start: NDArray[np.int64]
    intron_end: NDArray[np.int64]


def sample_reads(
    library: Library, store: Store, size: SampleSize = SAMPLE_SIZES[0], aliases: Mapping[str, str] | None = None
) -> ReadSample:
    """Take reads from places evenly spread over the mapped reads; without an index, the first of the file.

    Parameters
    ----------
    library
        The library; it was checked before.
    store
        The store, for its contigs.
    size
        How many, from how many places.
    aliases
        Names in the file that stand for other names in the genome.

    Raises
    ------
    BadInputError
        If the file is damaged.
    """
    row = {name: i for i, name in enumerate(store.contigs.names.tolist())}
    names = {other: row[name] for other, name in (aliases or {}).items() if name in row} | row
    verbosity = pysam.set_verbosity(0)  # htslib would print where an index is missing
    try:
        with TemporaryDirectory(prefix="helixdask-index-") as folder, _open(library.path, Path(folder)) as file:
            rows = np.array([names.get(name, -1) for name in file.references], np.int64)
            return _collect(_reads(file, rows, size), rows)
    except (OSError, ValueError) as error:
        if is_url(library.path):  # htslib may not follow what others can
            log.warning("%s: the protocol of its reads cannot be looked at (%s)", library.path, error)
            return _collect(iter(()), np.zeros(0, np.int64))
        raise BadInputError(
            f"cannot be read ({error})", where=library.path, remedy="The file is damaged or cut short: make it again."
        ) from error
    finally:
        pysam.set_verbosity(verbosity)


def _open(path: str, folder: Path) -> Any:
    index = None
    if is_url(path):  # htslib would leave the index in the current folder
        beside = find_index(path, "cram" if path.lower().endswith(".cram") else "bam")
        if beside is not None:
            copied = folder / Path(beside).name
            with fsspec.open(beside) as remote:
                copied.write_bytes(remote.read())
            index = str(copied)
    return pysam.AlignmentFile(path, check_sq=False, index_filename=index, format_options=_WITHOUT_BASES)  # type: ignore[arg-type]  # bytes, not str


def _reads(file: Any, rows: NDArray[np.int64], size: SampleSize) -> Iterator[Any]:
    """Alignments that the default rules count, on contigs of the genome."""
    places = _places(file, rows, size.places) if file.has_index() else []
    per_place = -(-size.reads // max(1, len(places)))
    if places:
        found = (_of_place(file, *place) for place in places)
    else:
        if not file.is_cram:
            file.reset()
        found = (reads for reads in [file.fetch(until_eof=True)])
    for reads in found:
        wanted = (r for r in reads if not r.flag & _UNWANTED and r.mapping_quality >= DEFAULT_MIN_MAPQ)
        yield from islice((r for r in wanted if rows[r.reference_id] >= 0), per_place)


def _places(file: Any, rows: NDArray[np.int64], wanted: int) -> list[tuple[str, int, int]]:
    """Contig, start and end of stretches, each with about the same number of reads behind it, as far as is known."""
    weight = np.array([s.mapped for s in file.get_index_statistics()] if file.is_bam else file.lengths, np.float64)
    if not weight[rows >= 0].any():
        weight = np.array(file.lengths, np.float64)
    weight[rows < 0] = 0
    total = np.cumsum(weight)
    if not len(total) or not total[-1]:
        return []
    at = np.searchsorted(total, (np.arange(wanted) + 0.5) / wanted * total[-1], side="right")
    found = []
    for contig, n in zip(*np.unique(at, return_counts=True), strict=True):
        length = file.lengths[contig]
        edges = np.linspace(0, length, min(int(n), length // _INDEX_STEP + 1) + 1).astype(np.int64)
        # Where the index leads to: reads before a place are read, too, and in deep libraries they are many.
        edges[:-1] -= edges[:-1] % _INDEX_STEP
        found += [(file.references[contig], a, b) for a, b in pairwise(edges.tolist()) if a < b]
    return found


def _of_place(file: Any, contig: str, start: int, stop: int) -> Iterator[Any]:
    """Alignments that begin in a stretch; each belongs to one stretch only."""
    return (read for read in file.fetch(contig, start, stop) if read.reference_start >= start)


def _collect(reads: Iterator[Any], rows: NDArray[np.int64]) -> ReadSample:
    table: list[tuple[int, int, int, int, int]] = []
    introns: list[tuple[int, int, int]] = []
    for read in reads:
        at, spliced = read.reference_start, False
        for operation, length in read.cigartuples or ():
            if operation == _SKIP:
                introns.append((len(table), at, at + length))
                spliced = True
            at += length if operation in (0, 2, 3, 7, 8) else 0
        tag = _tag_strand(read) if spliced else 0
        table.append((read.flag, rows[read.reference_id], read.reference_start, at, tag))
    columns = np.array(table, np.int64).reshape(-1, 5).T
    intron = np.array(introns, np.int64).reshape(-1, 3).T
    return ReadSample(
        columns[0].astype(np.uint16),
        columns[1].astype(np.int32),
        columns[2],
        columns[3],
        columns[4].astype(np.int8),
        *intron,
    )


def _tag_strand(read: Any) -> int:
    """XS names the transcript's strand, ts relates it to the read's."""
    if read.has_tag("XS") and read.get_tag("XS") in ("+", "-"):
        return 1 if read.get_tag("XS") == "+" else -1
    if read.has_tag("ts") and read.get_tag("ts") in ("+", "-"):
        return (1 if read.get_tag("ts") == "+" else -1) * (-1 if read.is_reverse else 1)
    return 0
