"""Finding the index of a file, telling whether it is that of another file, and making one where there is none."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import numpy as np
import pysam
from numpy.typing import NDArray

from helixdask.alignments.bam_fields import i32
from helixdask.alignments.bam_index import BamIndex, read_index
from helixdask.alignments.bgzf import BlockStream
from helixdask.alignments.byte_ranges import ByteRanges, file_exists
from helixdask.alignments.cram_index import crai_difference
from helixdask.errors import BadInputError
from helixdask.inputs.foreign import foreign_errors
from helixdask.store.objects import is_url

log = logging.getLogger(__name__)

_BAI_LIMIT = 1 << 29
_CONTIGS_TO_TRY = 8


def find_index(path: str, form: str) -> str | None:
    """Return the index beside a file, or None.

    Parameters
    ----------
    path
        The file, local or a URL.
    form
        `bam` or `cram`.
    """
    endings = ("crai",) if form == "cram" else ("bai", "csi")
    name, mark, query = path.partition("?") if is_url(path) else (path, "", "")
    query = mark + query
    candidates = [f"{name}.{ending}{query}" for ending in endings]
    candidates += [re.sub(rf"\.{form}$", f".{ending}", name) + query for ending in endings]
    return next((candidate for candidate in candidates if candidate != path and file_exists(candidate)), None)


def check_index(file: ByteRanges, form: str, index_path: str, lengths: NDArray[np.int64]) -> None:
    """Compare what an index says with the file, at some places; warn where the index is older than the file.

    Parameters
    ----------
    file, form
        The file, and whether it is `bam` or `cram`.
    index_path
        The index.
    lengths
        Lengths of the contigs in the file's header, int64.

    Raises
    ------
    BadInputError
        If the index is damaged, or belongs to another file.
    """
    if file.is_local and not is_url(index_path):
        behind = Path(file.path).stat().st_mtime - Path(index_path).stat().st_mtime
        if behind > 1:
            log.warning("%s: is older than the file that it belongs to", index_path)
    if form == "cram":
        problem = crai_difference(file, index_path, len(lengths))
    else:
        problem = _difference(file, read_index(index_path), lengths)
    if problem:
        raise BadInputError(
            f"the index belongs to another file: {problem}",
            where=index_path,
            remedy=f"Delete it, or make it again: samtools index {file.path}",
        )


def _difference(file: ByteRanges, index: BamIndex, lengths: NDArray[np.int64]) -> str:
    """What shows that an index is not of this file; empty where nothing does."""
    if len(index) > len(lengths):
        return f"it has {len(index):,} contigs, the file {len(lengths):,}"
    if int(index.last.max(initial=0)) >> 16 > file.size:
        return "it points beyond the end of the file"
    used = np.flatnonzero(index.first >= 0)
    for contig in used[np.linspace(0, len(used) - 1, min(_CONTIGS_TO_TRY, len(used))).astype(np.int64)].tolist():
        a, b = int(index.window_at[contig]), int(index.window_at[contig + 1])
        some = np.unique(np.linspace(a, b - 1, min(4, b - a)).astype(np.int64)).tolist()
        for offset in [int(index.first[contig]), *(int(index.window_offset[row]) for row in some)]:
            here = _record_at(file, offset)
            if here is None or here[0] != contig or not 0 <= here[1] < int(lengths[contig]):
                return f"no alignment of contig number {contig + 1} lies where it says"
        behind = _record_at(file, int(index.last[contig]))
        if behind is not None and behind[0] == contig:
            return f"contig number {contig + 1} has more alignments than it says"
    return ""


def _record_at(file: ByteRanges, offset: int) -> tuple[int, int] | None:
    """Contig and position of the record at a virtual offset; None where there is none."""
    try:
        stream = BlockStream(file, offset >> 16)
        data, skip = stream.more(np.empty(0, np.uint8)), offset & 0xFFFF
        while data is not None and len(data) < skip + 36:
            data = stream.more(data)
    except BadInputError:
        return None
    if data is None:
        return None
    size, length = i32(data, skip), i32(data, skip + 20)
    name, operations = int(data[skip + 12]), int(data[skip + 16]) + 256 * int(data[skip + 17])
    if length < 0 or name < 1 or 32 + name + 4 * operations + (length + 1) // 2 + length > size:
        return None
    return i32(data, skip + 4), i32(data, skip + 8)


def make_index(path: str, form: str, longest: int, folder: Path) -> str:
    """Index a file and return the path of the index.

    Parameters
    ----------
    path, form
        The file, `bam` or `cram`.
    longest
        Length of its longest contig; what a BAI cannot say gets a CSI.
    folder
        Where the index is written; not beside the file.

    Raises
    ------
    BadInputError
        If none can be made, because the alignments are not sorted or the file is damaged.
    """
    ending = "crai" if form == "cram" else "csi" if longest > _BAI_LIMIT else "bai"
    target = folder / f"index.{ending}"
    options = {"crai": [], "csi": ["-c"], "bai": ["-b"]}[ending]
    try:
        with foreign_errors(
            path,
            "has no index and none could be made",
            f"If the alignments are not sorted by coordinate: samtools sort -o sorted.bam {path}",
        ):
            pysam.index(*options, "-o", str(target), path)
    except BadInputError:
        target.unlink(missing_ok=True)
        raise
    return str(target)
