"""Every array of the store, declared once.

Creation, validation, attributes and ``docs/reference/FORMAT.md`` are driven by this table. A group path with braces
is a template: ``labels/{name}`` stands for ``labels/reference``, ``labels/pseudo`` and so on.
"""

from __future__ import annotations

import re
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from helixdask.array_spec import POSITION, TRACK_SHARD, ArraySpec, column, track
from helixdask.errors import InternalError

__all__ = [
    "ARRAYS",
    "DIMENSIONS",
    "FIXED_SIZES",
    "FORMAT_VERSION",
    "KINDS",
    "LABEL_CLASSES",
    "PHASE_CLASSES",
    "POSITION",
    "SIDES",
    "STRANDS",
    "TRANSITIONS",
    "ArraySpec",
    "arrays_of",
    "genome_shard_length",
    "group_of",
    "tables_below",
    "template_of",
]

FORMAT_VERSION: Final = 1

STRANDS: Final = ("+", "-")
SIDES: Final = ("train", "validation", "test")
LABEL_CLASSES: Final = ("intergenic", "utr", "cds", "intron")
INTERGENIC, UTR, CDS, INTRON = range(len(LABEL_CLASSES))
PHASE_CLASSES: Final = ("none", "0", "1", "2")
TRANSITIONS: Final = ("+transcript", "+cds", "+intron", "-transcript", "-cds", "-intron")

DIMENSIONS: Final = MappingProxyType(
    {
        POSITION: "the whole genome, contigs end to end in FASTA order, 0-based, plus-strand orientation",
        "strand": "plus, minus",
        "label_class": ", ".join(LABEL_CLASSES),
        "phase_class": ", ".join(PHASE_CLASSES),
        "contig": "contigs in FASTA order",
        "md5_byte": "the 16 bytes of an MD5",
        "gene": "genes",
        "transcript": "transcripts",
        "exon": "exons of transcripts",
        "cds": "coding segments of transcripts",
        "finding": "what was skipped, mended or masked",
        "window": "windows, in the order of their rows",
        "row": "chosen windows",
        "kmer": "k-mers of the sample, by position",
        "library": "libraries of a coverage set, sorted by name",
        "pair": "pairs of contigs that are copies of each other",
    }
)

FIXED_SIZES: Final = MappingProxyType(
    {"strand": len(STRANDS), "label_class": len(LABEL_CLASSES), "phase_class": len(PHASE_CLASSES), "md5_byte": 16}
)

KINDS: Final = ("genes", "labels", "predictions", "coverage", "tracks", "windows", "selections", "splits", "kinship")
"""Groups of the root that hold named groups."""


def _genome() -> list[ArraySpec]:
    g = "genome"
    return [
        track(
            g,
            "sequence",
            (),
            "uint8",
            "base code: low bits C 0, A 1, T 2, G 3, N 4, Y 5, R 6, W 7, S 8, K 9, M 10, D 11, V 12, H 13, B 14; "
            "bit 0x80 soft-masked",
            fill=4,
        ),
        column(g, "contig", "contig_name", "str", "id, cut at the first white space"),
        column(g, "contig", "contig_length", "int64", "length", unit="base"),
        column(g, "contig", "contig_offset", "int64", "position of the first base", unit="base"),
        column(
            g,
            "contig",
            "contig_md5",
            "uint8",
            "MD5 of the upper-case sequence (refget)",
            more_dims=("md5_byte",),
        ),
    ]


def _genes() -> list[ArraySpec]:
    g = "genes/{name}"
    start = "first base, from the contig's start"
    end = "one past the last base, from the contig's start"
    return [
        column(g, "gene", "gene_id", "str", "id"),
        column(g, "gene", "gene_contig", "int32", "row in the contig table"),
        column(g, "gene", "gene_start", "int64", start, unit="base"),
        column(g, "gene", "gene_end", "int64", end, unit="base"),
        column(g, "gene", "gene_strand", "int8", "strand", flags=STRANDS),
        column(g, "gene", "gene_type", "str", "feature type"),
        column(g, "gene", "gene_source", "str", "who made it"),
        column(g, "gene", "gene_score", "float32", "confidence; NaN: none"),
        column(g, "gene", "gene_attributes", "str", "other attributes, JSON"),
        column(
            g,
            "gene",
            "gene_order",
            "int32",
            "place in the file it was read from, where that is not sorted by contig, start, end, strand and name",
            optional=True,
        ),
        column(g, "transcript", "transcript_id", "str", "id"),
        column(g, "transcript", "transcript_gene", "int32", "row in the gene table"),
        column(g, "transcript", "transcript_start", "int64", start, unit="base"),
        column(g, "transcript", "transcript_end", "int64", end, unit="base"),
        column(g, "transcript", "transcript_type", "str", "feature type"),
        column(g, "transcript", "transcript_partial5", "bool", "the 5' end is missing"),
        column(g, "transcript", "transcript_partial3", "bool", "the 3' end is missing"),
        column(g, "exon", "exon_transcript", "int32", "row in the transcript table"),
        column(g, "exon", "exon_start", "int64", start, unit="base"),
        column(g, "exon", "exon_end", "int64", end, unit="base"),
        column(g, "exon", "exon_score", "float32", "confidence; NaN: none", optional=True),
        column(g, "cds", "cds_transcript", "int32", "row in the transcript table"),
        column(g, "cds", "cds_start", "int64", start, unit="base"),
        column(g, "cds", "cds_end", "int64", end, unit="base"),
        column(g, "cds", "cds_phase", "int8", "bases to skip to the next codon; -1 unknown", fill=-1),
        column(g, "cds", "cds_score", "float32", "confidence; NaN: none", optional=True),
        *_findings("genes/{name}/findings"),
    ]


