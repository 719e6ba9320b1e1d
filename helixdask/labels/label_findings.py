"""What labelling has to tell: each masked span, each gene that is not labelled, each choice that was not plain."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from helixdask.genes.attributes import masked_reasons
from helixdask.genes.findings import Findings
from helixdask.genes.genetic_code import STANDARD
from helixdask.genes.models import GeneModels
from helixdask.labels.features import mirrored
from helixdask.labels.masks import Masks
from helixdask.labels.segments import Ints
from helixdask.labels.soundness import Soundness
from helixdask.labels.tables import LabelTables
from helixdask.store.contigs import ContigTable

_SUSPECT_GENES = 3


def label_findings(models: GeneModels, contigs: ContigTable, tables: LabelTables) -> Findings:
    """Findings in this order: masked spans, genes that are not labelled and not masked, isoforms, genetic codes.

    Coordinates are 0-based and half-open, from the contig's first base, in plus orientation.
    """
    findings = Findings()
    _masked(findings, models, contigs, tables.masks)
    _not_labelled(findings, models, contigs, tables)
    _isoforms(findings, models, contigs, tables)
    if tables.codes is not None and tables.soundness is not None:
        unknown = np.flatnonzero(tables.codes.unknown)
        contig, gene = _names(models, contigs, unknown)
        action = "there is no such table: read with the contig's genetic code"
        code = "genetic_code_unknown"
        findings.note_all(code, action, lines=[0] * len(unknown), contigs=contig, genes=gene)
        _suspect_codes(findings, models, contigs, tables, tables.codes.table, tables.soundness)
    return findings


def _names(models: GeneModels, contigs: ContigTable, genes: Ints) -> tuple[list[str], list[str]]:
    contig = contigs.names[models.genes["contig"].to_numpy(np.int64)[genes]]
    return [str(name) for name in contig], [str(name) for name in models.genes["id"].to_numpy(object)[genes]]


def _masked(findings: Findings, models: GeneModels, contigs: ContigTable, masks: Masks) -> None:
    length = contigs.lengths[models.genes["contig"].to_numpy(np.int64)[masks.gene]]
    low, high = mirrored(masks.start, masks.end, length, masks.minus)
    low, high = np.clip(low, 0, length), np.clip(high, 0, length)
    columns = masks.code.tolist(), low.tolist(), high.tolist(), masks.minus.tolist()
    for code, start, end, minus, contig, gene in zip(*columns, *_names(models, contigs, masks.gene), strict=True):
        action = f"masked {start:,}-{end:,} {'-' if minus else '+'}"
        findings.note(code, action, contig=contig, gene=gene)


def _not_labelled(findings: Findings, models: GeneModels, contigs: ContigTable, tables: LabelTables) -> None:
    """Genes that no mask names: those that the ``helixer`` rules leave out, and those masked for others."""
    silent = np.ones(len(models.genes), bool)
    silent[tables.features.gene[tables.features.chosen]] = False
    silent[tables.masks.gene] = False
    has_transcript = np.zeros(len(silent), bool)
    has_transcript[models.transcripts["gene"].to_numpy()] = True
    reasons = masked_reasons(models)
    action = "counts as intergenic" if tables.soundness is None else "a coding gene is labelled there"
    action = f"not labelled: {action}"
    for code, which in (
        ("empty_gene", ~has_transcript & (reasons == "")),
        ("noncoding_gene", has_transcript & (reasons == "")),
        *((str(reason), reasons == reason) for reason in sorted(set(reasons[silent].tolist()) - {""})),
    ):
        rows = np.flatnonzero(silent & which)
        contig, gene = _names(models, contigs, rows)
        findings.note_all(code, action, lines=[0] * len(rows), contigs=contig, genes=gene)
    lost = np.zeros(len(silent), bool)
    lost[tables.features.gene[tables.features.chosen & ~tables.learnt]] = True
    lost[tables.masks.gene] = False
    rows = np.flatnonzero(lost)
    contig, gene = _names(models, contigs, rows)
    code, action = "masked_with_neighbour", "coding bases are masked for a neighbour's fault"
    findings.note_all(code, action, lines=[0] * len(rows), contigs=contig, genes=gene)


def _isoforms(findings: Findings, models: GeneModels, contigs: ContigTable, tables: LabelTables) -> None:
    f = tables.features
    rows = np.flatnonzero(tables.instead >= 0)
    names = models.transcripts["id"].to_numpy(object)[f.transcript]
    columns = names[rows], names[tables.instead[rows]], *_names(models, contigs, f.gene[rows])
    for taken, broken, contig, gene in zip(*columns, strict=True):
        action = f"{taken} stands for the gene: the longest, {broken}, is broken"
        findings.note("other_isoform", action, contig=contig, gene=gene)


def _suspect_codes(
    findings: Findings,
    models: GeneModels,
    contigs: ContigTable,
    tables: LabelTables,
    table: NDArray[np.int64],
    soundness: Soundness,
) -> None:
    """Contigs whose genes are full of stops under the standard code."""
    f = tables.features
    genes = np.unique(f.gene)
    stopped = np.zeros(len(models.genes), bool)
    stopped[f.gene[soundness.inner_stop]] = True
    sound = np.zeros(len(models.genes), bool)
    sound[f.gene[~soundness.inner_stop]] = True
    genes = genes[table[genes] == STANDARD]
    contig = models.genes["contig"].to_numpy(np.int64)[genes]
    n_genes = np.bincount(contig, minlength=len(contigs))
    n_stopped = np.bincount(contig[stopped[genes] & ~sound[genes]], minlength=len(contigs))
    for row in np.flatnonzero((n_genes >= _SUSPECT_GENES) & (2 * n_stopped > n_genes)).tolist():
        name = str(contigs.names[row])
        action = (
            f"{n_stopped[row]:,} of {n_genes[row]:,} coding genes have a stop codon inside: if this contig has another "
            f"genetic code, such as an organelle's, name it with --genetic-codes"
        )
        findings.note("genetic_code_suspect", action, contig=name)
