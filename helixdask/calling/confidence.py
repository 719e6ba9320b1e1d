"""From what the gene model says about a stretch of path to the probability that it is right.

The sum over paths alone is well ordered where the network is good. Where it is weak, long stretches come out near 0
and short ones near 1, whatever is true; so two more things that are known of a stretch are weighed with it. The
weights were fitted on predictions of four kinds, from good to poor (docs/explanation/calling.md).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Of 1, the log odds of the sum over paths, log2 of the mean bits a base, log2 of the length in bases.
GENE_WEIGHTS = (-11.68, 0.498, -0.453, 0.873)
CDS_WEIGHTS = (-4.61, 0.153, -0.455, 0.266)
_LEAST, _MOST_OPEN, _BITS = 1e-4, 1e-2, 0.02  # what keeps the logarithms finite


def confidence(
    posterior: NDArray[np.float64],
    mean_bits: NDArray[np.float64],
    length: NDArray[np.int64],
    weights: tuple[float, float, float, float],
) -> NDArray[np.float32]:
    """Probability that stretches of a path are right.

    Parameters
    ----------
    posterior
        (stretches,) share of the sum over all paths, from `stretch_sums`.
    mean_bits
        (stretches,) bits a base that the path costs more than the likeliest class at each base.
    length
        (stretches,) bases.
    weights
        `GENE_WEIGHTS` or `CDS_WEIGHTS` (exons, too).

    Returns
    -------
    numpy.ndarray
        (stretches,) float32 between 0 and 1.
    """
    odds = np.log(posterior + _LEAST) - np.log(1.0 - posterior + _MOST_OPEN)
    bits = np.log2(np.maximum(mean_bits, 0.0) + _BITS)
    total = weights[0] + weights[1] * odds + weights[2] * bits + weights[3] * np.log2(length)
    found: NDArray[np.float32] = (1.0 / (1.0 + np.exp(-total))).astype(np.float32)
    return found
