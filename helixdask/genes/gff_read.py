"""Annotation files (GFF3, GTF, plain or gzip) as gene models, with a finding for whatever was skipped or mended."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helixdask.errors import BadInputError
from helixdask.genes.attributes import MASKED, masked_reasons
from helixdask.genes.findings import Findings
from helixdask.genes.gff_lines import GffRows, plain, read_rows
from helixdask.genes.gff_segments import coding_segments, exon_segments
from helixdask.genes.gff_tree import Tree, build_tree
from helixdask.genes.gff_types import OTHER
from helixdask.genes.models import GeneModels
from helixdask.store.contigs import ContigTable

__all__ = ["MASKED", "masked_reasons", "read_aliases", "read_gff"]

_KEPT: Final = re.compile(
    r"(?:^|;)\s*(Name|gene_name|biotype|gene_biotype|locus_tag|gene|product|description|Note|Dbxref)"
    r"(?:=|\s+\"?)([^;\"]*)"
)
_OPEN_START: Final = re.compile(r"start_range=\.,")
_OPEN_END: Final = re.compile(r"end_range=\d+,\.")


def read_aliases(path: str | Path) -> dict[str, str]:
    """Read a table of other sequence names: two tab-separated columns, the annotation's name and the genome's.

    Raises
    ------
    BadInputError
        A line without two columns.
    """
    aliases = {}
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise BadInputError(f"cannot be read: {error}", where=str(path)) from None
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = line.split("\t")
        if len(parts) < 2:
            raise BadInputError(
                "an alias line needs two tab-separated columns",
                where=f"{path}, line {number}",
                remedy="Write NAME<TAB>CONTIG.",
            )
        aliases[parts[0].strip()] = parts[1].strip()
    return aliases


def read_gff(
    path: str | Path, contigs: ContigTable, *, aliases: Mapping[str, str] | None = None, phases: str = "chain"
) -> tuple[GeneModels, Findings]:
    """Read gene models.

    Parameters
    ----------
    path
        GFF3 or GTF, plain or gzip.
    contigs
        Sequences of the genome.
    aliases
        Names in the file that stand for other names in the genome; exact matches win.
    phases
        ``chain``: phases counted along the coding segments from the 5' end; ``file``: as the file has them, wrong ones
        too.

    Returns
    -------
    tuple
        Genes in file order, and the findings. A gene that cannot be trusted as a whole carries the reason under the key
        :data:`MASKED` of its attributes; where its coordinates make no sense it has no transcripts.

    Raises
    ------
    BadInputError
        The file is no GFF, or names no sequence of the genome.
    """
    findings = Findings(Path(path).name)
    rows = read_rows(path)
    frame = _on_contigs(path, rows, contigs, aliases or {}, findings)
    tree = build_tree(frame, findings, rows.is_gtf)
    _say_ignored(rows, frame, tree, findings)
    if not tree.gene_id:
        findings.add("no_genes", "warning", f"no gene found in {sum(rows.seqids.values()):,} feature lines")
        return GeneModels.empty(), findings
    children = _children(frame, tree, contigs, findings)
    exons = exon_segments(children, tree, findings)
    cds = coding_segments(children, tree, findings, phases)
    return _assemble(frame, tree, exons, cds, contigs, findings), findings


def _say_ignored(rows: GffRows, frame: pd.DataFrame, tree: Tree, findings: Findings) -> None:
    """Count what is no part of any gene model."""
    unused = frame["level"].to_numpy() == OTHER
    unused[[row for row in tree.transcript_row if row >= 0]] = False
    counts = rows.types + Counter(frame["type"].to_numpy(object)[unused].tolist())
    for type_name, count in sorted(counts.items()):
        findings.add("type_ignored", "info", f"{count:,} rows ignored: {type_name!r} is no part of a gene model")


def _on_contigs(
    path: str | Path, rows: GffRows, contigs: ContigTable, aliases: Mapping[str, str], findings: Findings
) -> pd.DataFrame:
    """Rows whose sequence the genome has, with the genome's name for it."""
    known: dict[str, str] = {}
    for name in {plain(seqid) for seqid in rows.seqids}:
        target = name if name in contigs else aliases.get(name, "")
        if target in contigs:
            known[name] = target
    lost = {plain(name): count for name, count in rows.seqids.items() if plain(name) not in known}
    if rows.seqids and not known:
        raise BadInputError(
            f"none of its sequence names is in the genome: {', '.join(sorted(lost)[:5])} …",
            where=str(path),
            remedy=f"The genome has {', '.join(map(str, contigs.names[:5]))} …; give a table of names with --aliases.",
        )
    for name, count in sorted(lost.items()):
        findings.add("contig_unknown", "warning", f"{count:,} rows skipped: the genome has no {name!r}", contig=name)
    frame = rows.frame
    seqid = frame["seqid"].map(known)
    return frame.assign(seqid=seqid)[seqid.notna()].reset_index(drop=True)


