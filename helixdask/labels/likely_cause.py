"""Why many genes of an annotation are masked: the likely cause and its remedy in one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from helixdask.genes.attributes import masked_reasons
from helixdask.genes.models import GeneModels
from helixdask.labels.tables import LabelTables

SHARE: Final = 0.1
"""Lost genes, of those that code, from which on a cause is looked for."""

_CAUSES: Final = MappingProxyType(
    {
        "disagrees_with_sequence": (
            "the coordinates seem to be another assembly's; take the annotation of this very genome, or lift it over"
        ),
        "overlapping_genes": (
            "isoforms may stand as genes of their own; give transcripts of a gene one Parent (GFF3) or gene_id (GTF)"
        ),
        "inner_stop": (
            "the genetic code may be another one; give --genetic-code, or --genetic-codes for single contigs"
        ),
        "mismatched_ending_phase": "coding lengths do not fit the frame; CDS rows or exons may be missing",
        "cds_outside_exons": "CDS rows lie outside their exons; the two may come from different versions",
        "ambiguous_parent": (
            "rows name a gene, or a transcript that is there several times; let CDS and exon rows name one transcript"
        ),
        "contig_mismatch": "names of transcripts or genes repeat on several sequences; make them unique",
        "mismatching_strands": "rows of a transcript lie on both strands; names may repeat, or the strands are wrong",
        "bad_coordinates": (
            "coordinates reach beyond the sequences, as of another assembly; take the annotation of this very genome"
        ),
        "no_strand": "genes have no strand; put + or - into the seventh column",
        "masked_with_neighbour": "coding bases lie in the masked surroundings of other genes",
    }
)
_PHASES: Final = "the phases of most transcripts are wrong; put . into the eighth column to have them counted"
_NAMES: Final = "sequences that the genome has not, by that name; give their names with --aliases"


def likely_cause(
    models: GeneModels, tables: LabelTables, reading: Mapping[str, int], rows: tuple[int, int] = (0, 0)
) -> str:
    """One line where more than a tenth of the genes is lost; empty text otherwise.

    A gene is lost when no transcript of it keeps half of its coding bases. Genes that code, or that the reader masked,
    count; non-coding genes are masked by rule.

    Parameters
    ----------
    models, tables
        Genes, and what became of them under the default rules.
    reading
        Findings of reading, by code.
    rows
        Rows of the file on sequences that the genome has not, and all rows.
    """
    unknown, all_rows = rows
    if unknown > SHARE * all_rows:
        return f"{unknown:,} of {all_rows:,} rows of the annotation lie on {_NAMES}"
    f = tables.features
    counted = masked_reasons(models) != ""
    counted[f.gene] = True
    lost = counted.copy()
    lost[f.gene[tables.valid >= 0.5]] = False
    if lost.sum() <= SHARE * counted.sum():
        return ""
    wrong_phases = reading.get("wrong_phase", 0) > 0.5 * len(f)
    pairs = {(str(code), int(gene)) for code, gene in zip(tables.masks.code, tables.masks.gene, strict=True)}
    by_code = Counter(code for code, gene in pairs if lost[gene])
    # A span that two genes share is one finding, of one of them.
    code = min(by_code or {"masked_with_neighbour": 1}, key=lambda name: (-by_code[name], name))
    cause = _CAUSES.get(code, "the findings name each gene; labels --findings FILE writes them")
    if wrong_phases and code in ("inner_stop", "mismatched_ending_phase"):
        cause = _PHASES
    return f"{lost.sum():,} of {counted.sum():,} coding genes are masked, most of them by {code}: {cause}"
