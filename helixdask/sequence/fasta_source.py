"""The bytes of a FASTA file, plain or compressed, from any place: what kind it is, is found by looking inside.

gzip and bgzip are read with rapidgzip, which can leave an index behind on the way, so that the next reader starts in
the middle. It does not notice by itself that a file was cut off, hence `finish_source`. Its cache takes up to some 230
MB for gzip and 30 MB for bgzip, whatever the size of the file.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import numpy as np
import rapidgzip
from numpy.typing import NDArray

from helixdask.errors import BadInputError

BLOCK: Final = 1 << 20
"""Bytes read at once: block, letters and codes stay in the processor's cache."""

_BGZF_STEP: Final = 1 << 21
_GZIP_MAGIC: Final = b"\x1f\x8b"
_BGZF_END: Final = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_OTHERS: Final = {
    b"PK\x03\x04": "a zip archive",
    b"BZh": "compressed with bzip2",
    b"\xfd7zXZ": "compressed with xz",
    b"\x28\xb5\x2f\xfd": "compressed with zstd",
    b"CRAM": "a CRAM file",
    b"\x43\x27\x41\x1a": "a 2bit file",
    b"\x1a\x41\x27\x43": "a 2bit file",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"\x89HDF": "an HDF5 file",
}


def source_kind(path: str) -> str:
    """Look what a file is: ``"plain"``, ``"gzip"`` or ``"bgzip"``.

    Raises
    ------
    BadInputError
        The file is not there, cannot be read, is empty or is of another kind.
    """
    try:
        with Path(path).open("rb") as file:
            start = file.read(18)
    except OSError as error:
        raise BadInputError(
            f"cannot be read ({error.strerror})", where=path, remedy="Check the path of the FASTA file."
        ) from error
    if not start:
        raise BadInputError("the file is empty", where=path, remedy="Give a FASTA file with at least one sequence.")
    if start.startswith(_GZIP_MAGIC):
        return "bgzip" if len(start) == 18 and start[3] & 4 and start[12:14] == b"BC" else "gzip"
    for magic, what in _OTHERS.items():
        if start.startswith(magic):
            raise BadInputError(
                f"this is {what}, no FASTA",
                where=path,
                remedy="Give FASTA text, plain or compressed with gzip or bgzip.",
            )
    return "plain"


@contextmanager
def open_source(path: str, kind: str, seek_points: NDArray[np.uint8] | None = None) -> Iterator[BinaryIO]:
    """Open a file for reading its decompressed bytes; what goes wrong while it is open becomes a named error.

    Parameters
    ----------
    path, kind
        The file and what `source_kind` said of it.
    seek_points
        What `finish_source` gave: makes ``seek`` cheap in gzip and bgzip.
    """
    if kind == "plain":
        with Path(path).open("rb", buffering=0) as plain:
            yield cast("BinaryIO", plain)
        return
    try:
        # More threads would help one reader alone, but there is a reader on every core.
        with rapidgzip.open(path, parallelization=1) as file:
            if seek_points is not None:
                file.import_index(io.BytesIO(seek_points.tobytes()))
            yield file
    except (RuntimeError, ValueError) as error:
        raise BadInputError(
            f"the compressed data is damaged or cut off ({_first_line(error)})",
            where=path,
            remedy=f"Test it with: gzip -t {path}; then copy or download it again.",
        ) from error


def read_blocks(file: BinaryIO, size: int = BLOCK) -> Iterator[NDArray[np.uint8]]:
    """Read on to the end, ``(size,)`` uint8 at a time or less; each is overwritten by the next."""
    buffer = bytearray(size)
    view = np.frombuffer(buffer, np.uint8)
    while (n := file.readinto(buffer)) > 0:  # type: ignore[attr-defined]
        yield view[:n]


def finish_source(path: str, kind: str, file: Any) -> NDArray[np.uint8]:
    """Make sure that a file that was read to its end is whole, and return what makes seeking in it cheap.

    Returns
    -------
    For `open_source`: ``(byte,)`` uint8, empty for plain files.

    Raises
    ------
    BadInputError
        The file is cut off.
    """
    if kind == "plain":
        return np.zeros(0, np.uint8)
    size = Path(path).stat().st_size
    if file.tell_compressed() != 8 * size or (kind == "bgzip" and not _ends_like_bgzf(path, size)):
        raise BadInputError(
            "the compressed file is cut off",
            where=path,
            remedy=f"Copy or download it again (it has {size:,} bytes now).",
        )
    points = _bgzf_points(path) if kind == "bgzip" else None
    if points is None:
        out = io.BytesIO()
        file.export_index(out)
        points = out.getvalue()
    return np.frombuffer(points, np.uint8)


def _ends_like_bgzf(path: str, size: int) -> bool:
    with Path(path).open("rb") as raw:
        raw.seek(max(0, size - len(_BGZF_END)))
        return raw.read() == _BGZF_END


def _bgzf_points(path: str) -> bytes | None:
    """Places of blocks every 2 MiB of text, in the format of bgzip's ``.gzi``, from the blocks' headers alone.

    rapidgzip's own index has a place every 10 MB or so, too far apart for tasks of some millions of bases. None where
    the file is not BGZF to its end, or too short for a place: rapidgzip refuses a table without any.
    """
    points = []
    compressed = text = marked = 0
    with Path(path).open("rb") as raw:
        header = raw.read(18)
        while len(header) == 18:
            if header[:2] != _GZIP_MAGIC or header[12:14] != b"BC":
                return None
            compressed += int.from_bytes(header[16:18], "little") + 1
            raw.seek(compressed - 4)
            tail = raw.read(22)  # length of this block's text, then the next header
            text += int.from_bytes(tail[:4], "little")
            header = tail[4:]
            if text - marked >= _BGZF_STEP and header:
                points.append(struct.pack("<QQ", compressed, text))
                marked = text
    return struct.pack("<Q", len(points)) + b"".join(points) if points else None


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:120] if str(error) else type(error).__name__
