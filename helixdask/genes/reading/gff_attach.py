"""Exon, CDS, UTR and stop codon rows: the transcript of each, found by Parent, made where there is none."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helixdask.genes.findings import Findings
from helixdask.genes.reading.gff_choose import Chooser
from helixdask.genes.reading.gff_lines import GffRows
from helixdask.genes.reading.gff_register import TreeBuilder
from helixdask.genes.reading.gff_silent import SilentRows
from helixdask.genes.reading.gff_tree import Tree, parents_of
from helixdask.genes.reading.gff_types import EXON, STOP


def build_tree(
    rows: GffRows,
    contig_names: NDArray[np.object_],
    findings: Findings,
    *,
    is_gtf: bool = False,
    by_line: bool = False,
) -> Tree:
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
    by_line
        Genes and transcripts are in the order of lines, as GeenuFF needs it; otherwise that order does not matter
        where the file names what belongs together.
    """
    builder = TreeBuilder(rows, contig_names, findings, is_gtf=is_gtf, by_line=by_line)
    nested = builder.add_genes()
    children = np.flatnonzero((rows.level >= EXON) & (rows.level <= STOP))
    codes, texts = pd.factorize(rows.parents[children])
    builder.add_transcripts(nested, {name for text in texts.tolist() for name in parents_of(text)})
    tree = builder.tree
    found = _plainly(builder, children, codes.astype(np.int64), texts.tolist())
    plain = found >= 0
    tree.child_row, tree.child_transcript = children[plain], found[plain]
    odd = builder.in_order(children[~plain]) if not plain.all() else []
    if odd:
        more = _carefully(builder, odd)
        tree.child_row = np.concatenate([tree.child_row, np.array([row for row, _ in more], np.int64)])
        numbers = np.array([number for _, number in more], np.int64)
        tree.child_transcript = np.concatenate([tree.child_transcript, numbers])
    return tree


def _plainly(b: TreeBuilder, rows: NDArray[np.int64], codes: NDArray[np.int64], texts: list[str]) -> NDArray[np.int64]:
    """Transcript of each row with a single parent that is one transcript; -1 for the others."""
    contig = b.rows.seqid[rows].astype(np.int64)
    pair = contig * (len(texts) + 1) + codes
    pairs, group = np.unique(pair, return_inverse=True)
    where = np.empty(len(pairs), np.int64)
    for place, key in enumerate(pairs.tolist()):
        seqid, code = divmod(key, len(texts) + 1)
        text = texts[code]
        is_plain = text and "%" not in text and (seqid, text) not in b.twins
        where[place] = b.transcripts.get((seqid, text), -1) if is_plain else -1
    out: NDArray[np.int64] = where[group]
    return out


def _carefully(b: TreeBuilder, rows: list[int]) -> list[tuple[int, int]]:
    """Rows with several parents, with none, or with one that is no transcript: row and transcript."""
    chooser = Chooser(b)
    unnamed: list[int] = []
    unknown: dict[tuple[int, str], list[int]] = defaultdict(list)
    for row in rows:
        if not chooser.by_name(row):
            parents = parents_of(b.parents[row])
            if parents:
                unknown[b.seqid[row], parents[0]].append(row)
            else:
                unnamed.append(row)
    chooser.rows_of_genes()
    silent = SilentRows(chooser)
    if b.by_line:
        unnamed = sorted([*unnamed, *(row for group in unknown.values() for row in group)])
    else:
        chooser.rows_of_unknown([(name, group) for (_, name), group in unknown.items()])
    for row in unnamed:
        silent.put(row)
    chooser.say_joined()
    return chooser.found
