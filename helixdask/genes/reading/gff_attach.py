"""Exon, CDS, UTR and stop codon rows: the transcript of each, found by Parent, made where there is none."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helixdask.genes.findings import Findings
from helixdask.genes.reading.gff_lines import GffRows
from helixdask.genes.reading.gff_tree import Tree, TreeBuilder, parents_of
from helixdask.genes.reading.gff_types import CDS, EXON, STOP, UTR, is_noncoding

__all__ = ["build_tree"]


def build_tree(rows: GffRows, contig_names: NDArray[np.object_], findings: Findings, is_gtf: bool = False) -> Tree:
    """Find genes, their transcripts and the rows of each transcript.

    Rows whose one parent is the only transcript of that name on their sequence are put there all at once; only the
    others are looked at one by one.

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
    """
    builder = TreeBuilder(rows, contig_names, findings, is_gtf)
    nested = builder.add_genes()
    children = np.flatnonzero((rows.level >= EXON) & (rows.level <= STOP))
    codes, texts = pd.factorize(rows.parents[children])
    builder.add_transcripts(nested, {name for text in texts.tolist() for name in parents_of(text)})
    _Attacher(builder, children, codes.astype(np.int64), texts.tolist()).attach()
    return builder.tree


class _Attacher:
    """Working state of :func:`build_tree`: rows with a parent in the file, then those without."""

    def __init__(
        self, builder: TreeBuilder, rows: NDArray[np.int64], codes: NDArray[np.int64], texts: list[str]
    ) -> None:
        self.b = builder
        self.rows = rows
        self.codes = codes
        self.texts = texts
        self.level: list[int] = []
        self.implicit: dict[tuple[str, int, str | int, int], int] = {}
        self.has: set[tuple[int, int]] = set()

    def attach(self) -> None:
        """Fill ``child_row`` and ``child_transcript`` of the tree."""
        tree = self.b.tree
        found = self.plainly()
        plain = found >= 0
        rows, transcripts = self.rows[plain], found[plain]
        odd = self.rows[~plain].tolist()
        if odd:
            self.level = self.b.rows.level.tolist()
            self.has = set(zip(transcripts.tolist(), self.b.rows.level[rows].tolist(), strict=True))
            more = self.carefully(odd)
            rows = np.concatenate([rows, np.array([row for row, _ in more], np.int64)])
            transcripts = np.concatenate([transcripts, np.array([number for _, number in more], np.int64)])
        tree.child_row, tree.child_transcript = rows, transcripts

    def plainly(self) -> NDArray[np.int64]:
        """Transcript of each row with a single parent that is one transcript; -1 for the others."""
        contig = self.b.rows.seqid[self.rows].astype(np.int64)
        pair = contig * (len(self.texts) + 1) + self.codes
        pairs, group = np.unique(pair, return_inverse=True)
        where = np.empty(len(pairs), np.int64)
        for place, key in enumerate(pairs.tolist()):
            seqid, code = divmod(key, len(self.texts) + 1)
            text = self.texts[code]
            is_plain = text and "%" not in text and (seqid, text) not in self.b.twins
            where[place] = self.b.transcripts.get((seqid, text), -1) if is_plain else -1
        out: NDArray[np.int64] = where[group]
        return out

    def carefully(self, rows: list[int]) -> list[tuple[int, int]]:
        """Rows with several parents, with none, or with one that is no transcript."""
        b, tree = self.b, self.b.tree
        out: list[tuple[int, int]] = []
        orphans = []
        for row in rows:
            found = self.by_parent(row)
            out.extend((row, number) for number in found)
            self.has.update((number, self.level[row]) for number in found)
            if not found:
                orphans.append(row)
        explicit = sorted((b.line[row], number) for number, row in enumerate(tree.transcript_row) if row >= 0)
        lines = [line for line, _ in explicit]
        counts: dict[tuple[str, int], int] = defaultdict(int)
        first: dict[tuple[str, int], int] = {}
        for row in orphans:
            above = bisect_left(lines, b.line[row]) - 1
            # An orphan before this one may have made their common parent.
            made = self.by_parent(row)
            target = made[0] if made else self.orphan(row, explicit[above][1] if above >= 0 else -1)
            if target < 0:
                continue
            code = "parent_unknown" if b.parents[row] else "parent_missing"
            if tree.transcript_row[target] >= 0:
                counts[code, target] += 1
                first.setdefault((code, target), row)
            out.append((row, target))
        for (code, target), count in counts.items():
            name = tree.transcript_id[target]
            action = f"{count} exon or CDS rows without a known parent put into the transcript {name!r}"
            b.note(code, first[code, target], action, tree.gene_id[tree.transcript_gene[target]])
        return out

    def by_parent(self, row: int) -> list[int]:
        """Transcripts that a row names; one made for it where it names a gene without any."""
        b = self.b
        seqid, found, genes = b.seqid[row], [], []
        for name in parents_of(b.parents[row]):
            if numbers := b.transcripts_called(seqid, name):
                found.append(self.nearest_above(numbers, row))
            elif (seqid, name) in b.genes:
                genes.append(b.genes[seqid, name])
        if found or not genes:
            return found
        gene = genes[0]
        own = self.own[gene]
        if len(own) == 1:
            return own
        return [] if own else [self.implicit_transcript(gene, row)]

    @cached_property
    def own(self) -> defaultdict[int, list[int]]:
        """Transcripts with a row of their own, by gene."""
        tree, out = self.b.tree, defaultdict[int, list[int]](list)
        for number, gene in enumerate(tree.transcript_gene):
            if tree.transcript_row[number] >= 0:
                out[gene].append(number)
        return out

    def nearest_above(self, numbers: list[int], row: int) -> int:
        """Of several transcripts of one name, the last before the row; the first where none is."""
        if len(numbers) == 1:
            return numbers[0]
        at = bisect_left(numbers, row, key=lambda n: self.b.tree.transcript_row[n])
        return numbers[max(at - 1, 0)]

    def implicit_transcript(self, gene: int, row: int) -> int:
        """Transcript of a gene that has none of its own."""
        b = self.b
        key = ("gene", b.seqid[row], gene, 0)
        if key not in self.implicit:
            name = f"{b.tree.gene_id[gene]}.t1"
            self.implicit[key] = b.add_transcript(name, -1, gene, b.implied_type(gene), b.seqid[row])
        return self.implicit[key]

    def orphan(self, row: int, above: int) -> int:
        """Transcript for a row without a known parent: the one above in the file if it fits, else one of its own."""
        b, tree, r = self.b, self.b.tree, self.b.rows
        parents, tag, level = parents_of(b.parents[row]), b.tag[row], self.level[row]
        elsewhere = next((p for p in parents if p in b.transcript_contig), None)
        if elsewhere is not None:
            self.say_elsewhere(row, elsewhere)
            return -1
        key = (b.seqid[row], tag)
        tagged = b.genes.get(key, b.by_tag.get(key, -1)) if tag else -1
        if tagged >= 0 and not parents and len(self.own[tagged]) == 1:
            return self.own[tagged][0]
        if above >= 0 and not (tag and parents):
            top = tree.transcript_row[above]
            same = r.seqid[top] == r.seqid[row] and r.strand[top] == r.strand[row]
            overlaps = r.start[top] < r.end[row] and r.start[row] < r.end[top]
            # A transcript that has such rows of its own needs none of a stranger's.
            fits = (above, level) not in self.has
            if same and overlaps and fits and not (level == CDS and is_noncoding(b.type[top])):
                return above
        if level in (UTR, STOP) and not parents:
            b.note("parent_missing", row, "skipped: no transcript to put it into")
            return -1
        if not (parents or tag or b.id[row]) and (number := self.in_gene_above(row)) >= 0:
            return number
        name = next(iter(parents), "") or tag or b.id[row] or f"{b.type[row]}-{b.line[row]}"
        made = ("row", b.seqid[row], name, int(r.strand[row]))
        if made not in self.implicit:
            gene = tagged if tagged >= 0 else b.add_gene(tag or f"{name}.gene", -1, b.line[row], b.seqid[row])
            self.implicit[made] = b.add_transcript(name, -1, gene, b.implied_type(gene), b.seqid[row])
            if not tag:
                code = "parent_unknown" if parents else "parent_missing"
                b.note(code, row, f"gene and transcript {name!r} made from the exon and CDS rows", name)
        return self.implicit[made]

    @cached_property
    def gene_rows(self) -> list[tuple[int, int, int]]:
        """Line, row and number of genes with a row, by line."""
        tree = self.b.tree
        rows = [(tree.gene_line[n], row, n) for n, row in enumerate(tree.gene_row) if row >= 0]
        return sorted(rows)

    def in_gene_above(self, row: int) -> int:
        """Transcript of the gene above in the file if the row lies in it and it has no more than one; or -1."""
        b = self.b
        at = bisect_left(self.gene_rows, (b.line[row], 0, 0)) - 1
        if at < 0 or not b.contains(self.gene_rows[at][1], row):
            return -1
        gene = self.gene_rows[at][2]
        if self.own[gene]:
            return self.own[gene][0] if len(self.own[gene]) == 1 else -1
        is_new = ("gene", b.seqid[row], gene, 0) not in self.implicit
        number = self.implicit_transcript(gene, row)
        if is_new:
            b.note(
                "parent_missing", row, f"rows without ID and Parent put into the gene above, {b.tree.gene_id[gene]!r}"
            )
        return number

    def say_elsewhere(self, row: int, transcript: str) -> None:
        """Note a row whose transcript lies on another sequence; mask the gene."""
        b = self.b
        home = b.transcript_contig[transcript]
        gene = b.tree.transcript_gene[b.transcripts[home, transcript]]
        b.tree.flags[gene] = "contig_mismatch"
        where = b.contig_names[home]
        action = f"skipped: its transcript {transcript!r} is on {where}; the gene is masked"
        b.note("contig_mismatch", row, action, b.tree.gene_id[gene])
