"""A sample of a library's reads, spread over the file: always the same for the same file."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping
from itertools import islice, takewhile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import fsspec
import numpy as np
import pysam
from numpy.typing import NDArray

from helixdask.alignments.bam_index import BamIndex, read_index
from helixdask.alignments.index_checks import find_index
from helixdask.coverage.libraries import Library
from helixdask.coverage.read_sample import SAMPLE_SIZES, UNWANTED, ReadSample, SampleSize, sample_places
from helixdask.coverage.remote_sample import mapped_reads, sample_remote_bam
from helixdask.coverage.rules import DEFAULT_MIN_MAPQ
from helixdask.errors import BadInputError
from helixdask.inputs.foreign import foreign_errors
from helixdask.store.objects import is_url
from helixdask.store.store import Store

log = logging.getLogger(__name__)


_WITHOUT_BASES: Final = (b"required_fields=0x8ff", b"decode_md=0")
"""Of CRAM only what is looked at is decoded, so no reference sequence is needed; BAM takes no notice."""
_SKIP: Final = 3


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
    try:
        with foreign_errors(library.path):
            if is_url(library.path) and not library.path.lower().endswith(".cram"):
                return sample_remote_bam(library.path, names, size)
            with (
                _quietly(),
                TemporaryDirectory(prefix="helixdask-index-") as folder,
                _open(library.path, Path(folder)) as file,
            ):
                rows = np.array([names.get(name, -1) for name in file.references], np.int64)
                return _collect(_reads(file, rows, size), rows)
    except BadInputError as error:
        if not is_url(library.path):
            raise
        # htslib may not follow what others can
        log.warning("%s: the protocol of its reads cannot be looked at (%s)", library.path, error.problem)
        return _collect(iter(()), np.zeros(0, np.int64))


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Keep htslib from printing where an index is missing."""
    verbosity = pysam.set_verbosity(0)
    try:
        yield
    finally:
        pysam.set_verbosity(verbosity)


def _open(path: str, folder: Path) -> Any:
    index = None
    if is_url(path):  # htslib would leave the index in the current folder
        beside = find_index(path, "cram")
        if beside is not None:
            copied = folder / Path(beside).name
            with fsspec.open(beside) as remote:
                copied.write_bytes(remote.read())
            index = str(copied)
    return pysam.AlignmentFile(path, check_sq=False, index_filename=index, format_options=_WITHOUT_BASES)  # type: ignore[arg-type]  # bytes, not str


def _reads(file: Any, rows: NDArray[np.int64], size: SampleSize) -> Iterator[Any]:
    """Alignments that the default rules count, on contigs of the genome."""
    places: list[tuple[int, int, int]] = []
    index = _index_of(file)
    if index is not None or (file.is_cram and file.has_index()):
        mapped = np.zeros(len(rows), np.int64) if index is None else mapped_reads(index, len(rows))
        places = sample_places(np.array(file.lengths, np.int64), mapped, rows, size.places)
    per_place = -(-size.reads // max(1, len(places)))
    if places:
        found = (_of_place(file, index, *place) for place in places)
    else:
        if not file.is_cram:
            file.reset()
        found = (reads for reads in [file.fetch(until_eof=True)])
    for reads in found:
        wanted = (r for r in reads if not r.flag & UNWANTED and r.mapping_quality >= DEFAULT_MIN_MAPQ)
        yield from islice((r for r in wanted if rows[r.reference_id] >= 0), per_place)


def _index_of(file: Any) -> BamIndex | None:
    """The index of a BAM file, read by us: htslib crashes or hangs over some damaged ones."""
    path = file.filename.decode()
    found = find_index(path, "bam") if file.is_bam else None
    return None if found is None else read_index(found)


def _of_place(file: Any, index: BamIndex | None, contig: int, start: int, stop: int) -> Iterator[Any]:
    """Alignments that begin in a stretch; each belongs to one stretch only."""
    if index is None:
        reads = file.fetch(file.references[contig], start, stop)
    else:
        offset = index.start_offset(contig, start)
        if offset < 0:
            return
        file.seek(offset)
        reads = takewhile(
            lambda read: read.reference_id == contig and read.reference_start < stop, file.fetch(until_eof=True)
        )
    yield from (read for read in reads if read.reference_start >= start)


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