def _children(frame: pd.DataFrame, tree: Tree, contigs: ContigTable, findings: Findings) -> pd.DataFrame:
    """Exon, CDS, UTR and stop codon rows with their transcript; flags genes whose rows cannot be used."""
    row = np.array(tree.child_row, np.int64)
    transcript = np.array(tree.child_transcript, np.int64)
    children = frame.loc[row, ["line", "seqid", "level", "start", "end", "strand", "phase"]].reset_index(drop=True)
    children["transcript"] = transcript
    own = np.array(tree.transcript_row, np.int64)
    strand = frame["strand"].to_numpy()
    transcript_strand = np.where(own >= 0, strand[own] if len(strand) else -1, -1)
    gene = np.array(tree.transcript_gene, np.int64)
    gene_row = np.array(tree.gene_row, np.int64)
    gene_strand = np.where(gene_row >= 0, strand[gene_row] if len(strand) else -1, -1)
    transcript_strand = np.where(transcript_strand < 0, gene_strand[gene], transcript_strand)
    first = pd.Series(children["strand"].to_numpy()).groupby(transcript).first()
    by_child = first.reindex(np.arange(len(own)), fill_value=-1).to_numpy()
    transcript_strand = np.where(transcript_strand < 0, by_child, transcript_strand)
    # Most transcripts of a gene agree; the gene's own line rules, then its first transcript.
    first_of_gene = pd.Series(transcript_strand).groupby(gene).first().reindex(np.arange(len(gene_row)), fill_value=-1)
    tree_strand = np.where(gene_strand < 0, first_of_gene.to_numpy(), gene_strand)
    children["strand"] = np.where(children["strand"] < 0, transcript_strand[transcript], children["strand"])
    wrong = (children["strand"] != tree_strand[gene[transcript]]).to_numpy(bool) & (tree_strand[gene[transcript]] >= 0)
    _flag_rows(children, wrong, gene, tree, findings, "mismatching_strands", "row on the other strand: gene masked")
    lengths = contigs.lengths[[contigs.index(name) for name in children["seqid"].unique()]]
    length = children["seqid"].map(dict(zip(children["seqid"].unique(), lengths, strict=True))).to_numpy(np.int64)
    start, end = children["start"].to_numpy(), children["end"].to_numpy()
    bad = (start < 0) | (end > length) | (start >= end)
    _flag_rows(children, bad, gene, tree, findings, "bad_coordinates", "coordinates off the contig: gene masked")
    return children[~wrong & ~bad].reset_index(drop=True)


def _flag_rows(
    children: pd.DataFrame,
    bad: NDArray[np.bool_],
    gene: NDArray[np.int64],
    tree: Tree,
    findings: Findings,
    code: str,
    action: str,
) -> None:
    transcript, lines = children["transcript"].to_numpy(np.int64), children["line"].to_numpy(np.int64)
    for index in np.flatnonzero(bad).tolist():
        number = int(gene[transcript[index]])
        if tree.flags.get(number) != code:
            line, contig = int(lines[index]), str(children["seqid"].iat[index])
            findings.add(code, "error", action, line=line, contig=contig, gene=tree.gene_id[number])
        tree.flags[number] = code


