"""Gene models one by one, in order, under unique names: what every writer of gene models goes through."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import pandas as pd

from helixdask.genes.attributes import PARTIAL, TRANSLATION_EXCEPTION
from helixdask.genes.models import GeneModels

Untranslated = tuple[int, int, bool, int]

_BATCH: Final = 4096
# Attributes that are written from other columns.
_OWN_ATTRIBUTES: Final = frozenset({"ID", "Parent", "gene_id", "transcript_id", PARTIAL, "start_range", "end_range"})


class Part(NamedTuple):
    """An exon or a coding segment; ``phase`` is -1 and ``score`` NaN where there is none."""

    start: int
    end: int
    phase: int
    score: float


class Transcript(NamedTuple):
    """One transcript; exons and coding segments ascend, and every coding segment has a phase."""

    name: str
    start: int
    end: int
    type: str
    partial5: bool
    partial3: bool
    exons: list[Part]
    cds: list[Part]


class Gene(NamedTuple):
    """One gene with its transcripts; ``strand`` is 0 or 1, ``score`` NaN where there is none."""

    name: str
    contig: int
    start: int
    end: int
    strand: int
    type: str
    source: str
    score: float
    attributes: dict[str, Any]
    transcripts: list[Transcript]


def gene_records(models: GeneModels, names: tuple[list[str], list[str]] | None = None) -> Iterator[Gene]:
    """Genes in the order of their table, made a few thousand at a time.

    Parameters
    ----------
    models
        Genes whose transcripts stand in the order of the genes, as :meth:`GeneModels.sorted` leaves them.
    names
        Names of the genes and of the transcripts, instead of their ids.
    """
    genes, transcripts = names or (models.genes["id"].tolist(), models.transcripts["id"].tolist())
    first_gene = first_transcript = 0
    for batch in models.batches(_BATCH):
        n_genes, n_transcripts = len(batch.genes), len(batch.transcripts)
        own = transcripts[first_transcript : first_transcript + n_transcripts]
        yield from _records(batch, genes[first_gene : first_gene + n_genes], own)
        first_gene += n_genes
        first_transcript += n_transcripts


def _records(models: GeneModels, names: list[str], transcript_names: list[str]) -> Iterator[Gene]:
    of_gene = _transcripts(models, transcript_names)
    wanted = ("contig", "start", "end", "strand", "type", "source", "score", "attributes")
    columns = (models.genes[name].tolist() for name in wanted)
    for name, own, contig, start, end, strand, kind, source, score, text in zip(names, of_gene, *columns, strict=True):
        attributes = json.loads(text) if text else {}
        yield Gene(str(name), contig, start, end, strand, kind, source, score, attributes, own)


def _transcripts(models: GeneModels, names: list[str]) -> list[list[Transcript]]:
    table = models.transcripts
    exons, cds = _parts(models.exons, len(table)), _parts(models.cds, len(table))
    strand = models.transcript_strand().tolist()
    out: list[list[Transcript]] = [[] for _ in range(len(models.genes))]
    columns = (table[name].tolist() for name in ("gene", "start", "end", "type", "partial5", "partial3"))
    for row, (name, gene, start, end, kind, open5, open3) in enumerate(zip(names, *columns, strict=True)):
        parts = exons[row], _with_phases(cds[row], strand[row])
        out[gene].append(Transcript(str(name), start, end, kind, open5, open3, *parts))
    return out


def _parts(frame: pd.DataFrame, n: int) -> list[list[Part]]:
    out: list[list[Part]] = [[] for _ in range(n)]
    parents, starts, ends, scores = (frame[name].tolist() for name in ("transcript", "start", "end", "score"))
    phases = frame["phase"].tolist() if "phase" in frame else [-1] * len(parents)
    for parent, start, end, phase, score in zip(parents, starts, ends, phases, scores, strict=True):
        out[parent].append(Part(start, end, phase, score))
    return out


def _with_phases(cds: list[Part], strand: int) -> list[Part]:
    """Coding segments with phases; unknown ones are counted from the 5' end."""
    if all(part.phase >= 0 for part in cds):
        return cds
    order = cds[::-1] if strand else cds
    out: list[Part] = []
    phase = max(order[0].phase, 0)
    for part in order:
        phase = part.phase if part.phase >= 0 else phase
        out.append(part._replace(phase=phase))
        phase = (phase - (part.end - part.start)) % 3
    return out[::-1] if strand else out


def untranslated(transcript: Transcript, strand: int) -> list[Untranslated]:
    """Exon bases outside the coding sequence: start, end, whether at the 5' end, number from the 5' end."""
    if not transcript.cds:
        return []
    first, last = transcript.cds[0].start, max(part.end for part in transcript.cds)
    low = [(exon.start, min(exon.end, first)) for exon in transcript.exons if exon.start < first]
    high = [(max(exon.start, last), exon.end) for exon in transcript.exons if exon.end > last]
    out = []
    for pieces, five_prime in ((low, not strand), (high, bool(strand))):
        for number, (start, end) in enumerate(pieces, 1):
            out.append((start, end, five_prime, len(pieces) + 1 - number if strand else number))
    return out


def open_ends(start: int, end: int, strand: int, partial5: bool, partial3: bool) -> list[tuple[str, str]]:
    """`partial` and the open end in the notation of NCBI: `start_range` `.,12` says that the lower end is not known."""
    low, high = (partial3, partial5) if strand else (partial5, partial3)
    found = [("partial", "true")] if low or high else []
    if low:
        found.append(("start_range", f".,{start + 1}"))
    if high:
        found.append(("end_range", f"{end},."))
    return found


def kept_attributes(gene: Gene) -> list[tuple[str, list[str]]]:
    """Attributes that came with a gene, as keys and values of a file; what has columns of its own is left out."""
    found = []
    for key, value in gene.attributes.items():
        if key not in _OWN_ATTRIBUTES:
            values = value if isinstance(value, list) else [value]
            texts = [str(item).lower() if isinstance(item, bool) else str(item) for item in values]
            found.append(("exception" if key == TRANSLATION_EXCEPTION else str(key), texts))
    return found


def gene_open_ends(gene: Gene) -> list[tuple[str, str]]:
    """Open ends of a gene: those of its transcripts, or what is known without them."""
    missing = any(t.partial5 for t in gene.transcripts), any(t.partial3 for t in gene.transcripts)
    found = open_ends(gene.start, gene.end, gene.strand, *missing)
    return found or ([("partial", "true")] if gene.attributes.get(PARTIAL) is True else [])


def score_text(score: float) -> str:
    """A score as GFF3 and GTF have it."""
    return "." if math.isnan(score) else f"{score:.4g}"
