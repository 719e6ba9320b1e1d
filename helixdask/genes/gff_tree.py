"""Who belongs to whom in an annotation file: by ID and Parent, by the order of lines only where those are silent."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field

import pandas as pd

from helixdask.genes.findings import Findings
from helixdask.genes.gff_lines import plain
from helixdask.genes.gff_types import CDS, EXON, GENE, OTHER, STOP, TRANSCRIPT, UTR, is_noncoding

__all__ = ["Tree", "build_tree"]

Key = tuple[str, str]


@dataclass
class Tree:
    """Genes, transcripts and the rows that make them up; ``-1`` as a row means that no line of the file stands for it.

    ``flags`` names, by gene, why a gene cannot be trusted.
    """

    gene_id: list[str] = field(default_factory=list)
    gene_row: list[int] = field(default_factory=list)
    gene_line: list[int] = field(default_factory=list)
    transcript_id: list[str] = field(default_factory=list)
    transcript_row: list[int] = field(default_factory=list)
    transcript_gene: list[int] = field(default_factory=list)
    transcript_type: list[str] = field(default_factory=list)
    child_row: list[int] = field(default_factory=list)
    child_transcript: list[int] = field(default_factory=list)
    flags: dict[int, str] = field(default_factory=dict)


class _Builder:
    """Working state of :func:`build_tree`."""

    def __init__(self, frame: pd.DataFrame, findings: Findings, is_gtf: bool) -> None:
        self.findings = findings
        self.is_gtf = is_gtf
        self.tree = Tree()
        self.seqid: list[str] = frame["seqid"].tolist()
        self.type: list[str] = frame["type"].tolist()
        self.level: list[int] = frame["level"].tolist()
        self.line: list[int] = frame["line"].tolist()
        self.start: list[int] = frame["start"].tolist()
        self.end: list[int] = frame["end"].tolist()
        self.strand: list[int] = frame["strand"].tolist()
        self.id: list[str] = frame["id"].tolist()
        self.tag: list[str] = frame["tag"].tolist()
        self.parents = [
            [plain(name.strip()) for name in text.split(",") if name.strip()] if text else []
            for text in frame["parents"].tolist()
        ]
        self.genes: dict[Key, int] = {}
        self.gene_contig: dict[str, str] = {}
        self.transcripts: dict[Key, list[int]] = defaultdict(list)
        self.transcript_contig: dict[str, str] = {}
        self.of_gene: dict[int, list[int]] = defaultdict(list)
        self.implicit: dict[tuple[str, str, int], int] = {}
        self.has: set[tuple[int, int]] = set()

    def note(self, code: str, row: int, action: str, gene: str = "", severity: str = "warning") -> None:
        self.findings.add(
            code, severity, action, line=self.line[row], contig=self.seqid[row], gene=gene or self.id[row]
        )

    # --- genes ---------------------------------------------------------------------------------------------------

    def add_gene(self, name: str, row: int, line: int, seqid: str) -> int:
        number = len(self.tree.gene_id)
        self.tree.gene_id.append(name)
        self.tree.gene_row.append(row)
        self.tree.gene_line.append(line)
        if name:
            self.genes.setdefault((seqid, name), number)
            self.gene_contig.setdefault(name, seqid)
        return number

    def add_genes(self) -> list[int]:
        """Register gene rows; hands back those that are transcripts of another gene."""
        rows = [row for row, level in enumerate(self.level) if level == GENE]
        names = {self.id[row] for row in rows if self.id[row]}
        nested = []
        for row in rows:
            name = self.id[row]
            if any(parent != name and parent in names for parent in self.parents[row]):
                nested.append(row)
                continue
            if name and (self.seqid[row], name) in self.genes:
                self.note("duplicate_id", row, f"{self.type[row]} {name!r} is in the file more than once: both kept")
            name = name or self.tag[row] or f"{self.type[row]}-{self.line[row]}"
            self.add_gene(name, row, self.line[row], self.seqid[row])
        return nested

    # --- transcripts ---------------------------------------------------------------------------------------------

    def add_transcript(self, name: str, row: int, gene: int, type_name: str, seqid: str) -> int:
        number = len(self.tree.transcript_id)
        self.tree.transcript_id.append(name)
        self.tree.transcript_row.append(row)
        self.tree.transcript_gene.append(gene)
        self.tree.transcript_type.append(type_name)
        if name:
            self.transcripts[seqid, name].append(number)
            self.transcript_contig.setdefault(name, seqid)
        if gene >= 0:
            self.of_gene[gene].append(number)
        return number

    def add_transcripts(self, nested: list[int]) -> None:
        children = (EXON, CDS, UTR, STOP)
        named = {p for row, level in enumerate(self.level) if level in children for p in self.parents[row]}
        rows = [
            row
            for row, level in enumerate(self.level)
            if level == TRANSCRIPT or (level == OTHER and self.id[row] in named)
        ]
        rows = sorted([*rows, *nested]) if nested else rows
        for row in rows:
            name = self.id[row] or f"{self.type[row]}-{self.line[row]}"
            if self.level[row] == OTHER:
                self.note("type_unknown", row, f"{self.type[row]!r} has exons, so it is read as a transcript")
            self.add_transcript(name, row, -1, self.type[row], self.seqid[row])
        gene_rows = [row for row in self.tree.gene_row if row >= 0]
        gene_lines = [self.line[row] for row in gene_rows]
        for number, row in enumerate(self.tree.transcript_row):
            gene = self.gene_of(number, row, gene_rows, gene_lines)
            self.tree.transcript_gene[number] = gene
            self.of_gene[gene].append(number)

    def gene_of(self, number: int, row: int, gene_rows: list[int], gene_lines: list[int]) -> int:
        seqid, seen = self.seqid[row], set()
        parents = list(self.parents[row])
        while parents:
            name = parents.pop(0)
            if (seqid, name) in self.genes:
                return self.genes[seqid, name]
            # A transcript under a transcript belongs to the same gene.
            for other in self.transcripts.get((seqid, name), ()):
                if other != number and other not in seen and (up := self.tree.transcript_row[other]) >= 0:
                    seen.add(other)
                    parents.extend(self.parents[up])
        name = next(iter(self.parents[row]), "") or self.tag[row]
        if self.parents[row] and name in self.gene_contig:
            self.note("contig_mismatch", row, f"its gene {name!r} is on {self.gene_contig[name]}: masked", name)
            gene = self.add_gene(name, -1, self.line[row], seqid)
            self.tree.flags[gene] = "contig_mismatch"
            return gene
        if self.parents[row]:
            # GTF often has no gene lines: nothing is wrong then.
            if not self.is_gtf:
                self.note("parent_unknown", row, f"its gene {name!r} is not in the file: made from its transcripts")
        elif not name:
            above = bisect_left(gene_lines, self.line[row]) - 1
            if above >= 0 and self.contains(gene_rows[above], row):
                gene = self.genes.get((seqid, self.id[gene_rows[above]]), -1)
                if gene >= 0:
                    self.note("parent_missing", row, f"put into the gene above, {self.tree.gene_id[gene]!r}")
                    return gene
        if name and (seqid, name) in self.genes:
            return self.genes[seqid, name]
        return self.add_gene(name or f"{self.tree.transcript_id[number]}.gene", -1, self.line[row], seqid)

    def contains(self, outer: int, inner: int) -> bool:
        same = self.seqid[outer] == self.seqid[inner] and self.strand[outer] == self.strand[inner]
        return same and self.start[outer] <= self.start[inner] and self.end[inner] <= self.end[outer]

    # --- exons and coding segments -------------------------------------------------------------------------------

    def add_children(self) -> None:
        explicit = [(self.line[row], number) for number, row in enumerate(self.tree.transcript_row)]
        explicit.sort()
        lines = [line for line, _ in explicit]
        counts: dict[tuple[str, int], int] = defaultdict(int)
        first: dict[tuple[str, int], int] = {}
        orphans = []
        for row, level in enumerate(self.level):
            if level in (EXON, CDS, UTR, STOP):
                found = self.by_parent(row)
                self.tree.child_row.extend([row] * len(found))
                self.tree.child_transcript.extend(found)
                self.has.update((number, level) for number in found)
                if not found:
                    orphans.append(row)
        for row in orphans:
            above = bisect_left(lines, self.line[row]) - 1
            # An orphan before this one may have made their common parent.
            made = self.by_parent(row)
            target = made[0] if made else self.orphan(row, explicit[above][1] if above >= 0 else -1)
            if target < 0:
                continue
            code = "parent_unknown" if self.parents[row] else "parent_missing"
            if self.tree.transcript_row[target] >= 0:
                counts[code, target] += 1
                first.setdefault((code, target), row)
            self.tree.child_row.append(row)
            self.tree.child_transcript.append(target)
        for (code, target), count in counts.items():
            name = self.tree.transcript_id[target]
            action = f"{count} exon or CDS rows without a known parent put into the transcript above, {name!r}"
            self.note(code, first[code, target], action, self.tree.gene_id[self.tree.transcript_gene[target]])

    def by_parent(self, row: int) -> list[int]:
        seqid, found, genes = self.seqid[row], [], []
        for name in self.parents[row]:
            numbers = self.transcripts.get((seqid, name))
            if numbers:
                before = [n for n in numbers if -1 < self.tree.transcript_row[n] < row]
                found.append((before or numbers)[-1 if before else 0])
            elif (seqid, name) in self.genes:
                genes.append(self.genes[seqid, name])
        if found or not genes:
            return found
        gene = genes[0]
        own = [n for n in self.of_gene[gene] if self.tree.transcript_row[n] >= 0]
        if len(own) == 1:
            return own
        if own:
            return []
        return [self.implicit_transcript(gene, row)]

    def implicit_transcript(self, gene: int, row: int) -> int:
        key = ("gene", self.seqid[row], gene)
        if key not in self.implicit:
            gene_row = self.tree.gene_row[gene]
            noncoding = gene_row >= 0 and is_noncoding(self.type[gene_row])
            kind = "pseudogenic_transcript" if noncoding else "mRNA"
            number = self.add_transcript(f"{self.tree.gene_id[gene]}.t1", -1, gene, kind, self.seqid[row])
            self.implicit[key] = number
        return self.implicit[key]

    def orphan(self, row: int, above: int) -> int:
        """Transcript for a row without a known parent: the one above in the file if it fits, else one of its own."""
        elsewhere = next((p for p in self.parents[row] if p in self.transcript_contig), None)
        if elsewhere is not None:
            home = self.transcripts[self.transcript_contig[elsewhere], elsewhere][0]
            gene = self.tree.transcript_gene[home]
            self.tree.flags[gene] = "contig_mismatch"
            action = (
                f"skipped: its transcript {elsewhere!r} is on {self.transcript_contig[elsewhere]}; the gene is masked"
            )
            self.note("contig_mismatch", row, action, self.tree.gene_id[gene], "error")
            return -1
        key_text = (self.parents[row] or [""])[0] or self.tag[row] or self.id[row]
        if above >= 0 and not (self.tag[row] and self.parents[row]):
            top = self.tree.transcript_row[above]
            same = self.seqid[top] == self.seqid[row] and self.strand[top] == self.strand[row]
            overlaps = self.start[top] < self.end[row] and self.start[row] < self.end[top]
            # A transcript that has such rows of its own needs none of a stranger's.
            fits = (above, self.level[row]) not in self.has
            if same and overlaps and fits and not (self.level[row] == CDS and is_noncoding(self.type[top])):
                return above
        if self.level[row] in (UTR, STOP) and not self.parents[row]:
            self.note("parent_missing", row, "skipped: no transcript to put it into")
            return -1
        key = (self.seqid[row], key_text or f"{self.type[row]}-{self.line[row]}", self.strand[row])
        if key not in self.implicit:
            name, tag = key[1], self.tag[row]
            gene = self.genes.get((key[0], tag), -1) if tag else -1
            if gene < 0:
                gene = self.add_gene(tag or f"{name}.gene", -1, self.line[row], key[0])
            self.implicit[key] = self.add_transcript(name, -1, gene, "mRNA", key[0])
            if not tag:
                code = "parent_unknown" if self.parents[row] else "parent_missing"
                self.note(code, row, f"gene and transcript {name!r} made from the exon and CDS rows", name)
        return self.implicit[key]


def build_tree(frame: pd.DataFrame, findings: Findings, is_gtf: bool = False) -> Tree:
    """Find genes, their transcripts and the rows of each transcript.

    Parameters
    ----------
    frame
        Rows as :func:`helixdask.genes.gff_lines.read_rows` makes them.
    findings
        Gets a row for whatever could not be taken as it stands.
    is_gtf
        Genes without a line of their own are usual then.
    """
    builder = _Builder(frame, findings, is_gtf)
    nested = builder.add_genes()
    builder.add_transcripts(nested)
    builder.add_children()
    return builder.tree
