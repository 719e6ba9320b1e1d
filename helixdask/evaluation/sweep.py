"""Gene calling with many thresholds at once, from stored predictions; nothing is written to the store.

Edge and peak threshold decide which stretches of the genome are decoded, not how: a stretch that several of them find
is decoded once. The least coding length chooses among the genes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helixdask.calling.called_structure import called_structure
from helixdask.calling.correction import Correction
from helixdask.calling.regions import Scan
from helixdask.calling.span import call_span
from helixdask.calling.stage import CallStage
from helixdask.engine.cluster import RunOptions
from helixdask.engine.slices import run_slices, slices_of
from helixdask.engine.stage import Region
from helixdask.evaluation.grid import Grid, Point
from helixdask.genes.models import GeneModels
from helixdask.scores.levels import compare_structures, match_of
from helixdask.scores.match import Match
from helixdask.scores.structure import CODING, Structure, structure_of
from helixdask.store.store import Store

LEVELS_SHOWN = ("base", "exon", "gene")
_TASK = 1 << 20


@dataclass(frozen=True)
class SweepRow:
    """What one set of thresholds gives.

    Attributes
    ----------
    point
        The thresholds.
    genes, coding_bases
        How many; coding bases of all genes.
    median_coding_length, median_gene_length, median_coding_segments
        Of the genes; 0 without any.
    matches
        Scores by level (`LEVELS_SHOWN`), where there is a reference.
    """

    point: Point
    genes: int
    coding_bases: int
    median_coding_length: float
    median_gene_length: float
    median_coding_segments: float
    matches: dict[str, Match]

    def as_dict(self) -> dict[str, Any]:
        """Flat values for JSON and TSV."""
        values: dict[str, Any] = {**vars(self.point)}
        for name in ("genes", "coding_bases", "median_coding_length", "median_gene_length", "median_coding_segments"):
            values[name] = getattr(self, name)
        for level, match in self.matches.items():
            rates = {"sensitivity": match.sensitivity, "precision": match.precision, "f1": match.f1}
            values |= {f"{level}_{rate}": value for rate, value in rates.items()}
        return values


def best_row(rows: Sequence[SweepRow]) -> int | None:
    """The row with the best F1 of genes, then of coding segments, then of coding bases; None without a reference."""
    if not rows or not rows[0].matches:
        return None
    return max(range(len(rows)), key=lambda i: [rows[i].matches[level].f1 for level in ("gene", "exon", "base")])


def sweep(
    stage: CallStage,
    store: Store,
    grid: Grid,
    *,
    reference: GeneModels | None = None,
    contigs: NDArray[np.int64] | None = None,
    options: RunOptions | None = None,
) -> list[SweepRow]:
    """Call genes with all thresholds of a grid.

    Parameters
    ----------
    stage
        The call, with all other settings.
    store
        With predictions.
    grid
        Thresholds; those of the stage are not looked at.
    reference
        What the genes are scored against.
    contigs
        Rows of the contigs that count; None: all. Without a reference, too.
    options
        How to run.

    Returns
    -------
    list of SweepRow
        In the order of ``grid.points()``.
    """
    options = options or RunOptions()
    stage.inputs(store)  # checks settings and predictions
    regions = slices_of(store, _TASK)
    seconds = stage.estimate_seconds(store.n_bases) * len(grid.edges)
    correction = stage.learn(store)
    shared = (store, stage, grid, contigs, correction.groups, correction.learnt)
    found = dict(run_slices(_call_region, shared, regions, options, seconds, store.url, title="sweep"))
    parts = [found[index] for index in sorted(found)]
    genes = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    truth = None if reference is None else structure_of(reference, CODING, contigs=contigs)
    return [_row(point, genes, _chosen(point, genes, grid), truth) for point in grid.points()]


def _call_region(shared: tuple[Any, ...], start: int, stop: int) -> dict[str, NDArray[Any]]:
    store, stage, grid, contigs, groups, learnt = shared
    caller = _Caller.like(stage)
    return caller.call_all(store, Region(0, start, stop), grid, contigs, Correction(store, groups, learnt))


class _Caller(CallStage):
    """Calls what begins in a region with all thresholds of a grid."""

    @classmethod
    def like(cls, stage: CallStage) -> _Caller:
        return cls(**vars(stage))

    def call_all(
        self,
        store: Store,
        region: Region,
        grid: Grid,
        contigs: NDArray[np.int64] | None,
        correction: Correction,
    ) -> dict[str, NDArray[Any]]:
        """Columns of all genes that any thresholds give; ``found`` (gene, scan) says which."""
        loosest = replace(self, min_coding_length=min(grid.lengths))
        span, tracks = loosest.load(store, region, correction)
        rows, found = [], []
        for column, (edge, peak) in enumerate(grid.scans):
            caller = replace(loosest, edge_threshold=edge, peak_threshold=peak)
            for strand in (0, 1):
                scan = caller.scan(span, tracks, strand)
                strands = np.full(len(scan.start), strand, np.int64)
                rows.append(np.stack([strands, scan.piece, scan.start, scan.end], axis=1))
                found.append(np.full(len(scan.start), column, np.int64))
        stretches, place = np.unique(np.concatenate(rows), axis=0, return_inverse=True)
        by_scan = np.zeros((len(stretches), len(grid.scans)), np.bool_)
        by_scan[place.ravel(), np.concatenate(found)] = True
        if contigs is not None:
            keep = np.isin(span.contig[stretches[:, 1]], contigs)
            stretches, by_scan = stretches[keep], by_scan[keep]
        model = loosest.model_for(correction)
        # One call for all stretches that the same thresholds find; one without any gives the empty columns.
        patterns, group = np.unique(by_scan, axis=0, return_inverse=True)
        parts: list[dict[str, NDArray[Any]]] = []
        for number in range(-1, len(patterns)):
            scans = tuple(_scan_of(stretches[(group.ravel() == number) & (stretches[:, 0] == s)]) for s in (0, 1))
            columns, _ = call_span(span, model, loosest, (scans[0], scans[1]), tracks)
            n_genes = len(columns["gene_start"])
            pattern = patterns[number] if number >= 0 else np.zeros(len(grid.scans), np.bool_)
            columns["found"] = np.repeat(pattern[None], n_genes, axis=0)
            parts.append(columns)
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _scan_of(stretches: NDArray[np.int64]) -> Scan:
    return Scan(stretches[:, 1], stretches[:, 2], stretches[:, 3], None)


def _coding_lengths(genes: Mapping[str, NDArray[Any]]) -> NDArray[np.int64]:
    parent = np.repeat(np.arange(len(genes["gene_start"])), genes["gene_n_cds"])
    lengths = (genes["cds_end"] - genes["cds_start"]).astype(np.float64)
    return np.bincount(parent, weights=lengths, minlength=len(genes["gene_start"])).astype(np.int64)


def _chosen(point: Point, genes: Mapping[str, NDArray[Any]], grid: Grid) -> NDArray[np.bool_]:
    """Which genes these thresholds give, (gene,) bool."""
    column = grid.scans.index((point.edge_threshold, point.peak_threshold))
    chosen: NDArray[np.bool_] = genes["found"][:, column] & (_coding_lengths(genes) >= point.min_coding_length)
    return chosen


def _row(
    point: Point, genes: Mapping[str, NDArray[Any]], chosen: NDArray[np.bool_], truth: Structure | None
) -> SweepRow:
    coding = _coding_lengths(genes)[chosen]
    length = (genes["gene_end"] - genes["gene_start"])[chosen]
    matches = {}
    if truth is not None:
        levels = compare_structures(truth, called_structure(genes, chosen))
        matches = {level: match_of(levels[level]) for level in LEVELS_SHOWN}
    return SweepRow(
        point,
        len(coding),
        int(coding.sum()),
        _median(coding),
        _median(length),
        _median(genes["gene_n_cds"][chosen]),
        matches,
    )


def _median(values: NDArray[Any]) -> float:
    return float(np.median(values)) if len(values) else 0.0
