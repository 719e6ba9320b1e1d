"""Genes and transcripts of an annotation file: by ID and Parent, by the order of lines only where those are silent."""

from __future__ import annotations

from bisect import bisect_left
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from helixdask.genes.findings import Findings
from helixdask.genes.reading.gff_lines import GffRows
from helixdask.genes.reading.gff_order import by_content
from helixdask.genes.reading.gff_tree import Tree, parents_of
from helixdask.genes.reading.gff_twins import rows_of_one_transcript
from helixdask.genes.reading.gff_types import GENE, OTHER, TRANSCRIPT, is_noncoding

Key = tuple[int, str]
_PARTS = ("part=", "exception=trans-splicing")


class TreeBuilder:
    """Genes and transcripts, registered by sequence and name, so that rows can be put into them.

    Parameters
    ----------
    rows
        Rows of the file; ``seqid`` is the row of the contig table.
    contig_names
        Names of the contigs, for the findings.
    findings
        Gets a row for whatever could not be taken as it stands.
    is_gtf
        Genes without a line of their own are usual then.
    by_line
        Register in the order of lines, as GeenuFF does; otherwise the order of lines does not matter.
    """

    def __init__(
        self, rows: GffRows, contig_names: NDArray[np.object_], findings: Findings, *, is_gtf: bool, by_line: bool
    ) -> None:
        self.rows = rows
        self.contig_names = contig_names
        self.findings = findings
        self.is_gtf = is_gtf
        self.by_line = by_line
        self.tree = Tree(contig_names)
        self.genes: dict[Key, int] = {}
        self.gene_twins: dict[Key, list[int]] = {}
        self.gene_contig: dict[str, int] = {}
        self.by_tag: dict[Key, int] = {}
        self.transcripts: dict[Key, int] = {}
        self.twins: dict[Key, list[int]] = {}

    # Columns as lists, made when odd rows ask for them.
    @cached_property
    def seqid(self) -> list[int]:
        """Contig of each row."""
        values: list[int] = self.rows.seqid.tolist()
        return values

    @cached_property
    def line(self) -> list[int]:
        """Line of each row."""
        values: list[int] = self.rows.line.tolist()
        return values

    @cached_property
    def id(self) -> list[str]:
        """Name of each row."""
        values: list[str] = self.rows.id.tolist()
        return values

    @cached_property
    def tag(self) -> list[str]:
        """Tag of each row."""
        values: list[str] = self.rows.tag.tolist()
        return values

    @cached_property
    def type(self) -> list[str]:
        """Type of each row."""
        values: list[str] = self.rows.type.tolist()
        return values

    @cached_property
    def parents(self) -> list[str]:
        """Parents of each row, as written."""
        values: list[str] = self.rows.parents.tolist()
        return values

    def note(self, code: str, row: int, action: str, gene: str = "") -> None:
        """Note something about a row."""
        contig = str(self.contig_names[self.seqid[row]])
        self.findings.note(code, action, line=self.line[row], contig=contig, gene=gene or self.id[row])

    def in_order(self, some: NDArray[np.int64]) -> list[int]:
        """Rows in the order in which they are registered."""
        ordered: list[int] = (np.sort(some) if self.by_line else by_content(self.rows, some)).tolist()
        return ordered

    # --- genes ---------------------------------------------------------------------------------------------------

    def add_gene(self, name: str, row: int, line: int, seqid: int) -> int:
        """Register a gene; its number."""
        tree = self.tree
        number = len(tree.gene_id)
        tree.gene_id.append(name)
        tree.gene_row.append(row)
        tree.gene_line.append(line)
        tree.gene_contig.append(seqid)
        if name:
            first = self.genes.setdefault((seqid, name), number)
            if first != number:
                self.gene_twins.setdefault((seqid, name), [first]).append(number)
            self.gene_contig.setdefault(name, seqid)
        return number

    def gene_called(self, name: str, row: int) -> int:
        """Gene of this name on a row's sequence; of several the first that holds the row, or the first; -1 for none."""
        key = (self.seqid[row], name)
        twins = self.gene_twins.get(key)
        if twins:
            around = (n for n in twins if self.tree.gene_row[n] >= 0 and self.contains(self.tree.gene_row[n], row))
            return next(around, twins[0])
        return self.genes.get(key, -1)

    def add_genes(self) -> list[int]:
        """Register gene rows; hands back those that are transcripts of another gene."""
        rows = self.in_order(np.flatnonzero(self.rows.level == GENE))
        names = {self.id[row] for row in rows}
        nested = []
        for row in rows:
            name, seqid = self.id[row], self.seqid[row]
            parents = self.parents[row]
            if parents and any(parent != name and parent in names for parent in parents_of(parents)):
                nested.append(row)
                continue
            twice = self.genes.get((seqid, name), -1) if name else -1
            shown = name or self.tag[row] or f"{self.type[row]}-{self.line[row]}"
            number = self.add_gene(shown, row, self.line[row], seqid)
            if self.tag[row]:
                self.by_tag.setdefault((seqid, self.tag[row]), number)
            if twice >= 0:
                self.say_twice(twice, number, row)
        return nested

    def say_twice(self, first: int, number: int, row: int) -> None:
        """Two gene rows of one ID: parts of one gene, or two genes."""
        name = self.id[row]
        texts = (self.rows.attributes[row], self.rows.attributes[self.tree.gene_row[first]])
        if all(any(mark in text for mark in _PARTS) for text in texts):
            self.note("gene_in_parts", row, "one of several parts of a gene: each is kept and masked")
            self.tree.flags[first] = self.tree.flags[number] = "gene_in_parts"
        else:
            self.note("duplicate_id", row, f"{self.type[row]} {name!r} is in the file more than once: both kept")

    # --- transcripts ---------------------------------------------------------------------------------------------

    def add_transcript(self, name: str, row: int, gene: int, type_name: str, seqid: int) -> int:
        """Register a transcript; its number."""
        tree = self.tree
        number = len(tree.transcript_id)
        tree.transcript_id.append(name)
        tree.transcript_row.append(row)
        tree.transcript_gene.append(gene)
        tree.transcript_type.append(type_name)
        first = self.transcripts.setdefault((seqid, name), number)
        if first != number:
            self.twins.setdefault((seqid, name), [first]).append(number)
        return number

    def transcripts_called(self, seqid: int, name: str) -> list[int]:
        """Transcripts of this name on a sequence."""
        first = self.transcripts.get((seqid, name), -1)
        return [] if first < 0 else self.twins.get((seqid, name), [first])

    def add_transcripts(self, nested: list[int], named: set[str]) -> None:
        """Register transcript rows, among them rows of unknown types that others name as their parent."""
        level = self.rows.level
        rows = np.flatnonzero((level == TRANSCRIPT) | (level == OTHER))
        other = {row for row in rows.tolist() if level[row] == OTHER} if (level == OTHER).any() else set()
        if other or nested:
            kept = [row for row in rows.tolist() if row not in other or self.id[row] in named]
            rows = np.array([*kept, *nested], np.int64)
        registered = self.in_order(rows)
        spans, parts = rows_of_one_transcript(self.rows, registered)
        for row in registered:
            if row in parts:
                continue
            if row in other:
                self.note("type_unknown", row, f"{self.type[row]!r} has exons, so it is read as a transcript")
            name = self.id[row] or f"{self.type[row]}-{self.line[row]}"
            number = self.add_transcript(name, row, -1, self.type[row], self.seqid[row])
            if row in spans:
                self.tree.transcript_span[number] = spans[row]
        gene_rows = sorted((row for row in self.tree.gene_row if row >= 0), key=self.line.__getitem__)
        gene_lines = [self.line[row] for row in gene_rows]
        for number, row in enumerate(self.tree.transcript_row):
            parent = self.parents[row]
            gene = self.genes.get((self.seqid[row], parent), -1) if parent else -1
            if gene < 0 or "%" in parent or self.gene_twins:
                gene = self.gene_of(number, row, gene_rows, gene_lines)
            self.tree.transcript_gene[number] = gene
            if number in self.tree.transcript_span:
                name = self.tree.gene_id[gene]
                self.note("transcript_twice", row, f"several rows of {self.id[row]!r} read as one transcript", name)

    def gene_of(self, number: int, row: int, gene_rows: list[int], gene_lines: list[int]) -> int:
        """Gene of a transcript, made if there is none."""
        seqid, seen = self.seqid[row], set()
        given = parents_of(self.parents[row])
        parents = list(given)
        while parents:
            name = parents.pop(0)
            if (gene := self.gene_called(name, row)) >= 0:
                return gene
            # A transcript under a transcript belongs to the same gene.
            for other in self.transcripts_called(seqid, name):
                if other != number and other not in seen and (up := self.tree.transcript_row[other]) >= 0:
                    seen.add(other)
                    parents.extend(parents_of(self.parents[up]))
        name = next(iter(given), "") or self.tag[row]
        if given and name in self.gene_contig:
            home = self.contig_names[self.gene_contig[name]]
            self.note("contig_mismatch", row, f"its gene {name!r} is on {home}: masked", name)
            gene = self.add_gene(name, -1, self.line[row], seqid)
            self.tree.flags[gene] = "contig_mismatch"
            return gene
        if given:
            # GTF often has no gene lines: nothing is wrong then.
            if not self.is_gtf:
                self.note("parent_unknown", row, f"its gene {name!r} is not in the file: made from its transcripts")
        elif (seqid, name) in self.by_tag:
            gene = self.by_tag[seqid, name]
            self.note("parent_missing", row, f"put into the gene of the same tag, {self.tree.gene_id[gene]!r}")
            return gene
        elif not name:
            above = bisect_left(gene_lines, self.line[row]) - 1
            if above >= 0 and self.contains(gene_rows[above], row):
                gene = self.gene_called(self.id[gene_rows[above]], row)
                if gene >= 0:
                    self.note("parent_missing", row, f"put into the gene above, {self.tree.gene_id[gene]!r}")
                    return gene
        if name and (seqid, name) in self.genes:
            return self.genes[seqid, name]
        return self.add_gene(name or f"{self.tree.transcript_id[number]}.gene", -1, self.line[row], seqid)

    def contains(self, outer: int, inner: int) -> bool:
        """Whether a row lies inside another."""
        r = self.rows
        same = r.seqid[outer] == r.seqid[inner] and r.strand[outer] == r.strand[inner]
        return bool(same and r.start[outer] <= r.start[inner] and r.end[inner] <= r.end[outer])

    def implied_type(self, gene: int) -> str:
        """Type of the transcript of a gene that has coding rows or exons, but no transcript."""
        row = self.tree.gene_row[gene]
        return "pseudogenic_transcript" if row >= 0 and is_noncoding(self.type[row]) else "mRNA"
