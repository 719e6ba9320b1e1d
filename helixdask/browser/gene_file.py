"""Gene models as GFF3 whose lines are in the order of their places, in blocks of gzip, with an index."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import pysam

from helixdask.genes.models import GeneModels
from helixdask.genes.writing.escapes import gff3_seqid
from helixdask.genes.writing.gff_write import gff3_header, gff3_lines
from helixdask.genes.writing.records import gene_records
from helixdask.genes.writing.unique_names import unique_names
from helixdask.store.store import Store

_LONGEST_OF_TBI: Final = 1 << 29
"""A contig of more bases needs the other kind of index."""


def needs_csi(store: Store) -> bool:
    """Whether the contigs are too long for indexes of the older kind (``.tbi``)."""
    return int(store.contigs.lengths.max(initial=0)) > _LONGEST_OF_TBI


def write_genes(store: Store, models: GeneModels, path: Path) -> None:
    """Write ``path`` (bgzip) and ``path.tbi``, or ``path.csi`` where contigs are long.

    The first column holds the names of the contigs as the other files have them, without escapes, because browsers
    compare them as they are.

    Parameters
    ----------
    store
        The store.
    models
        Genes, in any order.
    path
        File to write, which ends in ``.gz``.
    """
    models = models.sorted()
    with pysam.BGZFile(str(path), "wb", None) as out:
        out.write(gff3_header(models, store.contigs, store.species, None).encode())
        for text in ordered_lines(_places(store, models)):
            out.write(text.encode())
    if len(models):
        pysam.tabix_index(str(path), preset="gff", csi=needs_csi(store))


def _places(store: Store, models: GeneModels) -> Iterator[tuple[int, int, list[str]]]:
    """Contig, first base and lines of each gene."""
    for gene in gene_records(models, unique_names(models)):
        name = str(store.contigs.names[gene.contig])
        escaped = len(gff3_seqid(name))
        yield gene.contig, gene.start, [name + line[escaped:] for line in gff3_lines(gene, name)]


def ordered_lines(genes: Iterable[tuple[int, int, list[str]]]) -> Iterator[str]:
    """Lines of genes by contig and start; lines that start together keep their order, so that parents come first.

    Parameters
    ----------
    genes
        Contig, start and lines of each gene, ascending; no line of a gene starts in front of it. The start of a line
        is its fourth column. Lines of the genes that a place lies in are held.
    """
    waiting: list[tuple[int, int, int, str]] = []
    number = 0
    for contig, start, lines in genes:
        while waiting and (waiting[0][0] < contig or waiting[0][1] <= start):
            yield heapq.heappop(waiting)[-1]
        for line in lines:
            number += 1
            heapq.heappush(waiting, (contig, int(line.split("\t", 4)[3]), number, line))
    while waiting:
        yield heapq.heappop(waiting)[-1]
