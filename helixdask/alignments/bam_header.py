"""The header of a BAM or CRAM file: names and lengths of its contigs as arrays, for headers of millions of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pysam
from numpy.typing import NDArray

from helixdask.alignments.bgzf import BlockStream
from helixdask.alignments.byte_ranges import ByteRanges
from helixdask.alignments.raw_loads import load_i32
from helixdask.errors import BadInputError
from helixdask.inputs.foreign import foreign_errors
from helixdask.kernels import njit

_SEQUENCE = re.compile(rb"(?m)^@SQ\t([^\r\n]*)")
_MD5 = re.compile(rb"[0-9a-f]{32}")
_ORDER = re.compile(rb"^@HD[^\n]*\tSO:(\w+)")


@dataclass(frozen=True, eq=False)
class NameTable:
    """Names end to end in one array of bytes.

    Parameters
    ----------
    data
        uint8.
    start, stop
        Where each name lies in `data`, int64.
    """

    data: NDArray[np.uint8]
    start: NDArray[np.int64]
    stop: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.start)

    @classmethod
    def of(cls, names: Sequence[str]) -> NameTable:
        """Return the table of some names."""
        data = np.frombuffer(("\0".join(names) + "\0").encode(), np.uint8) if len(names) else np.zeros(0, np.uint8)
        stop = np.flatnonzero(data == 0)
        return cls(data, np.concatenate([[0], stop[:-1] + 1])[: len(stop)].astype(np.int64), stop)

    def names(self, rows: NDArray[np.int64]) -> list[str]:
        """Return the names of some rows."""
        spans = zip(self.start[rows].tolist(), self.stop[rows].tolist(), strict=True)
        return [self.data[a:b].tobytes().decode(errors="replace") for a, b in spans]


@dataclass(frozen=True, eq=False)
class AlignmentHeader:
    """What a header says.

    Parameters
    ----------
    names
        Names of the contigs.
    lengths
        Their lengths, int64.
    order
        How the alignments are sorted: the field SO, or `unknown`.
    md5
        MD5 of contigs by name, as hex digits, where it is known.
    """

    names: NameTable
    lengths: NDArray[np.int64]
    order: str
    md5: dict[str, str]


def read_bam_header(file: ByteRanges) -> AlignmentHeader:
    """Read the header of a BAM file.

    Raises
    ------
    BadInputError
        If it is no BAM file, damaged or cut short.
    """
    data, at, end, start, stop, lengths = _read(BlockStream(file, 0))
    order = _ORDER.match(bytes(data[8 : min(at, 8 + (1 << 16))]))
    names = NameTable(np.frombuffer(bytes(data[at:end]), np.uint8), start - at, stop - at)
    text = bytes(data[8:at]) if data.find(b"\tM5:", 0, at) >= 0 else b""
    return AlignmentHeader(names, lengths, order[1].decode() if order else "unknown", _md5_of(text))


def _md5_of(text: bytes) -> dict[str, str]:
    """MD5 of contigs by name, from the lines ``@SQ`` of a header's text; digests that are none are left out."""
    found = {}
    for line in _SEQUENCE.finditer(text):
        fields = dict(field.split(b":", 1) for field in line[1].split(b"\t") if b":" in field)
        digest = fields.get(b"M5", b"").strip().lower()
        if b"SN" in fields and _MD5.fullmatch(digest):
            found[fields[b"SN"].decode(errors="replace")] = digest.decode()
    return found


def skip_header(file: ByteRanges) -> tuple[bytearray, BlockStream]:
    """Read over the header of a BAM file.

    Returns
    -------
    rest
        What was inflated of the records.
    stream
        The bytes behind it.
    """
    stream = BlockStream(file, 0)
    data, _, end, _, _, _ = _read(stream)
    return data[end:], stream


