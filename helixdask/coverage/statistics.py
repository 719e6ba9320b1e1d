"""Sums, quantiles and other constants of a library's tracks, exact, from histograms of its regions."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from helixdask.coverage.depths import depth_histogram
from helixdask.engine.stage import RegionResult
from helixdask.registry import STRANDS

QUANTILES: Final = (0.5, 0.75, 0.9, 0.99, 0.999)
"""Of the coverage of bases that are covered at all, on each strand."""

_NAMES: Final = ("plus", "minus")


def region_statistics(coverage: NDArray[np.uint32], spliced: NDArray[np.uint32]) -> RegionResult:
    """Count covered bases, sums and the histogram of a region's tracks.

    Parameters
    ----------
    coverage, spliced
        Coverage and spliced coverage of a region, each (2, n) uint32.

    Returns
    -------
    RegionResult
        Counts `coverage_bases_plus` (covered bases), `coverage_sum_plus`, `spliced_coverage_...`, `..._minus`; tables
        `depth_plus`, `depth_minus` (values above 0 that occur, uint32) and `n_depth_plus`, `n_depth_minus` (bases
        with each, int64).
    """
    counts: dict[str, float] = {}
    tables: dict[str, NDArray[Any]] = {}
    for row, strand in enumerate(_NAMES):
        depth, n = depth_histogram(np.ascontiguousarray(coverage[row]))
        tables[f"depth_{strand}"], tables[f"n_depth_{strand}"] = depth, n
        for track, (values, bases) in (
            ("coverage", (depth, n)),
            ("spliced_coverage", depth_histogram(np.ascontiguousarray(spliced[row]))),
        ):
            counts[f"{track}_bases_{strand}"] = float(bases.sum())
            counts[f"{track}_sum_{strand}"] = float(values.astype(np.int64) @ bases)
    return RegionResult(counts, tables)


def constants(result: RegionResult, n_bases: int) -> dict[str, Any]:
    """Constants by which coverage may be normalised: stored, never applied.

    Parameters
    ----------
    result
        All regions' results, merged.
    n_bases
        Length of the genome.

    Returns
    -------
    dict
        By strand (`+`, `-`): `mean` over all bases, `mean_covered` and `quantiles` over bases that are covered. A
        quantile q is the least depth that a share q of those bases does not exceed.
    """
    found: dict[str, Any] = {}
    for strand, name in zip(STRANDS, _NAMES, strict=True):
        depth, rows = np.unique(result.tables[f"depth_{name}"], return_inverse=True)
        n = np.bincount(rows, weights=result.tables[f"n_depth_{name}"], minlength=len(depth)).astype(np.int64)
        covered, total = int(n.sum()), int(depth.astype(np.int64) @ n)
        below = np.cumsum(n)
        found[strand] = {
            "mean": total / n_bases if n_bases else 0.0,
            "mean_covered": total / covered if covered else 0.0,
            "quantiles": {
                f"{q:g}": int(depth[np.searchsorted(below, -(-round(1000 * q) * covered // 1000))]) if covered else 0
                for q in QUANTILES
            },
        }
    return found
