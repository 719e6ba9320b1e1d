"""Rows that name no parent: put where their tag, or where that is silent too the order of lines, puts them.

Where models are to be Helixer's, rows whose parent is unknown go the same way.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import cached_property

from helixdask.genes.reading.gff_choose import Chooser
from helixdask.genes.reading.gff_tree import parents_of
from helixdask.genes.reading.gff_types import CDS, STOP, UTR, is_noncoding


class SilentRows:
    """Rows without a known Parent, one by one.

    Parameters
    ----------
    chooser
        Where the other rows went, and where these go.
    """

    def __init__(self, chooser: Chooser) -> None:
        self.chooser = chooser
        self.b = chooser.b

    def put(self, row: int) -> None:
        """Put a row into a transcript, if there is any for it."""
        parents = parents_of(self.b.parents[row])
        if parents and self.chooser.elsewhere([row], say=True):
            return
        target = self._target(row, parents[0] if parents else "")
        if target >= 0:
            self.chooser.put(row, target, "parent_unknown" if parents else "parent_missing")

    def _target(self, row: int, parent: str) -> int:
        """Transcript of its tag, or of its tag's gene; the one above in the file if it fits; else one of its own."""
        b, r, choose = self.b, self.b.rows, self.chooser
        tag, level = b.tag[row], choose.level[row]
        if tag and not parent and (numbers := b.transcripts_called(b.seqid[row], tag)) and len(numbers) == 1:
            return numbers[0]
        tagged = choose.tagged(tag, row)
        if tagged >= 0 and not parent and len(choose.own[tagged]) == 1:
            return choose.own[tagged][0]
        above = self._transcript_above(row)
        if above >= 0 and not (tag and parent):
            top = b.tree.transcript_row[above]
            same = r.seqid[top] == r.seqid[row] and r.strand[top] == r.strand[row]
            overlaps = r.start[top] < r.end[row] and r.start[row] < r.end[top]
            # A transcript that has such rows of its own needs none of a stranger's.
            fits = (above, level) not in self._had
            if same and overlaps and fits and not (level == CDS and is_noncoding(b.type[top])):
                return above
        if level in (UTR, STOP) and not parent:
            b.note("parent_missing", row, "skipped: no transcript to put it into")
            return -1
        if not (parent or tag or b.id[row]) and (number := self._in_gene_above(row)) >= 0:
            return number
        name = parent or tag or b.id[row] or f"{b.type[row]}-{b.line[row]}"
        return choose.new_transcript(row, name, tag, "parent_unknown" if parent else "parent_missing")

    @cached_property
    def _had(self) -> frozenset[tuple[int, int]]:
        """Levels of rows that transcripts have by name."""
        return frozenset(self.chooser.has)

    @cached_property
    def _explicit(self) -> list[tuple[int, int]]:
        """Line and number of transcripts with a row of their own, by line."""
        b = self.b
        return sorted((b.line[row], number) for number, row in enumerate(b.tree.transcript_row) if row >= 0)

    def _transcript_above(self, row: int) -> int:
        at = bisect_left(self._explicit, (self.b.line[row], 0)) - 1
        return self._explicit[at][1] if at >= 0 else -1

    @cached_property
    def _gene_rows(self) -> list[tuple[int, int, int]]:
        """Line, row and number of genes with a row, by line."""
        tree = self.b.tree
        return sorted((tree.gene_line[n], row, n) for n, row in enumerate(tree.gene_row) if row >= 0)

    def _in_gene_above(self, row: int) -> int:
        """Transcript of the gene above in the file if the row lies in it and it has no more than one; or -1."""
        b, choose = self.b, self.chooser
        at = bisect_left(self._gene_rows, (b.line[row], 0, 0)) - 1
        if at < 0 or not b.contains(self._gene_rows[at][1], row):
            return -1
        gene = self._gene_rows[at][2]
        if choose.own[gene]:
            return choose.own[gene][0] if len(choose.own[gene]) == 1 else -1
        is_new = ("gene", b.seqid[row], gene, 0) not in choose.implicit
        number = choose.implicit_transcript(gene, row)
        if is_new:
            name = b.tree.gene_id[gene]
            b.note("parent_missing", row, f"rows without ID and Parent put into the gene above, {name!r}")
        return number
