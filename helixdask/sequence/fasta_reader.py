"""Where the bases of a FASTA file are, and reading any stretch of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from helixdask.errors import BadInputError
from helixdask.sequence import fasta_kernels as kernels
from helixdask.sequence.fasta_kernels import CHECKPOINT
from helixdask.sequence.fasta_source import BLOCK, open_source, read_blocks

_KINDS = ("plain", "gzip", "bgzip")


@dataclass(frozen=True, eq=False)
class FastaIndex:
    """Where the bases of a FASTA file are: what is needed to read it from the middle.

    Parameters
    ----------
    n_bases
        Bases of all contigs together.
    kind
        ``"plain"``, ``"gzip"`` or ``"bgzip"``.
    checkpoints
        Byte in the decompressed file of every `CHECKPOINT`-th base of the genome, ``(ceil(n_bases / CHECKPOINT),)``
        int64.
    seek_points
        An index that rapidgzip can load, ``(byte,)`` uint8; empty for plain files.
    """

    n_bases: int
    kind: str
    checkpoints: NDArray[np.int64]
    seek_points: NDArray[np.uint8]

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """As arrays, for storage."""
        return {
            "n_bases": np.array(self.n_bases),
            "kind": np.array(_KINDS.index(self.kind)),
            "checkpoints": self.checkpoints,
            "seek_points": self.seek_points,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> FastaIndex:
        """Undo `to_arrays`."""
        kind = _KINDS[int(arrays["kind"])]
        return cls(int(arrays["n_bases"]), kind, arrays["checkpoints"], arrays["seek_points"])


class FastaReader:
    """An open FASTA file that gives the base codes of any stretch; made by `open_fasta`."""

    def __init__(self, path: str, index: FastaIndex, file: BinaryIO) -> None:
        self.path = path
        self.index = index
        self._file = file

    def read(self, start: int, stop: int) -> NDArray[np.uint8]:
        """Base codes of ``position`` ``[start, stop)``: ``(stop - start,)`` uint8.

        Reading begins at the checkpoint at or before ``start``; ends are cut to the genome.

        Raises
        ------
        BadInputError
            The file is no longer the one that was scanned.
        """
        stop = min(stop, self.index.n_bases)
        if start >= stop:
            return np.zeros(0, np.uint8)
        mark = start // CHECKPOINT
        skip = start - mark * CHECKPOINT
        codes = np.empty(stop - start + skip, np.uint8)
        self._file.seek(int(self.index.checkpoints[mark]))
        state = kernels.new_state()
        filled = 0
        size = min(BLOCK, len(codes) + len(codes) // 32 + 4096)
        for block in read_blocks(self._file, size):
            filled = kernels.parse_block(block, state, codes, filled)
            if filled == len(codes):
                return codes[skip:]
        raise BadInputError(
            "the file has become shorter while it was read", where=self.path, remedy="Start again with the whole file."
        )


@contextmanager
def open_fasta(path: str, index: FastaIndex) -> Iterator[FastaReader]:
    """Open a scanned FASTA file for reading base codes from any place."""
    with open_source(path, index.kind, index.seek_points) as file:
        yield FastaReader(path, index, file)
