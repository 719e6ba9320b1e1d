"""Two sets of gene models compared: totals, by contig, and by confidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helixdask.genes.models import GeneModels
from helixdask.scores.levels import LEVELS, Sides, compare_structures, match_of
from helixdask.scores.match import Match
from helixdask.scores.reliability import Reliability, reliability_of
from helixdask.scores.structure import CODING, PARTS, structure_of

__all__ = ["MIN_SCORES", "GeneScores", "Match", "compare_genes"]

MIN_SCORES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
"""Least scores of genes that are tried."""


@dataclass(frozen=True)
class GeneScores:
    """Scores of a prediction, level by level.

    Attributes
    ----------
    parts
        Units of both sides by part (``coding``, and ``exons`` where asked for) and level.
    """

    parts: dict[str, dict[str, Sides]]

    def match(self, level: str, part: str = CODING) -> Match:
        """Counts of one level over all contigs."""
        return match_of(self.parts[part][level])

    @property
    def base(self) -> Match:
        """Coding bases."""
        return self.match("base")

    @property
    def exon(self) -> Match:
        """Coding segments."""
        return self.match("exon")

    @property
    def chain(self) -> Match:
        """All coding segments of a transcript."""
        return self.match("chain")

    @property
    def gene(self) -> Match:
        """Genes with a coding chain that is right."""
        return self.match("gene")

    def by_contig(self, level: str, part: str, n_contigs: int) -> NDArray[np.int64]:
        """Counts of each contig: (contig, 4) int64, in the order of the fields of `Match`."""
        reference, prediction = self.parts[part][level]
        columns = [
            np.bincount(units.contig, weights=values, minlength=n_contigs)
            for values_of in ("size", "met")
            for units in (reference, prediction)
            for values in (getattr(units, values_of).astype(np.float64),)
        ]
        return np.stack(columns, axis=1).astype(np.int64)

    def reliability(self, level: str, part: str = CODING) -> Reliability | None:
        """Confidence against the share that is right; None where the prediction has no confidence (or no shares)."""
        units = self.parts[part][level][1]
        return reliability_of(units.score, units.met, units.size)

    def above(self, level: str, thresholds: NDArray[np.float32]) -> list[Match]:
        """Scores if only units of at least this confidence were kept, for each threshold.

        Not for bases: which of several overlapping genes covers a base is not kept.
        """
        reference, prediction = self.parts[CODING][level]
        return [
            Match(
                int(reference.size.sum()),
                int(prediction.size[prediction.score >= threshold].sum()),
                int(reference.met[reference.score >= threshold].sum()),
                int(prediction.met[prediction.score >= threshold].sum()),
            )
            for threshold in thresholds
        ]

    def score_curve(self) -> list[tuple[float, Match]]:
        """Genes if only those of at least some score were kept, for several scores; empty where they are no shares."""
        if self.reliability("gene") is None:
            return []
        return list(zip(MIN_SCORES, self.above("gene", np.array(MIN_SCORES, np.float32)), strict=True))

    def as_dict(self) -> dict[str, Any]:
        """Nested plain values for JSON: levels of the coding parts, and those of exons under ``exons``."""
        levels: dict[str, Any] = {
            part: {level: self.match(level, part).as_dict() for level in LEVELS} for part in self.parts
        }
        return {**levels.pop(CODING), **levels}


def compare_genes(
    reference: GeneModels,
    prediction: GeneModels,
    contigs: NDArray[np.int64] | None = None,
    *,
    cds_only: bool = False,
    noncoding: bool = False,
    matching: str = "exact",
) -> GeneScores:
    """Score predicted gene models against a reference.

    Parameters
    ----------
    reference, prediction
        Gene models whose ``contig`` columns are rows of the same contig table.
    contigs
        Compare on these contig rows only, such as those that no step has trained on.
    cds_only
        Leave out the comparison of exons, for references without UTRs.
    noncoding
        Let transcripts without coding segments take part in the comparison of exons.
    matching
        ``exact`` or ``gffcompare``, see `compare_structures`.
    """
    parts = {}
    for part in PARTS[:1] if cds_only else PARTS:
        sides = [structure_of(side, part, contigs=contigs, noncoding=noncoding) for side in (reference, prediction)]
        parts[part] = compare_structures(sides[0], sides[1], "exact" if part == CODING else matching)
    return GeneScores(parts)
