"""Exons and coding segments of transcripts, from the rows that a file gives: completed, merged, with phases counted."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helixdask.genes.findings import Findings
from helixdask.genes.reading.gff_tree import Tree
from helixdask.genes.reading.gff_types import CDS, EXON, STOP
from helixdask.intervals import joined


def exon_segments(children: pd.DataFrame, tree: Tree, findings: Findings) -> pd.DataFrame:
    """Exons of each transcript: its exon rows, else its CDS and UTR rows joined where they touch.

    Returns
    -------
    pandas.DataFrame
        Columns transcript, start, end, score (that of the row; NaN where it gives none, or several were joined);
        sorted.
    """
    level = children["level"].to_numpy()
    transcript = children["transcript"].to_numpy(np.int64)
    n = len(tree.transcript_id)
    has_exon = np.zeros(n, bool)
    has_exon[transcript[level == EXON]] = True
    given = children[level == EXON]
    doubled = given.duplicated(["transcript", "start", "end"])
    _say_all(findings, tree, given[doubled], "duplicate_row", "the same exon twice: one kept")
    given = given[~doubled]
    rest = children[(level != EXON) & ~has_exon[transcript]]
    made = _joined(rest)
    n_made = made["transcript"].nunique()
    if n_made:
        findings.note("exons_made", f"{n_made:,} transcripts have no exon rows: made from CDS and UTR rows")
    exons = pd.concat([given[["transcript", "start", "end", "score"]], made], ignore_index=True)
    exons = exons.sort_values(["transcript", "start", "end"], kind="stable", ignore_index=True)
    return pd.DataFrame(exons)


def _joined(rows: pd.DataFrame) -> pd.DataFrame:
    """Union of each transcript's intervals; those that touch become one."""
    transcript, start, end = (rows[name].to_numpy(np.int64) for name in ("transcript", "start", "end"))
    unions = joined(transcript, start, end)
    columns = {"transcript": transcript[unions.rows], "start": start[unions.rows], "end": unions.end}
    return pd.DataFrame(columns | {"score": np.full(len(unions.rows), np.nan, np.float32)})


def coding_segments(
    children: pd.DataFrame, tree: Tree, noncoding: NDArray[np.bool_], findings: Findings, phases: str
) -> pd.DataFrame:
    """Coding segments of each transcript with their phases.

    Stop codons that the file keeps apart from the CDS are added to it. CDS rows of non-coding transcripts are left out.

    Parameters
    ----------
    noncoding
        Which transcripts cannot code, ``(transcript,)``.
    phases
        ``chain`` or ``file``, as in :func:`helixdask.genes.reading.gff_read.read_gff`.

    Returns
    -------
    pandas.DataFrame
        Columns transcript, start, end, phase, score (that of the row; NaN where it gives none); sorted.
    """
    cds = children[children["level"] == CDS]
    odd = noncoding[cds["transcript"].to_numpy(np.int64)]
    seen = cds[odd].drop_duplicates("transcript")
    rows = np.bincount(cds["transcript"].to_numpy(np.int64)[odd], minlength=len(noncoding))
    for number, line in zip(seen["transcript"].tolist(), seen["line"].tolist(), strict=True):
        action = f"{rows[number]} CDS rows of {tree.transcript_id[number]!r} read as exons"
        tree.note(findings, tree.transcript_gene[number], "cds_of_noncoding", action, line)
    cds = cds[~odd]
    doubled = cds.duplicated(["transcript", "start", "end"])
    _say_all(findings, tree, cds[doubled], "duplicate_row", "the same CDS row twice: one kept")
    cds = cds[~doubled].sort_values(["transcript", "start", "end"], kind="stable", ignore_index=True)
    cds = _with_stops(cds, children[children["level"] == STOP], tree, findings)
    transcript = cds["transcript"].to_numpy(np.int64)
    start, end = cds["start"].to_numpy(np.int64), cds["end"].to_numpy(np.int64)
    minus = cds["strand"].to_numpy() == 1
    given = cds["phase"].to_numpy(np.int8)
    counted = chain_phases(transcript, start, end, minus, given)
    differs = (given >= 0) & (given != counted)
    wrong = np.bincount(transcript[differs], minlength=len(tree.transcript_id))
    missing = np.bincount(transcript[given < 0], minlength=len(tree.transcript_id))
    lines = np.zeros(len(noncoding), np.int64)
    lines[transcript[::-1]] = cds["line"].to_numpy(np.int64)[::-1]
    done = "counted anew from the 5' end" if phases == "chain" else "kept as they are"
    for code, counts in (("wrong_phase", wrong), ("missing_phase", missing)):
        for number in np.flatnonzero(counts).tolist():
            action = f"{counts[number]} CDS rows of {tree.transcript_id[number]!r}: {done}"
            tree.note(findings, tree.transcript_gene[number], code, action, int(lines[number]))
    kept = counted if phases == "chain" else given
    score = cds["score"].to_numpy(np.float32)
    return pd.DataFrame({"transcript": transcript, "start": start, "end": end, "phase": kept, "score": score})


