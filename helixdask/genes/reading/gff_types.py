"""What the type column of an annotation file means for gene models."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

GENE: Final = 0
TRANSCRIPT: Final = 1
EXON: Final = 2
CDS: Final = 3
UTR: Final = 4
STOP: Final = 5
OTHER: Final = 6
"""A type that says nothing; the row is a transcript if exons name it as their parent."""
IGNORED: Final = 7
"""A type that is never part of a gene model."""

# fmt: off
_IGNORED: Final = frozenset({
    "binding_site", "biological_region", "cdna_match", "chromosome", "contig", "deletion", "dispersed_repeat",
    "enhancer", "est_match", "expressed_sequence_match", "gap", "indel", "insertion", "intron",
    "long_terminal_repeat", "low_complexity_region", "ltr_retrotransposon", "mat_peptide", "match", "match_part",
    "nuclear_mt_pseudogene", "origin_of_replication", "point_mutation", "polya_signal_sequence", "polya_site",
    "polypeptide", "promoter", "protein", "protein_match", "read", "region", "regulatory_region", "remark",
    "repeat_region", "rnai_reagent", "scaffold", "sequence_alteration", "sequence_feature", "sig_peptide",
    "signal_peptide", "similarity", "snp", "snv", "splice3", "splice5", "start_codon", "supercontig", "tandem_repeat",
    "tf_binding_site", "transcript_region", "transcription_end_site", "transcription_start_site",
    "translated_nucleotide_match", "transposable_element", "tss", "tts",
})
_UTR: Final = frozenset({
    "3'-utr", "3'utr", "3utr", "5'-utr", "5'utr", "5utr", "five_prime_untranslated_region", "five_prime_utr",
    "three_prime_untranslated_region", "three_prime_utr", "utr", "utr3", "utr5", "utr_3", "utr_5",
})
# fmt: on
_EXON: Final = re.compile(r"(.*exon|exon_of_single_exon_gene)\Z")
_CDS: Final = re.compile(r"cds(_.*)?\Z|(edited|orphan|transposable_element)_cds\Z")
_GENE: Final = re.compile(r"(.*gene|gene_(with|silenced|rearranged)_.*|gene_cassette)\Z")
_TRANSCRIPT: Final = re.compile(r"(.*rna|.*transcript|.*mrna_with_.*|.*gene_segment|transcript_.*|ribozyme|mrna_.*)\Z")
_CODING: Final = re.compile(r"(.*mrna|mrna_.*|(?!.*pseudogenic|nc_|.*rna_primary).*transcript.*)\Z")


@cache
def level_of(type_name: str) -> int:
    """Level of a feature type: :data:`GENE`, :data:`TRANSCRIPT` and so on; upper and lower case are alike."""
    name = type_name.lower()
    if name in _IGNORED:
        return IGNORED
    if name in _UTR:
        return UTR
    if name == "stop_codon":
        return STOP
    for pattern, level in ((_CDS, CDS), (_EXON, EXON), (_GENE, GENE), (_TRANSCRIPT, TRANSCRIPT)):
        if pattern.match(name):
            return level if name != "mrna_te_gene" else TRANSCRIPT
    return OTHER


@cache
def is_noncoding(type_name: str) -> bool:
    """Whether a transcript (or a gene without transcripts) of this type cannot code: tRNA, pseudogene and so on."""
    name = type_name.lower()
    level = level_of(type_name)
    if level == GENE:
        return "pseudogene" in name or name.endswith("rna_gene")
    return level == TRANSCRIPT and not _CODING.match(name) and name != "mrna_te_gene"
