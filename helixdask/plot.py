"""Pictures of a region: labels, predictions and coverage of both strands under each other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from helixdask.errors import BadInputError
from helixdask.figures import figure_module
from helixdask.genes.draw import draw_genes, layers_of
from helixdask.genes.models import GeneModels
from helixdask.registry import LABEL_CLASSES, STRANDS

CLASS_COLOURS = ("#e6e6e6", "#7fb2d9", "#c44e52", "#f0c987")
"""Intergenic, UTR, CDS, intron."""

_LONGEST = 2_000_000
_POINTS = 4000


def plot_region(view: xr.Dataset, path: str | Path, genes: Mapping[str, GeneModels] | None = None) -> None:
    """Draw the tracks of a region as PNG, SVG or PDF, by the file's ending.

    Parameters
    ----------
    view
        From :meth:`helixdask.GenomeStore.sel`.
    path
        File to write.
    genes
        Gene models of the region by name, drawn under the tracks.

    Raises
    ------
    BadInputError
        The region is longer than 2 Mb, or holds nothing to draw.
    """
    plt = figure_module()
    if view.sizes["position"] > _LONGEST:
        raise BadInputError(
            f"{view.sizes['position']:,} bases are too many for a picture", remedy="Name a region of at most 2 Mb."
        )
    rows = [(str(name), strand) for name in view.data_vars for strand in _strands(view[name])]
    drawn = {name: models for name, models in (genes or {}).items() if len(models)}
    if not rows and not drawn:
        raise BadInputError("the region has no genes, labels, predictions or coverage", remedy="Make some first.")
    layers = [layers_of(models) for models in drawn.values()]
    heights = [1.0] * len(rows) + [0.35 * (1 + int(layer.max(initial=0))) + 0.3 for layer in layers]
    figure, axes = plt.subplots(
        len(heights),
        1,
        figsize=(14, 0.6 + 0.75 * sum(heights)),
        height_ratios=heights,
        sharex=True,
        squeeze=False,
        layout="constrained",
    )
    x = np.linspace(view.attrs["start"], view.attrs["end"], min(_POINTS, view.sizes["position"]) + 1)
    for axis, (name, strand) in zip(axes[:, 0], rows, strict=False):
        track = view[name]
        values = np.asarray(track.isel(strand=strand).values if strand is not None else track.values, dtype=np.float32)
        if name.endswith("_label"):
            _draw_labels(axis, x, values)
        elif name.endswith("_class_probability"):
            axis.stackplot(_middles(x), *[_binned(row, len(x) - 1) for row in values], colors=CLASS_COLOURS)
            axis.set_ylim(0, 1)
        elif strand is None:
            axis.fill_between(_middles(x), _binned(np.nan_to_num(values), len(x) - 1), color="#8c8c8c", lw=0)
            axis.set_ylim(bottom=0)
        else:
            axis.fill_between(_middles(x), _binned(values.sum(axis=0), len(x) - 1, "max"), color="#4c72b0", lw=0)
            axis.set_ylim(bottom=0)
        sign = f" {STRANDS[strand]}" if strand is not None else ""
        axis.set_ylabel(f"{name.replace('_', ' ')}{sign}", rotation=0, ha="right", va="center", fontsize=8)
    for axis, (name, models), layer in zip(axes[len(rows) :, 0], drawn.items(), layers, strict=True):
        draw_genes(axis, models, layer, (view.attrs["start"], view.attrs["end"]))
        axis.set_ylabel(f"{name} genes", rotation=0, ha="right", va="center", fontsize=8)
    for axis in axes[:, 0]:
        axis.tick_params(labelsize=7)
        axis.set_xlim(x[0], x[-1])
    handles = [plt.Rectangle((0, 0), 1, 1, color=colour) for colour in CLASS_COLOURS]
    figure.legend(handles, LABEL_CLASSES, loc="outside upper right", ncols=4, fontsize=8, frameon=False)
    axes[-1, 0].set_xlabel(f"{view.attrs['species']}, {view.attrs['contig']} (base, 0-based)", fontsize=8)
    axes[-1, 0].ticklabel_format(style="plain", useOffset=False)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _strands(track: xr.DataArray) -> tuple[int | None, ...]:
    """Strands of a track that are drawn: both, None for a track without strands, or nothing at all."""
    name = str(track.name)
    if "strand" in track.dims:
        return (0, 1) if name.endswith(("_label", "_class_probability", "_coverage")) else ()
    return (None,) if name.endswith(("_mask", "_value")) else ()


def _middles(edges: NDArray[np.floating]) -> NDArray[np.floating]:
    return (edges[:-1] + edges[1:]) / 2


def _edges(n_values: int, n_bins: int) -> NDArray[np.int64]:
    return np.linspace(0, n_values, n_bins, endpoint=False).astype(np.int64)


def _binned(values: NDArray[np.float32], n_bins: int, how: str = "mean") -> NDArray[np.float32]:
    edges = _edges(len(values), n_bins)
    if how == "max":
        return np.asarray(np.maximum.reduceat(values, edges))
    sums = np.add.reduceat(values, edges)
    return np.asarray(sums / np.diff(np.append(edges, len(values))), dtype=np.float32)


def _draw_labels(axis: Any, x: NDArray[np.floating], values: NDArray[np.float32]) -> None:
    """One bar in the colours of the classes; in a bin the class with the most to say wins, so that exons stay seen."""
    edges = _edges(len(values), len(x) - 1)
    shown = np.zeros(len(x) - 1, np.int64)
    for rank in (3, 1, 2):
        shown[np.maximum.reduceat(values == rank, edges)] = rank
    colours = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in CLASS_COLOURS], np.uint8)
    axis.imshow(colours[shown][None], aspect="auto", extent=(x[0], x[-1], 0, 1), interpolation="nearest")
    axis.set_yticks([])
