"""The bytes of a FASTA file, plain or compressed, from any place: what kind it is, is found by looking inside.

gzip and bgzip are read with rapidgzip, which can leave an index behind on the way, so that the next reader starts in
the middle. It does not notice by itself that a file was cut off, hence `check_complete`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import numpy as np
import rapidgzip
from numpy.typing import NDArray

from helixdask.errors import BadInputError

__all__ = ["BLOCK", "check_complete", "export_seek_points", "open_source", "read_blocks", "source_kind"]

BLOCK: Final = 1 << 20
"""Bytes read at once: block, letters and codes stay in the processor's cache."""

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
        What `export_seek_points` gave: makes ``seek`` cheap in gzip and bgzip.
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


def check_complete(path: str, kind: str, file: Any) -> None:
    """Make sure that a compressed file that was read to its end is whole.

    Raises
    ------
    BadInputError
        It is cut off.
    """
    if kind == "plain":
        return
    size = Path(path).stat().st_size
    whole = file.tell_compressed() == 8 * size
    if kind == "bgzip" and whole:
        with Path(path).open("rb") as raw:
            raw.seek(max(0, size - len(_BGZF_END)))
            whole = raw.read() == _BGZF_END
    if not whole:
        raise BadInputError(
            "the compressed file is cut off",
            where=path,
            remedy=f"Copy or download it again (it has {size:,} bytes now).",
        )


def export_seek_points(kind: str, file: Any) -> NDArray[np.uint8]:
    """What a later `open_source` needs to start in the middle: ``(byte,)`` uint8, empty for plain files."""
    if kind == "plain":
        return np.zeros(0, np.uint8)
    out = io.BytesIO()
    file.export_index(out)
    return np.frombuffer(out.getvalue(), np.uint8)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:120] if str(error) else type(error).__name__
