"""Which rows of a gene can be used: those on its strand and on the contig; genes with others are masked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helixdask.genes.findings import Findings
from helixdask.genes.reading.gff_lines import GffRows
from helixdask.genes.reading.gff_tree import Tree

HOLLOW: Final = frozenset({"bad_coordinates", "contig_mismatch", "crosses_origin", "gene_in_parts", "no_strand"})
"""Reasons for which a gene is kept without its transcripts: as a place that is masked."""


@dataclass(frozen=True)
class Strands:
    """Strand of each gene and transcript: 0 plus, 1 minus, -1 unknown."""

    gene: NDArray[np.int8]
    transcript: NDArray[np.int8]


def strands_of(rows: GffRows, tree: Tree) -> Strands:
    """Strands of genes and transcripts: of their own lines, else of what belongs to them.

    The gene's own line rules, then its first transcript that has a strand, then the transcript's first row with one.
    """
    transcript_row = np.array(tree.transcript_row, np.int64)
    gene_row = np.array(tree.gene_row, np.int64)
    gene_of = np.array(tree.transcript_gene, np.int64)
    own = _strand_of_rows(rows, transcript_row)
    gene = _strand_of_rows(rows, gene_row)
    child = rows.strand[tree.child_row]
    by_child = _first_known(tree.child_transcript, child, len(own))
    given = own
    transcript = np.where(own < 0, gene[gene_of] if len(own) else own, own)
    transcript = np.where(transcript < 0, by_child, transcript)
    gene = np.where(gene < 0, _first_known(gene_of, given, len(gene)), gene)
    gene = np.where(gene < 0, _first_known(gene_of, transcript, len(gene)), gene)
    return Strands(gene.astype(np.int8), transcript.astype(np.int8))


def _strand_of_rows(rows: GffRows, at: NDArray[np.int64]) -> NDArray[np.int8]:
    out = np.full(len(at), -1, np.int8)
    out[at >= 0] = rows.strand[at[at >= 0]]
    return out


def _first_known(owner: NDArray[np.int64], values: NDArray[np.int8], n: int) -> NDArray[np.int8]:
    """First value of each owner that is not -1."""
    out = np.full(n, -1, np.int8)
    known = np.flatnonzero(values >= 0)[::-1]
    out[owner[known]] = values[known]
    return out


def usable_children(
    rows: GffRows,
    tree: Tree,
    strands: Strands,
    lengths: NDArray[np.int64],
    circular: NDArray[np.bool_],
    findings: Findings,
    *,
    by_line: bool = False,
) -> pd.DataFrame:
    """Exon, CDS, UTR and stop codon rows that can be used, with their transcript; the others mask their gene.

    With ``by_line`` rows may reach beyond the contig: Helixer paints genes as far as the contig goes.

    Returns
    -------
    pandas.DataFrame
        Columns row, line, level, start, end, strand, phase, transcript.
    """
    at, transcript = tree.child_row, tree.child_transcript
    gene = np.array(tree.transcript_gene, np.int64)[transcript]
    own = rows.strand[at]
    strand = np.where(own < 0, strands.transcript[transcript], own)
    wrong = (strand != strands.gene[gene]) & (strands.gene[gene] >= 0)
    start, end, line, contig = rows.start[at], rows.end[at], rows.line[at], rows.seqid[at]
    lengths = np.full_like(lengths, np.iinfo(np.int64).max) if by_line else lengths
    over = (start >= 0) & (start < end) & (end > lengths[contig]) & circular[contig]
    off = ((start < 0) | (end > lengths[contig]) | (start >= end)) & ~over
    for bad, code, action in (
        (wrong, "mismatching_strands", "row on the other strand: gene masked"),
        (over, "crosses_origin", "runs past the end of a circular sequence: gene masked"),
        (off, "bad_coordinates", "coordinates off the contig: gene masked"),
    ):
        for index in np.flatnonzero(bad).tolist():
            if tree.flags.get(int(gene[index])) != "gene_in_parts":
                tree.flag(findings, int(gene[index]), code, action, int(line[index]))
    good = ~(wrong | over | off)
    return pd.DataFrame(
        {
            "row": at[good],
            "line": line[good],
            "level": rows.level[at][good],
            "start": start[good],
            "end": end[good],
            "strand": strand[good].astype(np.int8),
            "phase": rows.phase[at][good],
            "score": rows.score[at][good],
            "transcript": transcript[good],
        }
    )
