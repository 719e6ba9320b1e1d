"""Annotation files (GFF3, GTF, plain or gzip) as gene models, with a finding for whatever was skipped or mended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from helixdask.genes.finding_codes import CODES
from helixdask.genes.findings import Findings
from helixdask.genes.models import GeneModels
from helixdask.genes.reading.gff_attach import build_tree
from helixdask.genes.reading.gff_attributes import given_mask, noncoding_transcripts
from helixdask.genes.reading.gff_checks import strands_of, usable_children
from helixdask.genes.reading.gff_gene_ids import with_genes_of_transcripts
from helixdask.genes.reading.gff_lines import GffRows, read_rows
from helixdask.genes.reading.gff_models import assemble
from helixdask.genes.reading.gff_names import on_contigs
from helixdask.genes.reading.gff_proteins import one_transcript_each
from helixdask.genes.reading.gff_segments import coding_segments, exon_segments
from helixdask.genes.reading.gff_tree import Tree
from helixdask.genes.reading.gff_types import OTHER
from helixdask.store.contigs import ContigTable


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
        too, and coding rows of pseudogenes are kept, as Helixer wants it.

    Returns
    -------
    tuple
        Genes in file order, and the findings. A gene that cannot be trusted as a whole carries the reason under the key
        ``masked`` of its attributes; where its coordinates make no sense it has no transcripts.

    Raises
    ------
    BadInputError
        The file is no GFF, or names no sequence of the genome.
    """
    findings = Findings(Path(path).name)
    file = read_rows(path)
    rows, circular = on_contigs(path, file, contigs, aliases or {}, findings)
    names = np.asarray(contigs.names, object)
    by_line = phases == "file"
    if file.other_case:
        action = (
            f"{file.other_case:,} rows name ID and Parent (gene_id, transcript_id) in upper or lower case: read alike"
        )
        findings.note("attribute_case", action)
    if file.is_gtf and not by_line:
        rows = with_genes_of_transcripts(rows, findings)
    tree = build_tree(rows, names, findings, is_gtf=file.is_gtf, by_line=by_line)
    _say_ignored(file.types, rows, tree, findings)
    if not tree.gene_id:
        findings.note("no_genes", f"no gene found in {int(file.seqid_rows.sum()):,} feature lines")
        return GeneModels.empty(), findings
    _take_given_masks(rows, tree, findings)
    strands = strands_of(rows, tree)
    children = usable_children(rows, tree, strands, contigs.lengths, circular, findings, by_line=by_line)
    if not by_line:
        children, is_split = one_transcript_each(children, rows, tree, findings)
        strands = strands_of(rows, tree) if is_split else strands
    exons = exon_segments(children, tree, findings)
    # Helixer labels the coding rows of pseudogenes.
    noncoding = noncoding_transcripts(rows, tree, believe_pseudo=phases == "chain")
    cds = coding_segments(children, tree, noncoding, findings, phases)
    segments = exons, cds
    models = assemble(rows, tree, strands, segments, contigs, circular, findings, is_gtf=file.is_gtf, by_line=by_line)
    return models, findings


def _say_ignored(types: Counter[str], rows: GffRows, tree: Tree, findings: Findings) -> None:
    """Count what is no part of any gene model."""
    unused = rows.level == OTHER
    unused[[row for row in tree.transcript_row if row >= 0]] = False
    counts = types + Counter(rows.type[unused].tolist())
    for type_name, count in sorted(counts.items()):
        findings.note("type_ignored", f"{count:,} rows ignored: {type_name!r} is no part of a gene model")


def _take_given_masks(rows: GffRows, tree: Tree, findings: Findings) -> None:
    """Mask genes that the file itself calls masked: files that this package wrote."""
    for number, row in enumerate(tree.gene_row):
        reason = given_mask(rows.attributes[row]) if row >= 0 else ""
        if reason in CODES and number not in tree.flags:
            tree.flag(findings, number, reason, "the file itself calls the gene masked")
