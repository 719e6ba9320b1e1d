"""Telling whether the index of a CRAM file (CRAI) is that of another file, or damaged.

A CRAM file is a row of containers, each of which says how long it is. The index names the container of every slice, so
it fits a file exactly where both know the same containers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from helixdask.alignments.bgzf import inflate_all
from helixdask.alignments.byte_ranges import ByteRanges
from helixdask.errors import BadInputError
from helixdask.inputs.foreign import COPY_AGAIN

_FILE_DEFINITION = 26
_HEAD = 64  # more than the longest head of a container without its landmarks
_COLUMNS = 6
_END = 4_542_278  # where the container that ends a file says to start


def read_crai(path: str) -> NDArray[np.int64]:
    """Read a `.crai` file: contig, start, span, byte of the container, byte of the slice in it, size; (slice, 6) int64.

    Raises
    ------
    BadInputError
        It is no such file, damaged or cut short; names the line.
    """
    file = ByteRanges(path)
    raw = file.read(0, file.size)
    remedy = "Delete it and make it anew (samtools index), or let helixdask make its own."
    try:
        text = inflate_all(raw, path) if raw[:2] == b"\x1f\x8b" else raw
    except BadInputError as error:
        raise BadInputError(f"the index {error.problem}", where=path, remedy=remedy) from error
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        fields = line.split()
        digits = [field.removeprefix(b"-") for field in fields]
        if len(fields) != _COLUMNS or not all(d.isdigit() and len(d) < 19 for d in digits):
            raise BadInputError("the index is damaged", where=f"{path}, line {number:,}", remedy=remedy)
        rows.append([int(field) for field in fields])
    return np.array(rows, np.int64).reshape(-1, _COLUMNS)


def cram_containers(file: ByteRanges) -> tuple[NDArray[np.int64], NDArray[np.bool_]] | None:
    """Where the containers of a local CRAM 2 or 3 file begin, behind its header, and whether each holds alignments.

    Returns
    -------
    tuple of numpy.ndarray or None
        ``(container,)`` int64 bytes, ascending, and ``(container,)`` bool; None for versions that are laid out
        otherwise.

    Raises
    ------
    BadInputError
        If the containers do not fill the file.
    """
    version = file.read(4, 1)
    if version not in (b"\x02", b"\x03"):
        return None
    starts, filled = [], []
    at, crc = _FILE_DEFINITION, 4 if version == b"\x03" else 0
    while at < file.size:
        head = file.read(at, _HEAD)
        length, size, numbers = _head(head, at, file)
        contig, start, _, records = numbers
        starts.append(at)
        filled.append(records > 0 and not (contig == -1 and start == _END))
        at += size + crc + length
    if at != file.size:
        raise BadInputError("the last container is cut short", where=file.path, remedy=COPY_AGAIN)
    return np.array(starts[1:], np.int64), np.array(filled[1:], np.bool_)


def crai_difference(file: ByteRanges, index_path: str, n_contigs: int) -> str:
    """What shows that an index is not of a CRAM file; empty where nothing does.

    The containers of a file behind a URL are not looked at: each would be a request.

    Raises
    ------
    BadInputError
        If the index or the file is damaged.
    """
    contig, _, _, container, _, size = read_crai(index_path).T
    if len(contig) and int(contig.max()) >= n_contigs:
        return f"it has {int(contig.max()) + 1:,} contigs, the file {n_contigs:,}"
    if len(contig) and (int(contig.min()) < -2 or int((container + size).max()) > file.size):
        return "it points beyond the end of the file"
    there = cram_containers(file) if file.is_local else None
    if there is None:
        return ""
    starts, filled = there
    odd = np.setdiff1d(container, starts)
    if len(odd):
        return f"there is no container at byte {int(odd[0]):,}"
    missing = np.setdiff1d(starts[filled], container)
    return f"it leaves out the container at byte {int(missing[0]):,}" if len(missing) else ""


def _head(head: bytes, at: int, file: ByteRanges) -> tuple[int, int, list[int]]:
    """Length of a container's blocks, size of its head without checksum, and contig, start, span and records."""
    try:
        length = int.from_bytes(head[:4], "little", signed=True)
        numbers, place = [], 4
        for _ in range(4):
            value, place = _itf8(head, place)
            numbers.append(value)
        for _ in range(2):  # record counter and bases: as many bytes as the first one's leading ones say
            place += 1 + min(8, 8 - (head[place] ^ 0xFF).bit_length())
        _, place = _itf8(head, place)  # blocks
        landmarks, place = _itf8(head, place)
        inner = 0
        if 0 <= landmarks <= length:
            rest = file.read(at + place, 5 * landmarks)
            for _ in range(landmarks):
                _, inner = _itf8(rest, inner)
    except IndexError as error:
        raise _damaged(at, file) from error
    if not 0 <= landmarks <= length:
        raise _damaged(at, file)
    return length, place + inner, numbers


def _damaged(at: int, file: ByteRanges) -> BadInputError:
    return BadInputError(f"the container at byte {at:,} is damaged", where=file.path, remedy=COPY_AGAIN)


def _itf8(data: bytes, at: int) -> tuple[int, int]:
    """A number of one to five bytes, and where the next begins."""
    first = data[at]
    extra = min(4, 8 - (first ^ 0xFF).bit_length())
    body = data[at : at + 1 + extra]
    if len(body) <= extra:
        raise IndexError(at)
    if extra == 4:
        value = ((body[0] & 0x0F) << 28) | (body[1] << 20) | (body[2] << 12) | (body[3] << 4) | (body[4] & 0x0F)
    else:
        value = first & (0x7F >> extra)
        for byte in body[1:]:
            value = (value << 8) | byte
    return value - (1 << 32) if value >= 1 << 31 else value, at + 1 + extra
