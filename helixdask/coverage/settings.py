"""Settings of coverage: which reads, of which libraries, and into which set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from helixdask.coverage.kinds import DEFAULT_SET, ReadKind
from helixdask.settings import Name, NameTable, Rules, RuleSet, Shown


@dataclass(frozen=True)
class ReadOptions:
    """Which reads of a library count; the defaults are those of the default rules.

    Parameters
    ----------
    min_mapq
        Least mapping quality. Default: 10.
    count_duplicates
        Count PCR duplicates.
    count_supplementary
        Count supplementary alignments.
    count_secondary
        Count secondary alignments.
    count_qc_failed
        Count reads that failed quality control.
    mates_once
        A base that both mates cover counts once.
    max_intron
        Longest skip of a read that counts as spliced coverage; 0: no limit. Longer ones are counted and left out, the
        rest of the read stays. Default: a thousandth of the genome, but 5,000 to 500,000.
    """

    min_mapq: Annotated[int, Shown(min=0, max=255)] | None = None
    count_duplicates: bool = False
    count_supplementary: bool = False
    count_secondary: bool = False
    count_qc_failed: bool = False
    mates_once: bool = True
    max_intron: Annotated[int, Shown(min=0)] | None = None


DEFAULT_READS = ReadOptions()
"""Nothing but what the rules say."""


@dataclass(frozen=True)
class LibraryFiles:
    """Files of libraries: of one protocol, or listed in a sheet.

    Parameters
    ----------
    bam
        Aligned reads, BAM or CRAM sorted by coordinate. Several may follow; of several protocols give a sheet.
    strandedness
        Protocol of all --bam files: reverse (read 2 is sense: dUTP), forward (read 1 is sense), unstranded, or auto to
        find it out from the reads.
    libraries
        Sheet of libraries, tab-separated: name, path, kind, strandedness, and options (docs/reference/coverage.md).
    kind
        What the --bam files hold: rnaseq (default), longread, cage (5' ends of reads), atac (cut sites).
    evidence
        Proteins or transcripts aligned to the genome, GFF3 (miniprot, Spaln, GMAP, PASA, ...). Several may follow.
    """

    bam: tuple[str, ...] = ()
    strandedness: Literal["unstranded", "forward", "reverse", "auto"] | None = None
    libraries: Annotated[str, Shown(metavar="SHEET.tsv")] | None = None
    kind: ReadKind | None = None
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CoverageSettings:
    """How libraries are counted, and where they go.

    Parameters
    ----------
    set_name
        Name of the set of libraries.
    rules
        `helixer`: what Helixer counts, see `make_rules`.
    aliases
        Table of other names of the genome's contigs.
    """

    set_name: Name = DEFAULT_SET
    rules: RuleSet = Rules.DEFAULT
    aliases: NameTable | None = None
