"""Whether hardly any genes were called, why, and what to try."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from helixdask.calling.settings import CallSettings

GENES_PER_MB: Final = 1.0
"""Fewer genes than this on a million bases are hardly any: the sparsest plant genomes have two."""
_MILLION: Final = 1e6


def few_genes(
    n_genes: int, n_bases: int, settings: CallSettings, predicted: Mapping[str, Any], n_below: int
) -> str | None:
    """Say that there are hardly any genes, why, and what to try; None where there are enough.

    Parameters
    ----------
    n_genes, n_bases
        Genes that were kept, and bases of the genome.
    settings
        What they were called with.
    predicted
        Attributes of the predictions; their ``genic`` tells how high the probabilities are.
    n_below
        Genes that were called and left out by ``min_score``.
    """
    if n_genes and n_genes >= GENES_PER_MB * n_bases / _MILLION:
        return None
    text = f"{n_genes:,} genes were called on {n_bases:,} bases"
    if n_below > n_genes:
        return f"{text}: {n_below:,} have a score below --min-score {settings.min_score:g}. Lower it."
    genic, peak = predicted.get("genic"), settings.peak_threshold
    if genic is None:
        return f"{text}. Try thresholds with helixdask call STORE --sweep."
    highest = genic["highest"]
    text += f": the highest genic probability of a base is {highest:.3f}, and a gene needs a mean above {peak:g}"
    if highest <= peak:
        return (
            f"{text} (--peak-threshold) somewhere. Lower it, which helixdask call STORE --sweep compares; or tune the "
            "model with an annotation (prepare --gff3), or take a base model of a nearer lineage."
        )
    return (
        f"{text} (--peak-threshold) over {settings.window_size:,} bases, and {settings.min_coding_length:,} coding "
        "bases (--min-coding-length). Lower them, which helixdask call STORE --sweep compares; or tune the model."
    )
