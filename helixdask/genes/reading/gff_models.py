"""Gene models from the tree of an annotation file and the segments of its transcripts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helixdask.genes.attributes import MASKED
from helixdask.genes.findings import Findings
from helixdask.genes.models import GeneModels
from helixdask.genes.reading.gff_attributes import as_json, gene_attributes, open_ends
from helixdask.genes.reading.gff_checks import HOLLOW, Strands
from helixdask.genes.reading.gff_lines import GffRows
from helixdask.genes.reading.gff_places import past_origin, stray_places, with_places
from helixdask.genes.reading.gff_tree import Tree
from helixdask.store.contigs import ContigTable

_Columns = dict[str, Any]


def assemble(
    rows: GffRows,
    tree: Tree,
    strands: Strands,
    segments: tuple[pd.DataFrame, pd.DataFrame],
    contigs: ContigTable,
    circular: NDArray[np.bool_],
    findings: Findings,
    *,
    is_gtf: bool,
    by_line: bool,
) -> GeneModels:
    """Put together the four tables, in file order; genes that cannot be used are cut to the contig and masked.

    Parameters
    ----------
    rows, tree, strands
        The file's rows, and what belongs together.
    segments
        Exons and coding segments.
    contigs, circular
        Sequences of the genome, and which of them the file calls circular.
    findings
        Gets a row for each gene that is masked, skipped or without transcripts.
    is_gtf
        In GTF every row tells of its gene.
    by_line
        Whether the models are Helixer's, which knows no places of a gene but its own and lets it reach beyond its
        contig.
    """
    transcripts = _transcripts(rows, tree, strands, segments)
    genes = _genes(rows, tree, strands, transcripts)
    attributes = gene_attributes(rows, tree, is_gtf)
    contig = genes["contig"]
    length = contigs.lengths[contig]
    start, end = genes["start"], genes["end"]
    if by_line:
        # Helixer paints what of a gene lies on its contig.
        for number in np.flatnonzero((start >= 0) & (start < length) & (end > length)).tolist():
            tree.note(findings, number, "beyond_contig", "labelled as far as the contig goes")
        length = np.where(start < length, np.iinfo(np.int64).max, length)
    _flag_off_contig(tree, findings, (start, end), transcripts, length, circular[contig])
    for number in np.flatnonzero(genes["strand"] < 0).tolist():
        if number not in tree.flags:
            tree.flag(findings, number, "no_strand", "no strand: masked on both strands")
    n_transcripts = np.bincount(transcripts["gene"], minlength=len(start))
    for number in np.flatnonzero(n_transcripts == 0).tolist():
        if number not in tree.flags:
            tree.note(findings, number, "empty_gene", "gene without transcripts")
    for number, reason in tree.flags.items():
        attributes[number][MASKED] = reason
    over = np.array([tree.flags.get(n) == "crosses_origin" for n in range(len(start))], bool) & (end > length)
    genes["attributes"] = [as_json(values) for values in attributes]
    places = past_origin(genes, np.flatnonzero(over & (start < length)), length)
    genes["start"] = np.where(over, start % length, np.clip(start, 0, length))
    genes["end"] = np.where(over & (start >= length), np.minimum(end - length, length), np.clip(end, 0, length))
    hollow = np.array([tree.flags.get(n, "") in HOLLOW for n in range(len(start))], bool)
    held = ~(hollow[transcripts["gene"]] | transcripts.pop("off"))
    if not by_line:
        places += stray_places(rows, tree, strands, genes, held, contigs)
    genes["strand"] = np.maximum(genes["strand"], 0)
    gone = genes["start"] >= genes["end"]
    for number in np.flatnonzero(gone).tolist():
        tree.note(findings, number, "gene_skipped", "nothing of it lies on the contig")
    line, lines = _lines(rows, tree)
    at = [place[0] for place in places]
    genes, lines, gone = (
        with_places(genes, places),
        np.append(lines, lines[at]),
        np.append(gone, np.zeros(len(at), bool)),
    )
    return _in_file_order(genes, transcripts, segments, held, gone, (lines, line))


def _flag_off_contig(
    tree: Tree,
    findings: Findings,
    spans: tuple[NDArray[np.int64], NDArray[np.int64]],
    transcripts: _Columns,
    length: NDArray[np.int64],
    circular: NDArray[np.bool_],
) -> None:
    """Flag genes that reach beyond their contig, or whose transcripts do; mark those transcripts as ``off``."""
    start, end = spans
    low, high, gene = transcripts["start"], transcripts["end"], transcripts["gene"]
    past = (start >= 0) & (start < end) & (end > length) & circular
    off = ((start < 0) | (end > length) | (start >= end)) & ~past
    transcripts["off"] = (low < 0) | (high > length[gene]) | (low >= high)
    own_off = np.zeros(len(start), bool)
    own_off[gene[transcripts["off"]]] = True
    for bad, code, action in (
        (past, "crosses_origin", "runs past the end of a circular sequence: both parts masked"),
        (off, "bad_coordinates", "masked"),
        (own_off, "bad_coordinates", "a transcript is off the contig: masked"),
    ):
        for number in np.flatnonzero(bad).tolist():
            if number not in tree.flags:
                tree.flag(findings, number, code, action)


def _transcripts(rows: GffRows, tree: Tree, strands: Strands, segments: tuple[pd.DataFrame, pd.DataFrame]) -> _Columns:
    """Columns of transcripts; the range is that of the line, or else of what lies inside."""
    at = np.array(tree.transcript_row, np.int64)
    low, high = np.full(len(at), np.iinfo(np.int64).max), np.full(len(at), -1, np.int64)
    for part in segments:
        owner = part["transcript"].to_numpy(np.int64)
        np.minimum.at(low, owner, part["start"].to_numpy(np.int64))
        np.maximum.at(high, owner, part["end"].to_numpy(np.int64))
    low = np.where(high < 0, -1, low)
    given = at >= 0
    low[given], high[given] = rows.start[at[given]], rows.end[at[given]]
    for number, span in tree.transcript_span.items():
        low[number], high[number] = span
    open_low, open_high = open_ends(rows, at)
    minus = strands.transcript == 1
    return {
        "id": np.array(tree.transcript_id, object),
        "gene": np.array(tree.transcript_gene, np.int64),
        "start": low,
        "end": high,
        "type": np.array(tree.transcript_type, object),
        "partial5": np.where(minus, open_high, open_low),
        "partial3": np.where(minus, open_low, open_high),
    }


def _genes(rows: GffRows, tree: Tree, strands: Strands, transcripts: _Columns) -> _Columns:
    """Columns of genes; the range is that of the line, or else of the transcripts."""
    at = np.array(tree.gene_row, np.int64)
    n = len(at)
    low, high = np.full(n, np.iinfo(np.int64).max), np.full(n, -1, np.int64)
    np.minimum.at(low, transcripts["gene"], transcripts["start"])
    np.maximum.at(high, transcripts["gene"], transcripts["end"])
    given = at >= 0
    low[given], high[given] = rows.start[at[given]], rows.end[at[given]]
    kind, score = np.full(n, "gene", object), np.full(n, np.nan, np.float32)
    kind[given], score[given] = rows.type[at[given]], rows.score[at[given]]
    first = np.searchsorted(rows.line, np.array(tree.gene_line, np.int64))
    return {
        "id": np.array(tree.gene_id, object),
        "contig": np.array(tree.gene_contig, np.int64),
        "start": np.where(high < 0, -1, low),
        "end": high,
        "strand": strands.gene,
        "type": kind,
        "source": rows.source[first],
        "score": score,
    }


def _lines(rows: GffRows, tree: Tree) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Lines of transcripts and genes, by which they are put in order; without one of its own that of the first row."""
    at, gene = np.array(tree.transcript_row, np.int64), np.array(tree.transcript_gene, np.int64)
    line = np.where(at >= 0, rows.line[at] if len(rows.line) else 0, np.iinfo(np.int64).max)
    made = at[tree.child_transcript] < 0
    np.minimum.at(line, tree.child_transcript[made], rows.line[tree.child_row[made]])
    lines = np.array(tree.gene_line, np.int64)
    without = np.array(tree.gene_row, np.int64)[gene] < 0
    np.minimum.at(lines, gene[without], line[without])
    # Transcripts that the file names stand before those that were made.
    return np.where(at >= 0, line, line + int(rows.line.max(initial=0))), lines


def _in_file_order(
    genes: _Columns,
    transcripts: _Columns,
    segments: tuple[pd.DataFrame, pd.DataFrame],
    held: NDArray[np.bool_],
    gone: NDArray[np.bool_],
    lines: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> GeneModels:
    """Models with the transcripts that are ``held`` and without genes that are ``gone``, both in the order of lines."""
    by_line = np.argsort(lines[1], kind="stable")
    by_line = by_line[held[by_line]]
    place = np.full(len(held), -1, np.int64)
    place[by_line] = np.arange(len(by_line))
    parts = []
    for part in segments:
        owner = part["transcript"].to_numpy(np.int64)
        columns = {name: part[name].to_numpy()[held[owner]] for name in part.columns}
        parts.append(columns | {"transcript": place[owner[held[owner]]]})
    transcripts = {name: values[by_line] for name, values in transcripts.items()}
    models = GeneModels.from_columns(genes, transcripts, *parts)
    order = np.argsort(lines[0], kind="stable")
    order = order[~gone[order]]
    in_order = len(order) == len(gone) and bool(
        (np.diff(order) > 0).all() and (np.diff(transcripts["gene"]) >= 0).all()
    )
    return models if in_order else models.select(order)
