"""How many windows are predicted at a time, on processors and on GPUs."""

from __future__ import annotations

from typing import Final

from helixdask.settings import WINDOW_LENGTH

_BASES_PER_BATCH: Final = 4 * WINDOW_LENGTH
_MOST_BASES_ON_GPU: Final = 64 * WINDOW_LENGTH
_SHARE: Final = 0.4
"""Of a GPU's memory for the values of a batch: layers have work space of their own, and two batches are in flight."""
_MEMORY: Final = 4 << 30
"""Bytes of a GPU that does not tell how many it has."""


def default_batch_size(window_length: int) -> int:
    """Windows in a batch: about 85,000 bases, where a processor core is busy and memory stays below a gigabyte."""
    return max(1, _BASES_PER_BATCH // window_length)


def batch_size_on_gpu(window_length: int, n_windows: int, memory: int | None, values: float) -> int:
    """Windows in a batch on a GPU: as many as it has memory for, and shared evenly among the batches of a task.

    Parameters
    ----------
    window_length
        Bases of a window.
    n_windows
        Windows of a task.
    memory
        Of the GPU, in bytes; None: it is not known.
    values
        Of all layers, float32, for each base; see `helixdask.trainer.network.size.activations`.

    Examples
    --------
    >>> batch_size_on_gpu(21_384, 200, 24 << 30, 637.0), batch_size_on_gpu(21_384, 200, 2 << 30, 637.0)
    (50, 15)
    >>> batch_size_on_gpu(10_000_000, 200, None, 637.0)
    1
    """
    fitting = int(_SHARE * (memory or _MEMORY) / (4.0 * values * window_length))
    most = max(1, min(fitting, _MOST_BASES_ON_GPU // window_length, n_windows))
    return -(-n_windows // -(-n_windows // most)) if n_windows else 1
