"""The transcript of rows that name a gene, one of several transcripts of a name, or something unknown.

What rows are named after decides, then where they lie: never the order of lines.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from helixdask.genes.reading.gff_fit import fits_exons
from helixdask.genes.reading.gff_register import TreeBuilder
from helixdask.genes.reading.gff_relations import id_of
from helixdask.genes.reading.gff_tree import parents_of
from helixdask.genes.reading.gff_types import CDS, EXON, is_noncoding

AMBIGUOUS = "ambiguous_parent"


class Chooser:
    """Rows put into transcripts one by one.

    ``found`` holds row and transcript, ``has`` which levels of rows each transcript has, those that were put there all
    at once among them.
    """

    def __init__(self, builder: TreeBuilder) -> None:
        self.b = builder
        self.found: list[tuple[int, int]] = []
        self.implicit: dict[tuple[str, int, str | int, int], int] = {}
        self.level: list[int] = builder.rows.level.tolist()
        tree = builder.tree
        levels = builder.rows.level[tree.child_row].tolist()
        self.has: set[tuple[int, int]] = set(zip(tree.child_transcript.tolist(), levels, strict=True))
        self._of_gene: dict[int, list[int]] = defaultdict(list)
        self._more_exons: dict[int, list[int]] = defaultdict(list)
        self._made: dict[tuple[int, str], int] = {}
        self._counts: dict[tuple[str, int], list[int]] = {}

    def put(self, row: int, number: int, code: str = "") -> None:
        """Put a row into a transcript; with a code it is said how many came to a transcript of the file that way."""
        self.found.append((row, number))
        self.has.add((number, self.level[row]))
        if self.level[row] == EXON:
            self._more_exons[number].append(row)
        if code and self.b.tree.transcript_row[number] >= 0:
            self._counts.setdefault((code, number), []).append(row)

    def say_joined(self) -> None:
        """Note how many rows without a known parent were put into each transcript."""
        tree = self.b.tree
        for (code, number), rows in self._counts.items():
            name, gene = tree.transcript_id[number], tree.gene_id[tree.transcript_gene[number]]
            action = f"{len(rows)} exon or CDS rows without a known parent put into the transcript {name!r}"
            self.b.note(code, rows[0], action, gene)

    # --- what a row names ------------------------------------------------------------------------------------------

    def by_name(self, row: int) -> bool:
        """Put a row into the transcripts that it names; False where it names nothing that is known."""
        b = self.b
        seqid, genes, is_known = b.seqid[row], [], False
        for name in parents_of(b.parents[row]):
            if numbers := b.transcripts_called(seqid, name):
                is_known = True
                number = numbers[0] if len(numbers) == 1 else self._twin(numbers, row)
                if number >= 0:
                    self.put(row, number)
            elif (gene := b.gene_called(name, row)) >= 0:
                genes.append(gene)
        if is_known or not genes:
            return is_known
        own = self.own[genes[0]]
        if len(own) > 1:
            self._of_gene[genes[0]].append(row)
        else:
            self.put(row, own[0] if own else self.implicit_transcript(genes[0], row))
        return True

    def _twin(self, numbers: list[int], row: int) -> int:
        """Of several transcripts of one name the one that a row lies in; -1 where that is none or several."""
        b, tree = self.b, self.b.tree
        if b.by_line:
            return numbers[max(bisect_left(numbers, row, key=lambda n: tree.transcript_row[n]) - 1, 0)]
        same_gene = [n for n in numbers if b.tag[row] and tree.gene_id[tree.transcript_gene[n]] == b.tag[row]]
        around = [n for n in same_gene or numbers if b.contains(tree.transcript_row[n], row)]
        if len(around) == 1:
            return around[0]
        for gene in sorted({tree.transcript_gene[n] for n in around or numbers}):
            where = (
                f"{len(around) or 'none'} of {len(numbers)} transcripts of its name, {tree.transcript_id[numbers[0]]!r}"
            )
            self._stray([row], gene, f"lies in {where}")
        return -1

    def _stray(self, rows: list[int], gene: int, why: str) -> None:
        tree = self.b.tree
        tree.stray.extend((row, gene) for row in rows)
        action = f"{len(rows)} {self.b.type[rows[0]]} rows left out, gene masked: {why}"
        tree.flag(self.b.findings, gene, AMBIGUOUS, action, self.b.line[rows[0]])

    @cached_property
    def own(self) -> defaultdict[int, list[int]]:
        """Transcripts with a row of their own, by gene."""
        tree, out = self.b.tree, defaultdict[int, list[int]](list)
        for number, gene in enumerate(tree.transcript_gene):
            if tree.transcript_row[number] >= 0:
                out[gene].append(number)
        return out

    def implicit_transcript(self, gene: int, row: int) -> int:
        """Transcript of a gene that has none of its own."""
        b = self.b
        key = ("gene", b.seqid[row], gene, 0)
        if key not in self.implicit:
            name = f"{b.tree.gene_id[gene]}.t1"
            self.implicit[key] = b.add_transcript(name, -1, gene, b.implied_type(gene), b.seqid[row])
        return self.implicit[key]

    # --- rows that name a gene of several transcripts ----------------------------------------------------------------

    def rows_of_genes(self) -> None:
        """Put rows that name a gene into that transcript of it which they fit; the others mask the gene."""
        b = self.b
        for gene, rows in self._of_gene.items():
            own = self.own[gene]
            if b.by_line:
                for row in rows:
                    lines = sorted((b.line[b.tree.transcript_row[n]], n) for n in own)
                    self.put(row, lines[max(bisect_left(lines, (b.line[row], 0)) - 1, 0)][1])
                continue
            bare = [n for n in own if (n, EXON) not in self.has]
            for row in rows:
                if self.level[row] == EXON and bare:
                    self._one_of(bare, [row], gene)
                elif self.level[row] != CDS:
                    b.note("parent_missing", row, "skipped: its gene has several transcripts with rows of their own")
            groups: dict[str, list[int]] = defaultdict(list)
            for row in rows:
                if self.level[row] == CDS:
                    groups[id_of(b.rows.attributes[row])].append(row)
            for group in groups.values():
                whole = self._fitting(own, group)
                if len(whole) == 1:
                    for row in group:
                        self.put(row, whole[0])
                else:
                    for row in group:
                        self._one_of(own, [row], gene)

    def _one_of(self, numbers: list[int], rows: list[int], gene: int) -> None:
        fitting = self._fitting(numbers, rows)
        if len(fitting) == 1:
            for row in rows:
                self.put(row, fitting[0])
        else:
            name = self.b.tree.gene_id[gene]
            why = f"they name the gene {name!r} and fit {len(fitting) or 'none'} of its {len(numbers)} transcripts"
            self._stray(rows, gene, why)

    def _fitting(self, numbers: list[int], rows: list[int]) -> list[int]:
        """Those transcripts that hold all of the rows, in exons where they have some."""
        b = self.b
        spans = [(int(b.rows.start[row]), int(b.rows.end[row])) for row in rows]
        out = []
        for number in numbers:
            top = b.tree.transcript_row[number]
            exons = self._exons(number) if self.level[rows[0]] == CDS else []
            if all(b.contains(top, row) for row in rows) and (not exons or fits_exons(spans, exons)):
                out.append(number)
        return out

    def _exons(self, number: int) -> list[tuple[int, int]]:
        first, last = np.searchsorted(self._plain_exons[0], (number, number + 1))
        rows = [*self._plain_exons[1][first:last].tolist(), *self._more_exons[number]]
        return [(int(self.b.rows.start[row]), int(self.b.rows.end[row])) for row in rows]

    @cached_property
    def _plain_exons(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Transcripts, sorted, and rows of the exons that were put there all at once."""
        tree = self.b.tree
        rows = np.flatnonzero(self.b.rows.level[tree.child_row] == EXON)
        rows = rows[np.argsort(tree.child_transcript[rows], kind="stable")]
        return tree.child_transcript[rows], tree.child_row[rows]

    # --- rows whose parent is unknown --------------------------------------------------------------------------------

    def rows_of_unknown(self, groups: list[tuple[str, list[int]]]) -> None:
        """Put rows that share an unknown parent into the only transcript that lacks such rows, or one of their own.

        Parameters
        ----------
        groups
            Name of the parent and its rows, all of one sequence.
        """
        open_groups: dict[int, list[int]] = {}
        tags = []
        for place, (_, rows) in enumerate(groups):
            tags.append(next((self.b.tag[row] for row in rows if self.b.tag[row]), ""))
            if not self.elsewhere(rows) and not tags[-1]:
                open_groups[place] = self._lacking(rows)
        target = self._matched(groups, open_groups)
        for place, (name, rows) in enumerate(groups):
            if self.elsewhere(rows, say=True):
                continue
            number = target.get(place, -1)
            if number < 0:
                number = self.new_transcript(rows[0], name, tags[place], "parent_unknown")
            for row in rows:
                self.put(row, number, "parent_unknown")

    def _matched(self, groups: list[tuple[str, list[int]]], able: dict[int, list[int]]) -> dict[int, int]:
        """Transcript of each group that fits no other; what one group takes is none for the others."""
        target: dict[int, int] = {}
        taken: set[tuple[int, int]] = set()
        levels = {place: {self.level[row] for row in groups[place][1]} for place in able}
        while True:
            claims: dict[int, list[int]] = defaultdict(list)
            for place in able.keys() - target.keys():
                left = [n for n in able[place] if not any((n, level) in taken for level in levels[place])]
                if len(left) == 1:
                    claims[left[0]].append(place)
            clear = {places[0]: number for number, places in claims.items() if len(places) == 1}
            if not clear:
                return target
            target |= clear
            taken |= {(number, level) for place, number in clear.items() for level in levels[place]}

    def new_transcript(self, row: int, name: str, tag: str, code: str) -> int:
        """Transcript made for rows of a name; its gene is the one of their tag, or made too."""
        b = self.b
        made = ("row", b.seqid[row], name, 0)
        if made not in self.implicit:
            gene = self.tagged(tag, row) if tag else self._made.get((b.seqid[row], name), -1)
            if gene < 0:
                gene = b.add_gene(tag or f"{name}.gene", -1, b.line[row], b.seqid[row])
                self._made[b.seqid[row], name] = gene
                if not tag:
                    b.note(code, row, f"gene and transcript {name!r} made from the exon and CDS rows", name)
            self.implicit[made] = b.add_transcript(name, -1, gene, b.implied_type(gene), b.seqid[row])
        return self.implicit[made]

    def tagged(self, tag: str, row: int) -> int:
        """Gene of a tag on a row's sequence; -1 without."""
        gene = self.b.gene_called(tag, row) if tag else -1
        return self.b.by_tag.get((self.b.seqid[row], tag), -1) if tag and gene < 0 else gene

    @cached_property
    def _explicit(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Numbers and rows of the transcripts that have a row of their own."""
        row = np.array(self.b.tree.transcript_row, np.int64)
        return np.flatnonzero(row >= 0), row[row >= 0]

    def _lacking(self, rows: list[int]) -> list[int]:
        """Transcripts around rows that have no rows of their kinds; coding rows must fit their exons."""
        b, r = self.b, self.b.rows
        numbers, at = self._explicit
        if len(set(r.strand[rows].tolist())) > 1:
            return []
        around = (r.seqid[at] == r.seqid[rows[0]]) & (r.strand[at] == r.strand[rows[0]])
        around &= (r.start[at] <= r.start[rows].min()) & (r.end[at] >= r.end[rows].max())
        levels = {self.level[row] for row in rows}
        out = [n for n in numbers[around].tolist() if not any((n, level) in self.has for level in levels)]
        if CDS in levels:
            coding = [row for row in rows if self.level[row] == CDS]
            able = [n for n in out if not is_noncoding(b.tree.transcript_type[n])]
            out = able if len(able) < 2 else self._fitting(able, coding)
        return out

    @cached_property
    def _on_contig(self) -> dict[str, int]:
        """Sequence of each transcript that has a row of its own."""
        tree = self.b.tree
        names = ((tree.transcript_id[n], self.b.seqid[row]) for n, row in zip(*map(list, self._explicit), strict=True))
        return dict(reversed(list(names)))

    def elsewhere(self, rows: list[int], *, say: bool = False) -> bool:
        """Whether the transcript of rows lies on another sequence; note it and mask its gene."""
        b, tree = self.b, self.b.tree
        transcript = next((p for p in parents_of(b.parents[rows[0]]) if p in self._on_contig), None)
        if transcript is None or not say:
            return transcript is not None
        home = self._on_contig[transcript]
        gene = tree.transcript_gene[b.transcripts[home, transcript]]
        tree.flags[gene] = "contig_mismatch"
        action = f"skipped: its transcript {transcript!r} is on {b.contig_names[home]}; the gene is masked"
        for row in rows:
            tree.stray.append((row, gene))
            b.note("contig_mismatch", row, action, tree.gene_id[gene])
        return True
