"""What a stage did, in words for people: named values with units and shares, from the attributes of its group."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from helixdask.amounts import short
from helixdask.cli.facts_of_choice import CHOICES
from helixdask.coverage.kinds import CODING, EXONS

Attrs = Mapping[str, Any]
Facts = dict[str, Any]

_CLASSES: Final = ("intergenic", "UTR", "CDS", "intron")
_LOST: Final = {
    "secondary": "secondary",
    "qc_fail": "failed quality control",
    "duplicate": "duplicates",
    "supplementary": "supplementary",
    "low_mapq": "low mapping quality",
    "no_cigar": "without CIGAR",
    "unclear_mate": "unclear mate",
    "second_mate": "second mates",
    "too_short": "too short",
    "unmapped": "unmapped",
}
_HIDDEN: Final = {"settings", "inputs", "digest", "stage", "complete", "findings", "masks"}
"""Attributes that say what the group was made from, and counts of rows that tables by gene say better."""


def facts_of(stage: str, attrs: Attrs) -> Facts:
    """Named values for people.

    Parameters
    ----------
    stage
        Name of the stage.
    attrs
        Attributes of the group that it made.

    Returns
    -------
    dict
        Values by their words, in the order in which they are shown; empty ones are not worth a line. All attributes
        where nothing is known of the stage.
    """
    made = _OF_STAGES.get(stage)
    if made is None:
        return {name: value for name, value in attrs.items() if name not in _HIDDEN}
    return made(attrs)


def _share(part: float, whole: float) -> str:
    """An amount, and how much of the whole it is."""
    return f"{int(part):,}" + (f" ({100 * part / whole:.1f} %)" if whole else "")


def _genome(attrs: Attrs) -> Facts:
    n, bases = attrs.get("n_bases", 0), attrs.get("bases", {})
    named = {
        "N": bases.get("n", 0),
        "other ambiguous letters": bases.get("ambiguous", 0),
        "soft-masked": bases.get("soft_masked", 0),
    }
    known = bases.get("at", 0) + bases.get("gc", 0)
    return {
        "file": attrs.get("fasta"),
        "contigs": attrs.get("n_contigs"),
        "bases": n,
        "GC": f"{100 * bases.get('gc', 0) / known:.1f} %" if known else None,
        **{name: _share(count, n) for name, count in named.items() if count},
        "letters replaced by N": attrs.get("replaced_letters"),
    }


def _coverage(attrs: Attrs) -> Facts:
    counts, evidence = attrs.get("counts", {}), attrs.get("protocol_evidence") or {}
    used = counts.get("reads_used", 0)
    lost = {words: counts.get(f"reads_{name}", 0) for name, words in _LOST.items()}
    total = used + sum(lost.values())
    bases = {name: sum(counts.get(f"{name}_{s}", 0) for s in ("plus", "minus")) for name in _TRACK_COUNTS}
    says = None
    if evidence.get("forward_share") is not None:
        says = _evidence(evidence)
    options = attrs.get("reads") or {}
    return {
        "file": attrs.get("path"),
        "kind": attrs.get("kind"),
        "protocol": attrs.get("strandedness"),
        "evidence": says,
        "alignments": counts.get("alignments"),
        "they cover": {CODING: "coding bases alone", EXONS: "exons from end to end"}.get(attrs.get("covers", "")),
        "rows on other sequences, left out": counts.get("rows_elsewhere") or None,
        "rows without bases, left out": counts.get("rows_empty") or None,
        "introns": counts.get("introns"),
        "alignments that count": _share(used, total) if total else None,
        "left out": {words: count for words, count in lost.items() if count},
        "spliced": _share(counts.get("reads_spliced", 0), used) if used else None,
        "introns counted up to": "any length" if attrs.get("max_intron") == 0 else attrs.get("max_intron"),
        "introns too long, left out": counts.get("introns_too_long") or None,
        "bases covered": bases["coverage_bases"],
        "mean depth where covered": _mean(bases["coverage_sum"], bases["coverage_bases"]),
        "bases spliced over": bases["spliced_coverage_bases"],
        "least mapping quality": attrs.get("min_mapq"),
        "also counted": ", ".join(
            name for name, value in options.items() if value is True and name.startswith("count_")
        ),
        "contigs": {
            "only in the file": counts.get("contigs_only_in_bam", 0),
            "only in the genome": counts.get("contigs_only_in_genome", 0),
        },
    }


def _evidence(evidence: Mapping[str, Any]) -> str:
    """What a sample of the reads says of the protocol."""
    forward = evidence["forward_share"]
    share, strand = (forward, "forward") if forward >= 0.5 else (1 - forward, "reverse")
    if evidence["source"] != "spliced reads":
        return f"{100 * share:.1f} % of a sample say {strand}, by gene models"
    return f"{100 * share:.1f} % say {strand}, in a sample of {evidence['spliced_reads']:,} spliced reads"


_TRACK_COUNTS: Final = ("coverage_bases", "coverage_sum", "spliced_coverage_bases")


def _mean(total: float, n: float) -> str | None:
    return short(total / n) if n else None


def _predictions(attrs: Attrs) -> Facts:
    genic, counts = attrs.get("genic") or {}, attrs.get("counts", {})
    return {
        "model": attrs.get("model_path"),
        "coverage": ", ".join(attrs.get("libraries") or []),
        "window": f"{attrs.get('window_length', 0):,} bases" + (", overlapping" if attrs.get("overlap") else ""),
        "windows": counts.get("windows"),
        "more likely genic than not": f"{100 * genic['share']:.2f} % of the bases of both strands" if genic else None,
        "highest genic probability": f"{genic['highest']:.3f}" if genic else None,
        "phases": "none, the network has no output for them" if attrs.get("has_phase") is False else None,
    }


def _genes(attrs: Attrs) -> Facts:
    genes, below, sites = attrs.get("genes", 0), attrs.get("genes_below_min_score"), attrs.get("sites") or {}
    return {
        "predictions": attrs.get("predictions"),
        "genes": genes,
        "cut by a contig's end": attrs.get("partial_genes") or None,
        "below the least score, left out": below,
        "coding bases": attrs.get("coding_bases"),
        "mean coding length": _mean(attrs.get("coding_bases", 0), genes),
        "splice sites learnt from": f"{sites['introns']:,} called introns" if sites.get("donor_bits") else None,
        "regions looked at": f"{attrs.get('regions', 0):,} of {attrs.get('region_bases', 0):,} bases",
        "written": attrs.get("written"),
    }


def _labels(attrs: Attrs) -> Facts:
    n = attrs.get("genes_read", 0)
    bases = {name: attrs.get(f"bases_{name.lower()}", 0) for name in _CLASSES}
    total = sum(bases.values())
    return {
        "genes": f"{n:,} of {attrs.get('genes')}",
        "learnt from": _share(attrs.get("genes_learnt", 0), n),
        "masked": _share(attrs.get("genes_masked", 0), n) if attrs.get("genes_masked") else None,
        "likely cause": attrs.get("likely_cause"),
        "genetic code": attrs.get("genetic_code"),
        "contigs with labels": attrs.get("contigs_annotated"),
        **{f"{name} bases": _share(count, total) for name, count in bases.items()},
        "masked bases": _share(attrs.get("bases_masked", 0), total),
    }


def _annotation(attrs: Attrs) -> Facts:
    return {
        "file": attrs.get("file"),
        "genes": attrs.get("genes"),
        "transcripts": attrs.get("transcripts"),
        "coding transcripts": attrs.get("coding_transcripts"),
        "rows read": attrs.get("rows"),
        "rows on sequences that the genome has not": attrs.get("rows_on_unknown_contigs") or None,
    }


def _windows(attrs: Attrs) -> Facts:
    bases = attrs.get("class_bases") or []
    total = sum(bases)
    return {
        "windows": attrs.get("n_windows"),
        "length": f"{attrs.get('window_length', 0):,} bases",
        "labels": attrs.get("labels"),
        "predictions": attrs.get("predictions"),
        **{f"{name} bases": _share(count, total) for name, count in zip(_CLASSES, bases, strict=False)},
        "contigs with labels": attrs.get("n_annotated_contigs"),
    }


_OF_STAGES: Final[dict[str, Callable[[Attrs], Facts]]] = {
    "encode": _genome,
    "genes": _annotation,
    "labels": _labels,
    "coverage": _coverage,
    "predict": _predictions,
    "call": _genes,
    "windows": _windows,
    **CHOICES,
}
