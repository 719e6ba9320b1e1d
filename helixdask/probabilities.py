"""Probabilities as they are stored, float16 or 255ths in uint8, as float32."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helixdask.errors import InternalError
from helixdask.kernels import njit


def decode(values: NDArray[Any]) -> NDArray[np.float32]:
    """Probabilities as float32 from any stored type, in the same shape; uint8 counts 255ths."""
    decoded = values.astype(np.float32)
    if values.dtype == np.uint8:
        decoded /= np.float32(255.0)
    return decoded


@cache
def decoding_table(dtype: str) -> NDArray[np.float32]:
    """Probability of every stored value, for kernels: of the 65,536 bit patterns of float16, or of uint8."""
    if dtype == "uint8":
        return decode(np.arange(256, dtype=np.uint8))
    if dtype == "float16":
        return decode(np.arange(1 << 16, dtype=np.uint16).view(np.float16))
    raise InternalError(f"probabilities are stored as float16 or uint8, not {dtype}")


def bits(stored: NDArray[Any]) -> NDArray[Any]:
    """Stored values as row numbers of `decoding_table`, contiguous."""
    stored = np.ascontiguousarray(stored)
    return stored.view(np.uint16) if stored.dtype == np.float16 else stored


@njit(cache=True, nogil=True)
def likeliest(raw: NDArray[Any], table: NDArray[np.float32], strand: int, at: int) -> int:
    """Class of the largest probability of a base, the first at ties; ``raw`` is (strand, class, base) `bits`."""
    best = 0
    for k in range(1, raw.shape[1]):
        if table[raw[strand, k, at]] > table[raw[strand, best, at]]:
            best = k
    return best