def _findings(g: str) -> list[ArraySpec]:
    return [
        column(g, "finding", "finding_code", "str", "what was found"),
        column(g, "finding", "finding_severity", "str", "info, warning or error"),
        column(g, "finding", "finding_file", "str", "file"),
        column(g, "finding", "finding_line", "int64", "line, from 1; 0: none"),
        column(g, "finding", "finding_contig", "str", "contig"),
        column(g, "finding", "finding_gene", "str", "gene"),
        column(g, "finding", "finding_action", "str", "what was done"),
    ]


def _labels() -> list[ArraySpec]:
    g = "labels/{name}"
    return [
        track(g, "label", ("strand",), "uint8", "class", flags=LABEL_CLASSES),
        track(g, "phase", ("strand",), "uint8", "phase class", flags=PHASE_CLASSES),
        track(g, "transition", ("strand",), "uint8", "one bit per transition", flags=TRANSITIONS, bits=True),
        track(g, "valid", ("strand",), "uint8", "0 where an error masks the base", fill=1, flags=("masked", "valid")),
        track(g, "gene_length", ("strand",), "uint32", "length of the longest transcript here, or 0", unit="base"),
        *_findings("labels/{name}/findings"),
    ]


def _predictions() -> list[ArraySpec]:
    g = "predictions/{name}"
    more: dict[str, Any] = {
        "other_dtypes": ("uint8",),
        "shard": 1 << 20,
        "scale_factors": {"float16": 1.0, "uint8": 1 / 255},
    }
    return [
        track(g, "class_probability", ("strand", "label_class"), "float16", "probability", **more),
        track(g, "phase_probability", ("strand", "phase_class"), "float16", "probability", optional=True, **more),
    ]


def _coverage() -> list[ArraySpec]:
    g = "coverage/{set}/{library}"
    return [
        track(g, "coverage", ("strand",), "uint32", "reads that cover the base", unit="reads"),
        track(g, "spliced_coverage", ("strand",), "uint32", "reads spliced across the base", unit="reads"),
    ]


def _other_tracks() -> list[ArraySpec]:
    g = "tracks/{name}"
    none = float("nan")
    return [
        track(g, "mask", (), "uint8", "1 where an interval lies", optional=True, flags=("outside", "inside")),
        track(g, "value", (), "float32", "value of the base; NaN: none", optional=True, fill=none),
    ]


