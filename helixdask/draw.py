"""Random numbers that belong to things and not to their order: a draw by hash."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def draw_keys(values: NDArray[Any], seed: int) -> NDArray[np.uint64]:
    """Well mixed numbers that depend on each value and the seed only, on any machine.

    Sorting by them is a draw whose outcome for a contig does not depend on where the contig stands in the genome.

    Parameters
    ----------
    values
        Text (object dtype) or integers, ``(value,)``.
    seed
        Any integer.
    """
    keys = pd.util.hash_array(np.asarray(values), hash_key="helixdask splits", categorize=False)
    with np.errstate(over="ignore"):
        keys = keys + np.uint64(seed % (1 << 64)) * np.uint64(0x9E3779B97F4A7C15)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            keys = (keys ^ (keys >> np.uint64(shift))) * np.uint64(factor)
    return keys ^ (keys >> np.uint64(31))
