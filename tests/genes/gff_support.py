"""Small annotation files, and what was read from them in a form that can be compared."""

from __future__ import annotations

import json

import numpy as np

from helixdask.genes.reading.gff_read import read_gff
from helixdask.store.contigs import ContigTable

CONTIGS = ContigTable(np.array(["chr1", "chr2", "Chr3:1-100"], object), np.array([1000, 500, 100], np.int64))


def rows(*lines, end="\n"):
    """Lines with spaces for tabs; the last field may hold spaces after the eighth."""
    return "".join("\t".join(line.split(None, 8)) + end for line in lines)


def spans(frame):
    return list(zip(frame["transcript"].tolist(), frame["start"].tolist(), frame["end"].tolist(), strict=True))


def read_text(folder, text, contigs=CONTIGS, **options):
    """Models, checked, and findings of a text or bytes."""
    path = folder / "a.gff3"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    models, findings = read_gff(path, contigs, **options)
    # Genes that are read for the rules of Helixer may end beyond their contig.
    models.validate(None if options.get("phases") == "file" else contigs.lengths)
    return models, findings


def shown(models, contigs=CONTIGS):
    """Genes as text, one entry each: ``id contig:start-end strand | transcript type exons cds:phase …``; sorted."""
    out = []
    for g, gene in enumerate(models.genes.itertuples()):
        parts = [f"{gene.id} {contigs.names[gene.contig]}:{gene.start}-{gene.end} {'+-'[gene.strand]}"]
        for t, transcript in enumerate(models.transcripts.itertuples()):
            if transcript.gene == g:
                exons = models.exons[models.exons["transcript"] == t]
                cds = models.cds[models.cds["transcript"] == t]
                exon_text = ",".join(f"{e.start}-{e.end}" for e in exons.itertuples())
                cds_text = ",".join(f"{c.start}-{c.end}:{c.phase}" for c in cds.itertuples())
                ends = "<" * transcript.partial5 + ">" * transcript.partial3
                parts.append(" ".join(filter(None, [f"{transcript.id}{ends}", transcript.type, exon_text, cds_text])))
        out.append(" | ".join(parts))
    return sorted(out)


def attributes(models, gene):
    """Attributes of a gene, by its id."""
    at = models.genes["id"].tolist().index(gene)
    return json.loads(models.genes["attributes"][at])


LINES = [
    "chr1 x gene 101 400 0.5 + . ID=g1;Name=a%3Bb;biotype=protein_coding",
    "chr1 x mRNA 101 400 . + . ID=t1;Parent=g1",
    "chr1 x exon 101 200 . + . Parent=t1",
    "chr1 x exon 301 400 . + . Parent=t1",
    "chr1 x CDS 151 200 . + 0 ID=c;Parent=t1",
    "chr1 x CDS 301 340 . + 1 ID=c;Parent=t1",
    "chr2 x gene 11 60 . - . ID=g2",
    "chr2 x mRNA 11 60 . - . ID=t2;Parent=g2",
    "chr2 x exon 11 60 . - . Parent=t2",
    "chr2 x CDS 21 50 . - 0 Parent=t2",
]


def check_lines(models):
    assert sorted(models.genes["id"]) == ["g1", "g2"]
    order = models.sorted()
    assert order.genes[["start", "end", "strand"]].to_numpy().tolist() == [[100, 400, 0], [10, 60, 1]]
    assert spans(order.exons) == [(0, 100, 200), (0, 300, 400), (1, 10, 60)]
    assert spans(order.cds) == [(0, 150, 200), (0, 300, 340), (1, 20, 50)]
    assert order.cds["phase"].tolist() == [0, 1, 0]
