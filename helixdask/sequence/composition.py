"""How many bases of each kind a stretch of sequence has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from helixdask.kernels import njit
from helixdask.sequence.codes import CODE_MASK, N_CODE, SOFT_MASK

_LOWER_CASE: Final = 0.98
"""Share of soft-masked bases above which a genome was written in lower case: it does not say where repeats are."""


@njit(cache=True, nogil=True)
def _count(codes: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    # Plain sums over one pass: the compiler turns them into vector instructions, which a histogram is not.
    gc = 0
    at = 0
    n = 0
    soft = 0
    for value in codes:
        code = value & CODE_MASK
        gc += (code == 0) | (code == 3)
        at += (code == 1) | (code == 2)
        n += code == N_CODE
        soft += value >= SOFT_MASK
    return gc, at, n, soft


def count_kinds(codes: NDArray[np.uint8]) -> dict[str, int]:
    """Count G and C, A and T, N, other ambiguous bases, and, across these, soft-masked bases.

    Parameters
    ----------
    codes
        Base codes, ``(base,)`` uint8.

    Returns
    -------
    Bases by ``gc``, ``at``, ``n``, ``ambiguous`` and ``soft_masked``.
    """
    gc, at, n, soft = _count(codes)
    return {"gc": gc, "at": at, "n": n, "ambiguous": len(codes) - gc - at - n, "soft_masked": soft}


def soft_masks_tell(kinds: Mapping[str, int] | None) -> bool:
    """Whether soft masks tell repeats from other sequence: a genome in lower case marks none.

    Parameters
    ----------
    kinds
        Of the whole genome, as `count_kinds` gives them; None where they are not known.

    Examples
    --------
    >>> soft_masks_tell({"gc": 40, "at": 50, "n": 10, "ambiguous": 0, "soft_masked": 85})
    True
    >>> soft_masks_tell({"gc": 40, "at": 50, "n": 10, "ambiguous": 0, "soft_masked": 100})
    False
    """
    if kinds is None:
        return True
    n = sum(kinds[name] for name in ("gc", "at", "n", "ambiguous"))
    return kinds["soft_masked"] <= _LOWER_CASE * n
