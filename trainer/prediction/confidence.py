"""How high the genic probabilities of a genome are, and whether a model has hardly anything to say about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from helixdask.engine.stage import RegionResult

SURE: Final = 0.5
"""Genic probability from which a base is more likely genic than not."""
FLAT: Final = 1e-4
"""Share of such bases, of both strands, below which a model is flat on a genome of some size."""
_SOME_SIZE: Final = 1_000_000


def genic_counts(mean: NDArray[np.float32]) -> RegionResult:
    """Count what is genic among the probabilities of some bases.

    Parameters
    ----------
    mean
        (2, 4, n) float32 probabilities between 0 and 1, both strands; NaN where nothing was predicted.

    Returns
    -------
    RegionResult
        Counts ``genic_bases`` (more likely genic than not), ``genic_sum`` and ``predicted_bases``, of both strands;
        table ``highest_genic`` with one value, which is 0 where nothing was predicted.
    """
    genic = 1 - mean[:, 0]
    known = np.isfinite(genic)
    sure = int(np.count_nonzero(genic >= SURE))
    total = float(np.sum(genic, where=known, dtype=np.float64))
    highest = np.max(genic, where=known, initial=0.0)
    counts = {"genic_bases": sure, "genic_sum": total, "predicted_bases": int(np.count_nonzero(known))}
    return RegionResult(counts, {"highest_genic": np.array([highest], np.float32)})


def genic_summary(result: RegionResult) -> dict[str, float]:
    """What the attributes of predictions say: highest and mean genic probability, share of bases that are genic."""
    n = max(result.counts.get("predicted_bases", 0), 1)
    return {
        "highest": round(float(result.tables["highest_genic"].max(initial=0.0)), 4),
        "mean": round(result.counts.get("genic_sum", 0.0) / n, 6),
        "share": round(result.counts.get("genic_bases", 0.0) / n, 6),
    }


def flat_model(genic: Mapping[str, Any], n_bases: int) -> str | None:
    """Say that a model is flat on a genome, and what to check; None where it is not.

    Examples
    --------
    >>> flat_model({"highest": 0.9, "share": 0.02}, 10_000_000)
    >>> flat_model({"highest": 0.31, "share": 0.0}, 10_000_000)[:61]
    'the model is flat on this genome: the highest genic probabili'
    """
    if genic["highest"] >= SURE and (genic["share"] >= FLAT or n_bases < _SOME_SIZE):
        return None
    return (
        f"the model is flat on this genome: the highest genic probability of a base is {genic['highest']:.3f}, and "
        f"{100 * genic['share']:.3f} % of the bases are more likely genic than not. Check that it is of this lineage "
        "(helixdask models lists the published ones) and that the sequence is what you think; or tune it with an "
        "annotation (prepare --gff3)."
    )
