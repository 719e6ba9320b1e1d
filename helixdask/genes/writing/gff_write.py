"""Gene models to GFF3."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from helixdask.genes.models import GeneModels
from helixdask.genes.writing.escapes import gff3_attribute, gff3_seqid, one_line
from helixdask.genes.writing.gff_helixer import helixer_lines
from helixdask.genes.writing.records import (
    Gene,
    Transcript,
    gene_open_ends,
    gene_records,
    kept_attributes,
    open_ends,
    score_text,
    untranslated,
)
from helixdask.genes.writing.unique_names import unique_names
from helixdask.settings import Rules
from helixdask.store.contigs import ContigTable
from helixdask.whole_files import whole_files


def write_gff3(
    path: str | Path,
    models: GeneModels,
    contigs: ContigTable,
    *,
    species: str,
    model_digest: str | None = None,
    source: str | None = "helixdask",
    rules: Rules = Rules.DEFAULT,
) -> None:
    """Write gene models as GFF3; the file appears under its name only when it is whole.

    Parameters
    ----------
    path
        File to write; gzip where it ends in ``.gz``.
    models
        Genes, in any order.
    contigs
        Contig table that `genes.contig` refers to.
    species, model_digest
        Go into the header.
    source
        Second column; None: that of each gene.
    rules
        "default": sorted by contig and start, children of a transcript by start, one ID for all segments of a coding
        sequence, UTRs, and `partial=true` with `start_range` or `end_range` where an end of the gene is missing.
        "helixer": HelixerPost's order (that of the ids), ids and headers; all contigs are listed.

    Raises
    ------
    BadInputError
        The folder does not exist or cannot be written.
    """
    with whole_files([path]) as (out,):
        if rules == Rules.HELIXER:
            out.writelines(helixer_lines(models, contigs, species, model_digest))
            return
        models = models.sorted()
        out.write(gff3_header(models, contigs, species, model_digest))
        for gene in gene_records(models, unique_names(models)):
            out.writelines(gff3_lines(gene, str(contigs.names[gene.contig]), source))


def gff3_header(models: GeneModels, contigs: ContigTable, species: str, model_digest: str | None) -> str:
    """First lines of a file: version, species, model, and the contigs that hold genes."""
    text = f"##gff-version 3\n##species {one_line(species)}\n"
    if model_digest:
        text += f"#!model {one_line(model_digest)}\n"
    for contig in np.unique(models.genes["contig"].to_numpy()).tolist():
        text += f"##sequence-region {gff3_seqid(str(contigs.names[contig]))} 1 {contigs.lengths[contig]}\n"
    return text


def gff3_lines(gene: Gene, contig: str, source: str | None = "helixdask") -> Iterator[str]:
    """Lines of a gene and all that belongs to it.

    Parameters
    ----------
    gene
        The gene, under the name that becomes its ID.
    contig
        Name of its contig.
    source
        Second column; None: that of the gene.
    """
    line = _line_maker(gff3_seqid(contig), one_line(source or gene.source) or ".", gene.strand)
    name = gff3_attribute(gene.name)
    attributes = "".join(
        f";{gff3_attribute(key)}={','.join(map(gff3_attribute, texts))}" for key, texts in kept_attributes(gene)
    )
    attributes = f"ID={name}{attributes}{_joined(gene_open_ends(gene))}"
    yield line(gene.type or "gene", gene.start, gene.end, attributes, score=score_text(gene.score))
    for transcript in gene.transcripts:
        yield from _transcript_lines(transcript, line, gene.strand, name)


def _transcript_lines(t: Transcript, line: Callable[..., str], strand: int, gene: str) -> Iterator[str]:
    name = gff3_attribute(t.name)
    partial = _joined(open_ends(t.start, t.end, strand, t.partial5, t.partial3))
    yield line(t.type or "mRNA", t.start, t.end, f"ID={name};Parent={gene}{partial}")
    exons = t.exons or t.cds
    parts: list[tuple[int, int, int, str, str, str, str]] = []
    for number, (start, end, _, score) in enumerate(exons, 1):
        count = len(exons) + 1 - number if strand else number
        parts.append((start, -end, 0, "exon", score_text(score), ".", f"ID={name}.exon.{count};Parent={name}"))
    for start, end, five_prime, count in untranslated(t, strand):
        kind = "five_prime_UTR" if five_prime else "three_prime_UTR"
        parts.append((start, -end, 1, kind, ".", ".", f"ID={name}.{kind}.{count};Parent={name}"))
    first, last = (len(t.cds) - 1, 0) if strand else (0, len(t.cds) - 1)
    for number, (start, end, phase, score) in enumerate(t.cds):
        ends = t.partial5 and number == first, t.partial3 and number == last
        attributes = f"ID={name}.cds;Parent={name}{_joined(open_ends(start, end, strand, *ends))}"
        parts.append((start, -end, 2, "CDS", score_text(score), str(phase), attributes))
    for start, minus_end, _, kind, score_column, phase_column, attributes in sorted(parts):
        yield line(kind, start, -minus_end, attributes, score=score_column, phase=phase_column)


def _line_maker(seqid: str, source: str, strand: int) -> Callable[..., str]:
    sign = "-" if strand else "+"

    def line(kind: str, start: int, end: int, attributes: str, *, score: str = ".", phase: str = ".") -> str:
        return f"{seqid}\t{source}\t{kind}\t{start + 1}\t{end}\t{score}\t{sign}\t{phase}\t{attributes}\n"

    return line


def _joined(pairs: list[tuple[str, str]]) -> str:
    return "".join(f";{key}={value}" for key, value in pairs)
