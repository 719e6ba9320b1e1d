"""The same numbers as tables for people: a title, columns and rows each."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from helixdask.evaluation.result import Evaluation, contig_matches
from helixdask.registry import LABEL_CLASSES
from helixdask.scores.levels import LEVELS
from helixdask.scores.reliability import Reliability
from helixdask.scores.structure import CODING, EXONS

LEVEL_TITLES = {
    CODING: {"exon": "coding segment", "chain": "coding chain", "base": "coding base"},
    EXONS: {"exon": "exon", "chain": "transcript", "base": "exon base"},
}
PART_TITLES = {CODING: "Coding parts", EXONS: "Whole exons"}
_OUTER_ENDS = " (all ends to the base, also of UTRs; --matching gffcompare is lenient at the outer ones)"
_MOST_CONTIGS = 20


class Table(NamedTuple):
    """Something to print."""

    title: str
    columns: list[str]
    rows: list[list[Any]]


def level_title(part: str, level: str) -> str:
    """How people call a level."""
    return LEVEL_TITLES[part].get(level, level.replace("_", " "))


def tables_of(evaluation: Evaluation) -> list[Table]:
    """All tables of an evaluation, but those of contigs."""
    return [
        *_difference(evaluation),
        *_bases(evaluation),
        *_confusions(evaluation),
        *_genes(evaluation),
        *_min_scores(evaluation),
        *_confidence(evaluation),
        *_cut(evaluation),
    ]


def _bases(evaluation: Evaluation) -> list[Table]:
    if not evaluation.tallies:
        return []
    phases = evaluation.phases
    columns = ["F1", "genic", *LABEL_CLASSES, "sub-genic", *(["phase"] if phases else []), "bases"]
    rows = []
    for name, s in evaluation.bases.items():
        phase = [phases[name].coding.f1 if name in phases else None] if phases else []
        rows.append([name, s.genic.f1, *(score.f1 for score in s.classes), s.sub_genic.f1, *phase, s.n_bases])
    return [Table("Base by base", columns, rows)]


def _confusions(evaluation: Evaluation) -> list[Table]:
    tables = []
    for name, tally in evaluation.tallies.items():
        counts = tally.classes.sum(axis=0)
        scores = evaluation.bases[name].classes
        rows = [
            [label, *row, score.precision, score.sensitivity]
            for label, row, score in zip(LABEL_CLASSES, counts.tolist(), scores, strict=True)
        ]
        columns = ["reference", *(f"as {label}" for label in LABEL_CLASSES), "precision", "recall"]
        tables.append(Table(f"Bases of each class, predicted by {name}", columns, rows))
    return tables


def _genes(evaluation: Evaluation) -> list[Table]:
    tables = []
    for name, scores in evaluation.genes.items():
        for part, levels in scores.parts.items():
            rows = []
            for level in levels:
                m = scores.match(level, part)
                cells = [m.n_reference, m.n_prediction, m.found, m.sensitivity, m.precision, m.f1]
                rows.append([level_title(part, level), *cells])
            columns = ["", "reference", "predicted", "found", "sensitivity", "precision", "F1"]
            # Ends of transcripts are hardly known to the base: then this table looks as if something was broken.
            lost = part == EXONS and not scores.match("chain", part).found and len(levels) > 1
            tables.append(Table(f"{PART_TITLES[part]}, {name}{_OUTER_ENDS if lost else ''}", columns, rows))
    return tables


def _difference(evaluation: Evaluation) -> list[Table]:
    tables = []
    for before, after in evaluation.compared:
        if before in evaluation.genes and after in evaluation.genes:
            old, new = evaluation.genes[before], evaluation.genes[after]
            rows = []
            for part, level in [(part, level) for part in new.parts for level in LEVELS]:
                a, b = old.match(level, part), new.match(level, part)
                title = level_title(part, level)
                if part == EXONS and title == level_title(CODING, level):
                    title = f"{title} (exons)"
                pairs = ((a.sensitivity, b.sensitivity), (a.precision, b.precision), (a.f1, b.f1))
                rows.append([title, *(cell for one, two in pairs for cell in (one, two, _signed(two - one)))])
            rates = ("sensitivity", "precision", "F1")
            columns = ["", *(text for rate in rates for text in (f"{rate} before", "after", "change"))]
            tables.append(Table(f"From {before} to {after}", columns, rows))
        if before in evaluation.tallies and after in evaluation.tallies:
            old_bases, new_bases = evaluation.bases[before], evaluation.bases[after]
            classes = [
                ("genic", old_bases.genic, new_bases.genic),
                *zip(LABEL_CLASSES, old_bases.classes, new_bases.classes, strict=True),
            ]
            rows = [[title, one.f1, two.f1, _signed(two.f1 - one.f1)] for title, one, two in classes]
            columns = ["F1 by base", "before", "after", "change"]
            tables.append(Table(f"From predictions {before} to {after}", columns, rows))
    return tables


def _signed(value: float) -> str:
    return f"{value:+.4f}"


def _confidence(evaluation: Evaluation) -> list[Table]:
    tables = []
    for level, curves in evaluation.reliabilities().items():
        if level == "class of a base":
            continue
        for name, curve in curves.items():
            title = f"Confidence of {name}: {level}; expected calibration error {curve.calibration_error:.3f}"
            tables.append(Table(title, ["from", "to", "number", "mean", "share right"], _bins(curve)))
    return tables


def _min_scores(evaluation: Evaluation) -> list[Table]:
    """What `call --min-score` would keep and lose."""
    tables = []
    for name, scores in evaluation.genes.items():
        curve = scores.score_curve()
        best = max((match.f1 for _, match in curve), default=0.0)
        rows = [
            [f"{score:g}", m.n_prediction, m.right, m.sensitivity, m.precision, m.f1, "best" if m.f1 == best else ""]
            for score, m in curve
        ]
        columns = ["min score", "predicted", "right", "sensitivity", "precision", "F1", ""]
        tables += [Table(f"Genes of at least this score, {name}", columns, rows)] if rows else []
    return tables


def _cut(evaluation: Evaluation) -> list[Table]:
    scored = evaluation.scored
    if scored is None:
        return []
    rows = [[name, count] for name, count in evaluation.left_out.items()]
    title = f"Left out: genes cut by an edge of what was scored ({len(scored):,} regions, {scored.n_bases:,} bases)"
    return [Table(title, ["", "genes"], rows)]


def _bins(curve: Reliability) -> list[list[Any]]:
    return [
        [f"{low:.2f}", f"{high:.2f}", count, f"{mean:.3f}", f"{share:.3f}"]
        for low, high, count, mean, share in zip(
            curve.edges[:-1],
            curve.edges[1:],
            curve.count.tolist(),
            curve.mean_confidence,
            curve.share_right,
            strict=True,
        )
        if count
    ]


def contig_tables(evaluation: Evaluation) -> list[Table]:
    """F1 of the contigs with most genes, one table for each set."""
    tables = []
    levels = ("base", "exon", "intron_chain", "chain", "gene")
    for name, scores in evaluation.genes.items():
        found: dict[int, dict[str, Any]] = {}
        for row, part, level, match in contig_matches(scores, len(evaluation.table)):
            if part == CODING:
                found.setdefault(row, {})[level] = match
        order = sorted(found, key=lambda row: (-found[row]["gene"].n_reference, row))
        rows = []
        for row in order[:_MOST_CONTIGS]:
            gene = found[row]["gene"]
            f1 = [found[row][level].f1 if level in found[row] else None for level in levels]
            rows.append([str(evaluation.table.names[row]), gene.n_reference, gene.n_prediction, *f1])
        more = f"; {len(order) - _MOST_CONTIGS:,} more contigs are in --tsv" if len(order) > _MOST_CONTIGS else ""
        columns = ["F1", "reference", "predicted", *(level_title(CODING, level) for level in levels)]
        tables.append(Table(f"Contigs, {name}{more}", columns, rows))
    for name, tally in evaluation.tallies.items():
        scored = list(evaluation.bases_by_contig(name))
        order = np.argsort(-tally.classes[:, 1:].sum(axis=(1, 2)), kind="stable").tolist()
        rows = [
            [contig, scores.genic.f1, *(score.f1 for score in scores.classes), scores.n_bases]
            for contig, scores in (scored[place] for place in order[:_MOST_CONTIGS])
        ]
        tables.append(Table(f"Contigs, predictions {name}", ["F1", "genic", *LABEL_CLASSES, "bases"], rows))
    return tables
