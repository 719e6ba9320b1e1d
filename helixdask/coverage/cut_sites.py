"""Single bases of reads: 5' ends of transcripts (`cage`) and cut sites (`atac`).

`cage` counts the 5' end of each read, its first aligned base in the direction of reading (soft clips are not aligned);
of pairs read 1 only, because read 2 begins somewhere inside the fragment. `atac` counts where the transposase cut: the
5' end moved by 4 bases into a read on the plus strand and by 5 into one on the minus strand, each on its own strand,
both mates. By the rules `helixer` an `atac` read is what Helixer's option `--shift` makes of it: all bases from the cut
site to the other end of the read, introns included.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from helixdask.alignments.alignments import Alignments
from helixdask.alignments.bam_fields import COVERAGE_OPS, REFERENCE_OPS
from helixdask.coverage.kinds import READ_KINDS
from helixdask.coverage.rules import (
    PAIRED,
    READ1,
    READ2,
    REASONS,
    SECOND_MATE,
    STRANDEDNESS,
    TOO_SHORT,
    USED,
    CountingRules,
    sort_out,
    target_strand,
)
from helixdask.errors import BadInputError
from helixdask.kernels import njit
from helixdask.settings import Rules

SITE_KINDS: Final = READ_KINDS[2:]
MARGIN: Final = 8
"""A site lies at most so many bases outside the read that it belongs to: reads are fetched from that much further."""

PLUS_SHIFT, MINUS_SHIFT = 4, 5
END, SITE, WHOLE = 0, 1, 2


class CutSites:
    """The tracks of one part of a contig in the making; the same face as `Pileup`.

    Parameters
    ----------
    start, stop
        The part, 0-based and half-open on the contig.
    kind
        `cage` or `atac`.
    strandedness
        One of `STRANDEDNESS`.
    rules
        What is counted.
    where
        File and contig, for messages.

    Raises
    ------
    BadInputError
        If the rules do not know the kind.
    """

    def __init__(
        self, start: int, stop: int, kind: str, strandedness: str, rules: CountingRules, where: str = ""
    ) -> None:
        if kind == "cage" and rules.name == Rules.HELIXER:
            raise BadInputError(
                "the rules `helixer` know no libraries of kind `cage`",
                where=where,
                remedy="Use the default rules; Helixer counts whole reads: kind rnaseq.",
            )
        self.start, self.stop, self.rules, self.where = start, stop, rules, where
        self.protocol = STRANDEDNESS.index(strandedness)
        self.counts = np.zeros(len(REASONS), np.int64)
        self._what = END if kind == "cage" else WHOLE if rules.name == Rules.HELIXER else SITE
        self._difference = np.zeros((2, stop - start + 1), np.int32)

    def add(self, batch: Alignments) -> None:
        """Count a batch of alignments, among them all that lie within `MARGIN` of the part."""
        if not len(batch):
            return
        reason = sort_out(
            batch.flag,
            batch.mapq,
            batch.cigar_offset,
            self.rules.skip_flags,
            self.rules.min_mapq,
            self._what == END,
            self.rules.name == Rules.HELIXER,
        )
        strand = target_strand(batch.flag, self.protocol)
        _count_sites(
            batch.flag,
            batch.position,
            batch.cigar,
            batch.cigar_offset,
            strand,
            reason,
            self._what,
            self.start,
            self.stop,
            self._difference,
        )
        here = (batch.position >= self.start) & (batch.position < self.stop)
        self.counts += np.bincount(reason[here], minlength=len(REASONS))

    def finish(self) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        """Return coverage and spliced coverage, each (2, stop - start) uint32, plus orientation; the second is 0."""
        np.cumsum(self._difference, axis=-1, out=self._difference)
        coverage = self._difference.view(np.uint32)[:, :-1]
        return coverage, np.zeros_like(coverage)


@njit(cache=True, nogil=True)
def _count_sites(
    flag: NDArray[np.uint16],
    position: NDArray[np.int64],
    cigar: NDArray[np.uint32],
    offset: NDArray[np.int64],
    strand: NDArray[np.uint8],
    reason: NDArray[np.uint8],
    what: int,
    start: int,
    stop: int,
    difference: NDArray[np.int32],
) -> None:
    """Add the sites of the alignments in use to the differences; note the reason of those that have none."""
    for i in range(len(flag)):
        if reason[i] != USED:
            continue
        if what == END and flag[i] & PAIRED and flag[i] & (READ1 | READ2) == READ2:
            reason[i] = SECOND_MATE
            continue
        at = position[i]
        first, last, end = -1, -1, at
        for k in range(offset[i], offset[i + 1]):
            op = 1 << (cigar[k] & 15)
            if op & REFERENCE_OPS:
                if op & COVERAGE_OPS:
                    if first < 0:
                        first = end
                    last = end + (cigar[k] >> 4) - 1
                end += cigar[k] >> 4
        reverse = (flag[i] & 16) != 0
        if what == WHOLE:
            a, b = (at, end - MINUS_SHIFT) if reverse else (at + PLUS_SHIFT, end)
        elif first < 0:
            a, b = 0, 0
        elif what == END:
            a = last if reverse else first
            b = a + 1
        else:
            a = last - MINUS_SHIFT if reverse else first + PLUS_SHIFT
            b = a + 1
        if a >= b:
            reason[i] = TOO_SHORT
            continue
        a, b = max(a, start), min(b, stop)
        if a < b:
            difference[strand[i], a - start] += 1
            difference[strand[i], b - start] -= 1
