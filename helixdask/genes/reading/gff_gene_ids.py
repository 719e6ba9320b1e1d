"""GTF files whose ``gene_id`` is the transcript's, as UCSC writes them: genes found by name, else by overlap."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import chain, count
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from helixdask.genes.findings import Findings
from helixdask.genes.reading.gff_lines import GffRows
from helixdask.genes.reading.gff_types import GENE, OTHER, TRANSCRIPT
from helixdask.inputs.gff_text import plain

_GENE_NAME: Final = re.compile(r"(?:^|;)\s*gene_name\s+\"?([^\";]*)")
_SAMPLE: Final = 1000


class _Transcript(NamedTuple):
    """Rows that carry one transcript_id on a strand of a sequence."""

    seqid: int
    strand: int
    name: str
    rows: list[int]


def with_genes_of_transcripts(rows: GffRows, findings: Findings) -> GffRows:
    """Rows of a GTF file with ``gene_id`` put right where it is the ``transcript_id`` in every row.

    Transcripts of one ``gene_name`` that overlap on a strand become one gene; without a name those do that share a
    base of an exon. Lines of genes are left out then: each stands for one transcript. Other files stay as they are.

    Parameters
    ----------
    rows
        Rows of a GTF file, ``seqid`` as rows of the contig table.
    findings
        Gets a row that says what was done.
    """
    for part in (slice(_SAMPLE), slice(None)):
        names = np.where(rows.level[part] == TRANSCRIPT, rows.id[part], rows.parents[part])
        transcript = [plain(text) for text in names.tolist()]
        if not _gene_is_transcript(rows.tag[part], transcript, rows.level[part]):
            return rows
    found: dict[tuple[int, int, str], _Transcript] = {}
    levels = rows.level.tolist()
    for row, (seqid, strand, name) in enumerate(
        zip(rows.seqid.tolist(), rows.strand.tolist(), transcript, strict=True)
    ):
        if name and levels[row] not in (GENE, OTHER):
            found.setdefault((seqid, strand, name), _Transcript(seqid, strand, name, [])).rows.append(row)
    gene_of = _genes(rows, [found[key] for key in sorted(found)])
    if len(set(gene_of.values())) == len(found):
        return rows
    tag, parents = rows.tag.copy(), rows.parents.copy()
    for key, gene in gene_of.items():
        for row in found[key].rows:
            tag[row] = gene
            if levels[row] == TRANSCRIPT:
                parents[row] = quote(gene)
    findings.note(
        "gene_id_is_transcript_id",
        f"every gene_id is a transcript_id: {len(found):,} transcripts put into {len(set(gene_of.values())):,} genes, "
        "by gene_name where there is one, else where exons overlap on a strand",
    )
    stay = rows.level != GENE
    columns: list[NDArray[Any]] = [column[stay] for column in rows._replace(tag=tag, parents=parents)]
    return GffRows(*columns)


def _gene_is_transcript(tag: NDArray[np.object_], transcript: list[str], level: NDArray[np.int8]) -> bool:
    """Whether no row names another gene than its transcript; ``NM_1`` is the gene of UCSC's ``NM_1_dup2``, too."""
    pairs = [
        (gene, name)
        for gene, name, kind in zip(tag.tolist(), transcript, level.tolist(), strict=True)
        if kind not in (GENE, OTHER)
    ]
    return bool(pairs) and all(gene and (gene == name or name.startswith(f"{gene}_dup")) for gene, name in pairs)


def _genes(rows: GffRows, transcripts: list[_Transcript]) -> dict[tuple[int, int, str], str]:
    """Name of each transcript's gene."""
    start, end = rows.start.tolist(), rows.end.tolist()
    intervals: dict[tuple[int, int, str], list[tuple[int, int, int]]] = defaultdict(list)
    names = []
    for number, t in enumerate(transcripts):
        texts = (_GENE_NAME.search(text) for text in sorted(set(rows.attributes[t.rows].tolist())))
        given = next((match.group(1).strip() for match in texts if match), "")
        names.append("" if given == t.name else given)
        spans = [(start[row], end[row]) for row in t.rows if names[-1] == "" and rows.level[row] != TRANSCRIPT]
        if not spans:
            spans = [(min(start[row] for row in t.rows), max(end[row] for row in t.rows))]
        intervals[t.seqid, t.strand, names[-1]] += [(*span, number) for span in spans]
    root = list(range(len(transcripts)))
    for spans_of_name in intervals.values():
        reach, last = -1, -1
        for low, high, number in sorted(spans_of_name):
            if low < reach:
                _join(root, last, number)
            reach, last = max(reach, high), number
    place = {number: (t.seqid, min(start[row] for row in t.rows), t.strand) for number, t in enumerate(transcripts)}
    first: dict[int, int] = {}
    for number in sorted(place, key=lambda n: (place[n], transcripts[n].name)):
        first.setdefault(_root(root, number), number)
    used: set[str] = set()
    gene: dict[int, str] = {}
    for group, number in first.items():
        name = names[number] or transcripts[number].name
        gene[group] = next(n for n in chain([name], (f"{name}.{k}" for k in count(2))) if n not in used)
        used.add(gene[group])
    return {(t.seqid, t.strand, t.name): gene[_root(root, number)] for number, t in enumerate(transcripts)}


def _root(root: list[int], number: int) -> int:
    while root[number] != number:
        root[number] = root[root[number]]
        number = root[number]
    return number


def _join(root: list[int], one: int, other: int) -> None:
    root[_root(root, other)] = _root(root, one)
