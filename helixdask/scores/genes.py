"""Gene-level scores: two sets of gene models compared by coding bases, coding segments, chains and genes.

Only coding segments count; genes without any are ignored. Strands are kept apart, contigs are rows of the same contig
table. The definitions are those in common use: a coding segment is found when both its ends are exact; a chain is all
coding segments of a transcript; a gene is found when the chain of any of its transcripts equals any chain of the other
side.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helixdask.genes.models import GeneModels

__all__ = ["GeneScores", "Match", "compare_genes"]


@dataclass(frozen=True)
class Match:
    """How many of the reference were found, and how many of the prediction are right.

    Rates are 0 where there is nothing. The two sides are counted apart, for one reference gene may be met by several
    predicted ones.
    """

    n_reference: int
    n_prediction: int
    found: int
    right: int

    @property
    def sensitivity(self) -> float:
        """Share of the reference that was found (recall)."""
        return self.found / self.n_reference if self.n_reference else 0.0

    @property
    def precision(self) -> float:
        """Share of the prediction that is right."""
        return self.right / self.n_prediction if self.n_prediction else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of sensitivity and precision."""
        total = self.sensitivity + self.precision
        return 2 * self.sensitivity * self.precision / total if total else 0.0

    def as_dict(self) -> dict[str, float]:
        """Counts and rates by name."""
        rates = {"sensitivity": self.sensitivity, "precision": self.precision, "f1": self.f1}
        return {**vars(self), **rates}


@dataclass(frozen=True)
class GeneScores:
    """Scores of a prediction at four levels: coding bases, coding segments (exons), chains, genes."""

    base: Match
    exon: Match
    chain: Match
    gene: Match

    def as_dict(self) -> dict[str, dict[str, float]]:
        """Nested plain values for JSON."""
        return {level: getattr(self, level).as_dict() for level in ("base", "exon", "chain", "gene")}


def compare_genes(
    reference: GeneModels, prediction: GeneModels, contigs: NDArray[np.int64] | None = None
) -> GeneScores:
    """Score predicted gene models against a reference.

    Parameters
    ----------
    reference, prediction
        Gene models whose ``contig`` columns are rows of the same contig table.
    contigs
        Compare on these contig rows only, such as those that no step has trained on.
    """
    true, called = _coding_segments(reference, contigs), _coding_segments(prediction, contigs)
    place = ["track", "start", "end"]
    true_segments, called_segments = true[place].drop_duplicates(), called[place].drop_duplicates()
    n_segments = len(true_segments.merge(called_segments))
    true_chains, called_chains = _chains(true), _chains(called)
    unique = set(true_chains["chain"]), set(called_chains["chain"])
    shared = unique[0] & unique[1]
    return GeneScores(
        base=_base_match(true_segments, called_segments),
        exon=Match(len(true_segments), len(called_segments), n_segments, n_segments),
        chain=Match(len(unique[0]), len(unique[1]), len(shared), len(shared)),
        gene=_gene_match(true_chains, called_chains, shared),
    )


def _coding_segments(models: GeneModels, contigs: NDArray[np.int64] | None) -> pd.DataFrame:
    """Coding segments of all transcripts: transcript, gene, track (contig and strand as one number), start, end."""
    transcript = models.cds["transcript"].to_numpy()
    gene = models.transcripts["gene"].to_numpy()[transcript]
    contig = models.genes["contig"].to_numpy().astype(np.int64)[gene]
    frame = pd.DataFrame(
        {
            "transcript": transcript,
            "gene": gene,
            "track": 2 * contig + models.genes["strand"].to_numpy()[gene],
            "start": models.cds["start"].to_numpy(),
            "end": models.cds["end"].to_numpy(),
        }
    )
    if contigs is not None:
        frame = frame[np.isin(contig, contigs)]
    return frame.sort_values(["transcript", "start", "end"], kind="stable", ignore_index=True)


def _chains(segments: pd.DataFrame) -> pd.DataFrame:
    """One row per coding transcript: its gene and its chain, as bytes that are equal when the chains are."""
    columns = np.ascontiguousarray(segments[["track", "start", "end"]].to_numpy(np.int64))
    transcript = segments["transcript"].to_numpy()
    first = np.flatnonzero(np.diff(transcript, prepend=-1)) if len(transcript) else np.empty(0, np.int64)
    raw, width = columns.tobytes(), 3 * 8
    bounds = (np.append(first, len(transcript)) * width).tolist()
    chain = [raw[begin:end] for begin, end in pairwise(bounds)]
    return pd.DataFrame({"gene": segments["gene"].to_numpy()[first], "chain": pd.Series(chain, dtype=object)})


def _gene_match(reference: pd.DataFrame, prediction: pd.DataFrame, shared: set[Any]) -> Match:
    hits = []
    for frame in (reference, prediction):
        hit = np.fromiter((chain in shared for chain in frame["chain"]), np.bool_, len(frame))
        hits.append(frame["gene"][hit].nunique())
    return Match(reference["gene"].nunique(), prediction["gene"].nunique(), hits[0], hits[1])


def _base_match(reference: pd.DataFrame, prediction: pd.DataFrame) -> Match:
    true, called = _covered(reference), _covered(prediction)
    both = true + called - _covered(pd.concat([reference, prediction]))
    return Match(true, called, both, both)


def _covered(segments: pd.DataFrame) -> int:
    """Bases covered by at least one segment."""
    if segments.empty:
        return 0
    # Tracks end to end on one axis; each is as long as the longest.
    track = segments["track"].to_numpy(np.int64) * int(segments["end"].max())
    start, end = track + segments["start"].to_numpy(), track + segments["end"].to_numpy()
    order = np.argsort(start, kind="stable")
    start, reach = start[order], np.maximum.accumulate(end[order])
    covered_before = np.concatenate([[start[0]], reach[:-1]])
    return int(np.maximum(reach - np.maximum(start, covered_before), 0).sum())