def _read(
    stream: BlockStream,
) -> tuple[bytearray, int, int, NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The inflated start of a file, where in it the list of contigs begins and ends, and what that says."""
    data = bytearray()
    _read_up_to(stream, data, 12)
    if data[:4] != b"BAM\1":
        raise BadInputError(
            "not a BAM file", where=stream.file.path, remedy="Convert it: samtools sort -o reads.bam reads"
        )
    at = 12 + int.from_bytes(data[4:8], "little")
    _read_up_to(stream, data, at)
    n = int.from_bytes(data[at - 4 : at], "little")
    _read_up_to(stream, data, at + 9 * n)  # a name has at least its closing zero
    while True:
        end, start, stop, lengths = _references(np.frombuffer(bytes(data), np.uint8), at, n)
        if end >= 0:
            return data, at, end, start, stop, lengths
        _read_up_to(stream, data, len(data) + len(data) // 4, len(data) + 1)  # the file may end soon behind it


def read_cram_header(path: str) -> AlignmentHeader:
    """Read the header of a CRAM file.

    Raises
    ------
    BadInputError
        If it cannot be read.
    """
    verbosity = pysam.set_verbosity(0)  # htslib would print what is raised here
    try:
        with (
            foreign_errors(path, "cannot be read as CRAM"),
            pysam.AlignmentFile(path, "rc", check_sq=False, require_index=False) as cram,
        ):
            header = cram.header.to_dict()
            contigs = header.get("SQ", [])
            names = [str(contig["SN"]) for contig in contigs]
            lengths = np.array([int(contig["LN"]) for contig in contigs], np.int64)
    finally:
        pysam.set_verbosity(verbosity)
    md5 = {str(contig["SN"]): str(contig["M5"]).lower() for contig in contigs if "M5" in contig}
    return AlignmentHeader(NameTable.of(names), lengths, str(header.get("HD", {}).get("SO", "unknown")), md5)


def match_names(wanted: NameTable, there: NameTable) -> NDArray[np.int32]:
    """Return for each name wanted the row of the same name in another table, -1 where it is not there; int32."""
    return _match(wanted.data, wanted.start, wanted.stop, there.data, there.start, there.stop)


def _read_up_to(stream: BlockStream, data: bytearray, size: int, least: int | None = None) -> None:
    """Read until there are `size` bytes; a file that ends before must have `least`, by default all of them."""
    nothing = np.empty(0, np.uint8)
    while len(data) < size:
        piece = stream.more(nothing)
        if piece is None and len(data) >= (size if least is None else least):
            return
        if piece is None:
            raise BadInputError(
                "the header is damaged or cut short", where=stream.file.path, remedy="Copy or make the file again."
            )
        data += piece.tobytes()


@njit(cache=True, nogil=True)
def _references(
    data: NDArray[np.uint8], at: int, n: int
) -> tuple[int, NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """End of the list of contigs (-1: cut short), and start and stop of each name in `data`, and length."""
    start, stop, length = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    for i in range(n):
        if at + 4 > len(data):
            return -1, start, stop, length
        size = load_i32(data, at)
        at += 4
        if size < 1 or at + size + 4 > len(data):
            return -1, start, stop, length
        start[i], stop[i] = at, at + size - 1
        at += size
        length[i] = load_i32(data, at)
        at += 4
    return at, start, stop, length


@njit(cache=True, nogil=True)
def _hash(data: NDArray[np.uint8], start: int, stop: int) -> int:
    value = np.uint64(14695981039346656037)
    for k in range(start, stop):
        value = (value ^ np.uint64(data[k])) * np.uint64(1099511628211)
    return value ^ (value >> np.uint64(29))  # type: ignore[return-value]


@njit(cache=True, nogil=True)
def _match(
    wanted: NDArray[np.uint8],
    wanted_start: NDArray[np.int64],
    wanted_stop: NDArray[np.int64],
    there: NDArray[np.uint8],
    start: NDArray[np.int64],
    stop: NDArray[np.int64],
) -> NDArray[np.int32]:
    size = 16
    while size < 2 * len(start):
        size *= 2
    mask = np.uint64(size - 1)
    table = np.full(size, -1, np.int32)
    for i in range(len(start)):
        slot = _hash(there, start[i], stop[i]) & mask
        while table[slot] >= 0:
            slot = (slot + np.uint64(1)) & mask
        table[slot] = i
    found = np.full(len(wanted_start), -1, np.int32)
    for i in range(len(wanted_start)):
        a, n = wanted_start[i], wanted_stop[i] - wanted_start[i]
        slot = _hash(wanted, a, a + n) & mask
        while table[slot] >= 0:
            row = table[slot]
            same = stop[row] - start[row] == n
            k = 0
            while same and k < n:
                same = wanted[a + k] == there[start[row] + k]
                k += 1
            if same:
                found[i] = row
                break
            slot = (slot + np.uint64(1)) & mask
    return found
