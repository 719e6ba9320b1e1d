"""How many bases a FASTA file is likely to hold, from its first megabytes and its size."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from isal import isal_zlib

from helixdask.sequence.fasta_source import source_kind

_SAMPLE: Final = 1 << 23
"""Bytes of text that are looked at."""
_PIECE: Final = 1 << 16
_GZIP: Final = 31
"""The format, as zlib numbers it."""
_DAMAGE: Any = (EOFError, isal_zlib.error)


def estimated_bases(path: str) -> int:
    """Bases of a FASTA file: exact where it is small, else as if all of it was like its beginning.

    Line ends, headers and compression are those of the first eight megabytes of text, which take some hundredths of a
    second. Repeats compress better: of a gzipped plant genome the estimate may be off by a tenth.

    Raises
    ------
    BadInputError
        The file is not there, empty, or plainly no FASTA.
    """
    compressed = source_kind(path) != "plain"
    text, size = bytearray(), Path(path).stat().st_size
    with Path(path).open("rb", buffering=0) as raw:
        pieces = iter(lambda: raw.read(_PIECE), b"")
        with suppress(*_DAMAGE):  # damage is said when the file is read
            for piece in _inflated(pieces) if compressed else pieces:
                text += piece
                if len(text) >= _SAMPLE:
                    break
        consumed = raw.tell()
    bases = sum(len(line.rstrip()) for line in bytes(text).splitlines() if not line.startswith(b">"))
    return bases if consumed >= size else int(bases * size / max(consumed, 1))


def _inflated(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """What pieces of a gzip file hold, of which bgzip makes many members; nothing is read ahead."""
    member = isal_zlib.decompressobj(wbits=_GZIP)
    for piece in pieces:
        left = piece
        while left:
            yield member.decompress(left)
            left = member.unused_data
            if member.eof:
                member = isal_zlib.decompressobj(wbits=_GZIP)
