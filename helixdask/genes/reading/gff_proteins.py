"""Transcripts with several proteins: CDS rows of different IDs that overlap, as in the GFF3 specification."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helixdask.genes.findings import Findings
from helixdask.genes.reading.gff_lines import GffRows
from helixdask.genes.reading.gff_relations import id_of
from helixdask.genes.reading.gff_tree import Tree
from helixdask.genes.reading.gff_types import CDS


def one_transcript_each(
    children: pd.DataFrame, rows: GffRows, tree: Tree, findings: Findings
) -> tuple[pd.DataFrame, bool]:
    """Give each protein of a transcript a transcript of its own, with the same exons.

    Rows of one CDS share an ID by the specification, but many files number the rows. So the rows of a transcript are
    several proteins only where an ID repeats and what one ID spans overlaps what another spans. The protein that begins
    first keeps the transcript's name; the others' names end with the ID of their CDS.

    Parameters
    ----------
    children
        Rows that can be used, as :func:`helixdask.genes.reading.gff_checks.usable_children` gives them.
    rows, tree, findings
        The file's rows, what belongs together, which gets the new transcripts, and what is to be told.

    Returns
    -------
    tuple
        The rows with their transcripts, and whether there are new ones.
    """
    at = np.flatnonzero(children["level"].to_numpy() == CDS)
    owner = children["transcript"].to_numpy(np.int64)[at]
    at = at[np.bincount(owner, minlength=1)[owner] > 2]
    row = children["row"].to_numpy(np.int64)[at]
    ids = np.array([_id(text) for text in rows.attributes[row].tolist()], object)
    owner = children["transcript"].to_numpy(np.int64)[at]
    some = _with_repeated_ids(owner, ids)
    at, row, ids, owner = at[some], row[some], ids[some], owner[some]
    start, end = (children[name].to_numpy(np.int64)[at] for name in ("start", "end"))
    added = []
    transcript = children["transcript"].to_numpy(np.int64).copy()
    for number in np.unique(owner).tolist():
        own = np.flatnonzero(owner == number)
        groups = apart(ids[own].tolist(), start[own], end[own])
        if not groups:
            continue
        name, gene = tree.transcript_id[number], tree.transcript_gene[number]
        rest = children[(children["transcript"] == number) & (children["level"] != CDS)]
        for protein in groups[1:]:
            new = len(tree.transcript_id)
            tree.transcript_id.append(f"{name}.{protein}")
            tree.transcript_row.append(tree.transcript_row[number])
            tree.transcript_gene.append(gene)
            tree.transcript_type.append(tree.transcript_type[number])
            if number in tree.transcript_span:
                tree.transcript_span[new] = tree.transcript_span[number]
            transcript[at[own[ids[own] == protein]]] = new
            added.append(rest.assign(transcript=new))
        action = f"CDS rows of {', '.join(groups)} overlap in {name!r}: kept as {len(groups)} coding transcripts"
        tree.note(findings, gene, "several_proteins", action, int(rows.line[row[own]].min()))
    if not added:
        return children, False
    return pd.concat([children.assign(transcript=transcript), *added], ignore_index=True), True


def _id(text: str) -> str:
    """ID of a row; it is mostly the first attribute."""
    head = text.partition(";")[0]
    return head[3:] if head.startswith("ID=") else id_of(text) if "ID=" in text else ""


def _with_repeated_ids(owner: NDArray[np.int64], ids: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Rows of those transcripts that have several IDs, one of them more than once."""
    codes = pd.factorize(ids)[0].astype(np.int64)
    pairs, counts = np.unique(owner * np.int64(len(ids) + 1) + codes, return_counts=True)
    of_pair = pairs // (len(ids) + 1)
    n = int(owner.max(initial=0)) + 1
    several = np.bincount(of_pair, minlength=n) > 1
    repeated = np.bincount(of_pair[counts > 1], minlength=n) > 0
    out: NDArray[np.bool_] = (several & repeated)[owner]
    return out


def apart(ids: list[str], start: NDArray[np.int64], end: NDArray[np.int64]) -> list[str]:
    """IDs of the proteins that the coding segments of a transcript are, by their first base; empty for a single one.

    Parameters
    ----------
    ids
        ID of each segment.
    start, end
        ``(segment,)``, half-open.

    Examples
    --------
    >>> apart(["a", "a", "b", "b"], np.array([0, 20, 5, 20]), np.array([10, 30, 10, 30]))
    ['a', 'b']
    >>> apart(["a", "b", "c"], np.array([0, 20, 40]), np.array([10, 30, 50]))
    []
    """
    counts = Counter(ids)
    if len(counts) < 2 or "" in counts or max(counts.values()) < 2:
        return []
    hulls = []
    for name in counts:
        own = [one == name for one in ids]
        hulls.append((int(start[own].min()), int(end[own].max()), name))
    hulls.sort()
    reach = np.maximum.accumulate([hull[1] for hull in hulls])
    if not any(hull[0] < before for hull, before in zip(hulls[1:], reach.tolist(), strict=False)):
        return []
    return [name for _, _, name in hulls]
