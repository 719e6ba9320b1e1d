"""Gene models to GTF 2.2: the stop codon is no part of the CDS there, and stands in lines of its own."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from helixdask.genes.attributes import BIOTYPE
from helixdask.genes.writing.coding_sequence import Coding, first_bases, last_bases
from helixdask.genes.writing.escapes import gtf_seqid, gtf_value, one_line
from helixdask.genes.writing.records import (
    Gene,
    Part,
    Transcript,
    gene_open_ends,
    kept_attributes,
    open_ends,
    score_text,
    untranslated,
)

_RANK: Final = {"exon": 0, "5UTR": 1, "CDS": 2, "start_codon": 3, "stop_codon": 4, "3UTR": 5}


def gtf_header(species: str, model_digest: str | None) -> str:
    """First lines of a file."""
    text = f"#!species {one_line(species)}\n"
    return text + (f"#!model {one_line(model_digest)}\n" if model_digest else "")


def gtf_lines(gene: Gene, contig: str, coding: Sequence[Coding | None]) -> Iterator[str]:
    """Lines of a gene and all that belongs to it.

    Parameters
    ----------
    gene
        The gene, under the name that becomes its gene_id.
    contig
        Name of its contig.
    coding
        Coding sequence of each transcript: only what is a start or a stop in the genome is called so.
    """
    left, sign = f"{gtf_seqid(contig)}\thelixdask", "-" if gene.strand else "+"
    name = f'gene_id "{gtf_value(gene.name)}";'
    more = _attributes(gene)
    yield f"{left}\tgene\t{gene.start + 1}\t{gene.end}\t{score_text(gene.score)}\t{sign}\t.\t{name}{more}\n"
    for transcript, sequence in zip(gene.transcripts, coding, strict=True):
        both = f'{name} transcript_id "{gtf_value(transcript.name)}";'
        pairs = [("transcript_biotype", transcript.type)] if transcript.type else []
        sides = [side for side, is_open in (("start", transcript.partial5), ("end", transcript.partial3)) if is_open]
        pairs += [
            ("tag", f"{what}_{side}_NF") for side in sides for what in ("mRNA", *(["cds"] if transcript.cds else []))
        ]
        pairs += open_ends(transcript.start, transcript.end, gene.strand, transcript.partial5, transcript.partial3)
        more = _joined(pairs)
        place = f"{transcript.start + 1}\t{transcript.end}"
        yield f"{left}\ttranscript\t{place}\t.\t{sign}\t.\t{both}{more}\n"
        for kind, part, number in _parts(transcript, gene.strand, sequence):
            exon = f' exon_number "{number}";' if number else ""
            frame = part.phase if part.phase >= 0 else "."
            place = f"{part.start + 1}\t{part.end}\t{score_text(part.score)}"
            yield f"{left}\t{kind}\t{place}\t{sign}\t{frame}\t{both}{exon}\n"


def _attributes(gene: Gene) -> str:
    kept = kept_attributes(gene)
    biotype = str(gene.attributes.get(BIOTYPE) or (gene.type if gene.type != "gene" else ""))
    pairs = [("gene_biotype", biotype)] if biotype else []
    pairs += [(key, text) for key, texts in kept if key not in (BIOTYPE, "gene_biotype") for text in texts]
    return _joined(pairs + gene_open_ends(gene))


def _joined(pairs: list[tuple[str, str]]) -> str:
    return "".join(f' {gtf_value(key).replace(" ", "_")} "{gtf_value(text)}";' for key, text in pairs)


def _parts(t: Transcript, strand: int, sequence: Coding | None) -> list[tuple[str, Part, int]]:
    """Type, place and frame, and number of the exon of each part, ascending."""
    exons = t.exons or t.cds
    start_codon: list[Part] = []
    stop_codon: list[Part] = []
    cds = t.cds
    if sequence is not None and _apart(cds):
        head, tail = (last_bases, first_bases) if strand else (first_bases, last_bases)
        start_codon = head(cds, 3) if sequence.has_start else []
        if sequence.has_stop and len(sequence.codes) > 3:
            stop_codon = tail(cds, 3)
            # Frames are those of the 5' ends, which the pieces keep.
            cds = (last_bases if strand else first_bases)(cds, len(sequence.codes) - 3)
    parts = [("exon", exon._replace(phase=-1)) for exon in exons]
    for start, end, five_prime, _ in untranslated(t, strand):
        parts.append(("5UTR" if five_prime else "3UTR", Part(start, end, -1, math.nan)))
    parts += [("CDS", part) for part in cds]
    for kind, codon in (("start_codon", start_codon), ("stop_codon", stop_codon)):
        parts += [(kind, part) for part in _with_frames(codon, strand)]
    numbers = range(len(exons), 0, -1) if strand else range(1, len(exons) + 1)
    numbered = []
    for kind, part in parts:
        inside = (n for n, exon in zip(numbers, exons, strict=True) if exon.start <= part.start < exon.end)
        numbered.append((kind, part, next(inside, 0)))
    return sorted(numbered, key=lambda row: (row[1].start, _RANK[row[0]], -row[1].end))


def _apart(parts: list[Part]) -> bool:
    """Whether no segment overlaps the one before."""
    return all(left.end <= right.start for left, right in pairwise(parts))


def _with_frames(codon: list[Part], strand: int) -> list[Part]:
    out = []
    done = 0
    for part in reversed(codon) if strand else codon:
        out.append(Part(part.start, part.end, -done % 3, math.nan))
        done += part.end - part.start
    return out