def _windows() -> list[ArraySpec]:
    w = "windows/{name}"
    measure: dict[str, Any] = {"optional": True}
    per_class = {"more_dims": ("label_class",), "optional": True}
    per_library = {"more_dims": ("library",), "optional": True}
    return [
        column(w, "window", "window_contig", "int32", "row in the contig table"),
        column(w, "window", "window_start", "int64", "first base, from the contig's start", unit="base"),
        column(w, "window", "window_end", "int64", "one past the last base, from the contig's start", unit="base"),
        column(w, "window", "window_strand", "int8", "strand", flags=STRANDS),
        column(w, "window", "window_valid", "int32", "bases that no error masks", unit="base", **measure),
        column(
            w,
            "window",
            "window_usable",
            "int32",
            "bases that no error masks and that are not N",
            unit="base",
            **measure,
        ),
        column(w, "window", "window_annotated", "bool", "the contig holds a labelled gene", **measure),
        column(w, "window", "window_class_count", "int32", "bases labelled with each class", unit="base", **per_class),
        column(
            w,
            "window",
            "window_class_distance",
            "float64",
            "sum over bases of |label - probability| for each class",
            **per_class,
        ),
        column(
            w, "window", "window_agreement", "float32", "share of bases where label and prediction agree", **measure
        ),
        column(w, "window", "window_confidence", "float32", "mean probability of the likeliest class", **measure),
        column(
            w,
            "window",
            "window_genic_agreement",
            "float32",
            "the same over bases that are labelled as part of a gene; NaN: none",
            **measure,
        ),
        column(
            w,
            "window",
            "window_genic_confidence",
            "float32",
            "mean probability of the likeliest class over these bases",
            **measure,
        ),
        column(w, "window", "window_soft_masked", "float32", "share of bases that are soft-masked", **measure),
        column(w, "window", "window_gc", "float32", "share of G and C among A, C, G and T; NaN: none", **measure),
        column(w, "window", "window_genes", "int32", "stretches of genic bases, whole or cut by its ends", **measure),
        column(w, "window", "window_repeats", "float32", "share of bases in intervals of a track", **measure),
        column(
            w,
            "window",
            "window_support",
            "float32",
            "share of exonic bases that a library covers, of those that any can cover; NaN: none",
            **measure,
        ),
        column(w, "window", "window_coverage", "float32", "mean coverage on the strand", unit="reads", **per_library),
        column(
            w,
            "window",
            "window_coverage_agreement",
            "float32",
            "share of bases that are covered and exonic, or neither",
            **per_library,
        ),
        column("selections/{name}", "row", "window_row", "int64", "row in the window table"),
        column(
            "selections/{name}",
            "row",
            "window_weight",
            "float32",
            "how much the window counts, so that all of them stand for the genome; 1 on average over their bases",
            optional=True,
        ),
        column("splits/{name}", "row", "window_row", "int64", "row in the window table"),
        column("splits/{name}", "row", "window_side", "int8", "side", flags=SIDES),
    ]


def _kinship() -> list[ArraySpec]:
    g = "kinship/{name}"
    return [
        column(g, "kmer", "sketch_hash", "uint64", "hash of a k-mer, of the smaller strand"),
        column(g, "kmer", "sketch_position", "int64", "position of its first base"),
        column(g, "contig", "kin_group", "int32", "row of the longest contig of the group of copies"),
        column(g, "contig", "kin_kmers", "int32", "k-mers of the contig in the sample, repeats left out"),
        column(g, "pair", "pair_first", "int32", "row in the contig table"),
        column(g, "pair", "pair_second", "int32", "row in the contig table, larger than the first"),
        column(g, "pair", "pair_shared", "int32", "different k-mers that both contigs hold"),
        column(g, "pair", "pair_containment", "float32", "share of them in the k-mers of the contig with fewer"),
        column(g, "pair", "pair_colinear", "float32", "share of the smaller contig that colinear stretches cover"),
    ]


ARRAYS: Final[tuple[ArraySpec, ...]] = (
    *_genome(),
    *_genes(),
    *_labels(),
    *_predictions(),
    *_coverage(),
    *_other_tracks(),
    *_windows(),
    *_kinship(),
)


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    groups = dict.fromkeys(spec.group for spec in ARRAYS)
    return tuple((group, re.compile(re.sub(r"\{\w+\}", "[^/]+", group) + r"\Z")) for group in groups)


def template_of(group: str) -> str:
    """Template that a group path follows: ``labels/{name}`` for ``labels/reference``.

    Raises
    ------
    InternalError
        The registry knows no such group.
    """
    for template, pattern in _patterns():
        if pattern.match(group):
            return template
    raise InternalError("no array is declared for this group", where=group)


def arrays_of(group: str) -> dict[str, ArraySpec]:
    """Arrays declared for a group path, by name."""
    template = template_of(group)
    return {spec.name: spec for spec in ARRAYS if spec.group == template}


def tables_below(group: str) -> list[str]:
    """Groups declared below one: ``labels/reference/findings`` for ``labels/reference``."""
    template = template_of(group)
    return [group + one.removeprefix(template) for one, _ in _patterns() if one.startswith(f"{template}/")]


def group_of(path: str) -> str:
    """The group that is published as one and holds an array or table.

    Examples
    --------
    >>> group_of("labels/reference/findings/finding_code"), group_of("coverage/rnaseq/leaf/coverage")
    ('labels/reference', 'coverage/rnaseq/leaf')
    """
    parts = path.split("/")
    depth = {"genome": 1, "coverage": 3}.get(parts[0], 2)
    return "/".join(parts[:depth])


def genome_shard_length(n_bases: int) -> int:
    """Longest shard of any track in a genome of this size, in bases: a power of two.

    Small genomes get short shards, so that there are 16 to 32 of them at least to share among workers.
    """
    shard = 1 << 16
    while shard < TRACK_SHARD and shard * 32 < n_bases:
        shard <<= 1
    return shard
