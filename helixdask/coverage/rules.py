"""Which alignments count, and on which strand: the rule sets `default` and `helixer`."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from helixdask.coverage.settings import DEFAULT_READS, ReadOptions
from helixdask.errors import BadInputError
from helixdask.kernels import njit
from helixdask.settings import Rules

STRANDEDNESS = ("unstranded", "forward", "reverse")
"""How reads relate to transcripts. `forward`: read 1 is sense; `reverse`: read 2 is sense (dUTP)."""

DEFAULT_MIN_MAPQ = 10
"""Leaves out reads that fit several places: STAR gives those 0-3 (unique: 255), HISAT2 0-1 (unique: 60), bwa and
minimap2 0 and a few. 255, "not available" in the format, passes, because it is STAR's mark of a unique read."""

REASONS = (
    "used",
    "unmapped",
    "secondary",
    "qc_fail",
    "duplicate",
    "supplementary",
    "low_mapq",
    "no_cigar",
    "unclear_mate",
    "second_mate",
    "too_short",
)
"""What became of an alignment; the index is the code that `sort_out` returns."""

NO_LIMIT = 1 << 60
"""Length that no intron has."""
_LONGEST_INTRONS, _LEAST_LIMIT, _MOST_LIMIT = 1_000, 5_000, 500_000

USED, UNMAPPED_READ, SECONDARY_READ, QC_FAILED, DUPLICATE_READ, SUPPLEMENTARY_READ = range(6)
LOW_MAPQ, NO_CIGAR, UNCLEAR_MATE, SECOND_MATE, TOO_SHORT = range(6, 11)

PAIRED, UNMAPPED, MATE_UNMAPPED, REVERSE, READ1, READ2 = 0x1, 0x4, 0x8, 0x10, 0x40, 0x80
SECONDARY, QC_FAIL, DUPLICATE, SUPPLEMENTARY = 0x100, 0x200, 0x400, 0x800
_HIGHEST_MAPQ = 255


@dataclass(frozen=True)
class CountingRules:
    """What is counted.

    Parameters
    ----------
    name
        `default` or `helixer`.
    skip_flags
        Alignments with any of these SAM flags are left out (unmapped ones always).
    min_mapq
        Smallest mapping quality that counts.
    deletions_are_spliced
        Whether `D` counts as spliced coverage, as `N` does.
    mates_once
        Whether a base that both mates of a fragment cover counts once.
    max_intron
        Longest skip (`N`) that is spliced coverage; a longer one counts as a deletion does.
    """

    name: Rules
    skip_flags: int
    min_mapq: int
    deletions_are_spliced: bool
    mates_once: bool
    max_intron: int = NO_LIMIT


