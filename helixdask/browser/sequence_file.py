"""The genome as FASTA in blocks of gzip, with its indexes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import pysam
from numpy.typing import NDArray

from helixdask.sequence.codes import codes_to_text
from helixdask.store.store import Store

LINE: Final = 80
_BLOCK: Final = 1 << 20


def write_sequence(store: Store, path: Path, tell: Callable[[int], None]) -> None:
    """Write ``path`` (bgzip), ``path.fai`` and ``path.gzi``; soft-masked bases are lower-case letters.

    Parameters
    ----------
    store
        The store.
    path
        File to write, which ends in ``.gz``.
    tell
        Is told how many bases were written.
    """
    contigs = store.contigs
    rest = np.zeros(0, np.uint8)
    with pysam.BGZFile(str(path), "wb", None) as out:
        for start in range(0, contigs.n_bases, _BLOCK):
            stop = min(start + _BLOCK, contigs.n_bases)
            codes = np.asarray(store.read("genome/sequence", start, stop))
            text: list[bytes] = []
            for row, begin, end, position in zip(*map(np.ndarray.tolist, contigs.pieces(start, stop)), strict=True):
                if begin == 0:
                    text.append(f">{contigs.names[row]}\n".encode())
                piece = np.concatenate([rest, codes[position - start : position - start + end - begin]])
                whole = len(piece) if end == contigs.lengths[row] else len(piece) - len(piece) % LINE
                text.append(lines_of(piece[:whole]))
                rest = piece[whole:]
            out.write(b"".join(text))
            tell(stop - start)
    pysam.faidx(str(path))


def lines_of(codes: NDArray[np.uint8]) -> bytes:
    r"""Base codes as lines of letters.

    Examples
    --------
    >>> lines_of(np.array([1, 0x82, 4], np.uint8))
    b'AtN\n'
    """
    letters = np.frombuffer(codes_to_text(codes).encode(), np.uint8)
    whole = len(letters) // LINE
    lines = np.empty((whole, LINE + 1), np.uint8)
    lines[:, :-1] = letters[: whole * LINE].reshape(whole, LINE)
    lines[:, -1] = ord("\n")
    last = letters[whole * LINE :].tobytes()
    return lines.tobytes() + (last + b"\n" if last else b"")
