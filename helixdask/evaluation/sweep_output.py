"""What a sweep found, as a table, a file and a figure."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from helixdask.evaluation.figures import PALETTE
from helixdask.evaluation.sweep import LEVELS_SHOWN, SweepRow, best_row
from helixdask.evaluation.tables import Table, level_title
from helixdask.figures import new_figure, save_figure
from helixdask.store.objects import whole_file


def sweep_table(rows: Sequence[SweepRow]) -> Table:
    """A row for each set of thresholds; the best one is marked with a star."""
    best = best_row(rows)
    columns = ["peak", "edge", "least coding", "genes", "coding bases", "median coding", "median gene", "segments"]
    if best is not None:
        columns += [f"{level_title('coding', level)} {rate}" for level in LEVELS_SHOWN for rate in ("sn", "pr", "F1")]
    cells: list[list[Any]] = []
    for number, row in enumerate(rows):
        point = row.point
        star = " *" if number == best else ""
        cells.append(
            [
                f"{point.peak_threshold:g}{star}",
                f"{point.edge_threshold:g}",
                point.min_coding_length,
                row.genes,
                row.coding_bases,
                f"{row.median_coding_length:,.0f}",
                f"{row.median_gene_length:,.0f}",
                f"{row.median_coding_segments:g}",
                *(
                    f"{rate:.3f}"
                    for level in (LEVELS_SHOWN if best is not None else ())
                    for match in (row.matches[level],)
                    for rate in (match.sensitivity, match.precision, match.f1)
                ),
            ]
        )
    note = "; sn sensitivity, pr precision, * best F1 of genes" if best is not None else ""
    return Table(f"Calling with {len(rows)} sets of thresholds{note}", columns, cells)


def sweep_dict(rows: Sequence[SweepRow]) -> dict[str, Any]:
    """Nested plain values for JSON."""
    best = best_row(rows)
    return {"rows": [row.as_dict() for row in rows], "best": None if best is None else rows[best].as_dict()}


def write_sweep_tsv(rows: Sequence[SweepRow], path: str | Path) -> None:
    """Write the rows, whole or not at all."""
    with whole_file(path) as aside, aside.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0].as_dict()), delimiter="\t", lineterminator="\n")
        writer.writeheader()
        for row in rows:
            values = row.as_dict().items()
            writer.writerow({name: f"{value:.6g}" if isinstance(value, float) else value for name, value in values})


def draw_sweep(rows: Sequence[SweepRow], path: str | Path) -> None:
    """Draw what each threshold changes: a column for each least length, a colour for each edge threshold."""
    best = best_row(rows)
    lengths = sorted({row.point.min_coding_length for row in rows})
    edges = sorted({row.point.edge_threshold for row in rows})
    quantities = [
        ("genes", lambda row: row.genes),
        ("coding bases", lambda row: row.coding_bases),
        ("median coding\nlength", lambda row: row.median_coding_length),
    ]
    if best is not None:
        quantities += [
            ("gene F1", lambda row: row.matches["gene"].f1),
            ("gene\nsensitivity", lambda row: row.matches["gene"].sensitivity),
            ("gene\nprecision", lambda row: row.matches["gene"].precision),
            ("coding segment\nF1", lambda row: row.matches["exon"].f1),
        ]
    figure = new_figure(2.2 + 2.6 * len(lengths), 0.9 + 1.35 * len(quantities))
    from matplotlib.lines import Line2D

    axes = figure.subplots(len(quantities), len(lengths), sharex=True, sharey="row", squeeze=False)
    for panels, (title, value) in zip(axes, quantities, strict=True):
        for axis, length in zip(panels, lengths, strict=True):
            for place, edge in enumerate(edges):
                line = [r for r in rows if r.point.min_coding_length == length and r.point.edge_threshold == edge]
                x = [row.point.peak_threshold for row in line]
                # Lines that coincide stay seen: the first is the widest.
                width = 1.2 + 1.6 * (len(edges) - 1 - place)
                colour = PALETTE[place % len(PALETTE)]
                axis.plot(x, [value(row) for row in line], color=colour, lw=width, marker=".", ms=width + 4)
            if best is not None and rows[best].point.min_coding_length == length:
                axis.plot(rows[best].point.peak_threshold, value(rows[best]), "*", color="#222222", ms=11, zorder=5)
            axis.spines[["top", "right"]].set_visible(False)
            axis.tick_params(labelsize=8)
            axis.margins(y=0.2)
            axis.grid(color="#e4e4e4", lw=0.6)
        panels[0].set_ylabel(title, fontsize=8)
        panels[0].yaxis.set_major_formatter(_plain)
    for axis, length in zip(axes[0], lengths, strict=True):
        axis.set_title(f"at least {length:,} coding bases", fontsize=9)
    for axis in axes[-1]:
        axis.set_xlabel("peak threshold", fontsize=8)
    handles = [Line2D([], [], color=PALETTE[i % len(PALETTE)], lw=2.5) for i in range(len(edges))]
    labels = [f"edge threshold {edge:g}" for edge in edges]
    if best is not None:
        handles.append(Line2D([], [], color="#222222", marker="*", ls="", ms=10))
        labels.append("best F1 of genes")
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    save_figure(figure, path)


def _plain(number: float, _: int) -> str:
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.4g}"
