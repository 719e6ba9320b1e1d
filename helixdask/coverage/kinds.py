"""Kinds of libraries, how the names of their files end, and what they cover; imports nothing heavy."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, Literal, get_args

from helixdask.public_names import public_name

ReadKind = Literal["rnaseq", "longread", "cage", "atac"]

READ_KINDS: Final[tuple[str, ...]] = get_args(ReadKind)
"""Aligned reads: RNA-seq, long RNA reads, 5' ends of transcripts (CAGE, STRIPE-seq, RAMPAGE), cut sites (ATAC)."""

DEFAULT_SET: Final = READ_KINDS[0]
"""Set that libraries go to where none is named."""

TRANSCRIPT_READS: Final = READ_KINDS[:2]
"""Kinds whose reads cover transcripts from end to end."""

ALIGNMENTS: Final = "alignments"
"""Aligned proteins or transcripts, as GFF3."""

TRANSCRIPT_KINDS: Final = (*TRANSCRIPT_READS, ALIGNMENTS)
"""Kinds that show exons and introns."""

READY_MADE: Final = ("bigwig", "bedgraph")
"""Ready-made tracks."""

KINDS: Final = (*READ_KINDS, ALIGNMENTS, *READY_MADE)

EXONS: Final = "exons"
CODING: Final = "coding"
"""What alignments cover, in the attribute `covers` of a library: of transcripts exons, of proteins coding bases."""

READ_ENDINGS: Final = (".bam", ".cram", ".sam")
PACKED: Final = (".gz", ".bgz")
"""Endings of compressed text."""


def _text(*names: str) -> tuple[str, ...]:
    return tuple(f".{name}{packed}" for name in names for packed in ("", *PACKED))


ENDINGS: Final = MappingProxyType(
    {
        ALIGNMENTS: _text("gff3", "gff", "gtf"),
        "bigwig": (".bw", ".bigwig"),
        "bedgraph": _text("bg", "bdg", "bedgraph"),
    }
)
"""Endings of the kinds that a file's name tells, in small letters."""


def kind_of(path: str) -> str:
    """Kind of library that a file's name suggests: tracks and alignments by their ending, else ``rnaseq``."""
    name = public_name(path).lower()
    return next((kind for kind, endings in ENDINGS.items() if name.endswith(endings)), READ_KINDS[0])


def without_ending(name: str) -> str:
    """A file's name without the ending that tells its kind.

    Examples
    --------
    >>> without_ending("leaf.1.BAM"), without_ending("proteins.gff3.gz"), without_ending("leaf.txt")
    ('leaf.1', 'proteins', 'leaf.txt')
    """
    endings = (*READ_ENDINGS, *(ending for endings in ENDINGS.values() for ending in endings))
    return next((name[: -len(ending)] for ending in endings if name.lower().endswith(ending)), name)
