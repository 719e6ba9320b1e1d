"""Coding sequences and proteins of gene models to FASTA."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from helixdask.genes.genetic_code import STANDARD
from helixdask.genes.writing.coding_sequence import Coding
from helixdask.genes.writing.escapes import word
from helixdask.genes.writing.records import Gene, Transcript

_WIDTH: Final = 80


def fasta_records(
    gene: Gene, contig: str, coding: Sequence[Coding | None], *, protein: bool, longest: bool = False
) -> Iterator[str]:
    """A record for each coding transcript of a gene.

    Parameters
    ----------
    gene
        The gene.
    contig
        Name of its contig.
    coding
        Coding sequence of each transcript.
    protein
        Whether the translation is written, or else the bases.
    longest
        Only the transcript with the longest coding sequence, the first of equals.
    """
    chosen = [(t, c) for t, c in zip(gene.transcripts, coding, strict=True) if c is not None]
    if longest:
        chosen = [max(chosen, key=lambda pair: len(pair[1].codes))] if chosen else []
    for transcript, sequence in chosen:
        text = sequence.protein() if protein else sequence.bases()
        lines = "".join(f"{text[first : first + _WIDTH]}\n" for first in range(0, len(text), _WIDTH))
        yield f">{word(transcript.name)} {_description(gene, contig, transcript, sequence)}\n{lines}"


def _description(gene: Gene, contig: str, transcript: Transcript, sequence: Coding) -> str:
    start, end = transcript.cds[0].start, max(part.end for part in transcript.cds)
    text = f"gene={word(gene.name)} location={word(contig)}:{start}-{end} strand={'-' if gene.strand else '+'}"
    missing = [side for side, is_open in (("5'", transcript.partial5), ("3'", transcript.partial3)) if is_open]
    if missing:
        text += f" partial={','.join(missing)}"
    if sequence.code.number != STANDARD:
        text += f" transl_table={sequence.code.number}"
    return text
