"""Every code that a finding may have: when it comes up, how severe it is, what it means and what is done about it."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, NamedTuple

SEVERITIES: Final = ("info", "warning", "error")
READING: Final = "reading"
LABELLING: Final = "labelling"


class FindingCode(NamedTuple):
    """One kind of finding.

    ``stages`` are ``reading`` and ``labelling``; ``severity`` is ``info`` (nothing was lost),
    ``warning`` (mended, skipped or masked in part), ``error`` (a gene cannot be used).
    """

    stages: tuple[str, ...]
    severity: str
    meaning: str
    done: str


def _read(severity: str, meaning: str, done: str) -> FindingCode:
    return FindingCode((READING,), severity, meaning, done)


def _label(meaning: str, done: str, severity: str = "warning") -> FindingCode:
    return FindingCode((LABELLING,), severity, meaning, done)


def _both(severity: str, meaning: str, done: str) -> FindingCode:
    return FindingCode((READING, LABELLING), severity, meaning, done)


CODES: Final = MappingProxyType(
    {
        "type_ignored": _read("info", "a type that is no part of a gene model", "rows counted"),
        "type_unknown": _read("warning", "an unknown type that has exons", "read as a transcript"),
        "contig_unknown": _read("warning", "a sequence that the genome has not", "its rows skipped"),
        "parent_missing": _read("warning", "no Parent", "joined to what stands above, or got one made for it"),
        "parent_unknown": _read(
            "warning", "a Parent that is not in the file", "joined to what stands above, or got one made for it"
        ),
        "ambiguous_parent": _both(
            "error", "rows that fit none or several of the transcripts they may belong to", "rows left out, gene masked"
        ),
        "attribute_case": _read("info", "ID, Parent and the like in upper or lower case", "read alike"),
        "gene_id_is_transcript_id": _read(
            "warning", "a GTF file in which every gene_id is a transcript_id", "genes made by gene_name or by overlap"
        ),
        "transcript_twice": _read("info", "several rows of one transcript", "read as one"),
        "several_proteins": _read(
            "info", "coding segments of several IDs that overlap in one transcript", "kept as a transcript each"
        ),
        "duplicate_id": _read("warning", "two genes of one ID", "both kept"),
        "duplicate_row": _read("info", "the same exon or CDS twice in a transcript", "one kept"),
        "exons_made": _read("info", "transcripts without exon rows", "exons made from CDS and UTR rows"),
        "stop_codon_added": _read("info", "a stop codon kept apart from the CDS", "added to the CDS"),
        "cds_of_noncoding": _read("warning", "CDS rows of a pseudogene, tRNA and the like", "read as exons"),
        "wrong_phase": _read("warning", "phases that do not follow from the first", "counted anew along the CDS"),
        "missing_phase": _read("info", "CDS rows without a phase", "counted along the CDS"),
        "no_genes": _read("warning", "a file without genes", "empty tables"),
        "gene_skipped": _read("error", "nothing of the gene lies on the contig", "gene skipped"),
        "mismatching_strands": _both("error", "a row on the other strand than its gene", "row left out, gene masked"),
        "contig_mismatch": _both("error", "a row on another sequence than its parent", "row left out, gene masked"),
        "bad_coordinates": _both(
            "error", "off the contig, or end before start", "gene cut to the contig and masked, without transcripts"
        ),
        "beyond_contig": _read(
            "warning", "a gene that reaches beyond its contig, read for the helixer rules", "labelled up to the end"
        ),
        "crosses_origin": _both(
            "warning",
            "a gene of a circular sequence that runs past its end",
            "both parts kept and masked, without transcripts",
        ),
        "gene_in_parts": _both(
            "warning", "one gene in several places (trans-splicing)", "every part kept and masked, without transcripts"
        ),
        "no_strand": _both("error", "a gene without a strand", "masked on both strands, without transcripts"),
        "empty_gene": _both("info", "a gene without transcripts", "kept; masked by the default rules"),
        "noncoding_gene": _label("a gene without coding transcripts", "masked by the default rules", "info"),
        "missing_utr_5p": _label("the CDS begins with the transcript", "masked from the CDS outwards"),
        "missing_utr_3p": _label("the CDS ends with the transcript", "masked from the CDS outwards"),
        "missing_start_codon": _label("the CDS does not begin with a start codon", "masked from the CDS outwards"),
        "missing_stop_codon": _label("the CDS does not end with a stop codon", "masked from the CDS outwards"),
        "wrong_starting_phase": _label("the first phase is not 0", "masked from the CDS outwards"),
        "mismatched_ending_phase": _label(
            "the coding length does not fit the frame", "the gene and what follows masked"
        ),
        "inner_stop": _label("a stop codon inside the CDS", "the gene masked"),
        "cds_outside_exons": _label("coding bases in an intron or beyond the transcript", "the gene masked"),
        "disagrees_with_sequence": _label(
            "two independent signs that the coordinates belong to another sequence",
            "the gene and the stretches beside it masked",
        ),
        "translation_exception": _label(
            "a gene that is said to break the rules of translation, and does", "the gene masked"
        ),
        "unpainted_isoform": _label(
            "an isoform codes, or lies, outside the transcript that stands for the gene", "masked there", "info"
        ),
        "cds_gap": _label("exon bases between coding segments of a transcript", "those bases masked"),
        "cds_overlap": _label("coding segments of a transcript overlap", "the bases they share masked"),
        "other_isoform": _label("the longest isoform is broken", "the longest sound one stands for the gene", "info"),
        "genetic_code_unknown": _label(
            "the annotation names a genetic code that NCBI has not", "read with the contig's"
        ),
        "genetic_code_suspect": _label(
            "most coding genes of a contig have stop codons inside under the standard code", "genes masked; said so"
        ),
        "super_loci_overlap_error": _label(
            "genes of one strand overlap and lack a UTR there", "the overlap's surroundings masked"
        ),
        "overlapping_genes": _label("transcripts of two genes disagree about a base", "those bases masked"),
        "masked_with_neighbour": _label(
            "coding bases lie in a stretch that is masked for another gene", "nothing more masked", "info"
        ),
        "overlapping_exons": _label("exons of one transcript overlap", "masked from intron to intron"),
        "too_short_intron": _label("an intron of less than 20 bases", "the intron masked"),
        "truncated_intron": _label("an intron at the transcript's end", "masked from the intron outwards"),
    }
)
"""Declaration of each code, in the order of the documentation."""
