"""Alignments as BAM records, thousands at a time, and the finished indexed file."""

from __future__ import annotations

import shutil
import struct
from pathlib import Path
from types import TracebackType

import numpy as np
import pysam
from numpy.typing import NDArray

from helixdask.kernels import njit
from helixdask.simulate.genes import offsets_of
from helixdask.simulate.reads import READ_LENGTH, Alignments

_NAME_LENGTH = 13  # an 'r', eleven digits and the closing NUL
_FIXED = 36
_QUALITY = 37
_MAPQ = 60
_TAG_LENGTH = 4  # XS:A:+ or XS:A:- on spliced reads
_NIBBLE = np.array([2, 1, 8, 4, 15], dtype=np.uint8)  # C, A, T, G, N in BAM's four-bit code
_BGZF_END = 28  # bytes of the empty block that closes a BGZF file
_BAI_LIMIT = 2**29


class BamBody:
    """The compressed records of a BAM, written before the header is known (contig lengths come with the contigs)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.pairs = 0
        self._file = pysam.BGZFile(str(path), "wb", None)

    def __enter__(self) -> BamBody:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, reads: Alignments, contig: int, offset: int) -> None:
        """Append the reads of a block that begins at base `offset` of contig number `contig`."""
        if len(reads) == 0:
            return
        self._file.write(_records(reads, contig, offset, self.pairs).tobytes())
        self.pairs += int(reads.pair.max()) + 1


def finish_bam(body: BamBody, path: Path, names: list[str], lengths: list[int]) -> Path:
    """Put the header before the records and index the file; returns the index's path (CSI beyond 512 Mb)."""
    header_path = path.with_suffix(".header")
    with pysam.BGZFile(str(header_path), "wb", None) as file:
        file.write(bam_header(names, lengths))
    with path.open("wb") as out:
        out.write(header_path.read_bytes()[:-_BGZF_END])
        with body.path.open("rb") as records:
            shutil.copyfileobj(records, out, 1 << 22)
    header_path.unlink()
    body.path.unlink()
    if max(lengths) >= _BAI_LIMIT:
        pysam.index("-c", str(path))
        return path.with_name(path.name + ".csi")
    pysam.index(str(path))
    return path.with_name(path.name + ".bai")


def bam_header(names: list[str], lengths: list[int]) -> bytes:
    """Inflated header of a BAM file sorted by coordinate."""
    lines = ["@HD\tVN:1.6\tSO:coordinate\n"]
    lines += [f"@SQ\tSN:{name}\tLN:{length}\n" for name, length in zip(names, lengths, strict=True)]
    text = "".join(lines).encode()
    references = b"".join(
        struct.pack("<i", len(name) + 1) + name.encode() + b"\0" + struct.pack("<i", length)
        for name, length in zip(names, lengths, strict=True)
    )
    return b"BAM\1" + struct.pack("<i", len(text)) + text + struct.pack("<i", len(names)) + references


def _records(reads: Alignments, contig: int, offset: int, first_pair: int) -> NDArray[np.uint8]:
    """All records end to end, as in the BAM specification: uint8."""
    n = len(reads)
    operations = np.diff(reads.cigar_offset)
    spliced = operations > 1
    sizes = _FIXED + _NAME_LENGTH + 4 * operations + (READ_LENGTH + 1) // 2 + READ_LENGTH + _TAG_LENGTH * spliced
    where = offsets_of(sizes)
    start, end = reads.start + offset, reads.end + offset
    fixed = np.empty((n, 9), dtype="<i4")
    fixed[:, 0] = sizes - 4
    fixed[:, 1] = contig
    fixed[:, 2] = start
    fixed[:, 3] = _bins(start, end) << 16 | _MAPQ << 8 | _NAME_LENGTH
    fixed[:, 4] = reads.flag.astype(np.int64) << 16 | operations
    fixed[:, 5] = READ_LENGTH
    fixed[:, 6] = contig
    fixed[:, 7] = reads.mate_start + offset
    fixed[:, 8] = reads.template_length
    codes = _NIBBLE[reads.bases]
    packed = (codes[:, 0::2] << 4 | codes[:, 1::2]).astype(np.uint8)
    out = np.empty(int(where[-1]), dtype=np.uint8)
    _fill(
        out, where, fixed.view(np.uint8), reads.pair + first_pair, reads.cigar.astype("<u4").view(np.uint8),
        reads.cigar_offset, packed,
        np.frombuffer(b"+-", dtype=np.uint8)[reads.strand],
    )  # fmt: skip
    return out


def _bins(start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.int64]:
    """Bins of the BAI scheme; 0 where the scheme does not reach, as CSI needs none."""
    bins = np.zeros(len(start), dtype=np.int64)
    open_ = end <= _BAI_LIMIT
    for shift, first in ((14, 4681), (17, 585), (20, 73), (23, 9), (26, 1)):
        fits = open_ & (start >> shift == (end - 1) >> shift)
        bins[fits] = first + (start[fits] >> shift)
        open_ &= ~fits
    return bins


@njit(cache=True)
def _fill(
    out: NDArray[np.uint8],
    where: NDArray[np.int64],
    fixed: NDArray[np.uint8],
    name: NDArray[np.int64],
    cigar: NDArray[np.uint8],
    cigar_offset: NDArray[np.int64],
    packed: NDArray[np.uint8],
    strand: NDArray[np.uint8],
) -> None:
    for row in range(len(fixed)):
        at = where[row]
        for k in range(_FIXED):
            out[at + k] = fixed[row, k]
        at += _FIXED
        out[at] = 114  # r
        number = name[row]
        for k in range(_NAME_LENGTH - 2, 0, -1):
            out[at + k] = 48 + number % 10
            number //= 10
        out[at + _NAME_LENGTH - 1] = 0
        at += _NAME_LENGTH
        for k in range(4 * cigar_offset[row], 4 * cigar_offset[row + 1]):
            out[at] = cigar[k]
            at += 1
        for k in range(packed.shape[1]):
            out[at + k] = packed[row, k]
        at += packed.shape[1]
        out[at : at + READ_LENGTH] = _QUALITY
        at += READ_LENGTH
        if cigar_offset[row + 1] - cigar_offset[row] > 1:
            out[at], out[at + 1], out[at + 2], out[at + 3] = 88, 83, 65, strand[row]  # XS:A
