"""Alignments to coverage and spliced coverage of one region, on both strands.

Counting is exact for any size of the region, and streams. An alignment adds +1 at the start and -1 at the end of each
of its blocks to a difference array, clipped to the part of its contig; the running sum at the end is the track.

Mates that overlap are the one thing that two alignments decide together. A base that both cover lies inside both
alignments, so whoever reads all alignments that overlap the region has both mates of every such base: nothing outside
is needed, whatever the size. The first mate (read 1) counts as it is; the second counts only where no first mate of its
name does, on each track by itself, so the base goes to the strand of the first mate. Alignments come sorted by start;
a second mate waits until no first mate of it can come any more, because a later start has been seen. Only mates that
are still open are kept, which bounds memory by the depth and the span of the alignments, not by the size of the region.

Mates are alignments of one name (a 64-bit hash of it) on one contig that point to each other's start; where a record
does not say where its mate is, the name decides. Names that come more than once, as in merged files, do no harm.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from helixdask.alignments.bam_blocks import Records
from helixdask.alignments.bam_fields import DELETION_OPS, FIXED, SPLICED_OPS, i32
from helixdask.alignments.stretches import Stretch
from helixdask.coverage.count_records import count_records
from helixdask.coverage.mates import count_second_mates, keep_open_mates
from helixdask.coverage.rules import REASONS, STRANDEDNESS, CountingRules
from helixdask.coverage.running_sum import sum_differences
from helixdask.errors import BadInputError
from helixdask.settings import Rules

_SETTLE = 1 << 14
"""Mates that are gathered before second mates are counted."""


class Pileup:
    """The tracks of one region in the making.

    Parameters
    ----------
    length
        Bases of the region.
    strandedness
        One of `STRANDEDNESS`.
    rules
        What is counted.
    where
        The file, for messages.

    Attributes
    ----------
    counts
        Alignments that begin in the region by their fate, in the order of `REASONS`; int64.
    """

    def __init__(self, length: int, strandedness: str, rules: CountingRules, where: str = "") -> None:
        self.length, self.rules, self.where = length, rules, where
        self._how = (
            STRANDEDNESS.index(strandedness),
            rules.skip_flags,
            rules.min_mapq,
            rules.name == Rules.HELIXER,
            SPLICED_OPS | (DELETION_OPS if rules.deletions_are_spliced else 0),
            rules.mates_once,
            rules.max_intron,
        )
        self._counts = np.zeros(len(REASONS) + 2, np.int64)
        self._difference: NDArray[np.int32] | None = None
        self._stretch: Stretch | None = None
        self._frontier = int(np.iinfo(np.int64).min)
        self._n_mates = self._settled = 0
        self._mates = np.empty((0, 7), np.int64)
        self._hash = np.empty(0, np.uint64)
        self._cigar = np.empty(0, np.uint32)
        self._cigar_end = np.empty(0, np.int64)

    @property
    def counts(self) -> NDArray[np.int64]:
        """Alignments that begin in the region, by reason."""
        return self._counts[: len(REASONS)]

    @property
    def spliced(self) -> int:
        """Alignments that begin in the region, are used, and skip reference bases (`N`)."""
        return int(self._counts[-2])

    @property
    def introns_too_long(self) -> int:
        """Skips (`N`) of used alignments that begin in the region, which are too long to be spliced coverage."""
        return int(self._counts[-1])

    def add(self, records: Records) -> None:
        """Count a batch of records; those of one stretch come sorted, and together.

        Raises
        ------
        BadInputError
            If the alignments are not sorted, or (rules `helixer`, stranded) a paired one is neither first nor second.
        """
        if self._difference is None:  # not for the many regions without alignments
            self._difference = np.zeros((4, self.length + 1), np.int32)
        stretch = records.stretch
        if stretch is not self._stretch:
            self._end_stretch()
            self._stretch = stretch
        self._make_room(records)
        self._frontier, self._n_mates, trouble = count_records(
            records.data,
            records.begin,
            records.end,
            stretch.contig,
            stretch.start,
            stretch.stop,
            stretch.place,
            *self._how,
            self._difference,
            self._counts,
            self._frontier,
            self._mates,
            self._hash,
            self._cigar,
            self._cigar_end,
            self._n_mates,
        )
        if trouble >= records.end:
            raise BadInputError("alignments are not sorted by coordinate", where=self.where, remedy="samtools sort")
        if trouble >= 0:
            name = records.data[trouble + FIXED : trouble + FIXED + int(records.data[trouble + 12]) - 1].tobytes()
            raise BadInputError(
                f"the paired alignment `{name.decode(errors='replace')}` at base {i32(records.data, trouble + 8)} is "
                "neither the first nor the second read",
                where=self.where,
                remedy="Repair the flags, use the default rules, or count the library as unstranded.",
            )
        if self._n_mates > max(_SETTLE, 2 * self._settled):
            self._settle(self._frontier)

    def _end_stretch(self) -> None:
        """Count what waits; what comes next may lie anywhere on the axis."""
        self._settle(int(np.iinfo(np.int64).max))
        self._frontier = int(np.iinfo(np.int64).min)

    def finish(self) -> NDArray[np.uint32] | None:
        """Return the tracks, (2, 2, length) uint32: coverage and spliced coverage, strand, base; call once.

        All are in plus orientation. Where no alignment was read there are none.
        """
        if self._difference is None:
            return None
        self._end_stretch()
        sum_differences(self._difference)
        return self._difference.view(np.uint32).reshape(2, 2, self.length + 1)[..., :-1]

    def _make_room(self, records: Records) -> None:
        if not self.rules.mates_once:
            return
        rows = self._n_mates + records.count
        if rows > len(self._mates):
            more = 2 * rows - len(self._mates)
            self._mates = np.concatenate([self._mates, np.empty((more, 7), np.int64)])
            self._hash = np.concatenate([self._hash, np.empty(more, np.uint64)])
            self._cigar_end = np.concatenate([self._cigar_end, np.empty(more, np.int64)])
        used = int(self._cigar_end[self._n_mates - 1]) if self._n_mates else 0
        if used + records.operations > len(self._cigar):
            more = 2 * (used + records.operations) - len(self._cigar)
            self._cigar = np.concatenate([self._cigar, np.empty(more, np.uint32)])

    def _settle(self, frontier: int) -> None:
        if self._n_mates and self._difference is not None:
            table = (self._mates, self._hash, self._cigar, self._cigar_end, self._n_mates)
            count_second_mates(*table, self._how[4], frontier, self._difference)
            self._n_mates = self._settled = keep_open_mates(*table, frontier)
