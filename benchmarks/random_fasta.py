"""Random DNA as FASTA, of any size and number of contigs, as fast as a disk writes: input for benchmarks and tests."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from helixdask.errors import BadInputError

__all__ = ["write_random_fasta"]

_BATCH = 1 << 23  # bases held at a time


def write_random_fasta(
    path: Path, bases: int, contigs: int = 1, seed: int = 0, line_width: int = 80, prefix: str = "contig"
) -> Path:
    """Write uniformly random A, C, G, T; the same arguments give the same bytes.

    Parameters
    ----------
    path
        Written beside itself and renamed when done.
    bases
        Total length; contigs are equally long, and the last also has the remainder.
    contigs
        Number of records, named `prefix` + number from 1.
    line_width
        Letters per line.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    BadInputError
        Fewer bases than contigs.
    """
    if contigs < 1 or bases < contigs or line_width < 1:
        raise BadInputError(f"{bases} bases cannot make {contigs} contigs in lines of {line_width}", where=str(path))
    path = Path(path)
    rng = np.random.default_rng([0xFA57A, seed])
    length = bases // contigs
    together = max(1, _BATCH // length)
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as file:
        for first in range(0, contigs - 1, together):
            names = [f"{prefix}{i + 1}" for i in range(first, min(first + together, contigs - 1))]
            _write_equal(file, names, length, line_width, rng)
        _write_equal(file, [f"{prefix}{contigs}"], length + bases % contigs, line_width, rng)
    partial.replace(path)
    return path


def _write_equal(file: BinaryIO, names: list[str], length: int, width: int, rng: np.random.Generator) -> None:
    """Write records of one length: several small ones at once, or one in pieces."""
    if len(names) > 1:
        rows = _wrapped(_random_letters(len(names) * length, rng).reshape(len(names), length), width)
        text = memoryview(rows.tobytes())
        size = rows.shape[1]
        file.write(
            b"".join(
                part
                for i, name in enumerate(names)
                for part in (f">{name}\n".encode(), text[i * size : (i + 1) * size])
            )
        )
        return
    file.write(f">{names[0]}\n".encode())
    piece = max(1, _BATCH // width) * width
    for start in range(0, length, piece):
        file.write(_wrapped(_random_letters(min(piece, length - start), rng)[None], width).tobytes())


def _random_letters(count: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Four letters from every random byte."""
    four = np.frombuffer(rng.bytes(-(-count // 4)), dtype=np.uint8)
    return _FOUR_LETTERS[four].view(np.uint8)[:count]


def _wrapped(letters: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    """Add line ends: (records, length) to (records, length + lines)."""
    records, length = letters.shape
    whole, rest = divmod(length, width)
    out = np.full((records, length + whole + (rest > 0)), ord("\n"), dtype=np.uint8)
    out[:, : whole * (width + 1)].reshape(records, whole, width + 1)[:, :, :width] = letters[
        :, : whole * width
    ].reshape(records, whole, width)
    if rest:
        out[:, whole * (width + 1) : -1] = letters[:, whole * width :]
    return out


def _four_letters() -> NDArray[np.uint32]:
    letters = np.frombuffer(b"ACGT", dtype=np.uint8)
    values = np.arange(256)
    table = np.stack([letters[values >> shift & 3] for shift in (0, 2, 4, 6)], axis=1)
    return np.ascontiguousarray(table).view(np.uint32)[:, 0]


_FOUR_LETTERS = _four_letters()
