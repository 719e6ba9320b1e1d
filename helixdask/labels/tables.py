"""From gene models and the genome's sequence to everything that painting needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helixdask.genes.findings import Findings
from helixdask.genes.gff_read import masked_reasons
from helixdask.genes.models import GeneModels
from helixdask.labels.checks import Masks, check_genes
from helixdask.labels.codons import codons, inner_stops
from helixdask.labels.features import Features, features_of, mirrored
from helixdask.labels.intervals import StrandTables, strand_tables
from helixdask.store.contigs import ContigTable

__all__ = ["RULES", "LabelTables", "annotated_contigs", "label_tables", "mask_findings"]

RULES = ("default", "helixer")


@dataclass(frozen=True)
class LabelTables:
    """Interval tables of both strands, and how they came about."""

    strands: tuple[StrandTables, StrandTables]
    features: Features
    masks: Masks


def label_tables(
    models: GeneModels, contigs: ContigTable, read: Callable[[int, int], NDArray[np.uint8]], rules: str
) -> LabelTables:
    """Interval tables of all labels.

    Parameters
    ----------
    models
        Genes.
    contigs
        Sequences of the genome.
    read
        Gives the base codes of ``[start, stop)`` of ``position``.
    rules
        ``default``, or ``helixer``: exactly what GeenuFF and Helixer make of the same genes.
    """
    features = features_of(models, contigs.lengths, rules)
    if rules != "helixer":
        features = _without(features, masked_reasons(models) != "")
    first, last = codons(features, rules, contigs.offsets, read)
    inner = np.zeros(len(features), bool) if rules == "helixer" else inner_stops(features, contigs.offsets, read)
    masks = check_genes(models, features, first, last, inner, contigs.lengths, rules)
    minus = models.genes["strand"].to_numpy() == 1
    gene_contig = models.genes["contig"].to_numpy(np.int64)
    strands = strand_tables(features, masks, minus, gene_contig, contigs.lengths, rules)
    return LabelTables(strands, features, masks)


def _without(features: Features, broken: NDArray[np.bool_]) -> Features:
    """Features in which genes masked as a whole have no transcript that stands for them."""
    values: dict[str, Any] = dict(features.__dict__)
    values["chosen"] = features.chosen & ~broken[features.gene]
    return Features(**values)


def annotated_contigs(models: GeneModels, n_contigs: int) -> NDArray[np.bool_]:
    """Which contigs hold a gene that is labelled, ``(contig,)``: one with a coding transcript."""
    out = np.zeros(n_contigs, bool)
    out[models.transcript_contig()[models.cds["transcript"].to_numpy()]] = True
    return out


def mask_findings(models: GeneModels, contigs: ContigTable, masks: Masks) -> Findings:
    """A finding for each masked span, with its coordinates on the contig (0-based, half-open)."""
    findings = Findings()
    gene_contig = models.genes["contig"].to_numpy(np.int64)[masks.gene]
    minus = (models.genes["strand"].to_numpy() == 1)[masks.gene]
    low, high = mirrored(masks.start, masks.end, contigs.lengths[gene_contig], minus)
    names = models.genes["id"].to_numpy(object)[masks.gene]
    strands = np.where(minus, "-", "+")
    for code, contig, name, strand, start, end in zip(
        masks.code, gene_contig, names, strands, low.tolist(), high.tolist(), strict=True
    ):
        action = f"masked {start:,}-{end:,} {strand}"
        findings.add(str(code), "warning", action, contig=str(contigs.names[contig]), gene=str(name))
    return findings
