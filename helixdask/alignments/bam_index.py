"""Where in a BAM file the alignments of a place begin, from its index (BAI or CSI).

Only a lower bound of the virtual offset is needed: records are read from there, in order, until they start beyond the
place. What is kept is a few numbers for each contig with alignments and one for each window, so indexes of millions of
contigs are cheap to hold and to give to every worker.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helixdask.alignments.bgzf import inflate_all
from helixdask.alignments.byte_ranges import ByteRanges
from helixdask.alignments.index_kernels import bai_windows, csi_windows, walk_index
from helixdask.errors import BadInputError

BAI_WINDOW_BITS = 14


@dataclass(frozen=True, eq=False)
class BamIndex:
    """An index in memory.

    Parameters
    ----------
    first
        For each contig the virtual offset where its alignments begin, -1 where it has none, int64.
    last
        Where they end: an offset at or behind the end of the last one, -1 where it has none, int64.
    mapped
        Mapped alignments of each contig, -1 where the index does not tell, int64.
    window_at
        Where each contig's windows begin in `window_begin` and `window_offset`, one entry more than contigs, int64.
    window_begin
        Base at which each window begins, ascending in each contig, int64.
    window_offset
        A virtual offset at or before the first alignment that reaches the window, ascending in each contig, int64.
    """

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    mapped: NDArray[np.int64]
    window_at: NDArray[np.int64]
    window_begin: NDArray[np.int64]
    window_offset: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.first)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All arrays by name; `BamIndex(**arrays)` is the index again."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def start_offset(self, contig: int, position: int) -> int:
        """Return a virtual offset at or before the first alignment that ends beyond `position`.

        Parameters
        ----------
        contig
            Number of the contig in the header of the BAM.
        position
            0-based on the contig.

        Returns
        -------
        int
            Virtual file offset, or -1 when the contig has no alignments.
        """
        if contig >= len(self.first):
            return -1
        a, b = int(self.window_at[contig]), int(self.window_at[contig + 1])
        at = a + int(np.searchsorted(self.window_begin[a:b], position, side="right")) - 1
        return int(self.window_offset[at]) if at >= a else int(self.first[contig])

    def first_offset(self, contig: int, last: int, position: int) -> int:
        """Return the same for a run of contigs: from `position` on the first of them to the end of `last`."""
        offset = self.start_offset(contig, position)
        if offset >= 0 or last == contig:
            return offset
        found = np.flatnonzero(self.first[contig + 1 : last + 1] >= 0)
        return int(self.first[contig + 1 + found[0]]) if len(found) else -1


def read_index(path: str) -> BamIndex:
    """Read a `.bai` or `.csi` file, local or behind a URL.

    Raises
    ------
    BadInputError
        If it is neither, or cut short.
    """
    file = ByteRanges(path)
    raw = file.read(0, file.size)
    if raw[:2] == b"\x1f\x8b":
        try:
            raw = inflate_all(raw, path)
        except BadInputError as error:
            raise _damaged(f"the index {error.problem}", path) from error
    return parse_index(np.frombuffer(raw, np.uint8), path)


def parse_index(data: NDArray[np.uint8], where: str = "") -> BamIndex:
    """Make an index from the uncompressed bytes of a `.bai` or `.csi` file.

    Raises
    ------
    BadInputError
        If they are neither, or cut short.
    """
    magic = data[:4].tobytes()
    csi = magic == b"CSI\x01"
    if magic not in (b"BAI\x01", b"CSI\x01"):
        raise _damaged("not a BAM index (BAI or CSI)", where)
    at, min_shift, depth = 4, BAI_WINDOW_BITS, 5
    if csi:
        if len(data) < 20:
            raise _damaged("the index is cut short", where)
        min_shift, depth, aux = (int(x) for x in data[4:16].view("<i4"))
        if not (0 < min_shift < 32 and 0 <= depth < 10 and aux >= 0):
            raise _damaged("not a CSI index", where)
        at = 16 + aux
    bookkeeping = ((1 << (3 * (depth + 1))) - 1) // 7 + 1  # number of the bin that holds counts
    ok, contig_at, linear_at, n_windows = walk_index(data, at, csi, bookkeeping)
    if not ok:
        raise _damaged("the index is damaged or cut short", where)
    if csi:
        return BamIndex(*csi_windows(data, contig_at, n_windows, min_shift, depth, bookkeeping))
    return BamIndex(*bai_windows(data, contig_at, linear_at, n_windows, BAI_WINDOW_BITS, bookkeeping))


def _damaged(problem: str, where: str) -> BadInputError:
    remedy = "Delete it and make it anew (samtools index), or let helixdask make its own."
    return BadInputError(problem, where=where, remedy=remedy)
