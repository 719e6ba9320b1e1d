"""Gene models to BED12: one line for each transcript, its exons as blocks, its coding part thick."""

from __future__ import annotations

import math
from collections.abc import Iterator

from helixdask.genes.writing.escapes import word
from helixdask.genes.writing.records import Gene, Transcript


def bed_lines(gene: Gene, contig: str) -> Iterator[str]:
    """A line for each transcript of a gene; a gene without transcripts is one block.

    Parameters
    ----------
    gene
        The gene.
    contig
        Name of its contig.
    """
    bare = Transcript(gene.name, gene.start, gene.end, "", False, False, [], [])
    for t in gene.transcripts or [bare]:
        blocks = _joined(t)
        start, end = blocks[0][0], blocks[-1][1]
        thick = (t.cds[0].start, max(part.end for part in t.cds)) if t.cds else (start, start)
        sizes = "".join(f"{high - low}," for low, high in blocks)
        starts = "".join(f"{low - start}," for low, _ in blocks)
        yield (
            f"{word(contig)}\t{start}\t{end}\t{word(t.name)}\t{bed_score(gene.score)}\t{'-' if gene.strand else '+'}\t"
            f"{thick[0]}\t{thick[1]}\t0,0,0\t{len(blocks)}\t{sizes}\t{starts}\n"
        )


def _joined(t: Transcript) -> list[tuple[int, int]]:
    """Exons, and coding segments that lie outside of them; those that overlap are one block."""
    parts = sorted((part.start, part.end) for part in (*t.exons, *t.cds)) or [(t.start, t.end)]
    blocks: list[tuple[int, int]] = []
    for start, end in parts:
        if blocks and start < blocks[-1][1]:
            blocks[-1] = blocks[-1][0], max(end, blocks[-1][1])
        else:
            blocks.append((start, end))
    return blocks


def bed_score(score: float) -> int:
    """A score from 0 to 1000: shares up to 1 are multiplied by 1000, larger ones are cut; 0 where there is none."""
    if math.isnan(score):
        return 0
    return max(0, min(1000, round(score * 1000 if score <= 1 else score)))
