"""Places that a gene is masked at besides its own: rows on another strand or sequence, or past a circle's origin."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from helixdask.genes.reading.gff_checks import Strands
from helixdask.genes.reading.gff_lines import GffRows
from helixdask.genes.reading.gff_tree import Tree
from helixdask.genes.reading.gff_types import CDS, UTR
from helixdask.store.contigs import ContigTable

Columns = dict[str, Any]
Place = tuple[int, str, int, int, int, int]
"""Gene, what its name ends with, contig, strand, start and end."""


def stray_places(
    rows: GffRows,
    tree: Tree,
    strands: Strands,
    genes: Columns,
    held: NDArray[np.bool_],
    contigs: ContigTable,
) -> list[Place]:
    """Places of coding rows that belong to a masked gene and lie outside it, with the exons beside them.

    No transcript holds such rows, so nothing else would keep their bases from counting as intergenic.

    Parameters
    ----------
    rows, tree, strands
        The file's rows, and what belongs together.
    genes
        Columns of genes, cut to their contigs.
    held
        Transcripts that the gene models hold, ``(transcript,)``.
    contigs
        Sequences of the genome.

    Returns
    -------
    list
        One place for each gene, sequence and strand with coding rows: from the first to the last base of such rows.
    """
    if not tree.flags:
        return []
    gene_of = np.array(tree.transcript_gene, np.int64)
    flagged = np.zeros(len(tree.gene_id), bool)
    flagged[list(tree.flags)] = True
    own = np.flatnonzero(flagged[gene_of[tree.child_transcript]])
    stray = np.array(tree.stray, np.int64).reshape(-1, 2)
    row = np.concatenate([tree.child_row[own], stray[:, 0]])
    gene = np.concatenate([gene_of[tree.child_transcript[own]], stray[:, 1]])
    transcript = np.concatenate([tree.child_transcript[own], np.full(len(stray), -1)])
    start, end, contig = rows.start[row], rows.end[row], rows.seqid[row].astype(np.int64)
    length = contigs.lengths[contig]
    strand = np.where(rows.strand[row] >= 0, rows.strand[row], strands.gene[gene])
    at_home = (contig == genes["contig"][gene]) & ((strand == strands.gene[gene]) | (strands.gene[gene] < 0))
    usable = at_home & (transcript >= 0) & held[transcript] & (start >= 0) & (start < end) & (end <= length)
    low, high = np.clip(start, 0, length), np.clip(end, 0, length)
    inside = at_home & (low >= genes["start"][gene]) & (high <= genes["end"][gene])
    out = (rows.level[row] != UTR) & ~usable & ~inside & (low < high)
    hulls: dict[tuple[int, int, int], tuple[int, int]] = {}
    coding: set[tuple[int, int, int]] = set()
    columns = (column[out].tolist() for column in (gene, contig, strand, low, high, rows.level[row]))
    for number, where, side, first, last, level in zip(*columns, strict=True):
        key = number, where, max(side, 0)
        if level == CDS:
            coding.add(key)
        before = hulls.get(key, (first, last))
        hulls[key] = min(first, before[0]), max(last, before[1])
    places = []
    for number, where, side in sorted(coding):
        first, last = hulls[number, where, side]
        ending = "outside" if side == max(int(strands.gene[number]), 0) else "other_strand"
        if where != genes["contig"][number]:
            ending = f"on.{contigs.names[where]}" + (".minus" if side else "")
        places.append((number, ending, where, side, first, last))
    return places


def past_origin(genes: Columns, which: NDArray[np.int64], length: NDArray[np.int64]) -> list[Place]:
    """Places behind the origin of genes that run past the end of a circular sequence.

    Parameters
    ----------
    genes
        Columns of genes, as the file has them.
    which
        Genes that begin on the sequence and end past it.
    length
        Bases of each gene's contig.
    """
    behind = np.minimum((genes["end"] - length)[which], length[which])
    columns = which, genes["contig"][which], np.maximum(genes["strand"][which], 0), behind
    places = zip(*(column.tolist() for column in columns), strict=True)
    return [(gene, "past_origin", contig, strand, 0, end) for gene, contig, strand, end in places]


def with_places(genes: Columns, places: list[Place]) -> Columns:
    """Columns of genes and, behind them, of the places: genes of the same attributes with an ending to their names."""
    if not places:
        return genes
    at = np.array([place[0] for place in places])
    out = {name: np.concatenate([values, np.asarray(values, object)[at]]) for name, values in genes.items()}
    n = len(genes["start"])
    out["id"][n:] = [f"{name}.{place[1]}" for name, place in zip(out["id"][n:], places, strict=True)]
    for column, field in (("contig", 2), ("strand", 3), ("start", 4), ("end", 5)):
        out[column][n:] = [place[field] for place in places]
    return out
