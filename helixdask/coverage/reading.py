"""From a checked library to what reads its alignments on every worker; the index is made ready once."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

from helixdask.alignments.bam_blocks import BamReader, Reader
from helixdask.alignments.bam_header import read_bam_header
from helixdask.alignments.bam_index import BamIndex, read_index
from helixdask.alignments.byte_ranges import ByteRanges
from helixdask.alignments.cram import CramReader
from helixdask.alignments.index_checks import make_index
from helixdask.coverage.checks import CheckedLibrary
from helixdask.engine.stage import Work
from helixdask.errors import InternalError
from helixdask.store.objects import disk_errors, is_url

MAX_OPEN = 4
CRAI = "reads.crai"

_READERS: dict[tuple[object, ...], Reader] = {}


def prepare_index(path: str, checked: CheckedLibrary, work: Work) -> int:
    """Bring the index of a library to where every worker finds it, made anew if the file has none.

    Parameters
    ----------
    path
        The library's file.
    checked
        What its check found.
    work
        Scratch folder of the stage. A new index is made there, never beside the file.

    Returns
    -------
    int
        Mapped alignments on contigs that the genome does not have; 0 where the index does not tell.

    Raises
    ------
    BadInputError
        If an index cannot be made, because the alignments are not sorted or the file is damaged.
    """
    near = None if is_url(work.folder.url) else work.folder.url
    if near is not None:
        Path(near).mkdir(parents=True, exist_ok=True)
    with disk_errors(near or gettempdir()), TemporaryDirectory(prefix="index-", dir=near) as folder:
        index_path = checked.index_path or make_index(path, checked.format, checked.longest, Path(folder))
        if checked.format == "cram":
            file = ByteRanges(index_path)
            work.folder.write(CRAI, file.read(0, file.size))
            return 0
        index = read_index(index_path)
    work.save("index", **index.arrays())
    foreign = checked.foreign_numbers[checked.foreign_numbers < len(index)]
    return int(index.mapped[foreign].clip(min=0).sum())


def load_index(path: str, index_path: str | None = None) -> BamIndex:
    """Return the index of a BAM file; where no path is given one is made, in a temporary folder."""
    with TemporaryDirectory(prefix="helixdask-index-") as folder:
        if index_path is None:
            longest = int(read_bam_header(ByteRanges(path)).lengths.max(initial=0))
            index_path = make_index(path, "bam", longest, Path(folder))
        return read_index(index_path)


def open_reader(path: str, work: Work) -> Reader:
    """Return this process's reader of a file whose index was prepared; it is opened once and kept.

    Parameters
    ----------
    path
        The library's file.
    work
        Scratch folder of the stage.
    """
    stat = None if is_url(path) else Path(path).stat()
    key = (path, work.folder.url, stat and (stat.st_size, stat.st_mtime_ns), os.getpid())
    if key not in _READERS:
        while len(_READERS) >= MAX_OPEN:
            _READERS.pop(next(iter(_READERS)), None)
        _READERS[key] = _open(path, work)
    return _READERS[key]


def _open(path: str, work: Work) -> Reader:
    if work.has("index"):
        return BamReader(path, BamIndex(**work.load("index")))
    if not is_url(work.folder.url):
        return CramReader(path, str(Path(work.folder.url) / CRAI))
    data = work.folder.read(CRAI)
    if data is None:
        raise InternalError("the index was not prepared", where=path)
    local = Path(gettempdir()) / f"helixdask-{os.getpid()}-{abs(hash(work.folder.url)):x}.crai"
    local.write_bytes(data)
    return CramReader(path, str(local))
