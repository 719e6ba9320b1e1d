"""What belongs to what in an annotation file: genes, their transcripts, and the rows that make those up."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from helixdask.genes.findings import Findings
from helixdask.inputs.gff_text import plain


@dataclass
class Tree:
    """Genes, transcripts and the rows that make them up; ``-1`` as a row means that no line of the file stands for it.

    ``gene_contig`` is the row of the contig table, whose names are ``contig_names``. ``flags`` names, by gene, why a
    gene cannot be trusted. ``transcript_span`` holds the range of transcripts that several lines stand for. Children
    are exon, CDS, UTR and stop codon rows, each with its transcript; ``stray`` are such rows that belong to a gene but
    to none of its transcripts: row and gene.
    """

    contig_names: NDArray[np.object_]
    gene_id: list[str] = field(default_factory=list)
    gene_row: list[int] = field(default_factory=list)
    gene_line: list[int] = field(default_factory=list)
    gene_contig: list[int] = field(default_factory=list)
    transcript_id: list[str] = field(default_factory=list)
    transcript_row: list[int] = field(default_factory=list)
    transcript_gene: list[int] = field(default_factory=list)
    transcript_type: list[str] = field(default_factory=list)
    transcript_span: dict[int, tuple[int, int]] = field(default_factory=dict)
    child_row: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    child_transcript: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    stray: list[tuple[int, int]] = field(default_factory=list)
    flags: dict[int, str] = field(default_factory=dict)

    def note(self, findings: Findings, gene: int, code: str, action: str, line: int = 0) -> None:
        """Note something about a gene; without a line it is the gene's."""
        contig = str(self.contig_names[self.gene_contig[gene]])
        findings.note(code, action, line=line or self.gene_line[gene], contig=contig, gene=self.gene_id[gene])

    def flag(self, findings: Findings, gene: int, code: str, action: str, line: int = 0) -> None:
        """Mask a gene as a whole, and note the reason unless it was masked for it before."""
        if self.flags.get(gene) != code:
            self.note(findings, gene, code, action, line)
        self.flags[gene] = code


def parents_of(text: str) -> list[str]:
    """Names in a Parent attribute."""
    return [plain(name.strip()) for name in text.split(",") if name.strip()] if text else []
