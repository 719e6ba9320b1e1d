"""What an evaluation found, as numbers by name: nested values for JSON, and rows of one long table."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from helixdask.evaluation.scored_regions import ScoredRegions
from helixdask.evaluation.tally import BaseTally
from helixdask.scores.bases import BaseScores, PhaseScores
from helixdask.scores.genes import GeneScores
from helixdask.scores.levels import LEVELS
from helixdask.scores.match import Match
from helixdask.scores.reliability import Reliability
from helixdask.scores.structure import CODING
from helixdask.store.contigs import ContigTable
from helixdask.store.objects import whole_file

TSV_COLUMNS = (
    "set",
    "contig",
    "part",
    "level",
    "n_reference",
    "n_prediction",
    "found",
    "right",
    "sensitivity",
    "precision",
    "f1",
)


@dataclass(frozen=True)
class Evaluation:
    """Scores by name.

    Attributes
    ----------
    tallies
        Of each predictions group: counts of classes and phases at every base of both strands that the reference does
        not mask.
    genes
        Of each set of gene models: all levels.
    table
        The contigs that rows refer to.
    scored
        What of the genome was scored; None: all.
    compared
        Names in `genes` and in `tallies` of what came before and of what came after, where two were compared.
    left_out
        Genes that an edge of what was scored cuts, by set; the reference's, too.
    """

    tallies: dict[str, BaseTally]
    genes: dict[str, GeneScores]
    table: ContigTable
    scored: ScoredRegions | None = None
    compared: tuple[tuple[str, str], ...] = ()
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def contigs(self) -> list[str]:
        """Names of the contigs that were scored."""
        names = self.table.names if self.scored is None else self.table.names[self.scored.contigs]
        return [str(name) for name in names]

    @property
    def bases(self) -> dict[str, BaseScores]:
        """Scores of label classes of each predictions group."""
        return {name: BaseScores.from_confusion(tally.classes.sum(axis=0)) for name, tally in self.tallies.items()}

    @property
    def phases(self) -> dict[str, PhaseScores]:
        """Scores of phases, of the groups that have some."""
        return {
            name: PhaseScores.from_confusion(tally.phases.sum(axis=0))
            for name, tally in self.tallies.items()
            if tally.has_phase
        }

    def bases_by_contig(self, name: str) -> Iterator[tuple[str, BaseScores]]:
        """Name and scores of each contig that was counted."""
        tally = self.tallies[name]
        for row, matrix in zip(tally.contig.tolist(), tally.classes, strict=True):
            yield str(self.table.names[row]), BaseScores.from_confusion(matrix)

    def reliabilities(self) -> dict[str, dict[str, Reliability]]:
        """Reliability by level and set: classes of bases of predictions; coding segments and genes of gene models."""
        found: dict[str, dict[str, Reliability]] = {}
        if self.tallies:
            found["class of a base"] = {name: tally.reliability for name, tally in self.tallies.items()}
        titles = {"exon": "coding segment", "gene": "gene"}
        for level, title in titles.items():
            known = {name: scores.reliability(level) for name, scores in self.genes.items()}
            if any(known.values()):
                found[title] = {name: curve for name, curve in known.items() if curve is not None}
        return found

    def as_dict(self, *, per_contig: bool = False) -> dict[str, Any]:
        """Nested plain values for JSON.

        Parameters
        ----------
        per_contig
            Whether to say the same for each contig, too.
        """
        phases = self.phases
        bases: dict[str, Any] = {}
        for name, scores in self.bases.items():
            tally = self.tallies[name]
            entry = {**scores.as_dict(), "confusion": tally.classes.sum(axis=0).tolist()}
            if name in phases:
                entry["phase"] = {**phases[name].as_dict(), "confusion": tally.phases.sum(axis=0).tolist()}
            entry["reliability"] = tally.reliability.as_dict()
            if per_contig:
                entry["contigs"] = {
                    str(self.table.names[row]): {
                        **BaseScores.from_confusion(matrix).as_dict(),
                        "confusion": matrix.tolist(),
                    }
                    for row, matrix in zip(tally.contig.tolist(), tally.classes, strict=True)
                }
            bases[name] = entry
        genes: dict[str, Any] = {}
        for name, gene_scores in self.genes.items():
            genes[name] = gene_scores.as_dict()
            for part in gene_scores.parts:
                curves = {level: gene_scores.reliability(level, part) for level in ("base", "exon", "chain", "gene")}
                target = genes[name] if part == CODING else genes[name][part]
                target["reliability"] = {level: c.as_dict() for level, c in curves.items() if c is not None}
            if curve := gene_scores.score_curve():
                genes[name]["min_score"] = {f"{score:g}": match.as_dict() for score, match in curve}
            if per_contig:
                genes[name]["contigs"] = self._contigs_of(gene_scores)
        result = {"bases": bases, "genes": genes, "contigs": self.contigs}
        if self.scored is not None:
            result["scored"] = {
                "regions": len(self.scored),
                "bases": self.scored.n_bases,
                "genes_cut_by_an_edge": self.left_out,
            }
        if self.compared:
            result["difference"] = self.difference()
        return result

    def _contigs_of(self, scores: GeneScores) -> dict[str, Any]:
        entries: dict[str, Any] = {}
        for row, part, level, match in contig_matches(scores, len(self.table)):
            entry = entries.setdefault(str(self.table.names[row]), {})
            target = entry if part == CODING else entry.setdefault(part, {})
            target[level] = match.as_dict()
        return entries

    def difference(self) -> dict[str, Any]:
        """After less before: rates of all levels and classes that both have."""
        found: dict[str, Any] = {}
        for before, after in self.compared:
            if before in self.genes and after in self.genes:
                found["genes"] = _less(self.genes[before].as_dict(), self.genes[after].as_dict())
            if before in self.tallies and after in self.tallies:
                bases = self.bases
                found["bases"] = _less(bases[before].as_dict(), bases[after].as_dict())
        return found

    def long_rows(self) -> Iterator[tuple[Any, ...]]:
        """Rows of one table of everything, columns as ``TSV_COLUMNS``."""
        for name, scores in self.genes.items():
            for part, levels in scores.parts.items():
                for level in levels:
                    yield (name, "all", part, level, *_cells(scores.match(level, part)))
            for row, part, level, match in contig_matches(scores, len(self.table)):
                yield (name, str(self.table.names[row]), part, level, *_cells(match))
        phases = self.phases
        for name, bases in self.bases.items():
            yield from _class_rows(name, "all", "bases", bases)
            if name in phases:
                yield from _class_rows(name, "all", "phases", phases[name])
            for contig, bases in self.bases_by_contig(name):
                yield from _class_rows(name, contig, "bases", bases)


def contig_matches(scores: GeneScores, n_contigs: int) -> Iterator[tuple[int, str, str, Match]]:
    """Contig row, part, level and counts, of contigs that have something on either side."""
    for part, levels in scores.parts.items():
        for level in LEVELS:
            if level not in levels:
                continue
            counts = scores.by_contig(level, part, n_contigs)
            for row in np.flatnonzero(counts[:, :2].any(axis=1)).tolist():
                yield row, part, level, Match(*counts[row].tolist())


def _less(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Differences of all rates, nested as they are."""
    found: dict[str, Any] = {}
    for key, value in after.items():
        if isinstance(value, dict) and isinstance(before.get(key), dict):
            found[key] = _less(before[key], value)
        elif isinstance(value, float) and isinstance(before.get(key), float):
            found[key] = value - before[key]
    return {key: value for key, value in found.items() if value != {}}


def _cells(match: Match) -> tuple[Any, ...]:
    rates = (f"{rate:.6f}" for rate in (match.sensitivity, match.precision, match.f1))
    return (match.n_reference, match.n_prediction, match.found, match.right, *rates)


def _class_rows(name: str, contig: str, part: str, scores: BaseScores | PhaseScores) -> Iterator[tuple[Any, ...]]:
    for level, match in scores.by_name.items():
        yield (name, contig, part, level, *_cells(match))


def write_tsv(evaluation: Evaluation, path: str | Path) -> None:
    """Write the long table, with a row for each contig, whole or not at all."""
    with whole_file(path) as aside, aside.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, delimiter="\t", lineterminator="\n")
        writer.writerow(TSV_COLUMNS)
        writer.writerows(evaluation.long_rows())


def write_json(values: Any, path: str | Path) -> None:
    """Write nested values as JSON, whole or not at all."""
    with whole_file(path) as aside:
        aside.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
