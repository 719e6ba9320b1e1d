"""Whether a library holds hardly any reads that count, why, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

FEW_READS: Final = 1_000
"""Fewer than this say little about the genes of any genome."""
SMALL_SHARE: Final = 0.2
"""Of the alignments: where fewer count, most of the library is lost."""
MUCH_SHARE: Final = 0.5
"""Of the alignments that do not count: a reason for so many is worth naming."""

_REASONS: Final = {
    "unmapped": ("were not mapped", "Check that the reads were mapped to this genome."),
    "secondary": ("are secondary alignments", "Count them with --count-secondary."),
    "qc_fail": ("failed quality control", "Count them with --count-qc-failed."),
    "duplicate": ("are PCR duplicates", "Count them with --count-duplicates."),
    "supplementary": ("are supplementary alignments", "Count them with --count-supplementary."),
    "low_mapq": (
        "have too low a mapping quality, as reads from copies do in a polyploid",
        "Lower --min-mapq, or map to all subgenomes together and keep the best place of each read.",
    ),
    "no_cigar": ("have no CIGAR", "Write the alignments with another program."),
    "unclear_mate": ("are neither the first nor the second mate", "Write the alignments with another program."),
    "second_mate": ("are second mates", "Choose another --kind: this one counts first mates only."),
    "too_short": ("are too short", "Choose another --kind."),
}
"""Words and a remedy for the reasons of `coverage.rules.REASONS`."""


def few_reads(counts: Mapping[str, float]) -> str | None:
    """Say that hardly any reads count, why, and what to try; None where enough do.

    Parameters
    ----------
    counts
        Alignments by what became of them, ``reads_used`` and others; as in a library's attributes.

    Examples
    --------
    >>> few_reads({"reads_used": 50_000, "reads_unmapped": 10})
    >>> few_reads({"reads_used": 9_000, "reads_low_mapq": 90_000, "reads_duplicate": 1_000})[:59]
    'only 9,000 of 100,000 alignments (9.0 %) count: 90,000 have'
    """
    used = int(counts.get("reads_used", 0))
    lost = {name: int(counts.get(f"reads_{name}", 0)) for name in _REASONS}
    total = used + sum(lost.values())
    if used >= FEW_READS and used >= SMALL_SHARE * total:
        return None
    share = f" ({100 * used / total:.1f} %)" if total else ""
    text = f"only {used:,} of {total:,} alignments{share} count" if used else f"none of {total:,} alignments counts"
    reason = max(lost, key=lambda name: lost[name])
    if lost[reason] > MUCH_SHARE * (total - used):
        words, remedy = _REASONS[reason]
        return f"{text}: {lost[reason]:,} {words}. {remedy}"
    if total:
        return f"{text}, which says little about the genes. Give more reads, or leave this library out."
    return f"{text}. Check that the reads were mapped to this genome: helixdask coverage STORE --summary."
