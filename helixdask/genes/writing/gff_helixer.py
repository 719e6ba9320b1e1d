"""Gene models to GFF3 exactly as HelixerPost writes it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from helixdask.genes.models import GeneModels
from helixdask.genes.writing.records import Transcript, gene_records, untranslated
from helixdask.store.contigs import ContigTable


def helixer_lines(models: GeneModels, contigs: ContigTable, species: str, model_digest: str | None) -> Iterator[str]:
    """Lines of HelixerPost's file: parts of minus-strand genes descend, every segment has an ID, nothing is escaped.

    Genes stand in the order of their contigs and ids, and all contigs are listed.
    """
    ids, place = [str(name) for name in models.genes["id"]], models.genes["contig"].tolist()
    order = sorted(range(len(ids)), key=lambda row: (place[row], len(ids[row]), ids[row]))
    genes = gene_records(models.select(np.array(order, np.int64)))
    yield f"##gff-version 3.2.1\n##species {species}\n"
    if model_digest:
        yield f"# {model_digest}\n"
    gene = next(genes, None)
    for contig, (seqid, length) in enumerate(zip(contigs.names.tolist(), contigs.lengths.tolist(), strict=True)):
        yield f"##sequence-region {seqid} 1 {length}\n"
        while gene is not None and gene.contig == contig:
            sign = "-" if gene.strand else "+"
            yield _line(seqid, "gene", gene.start, gene.end, sign, f"ID={gene.name}")
            for t in gene.transcripts:
                yield _line(seqid, "mRNA", t.start, t.end, sign, f"ID={t.name};Parent={gene.name}")
                yield from _parts(t, str(seqid), sign, gene.strand)
            gene = next(genes, None)


def _parts(t: Transcript, seqid: str, sign: str, strand: int) -> Iterator[str]:
    parts = [(exon.start, exon.end, "exon", ".") for exon in t.exons]
    parts += [
        (start, end, "five_prime_UTR" if five_prime else "three_prime_UTR", ".")
        for start, end, five_prime, _ in untranslated(t, strand)
    ]
    parts += [(part.start, part.end, "CDS", str(part.phase)) for part in t.cds]
    parts.sort(key=lambda part: (-part[1] if strand else part[0], part[2] != "exon"))
    counts: dict[str, int] = {}
    for start, end, kind, phase in parts:
        counts[kind] = counts.get(kind, 0) + 1
        yield _line(seqid, kind, start, end, sign, f"ID={t.name}.{kind}.{counts[kind]};Parent={t.name}", phase)


def _line(seqid: str, kind: str, start: int, end: int, sign: str, attributes: str, phase: str = ".") -> str:
    return f"{seqid}\tHelixer\t{kind}\t{start + 1}\t{end}\t.\t{sign}\t{phase}\t{attributes}\n"
