"""Transcript rows that share a name: rows of one transcript, or several transcripts."""

from __future__ import annotations

from collections import Counter, defaultdict

from helixdask.genes.reading.gff_lines import GffRows
from helixdask.genes.reading.gff_types import is_noncoding

Span = tuple[int, int]


def rows_of_one_transcript(rows: GffRows, some: list[int]) -> tuple[dict[int, Span], set[int]]:
    """Find rows of one name, gene and strand that overlap: they stand for one transcript.

    BRAKER, for instance, writes a ``transcript`` and an ``mRNA`` row for a ``transcript_id``.

    Parameters
    ----------
    rows
        Rows of the file.
    some
        Those of transcripts, in the order in which they are registered.

    Returns
    -------
    tuple
        The row that stands for each transcript of several rows, an mRNA if there is one, with the range of them all;
        and the other rows of these transcripts.
    """
    names = [(seqid, name) for seqid, name in zip(rows.seqid[some].tolist(), rows.id[some].tolist(), strict=True)]
    counts = Counter(names)
    if len(counts) == len(names):
        return {}, set()
    twins: dict[tuple[int, str], list[int]] = defaultdict(list)
    for key, row in zip(names, some, strict=True):
        if counts[key] > 1 and key[1]:
            twins[key].append(row)
    types: list[str] = rows.type.tolist()
    spans: dict[int, Span] = {}
    parts: set[int] = set()
    for its_rows in twins.values():
        for group in _overlapping(rows, its_rows):
            best = min(group, key=lambda row: (is_noncoding(types[row]), types[row].lower() != "mrna"))
            spans[best] = int(rows.start[group].min()), int(rows.end[group].max())
            parts.update(row for row in group if row != best)
    return spans, parts


def _overlapping(rows: GffRows, twins: list[int]) -> list[list[int]]:
    """Groups of rows that overlap, on one strand, of one gene; a row without a gene goes with the only one."""
    known = sorted({rows.parents[row] for row in twins} - {""})
    gene = {row: rows.parents[row] or (known[0] if len(known) == 1 else "") for row in twins}
    groups: list[list[int]] = []
    reach, last = -1, ("", -2)
    for row in sorted(twins, key=lambda row: (gene[row], rows.strand[row], rows.start[row])):
        key = gene[row], int(rows.strand[row])
        if last == key and rows.start[row] < reach:
            groups[-1].append(row)
        else:
            groups.append([row])
            reach = -1
        reach, last = max(reach, int(rows.end[row])), key
    return [group for group in groups if len(group) > 1]