def _assemble(
    frame: pd.DataFrame, tree: Tree, exons: pd.DataFrame, cds: pd.DataFrame, contigs: ContigTable, findings: Findings
) -> GeneModels:
    genes, transcripts = _transcript_frame(frame, tree, exons, cds)
    genes["contig"] = genes["seqid"].map({name: contigs.index(name) for name in genes["seqid"].unique()})
    length = contigs.lengths[genes["contig"].to_numpy(np.int64)]
    start, end = genes["start"].to_numpy(), genes["end"].to_numpy()
    _flag(tree, findings, genes, (start < 0) | (end > length) | (start >= end), "bad_coordinates", "masked")
    own_bad = (transcripts["start"] < 0) | (transcripts["end"] > length[transcripts["gene"]])
    own_bad |= transcripts["start"] >= transcripts["end"]
    bad_gene = np.zeros(len(genes), bool)
    bad_gene[transcripts["gene"].to_numpy()[own_bad.to_numpy(bool)]] = True
    _flag(tree, findings, genes, bad_gene, "bad_coordinates", "a transcript is off the contig: masked")
    _flag(tree, findings, genes, (genes["strand"] < 0).to_numpy(bool), "no_strand", "no strand: masked on plus")
    childless = np.bincount(transcripts["gene"].to_numpy(), minlength=len(genes)) == 0
    for row in np.flatnonzero(childless & ~np.isin(np.arange(len(genes)), list(tree.flags))).tolist():
        _say(findings, genes, row, "empty_gene", "info", "gene without transcripts")
    reasons = [tree.flags.get(number, "") for number in range(len(genes))]
    hollow = np.array([reason in ("bad_coordinates", "no_strand", "contig_mismatch") for reason in reasons])
    genes["start"] = np.clip(start, 0, length)
    genes["end"] = np.clip(end, 0, length)
    genes["strand"] = genes["strand"].clip(lower=0)
    genes["attributes"] = _attributes(frame, tree, reasons)
    gone = (genes["start"] >= genes["end"]).to_numpy(bool)
    for row in np.flatnonzero(gone).tolist():
        _say(findings, genes, row, "gene_skipped", "error", "nothing of it lies on the contig")
    return _keep(genes, transcripts, exons, cds, hollow, gone)


def _keep(
    genes: pd.DataFrame,
    transcripts: pd.DataFrame,
    exons: pd.DataFrame,
    cds: pd.DataFrame,
    hollow: NDArray[np.bool_],
    gone: NDArray[np.bool_],
) -> GeneModels:
    """Models in file order, without the transcripts of hollow genes and without genes that are gone."""
    stay = ~hollow[transcripts["gene"].to_numpy()]
    place = np.cumsum(stay) - 1
    transcripts = transcripts[stay]
    parts = []
    for part in (exons, cds):
        kept = part[stay[part["transcript"].to_numpy(np.int64)]]
        parts.append(kept.assign(transcript=place[kept["transcript"].to_numpy(np.int64)]))
    models = GeneModels.from_columns(*({name: frame[name] for name in frame} for frame in (genes, transcripts, *parts)))
    order = np.argsort(genes["line"].to_numpy(), kind="stable")
    return models.select(order[~gone[order]])


