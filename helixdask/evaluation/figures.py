"""Figures of an evaluation: levels, classes of bases, confidence, contigs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from helixdask.errors import BadInputError
from helixdask.evaluation.result import Evaluation
from helixdask.evaluation.tables import level_title
from helixdask.figures import new_figure, save_figure, swatch
from helixdask.registry import LABEL_CLASSES
from helixdask.scores.levels import LEVELS
from helixdask.scores.match import Match
from helixdask.scores.structure import CODING

log = logging.getLogger(__name__)

PALETTE: Final = ("#4c72b0", "#dd8452", "#55a868", "#8172b3", "#937860", "#da8bc3")
"""One colour for each set, in the order of the evaluation."""

_GREY = "#b8b8b8"
_MOST_SETS = len(PALETTE)
_MOST_CONTIGS = 16
_FEW = 10
"""A share of fewer is not drawn."""
_WIDTH = 10.0

Draw = Callable[[Any, Evaluation], None]


def figures_of(evaluation: Evaluation) -> list[tuple[str, float, Draw]]:
    """What can be drawn: title, height in inches, and who draws it on a figure."""
    found: list[tuple[str, float, Draw]] = []
    for kind, names in (("gene models", evaluation.genes), ("predictions", evaluation.tallies)):
        if len(names) > _MOST_SETS:
            log.info("%d sets of %s: the figures show %d of them", len(names), kind, _MOST_SETS)
    if evaluation.genes:
        n_sets = min(len(evaluation.genes), _MOST_SETS)
        found.append(("Gene models, level by level", 1.4 + len(LEVELS) * (0.16 + 0.13 * n_sets), draw_levels))
    if evaluation.tallies:
        found.append(("Base by base", 2.6, draw_classes))
    if evaluation.reliabilities():
        found.append(("Confidence and correctness", 4.2, draw_reliability))
    if any(scores.reliability("gene") is not None for scores in evaluation.genes.values()):
        found.append(("Keeping only the surest", 3.2, draw_thresholds))
    if _gene_contigs(evaluation):
        found.append(("By contig", 1.3 + 0.26 * len(_gene_contigs(evaluation)), draw_contigs))
    return found


def draw_scores(evaluation: Evaluation, path: str | Path) -> None:
    """Draw everything on one page, PNG, SVG or PDF by the file's ending.

    Raises
    ------
    BadInputError
        There is nothing to draw, or the ending is unknown.
    MissingDependencyError
        matplotlib is not installed.
    """
    parts = figures_of(evaluation)
    if not parts:
        raise BadInputError("there is nothing to draw", remedy="Score predictions or genes.")
    heights = [height for _, height, _ in parts]
    figure = new_figure(_WIDTH, sum(heights))
    rows = figure.subfigures(len(parts), 1, height_ratios=heights, squeeze=False)[:, 0]
    for row, (title, _, draw) in zip(rows, parts, strict=True):
        row.suptitle(title, fontsize=10, fontweight="bold", x=0.01, ha="left")
        draw(row, evaluation)
    save_figure(figure, path)


def _colours(evaluation: Evaluation) -> dict[str, str]:
    """Colour of each set; genes and predictions of one name share it."""
    names = dict.fromkeys([*_gene_sets(evaluation), *_prediction_sets(evaluation)])
    colours = {name: PALETTE[place % _MOST_SETS] for place, name in enumerate(names)}
    for before, _ in evaluation.compared:
        colours[before] = _GREY
    return colours


def _gene_sets(evaluation: Evaluation) -> list[str]:
    """Names of gene models, what came before first; as many as there are colours."""
    return _before_first(evaluation, [*evaluation.genes])


def _prediction_sets(evaluation: Evaluation) -> list[str]:
    """Names of predictions in the same way."""
    return _before_first(evaluation, [*evaluation.tallies])


def _before_first(evaluation: Evaluation, names: list[str]) -> list[str]:
    before = {pair[0] for pair in evaluation.compared}
    return sorted(names, key=lambda name: name not in before)[:_MOST_SETS]


def _tidy(axis: Any) -> None:
    axis.spines[["top", "right"]].set_visible(False)
    axis.tick_params(labelsize=8)


def _legend(figure: Any, colours: dict[str, str], names: list[str]) -> None:
    handles = [swatch(colours[name]) for name in names]
    figure.legend(
        handles, names, loc="outside lower center", ncols=min(len(names), 4), fontsize=8, frameon=False, handlelength=1
    )


def draw_levels(figure: Any, evaluation: Evaluation) -> None:
    """F1 as bars, sensitivity and precision as marks, for each level and set; a panel for each part."""
    colours = _colours(evaluation)
    names = _gene_sets(evaluation)
    parts = list(evaluation.genes[names[0]].parts)
    axes = figure.subplots(1, len(parts), squeeze=False, sharex=True)[0]
    height = 0.8 / len(names)
    for axis, part in zip(axes, parts, strict=True):
        for place, name in enumerate(names):
            matches = [evaluation.genes[name].match(level, part) for level in LEVELS]
            y = np.arange(len(LEVELS)) + (place - (len(names) - 1) / 2) * height
            axis.barh(y, [match.f1 for match in matches], height * 0.9, color=colours[name], alpha=0.55)
            for rate, marker in (("sensitivity", ">"), ("precision", "<")):
                x = [getattr(match, rate) for match in matches]
                axis.plot(x, y, marker, color="#222222", ms=3.2, mew=0, clip_on=False, zorder=3)
        axis.set_yticks(range(len(LEVELS)), [level_title(part, level) for level in LEVELS])
        axis.invert_yaxis()
        axis.set_xlim(0, 1)
        axis.set_title("coding parts" if part == CODING else "whole exons, with UTRs", fontsize=9)
        axis.set_xlabel("bar F1,  ▸ sensitivity,  ◂ precision", fontsize=8)
        axis.grid(axis="x", color="#dddddd", lw=0.6)
        axis.set_axisbelow(True)
        _tidy(axis)
    _legend(figure, colours, names)


def draw_classes(figure: Any, evaluation: Evaluation) -> None:
    """F1 of each class of bases, and where the bases of each class go."""
    colours = _colours(evaluation)
    names = _prediction_sets(evaluation)
    phases = evaluation.phases
    titles = ["genic", *LABEL_CLASSES, "sub-genic", *(["phase"] if phases else [])]
    axis, matrix = figure.subplots(1, 2, width_ratios=(1.7, 1))
    width = 0.8 / len(names)
    for place, name in enumerate(names):
        scores = evaluation.bases[name]
        values = [scores.genic.f1, *(score.f1 for score in scores.classes), scores.sub_genic.f1]
        if phases:
            values.append(phases[name].coding.f1 if name in phases else np.nan)
        x = np.arange(len(values)) + (place - (len(names) - 1) / 2) * width
        bars = axis.bar(x, values, width * 0.92, color=colours[name])
        if len(names) <= 2:
            axis.bar_label(bars, [f"{value:.2f}" for value in values], fontsize=7, padding=1)
    axis.set_xticks(range(len(titles)), titles)
    axis.set_ylim(0, 1.08)
    axis.set_yticks([0, 0.25, 0.5, 0.75, 1])
    axis.set_ylabel("F1", fontsize=8)
    axis.grid(axis="y", color="#dddddd", lw=0.6)
    axis.set_axisbelow(True)
    _tidy(axis)
    last = evaluation.compared[-1][1] if evaluation.compared and evaluation.compared[-1][1] in names else names[-1]
    counts = evaluation.tallies[last].classes.sum(axis=0).astype(float)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    matrix.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        colour = "white" if share > 0.6 else "#222222"
        matrix.text(column, row, f"{100 * share:.1f}%", ha="center", va="center", fontsize=7, color=colour)
    matrix.set_xticks(range(4), LABEL_CLASSES, fontsize=7)
    matrix.set_yticks(range(4), LABEL_CLASSES, fontsize=7)
    matrix.set_xlabel(f"predicted by {last}", fontsize=8)
    matrix.set_ylabel("reference", fontsize=8)
    _legend(figure, colours, names)


def draw_reliability(figure: Any, evaluation: Evaluation) -> None:
    """Mean confidence of each bin against the share that is right, over the number in the bin."""
    colours = _colours(evaluation)
    curves = evaluation.reliabilities()
    upper, lower = figure.subplots(2, len(curves), squeeze=False, sharex=True, height_ratios=(3, 1))
    for axis, below, (title, by_name) in zip(upper, lower, curves.items(), strict=True):
        axis.plot([0, 1], [0, 1], color="#888888", lw=0.8, ls="--")
        names = _before_first(evaluation, [*by_name])
        for place, name in enumerate(names):
            curve = by_name[name]
            full = curve.count > 0
            x, y = curve.mean_confidence[full], curve.share_right[full]
            label = f"{name}, off by {curve.calibration_error:.3f}"
            axis.plot(x, y, "o-", color=colours[name], ms=3.5, lw=1.2, label=label)
            # Twice the standard error of a share.
            error = 2 * np.sqrt(np.maximum(y * (1 - y), 0) / curve.count[full])
            axis.fill_between(x, np.clip(y - error, 0, 1), np.clip(y + error, 0, 1), color=colours[name], alpha=0.15)
            width = 1 / len(curve.count)
            left = curve.edges[:-1] + width * (0.06 + 0.88 * place / len(names))
            below.bar(left, curve.count, width * 0.88 / len(names), align="edge", color=colours[name])
        axis.set_title(title, fontsize=9)
        axis.set_xlim(0, 1)
        axis.set_ylim(0, 1.02)
        axis.legend(fontsize=7, frameon=False, loc="upper left")
        below.set_yscale("log")
        below.set_ylim(bottom=0.7)
        below.set_xlabel("confidence", fontsize=8)
        _tidy(axis)
        _tidy(below)
    upper[0].set_ylabel("share right", fontsize=8)
    lower[0].set_ylabel("number", fontsize=8)


def draw_thresholds(figure: Any, evaluation: Evaluation) -> None:
    """Sensitivity and precision when only the surest were kept, from few to all: genes and coding segments."""
    colours = _colours(evaluation)
    axes = figure.subplots(1, 2, sharey=True)
    names = [name for name in _gene_sets(evaluation) if evaluation.genes[name].reliability("gene") is not None]
    for axis, level in zip(axes, ("exon", "gene"), strict=True):
        for name in names:
            scores = evaluation.genes[name]
            known = scores.parts[CODING][level][1].score
            known = np.sort(known[~np.isnan(known)])
            thresholds = known[np.linspace(len(known) - 1, 0, 101).astype(np.int64)]
            kept = [match for match in scores.above(level, thresholds) if match.n_prediction >= _FEW]
            x = [match.n_prediction / len(known) for match in kept]
            for rate, style in (("sensitivity", "-"), ("precision", "--")):
                axis.plot(x, [getattr(match, rate) for match in kept], style, color=colours[name], lw=1.3)
        axis.set_title(level_title(CODING, level), fontsize=9)
        axis.set_xlabel("share kept, the surest first\nfull line: sensitivity, broken: precision", fontsize=8)
        axis.set_xlim(0, 1)
        axis.set_ylim(0, 1.02)
        axis.grid(color="#dddddd", lw=0.6)
        _tidy(axis)
    _legend(figure, colours, names)


def _gene_contigs(evaluation: Evaluation) -> dict[int, list[tuple[str, Match]]]:
    """The contigs with most genes, and the genes found there by each set; none where there is only one contig."""
    found: dict[int, list[tuple[str, Match]]] = {}
    for name in _gene_sets(evaluation):
        counts = evaluation.genes[name].by_contig("gene", CODING, len(evaluation.table))
        rows = np.flatnonzero(counts[:, 0] > 0)
        rows = rows[np.argsort(-counts[rows, 0], kind="stable")][:_MOST_CONTIGS]
        for row in rows.tolist():
            found.setdefault(row, []).append((name, Match(*counts[row].tolist())))
    return found if len(found) > 1 else {}


def draw_contigs(figure: Any, evaluation: Evaluation) -> None:
    """F1 of genes on the contigs with most of them."""
    colours = _colours(evaluation)
    contigs = _gene_contigs(evaluation)
    axis = figure.subplots()
    labels = []
    for place, (row, entries) in enumerate(contigs.items()):
        x = [match.f1 for _, match in entries]
        axis.plot([min(x), max(x)], [place, place], color="#cccccc", lw=1, zorder=1)
        axis.scatter(x, [place] * len(x), color=[colours[name] for name, _ in entries], s=22, zorder=2)
        labels.append(f"{evaluation.table.names[row]}  ({entries[0][1].n_reference:,})")
    axis.set_yticks(range(len(labels)), labels)
    axis.set_ylim(len(labels) - 0.5, -0.5)
    axis.set_xlim(-0.01, 1)
    axis.set_xlabel("F1 of genes (in brackets: genes of the reference)", fontsize=8)
    axis.grid(axis="x", color="#dddddd", lw=0.6)
    _tidy(axis)
    _legend(figure, colours, _gene_sets(evaluation))