def _with_stops(cds: pd.DataFrame, stops: pd.DataFrame, tree: Tree, findings: Findings) -> pd.DataFrame:
    """CDS rows with the stop codons that lie outside of them (GTF keeps them apart)."""
    coding = np.zeros(len(tree.transcript_id), bool)
    coding[cds["transcript"].to_numpy(np.int64)] = True
    stops = stops[coding[stops["transcript"].to_numpy(np.int64)]]
    if not len(stops):
        return cds
    hull = cds.groupby("transcript").agg({"start": "min", "end": "max"})
    number = stops["transcript"].to_numpy(np.int64)
    low, high = hull["start"].reindex(number).to_numpy(), hull["end"].reindex(number).to_numpy()
    minus = stops["strand"].to_numpy() == 1
    start, end = stops["start"].to_numpy(), stops["end"].to_numpy()
    outside = np.where(minus, end <= low, start >= high)
    touches = outside & np.where(minus, end == low, start == high)
    if outside.any():
        n = len(np.unique(number[outside]))
        findings.note("stop_codon_added", f"{n:,} transcripts keep the stop codon apart: added to their CDS")
    cds = cds.copy()
    last_row = cds.reset_index().groupby("transcript")["index"].last()
    first_row = cds.reset_index().groupby("transcript")["index"].first()
    up, down = touches & ~minus, touches & minus
    cds.loc[last_row.reindex(number[up]).to_numpy(), "end"] = end[up]
    cds.loc[first_row.reindex(number[down]).to_numpy(), "start"] = start[down]
    apart = stops[outside & ~touches]
    if len(apart):
        cds = pd.concat([cds, apart.assign(phase=np.int8(-1), score=np.float32(np.nan))], ignore_index=True)
        cds = cds.sort_values(["transcript", "start", "end"], kind="stable", ignore_index=True)
    return cds


def chain_phases(
    transcript: NDArray[np.int64],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    minus: NDArray[np.bool_],
    given: NDArray[np.int8],
) -> NDArray[np.int8]:
    """Phase of each coding segment, counted along its transcript from the 5'-most one.

    The given phase of the 5'-most segment is believed, unless the coding length is a multiple of three only without it.

    Parameters
    ----------
    transcript, start, end, minus, given
        ``(segment,)``, sorted by transcript and start; ``given`` is -1 where unknown.

    Returns
    -------
    numpy.ndarray
        ``(segment,)`` int8: 0, 1 or 2.
    """
    if not len(transcript):
        return np.empty(0, np.int8)
    length = end - start
    before = np.cumsum(length) - length
    first = np.ones(len(transcript), bool)
    first[1:] = transcript[1:] != transcript[:-1]
    group = np.cumsum(first) - 1
    begin = np.flatnonzero(first)
    stop = np.append(begin[1:], len(transcript)) - 1
    total = np.add.reduceat(length, begin)
    from_left = before - before[begin][group]
    offset = np.where(minus, total[group] - from_left - length, from_left)
    lead = np.maximum(np.where(minus[begin], given[stop], given[begin]), 0).astype(np.int64)
    lead = np.where((total % 3 == 0) & (lead != 0), 0, lead)
    phases: NDArray[np.int8] = ((lead[group] - offset) % 3).astype(np.int8)
    return phases


def _say_all(findings: Findings, tree: Tree, rows: pd.DataFrame, code: str, action: str) -> None:
    for number, line in zip(rows["transcript"].tolist(), rows["line"].tolist(), strict=True):
        tree.note(findings, tree.transcript_gene[number], code, action, line)