def _transcript_frame(
    frame: pd.DataFrame, tree: Tree, exons: pd.DataFrame, cds: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Genes and transcripts with their ranges: the line's where there is one, else that of what lies inside."""
    own = np.array(tree.transcript_row, np.int64)
    parts = pd.concat([exons[["transcript", "start", "end"]], cds[["transcript", "start", "end"]]])
    hull = parts.groupby("transcript").agg({"start": "min", "end": "max"}).reindex(np.arange(len(own)), fill_value=-1)
    has_row = own >= 0
    columns: dict[str, Any] = {"id": tree.transcript_id, "gene": np.array(tree.transcript_gene, np.int64)}
    for name in ("start", "end"):
        values = frame[name].to_numpy()
        columns[name] = np.where(has_row, values[own], hull[name].to_numpy()) if len(own) else np.empty(0, np.int64)
    columns["type"] = tree.transcript_type
    transcripts = pd.DataFrame(columns)
    transcripts["partial5"], transcripts["partial3"] = _partial(frame, own)
    gene_row = np.array(tree.gene_row, np.int64)
    has_row = gene_row >= 0
    lines = transcripts.assign(row=own).groupby("gene")
    inner = lines.agg({"start": "min", "end": "max"}).reindex(np.arange(len(gene_row)), fill_value=-1)
    genes = pd.DataFrame({"id": tree.gene_id, "line": np.array(tree.gene_line, np.int64)})
    at = np.searchsorted(frame["line"].to_numpy(), genes["line"].to_numpy())
    for name in ("start", "end"):
        genes[name] = np.where(has_row, frame[name].to_numpy()[gene_row], inner[name].to_numpy())
    genes["seqid"] = frame["seqid"].to_numpy(object)[at]
    genes["source"] = frame["source"].to_numpy(object)[at]
    genes["type"] = np.where(has_row, frame["type"].to_numpy(object)[gene_row], "gene")
    genes["score"] = np.where(has_row, frame["score"].to_numpy()[gene_row], np.float32(np.nan))
    strand = frame["strand"].to_numpy()
    genes["strand"] = strand[at]
    by_transcript = np.where(own >= 0, strand[own], -1) if len(own) else np.empty(0, np.int8)
    known = pd.Series(by_transcript).groupby(transcripts["gene"].to_numpy()).max().reindex(genes.index, fill_value=-1)
    genes["strand"] = np.where(genes["strand"] < 0, known.to_numpy(), genes["strand"])
    return genes, transcripts


def _partial(frame: pd.DataFrame, own: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which ends of transcripts NCBI marks as open."""
    texts, strand = frame["attributes"].to_numpy(object), frame["strand"].to_numpy()
    at_start, at_end = np.zeros(len(own), bool), np.zeros(len(own), bool)
    for number, row in enumerate(own.tolist()):
        if row >= 0 and "_range=" in texts[row]:
            at_start[number] = _OPEN_START.search(texts[row]) is not None
            at_end[number] = _OPEN_END.search(texts[row]) is not None
    minus = np.where(own >= 0, strand[own], 0) == 1 if len(own) else np.zeros(0, bool)
    return np.where(minus, at_end, at_start), np.where(minus, at_start, at_end)


def _attributes(frame: pd.DataFrame, tree: Tree, reasons: list[str]) -> list[str]:
    texts: list[str] = frame["attributes"].tolist()
    out = []
    for row, reason in zip(tree.gene_row, reasons, strict=True):
        kept = {key: plain(value.strip()) for key, value in _KEPT.findall(texts[row])} if row >= 0 else {}
        if reason:
            kept[MASKED] = reason
        out.append(json.dumps(kept) if kept else "{}")
    return out


def _flag(tree: Tree, findings: Findings, genes: pd.DataFrame, bad: NDArray[np.bool_], code: str, action: str) -> None:
    for row in np.flatnonzero(bad).tolist():
        if row not in tree.flags:
            tree.flags[row] = code
            _say(findings, genes, row, code, "error", action)


def _say(findings: Findings, genes: pd.DataFrame, row: int, code: str, severity: str, action: str) -> None:
    line = int(genes["line"].to_numpy(np.int64)[row])
    findings.add(code, severity, action, line=line, contig=str(genes["seqid"].iat[row]), gene=str(genes["id"].iat[row]))