def default_max_intron(n_bases: int) -> int:
    """Longest intron that is likely in a genome of this size: the small genomes of fungi have short ones.

    Examples
    --------
    >>> default_max_intron(12_000_000), default_max_intron(120_000_000), default_max_intron(17_000_000_000)
    (12000, 120000, 500000)
    """
    return min(max(n_bases // _LONGEST_INTRONS, _LEAST_LIMIT), _MOST_LIMIT)


def make_rules(name: str = Rules.DEFAULT, options: ReadOptions = DEFAULT_READS) -> CountingRules:
    """Return the rule set of that name.

    Parameters
    ----------
    name
        `default`: secondary, supplementary, duplicate, QC-failed and low-MAPQ alignments are skipped, deletions are
        neither coverage nor spliced coverage, mates count once per base. `helixer`: only secondary and QC-failed ones
        are skipped, deletions are spliced coverage, and mates count one by one.
    options
        What is to differ from that; for `default` only.

    Raises
    ------
    BadInputError
        If there are no such rules, a mapping quality is outside 0-255, or `helixer` is asked to count otherwise.
    """
    rules = Rules(name)
    if rules == Rules.DEFAULT:
        skip = 0
        for flag, counts in (
            (SECONDARY, options.count_secondary),
            (QC_FAIL, options.count_qc_failed),
            (DUPLICATE, options.count_duplicates),
            (SUPPLEMENTARY, options.count_supplementary),
        ):
            skip |= 0 if counts else flag
        quality = DEFAULT_MIN_MAPQ if options.min_mapq is None else options.min_mapq
        if not 0 <= quality <= _HIGHEST_MAPQ:
            raise BadInputError(f"the least mapping quality is {quality}, outside 0-255", where="min_mapq")
        return CountingRules(
            rules,
            skip,
            quality,
            deletions_are_spliced=False,
            mates_once=options.mates_once,
            max_intron=options.max_intron or NO_LIMIT,
        )
    changed = [f.name for f in fields(options) if getattr(options, f.name) not in (f.default, 0)]
    if changed:
        raise BadInputError(
            f"the rules `helixer` have no options for reads: {', '.join(changed)}",
            remedy="Leave them out, or use the default rules.",
        )
    return CountingRules(rules, SECONDARY | QC_FAIL, 0, deletions_are_spliced=True, mates_once=False)


@njit(cache=True, nogil=True)
def reason_of(
    flag: int, mapq: int, operations: int, skip_flags: int, min_mapq: int, stranded: bool, first_wins: bool
) -> int:
    """Say of one alignment whether it is used or why not; see `sort_out`."""
    if flag & UNMAPPED:
        return UNMAPPED_READ
    skip = flag & skip_flags
    if skip & SECONDARY:
        return SECONDARY_READ
    if skip & QC_FAIL:
        return QC_FAILED
    if skip & DUPLICATE:
        return DUPLICATE_READ
    if skip & SUPPLEMENTARY:
        return SUPPLEMENTARY_READ
    if mapq < min_mapq:
        return LOW_MAPQ
    if operations == 0:
        return NO_CIGAR
    if stranded and flag & PAIRED:
        mates = flag & (READ1 | READ2)
        if mates == 0 or (mates == (READ1 | READ2) and not first_wins):
            return UNCLEAR_MATE
    return USED


@njit(cache=True, nogil=True)
def strand_of(flag: int, protocol: int) -> int:
    """Return the strand that one alignment counts on; see `target_strand`."""
    strand = 1 if flag & REVERSE else 0
    second = flag & PAIRED and flag & READ2 and not flag & READ1
    return 1 - strand if (protocol == 1 and second) or (protocol == 2 and not second) else strand


@njit(cache=True, nogil=True)
def sort_out(
    flag: NDArray[np.uint16],
    mapq: NDArray[np.uint8],
    cigar_offset: NDArray[np.int64],
    skip_flags: int,
    min_mapq: int,
    stranded: bool,
    first_wins: bool,
) -> NDArray[np.uint8]:
    """Say of every alignment whether it is used or why not (the index in `REASONS`).

    Parameters
    ----------
    flag, mapq
        SAM flag and mapping quality per alignment.
    cigar_offset
        Where the CIGAR of each alignment begins, one entry more than alignments.
    skip_flags, min_mapq
        From `CountingRules`.
    stranded
        Whether the mate number decides the strand, so that a paired alignment must have one.
    first_wins
        Whether an alignment flagged as both mates is taken as the first.
    """
    reason = np.empty(len(flag), np.uint8)
    for i in range(len(flag)):
        operations = cigar_offset[i + 1] - cigar_offset[i]
        reason[i] = reason_of(flag[i], mapq[i], operations, skip_flags, min_mapq, stranded, first_wins)
    return reason


@njit(cache=True, nogil=True)
def target_strand(flag: NDArray[np.uint16], protocol: int) -> NDArray[np.uint8]:
    """Return the strand that each alignment counts on: 0 plus, 1 minus.

    Parameters
    ----------
    flag
        SAM flags.
    protocol
        Index in `STRANDEDNESS`. Unstranded keeps the strand of the alignment; `forward` turns second mates round,
        `reverse` first mates and unpaired reads.
    """
    strand = np.empty(len(flag), np.uint8)
    for i in range(len(flag)):
        strand[i] = strand_of(flag[i], protocol)
    return strand
