"""Writing rows of an HDF5 data set, compressed here and by several threads instead of by the HDF5 library.

What lies in the file is what HDF5's own filters would read: bytes of equal rank side by side (shuffle), then a zlib
stream. ISA-L makes that several times as fast as zlib does.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Final

import h5py
import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from helixdask.engine.machine import usable_cores

_LEVEL: Final = 1
_GROUP_BYTES: Final = 1 << 20


class RowWriter:
    """Writes blocks of rows; one block is compressed while the next is made."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(usable_cores())
        self._waiting: list[tuple[h5py.Dataset, int, Future[list[bytes]]]] = []

    def __enter__(self) -> RowWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._threads.shutdown(cancel_futures=True)

    def write(self, dataset: h5py.Dataset, start: int, rows: NDArray[Any]) -> None:
        """Write rows from ``start`` on; those of compressed wide data sets are in the file only after `flush`."""
        if dataset.compression != "gzip" or rows.ndim == 1 or dataset.chunks != (1, *rows.shape[1:]):
            dataset[start : start + len(rows)] = rows
            return
        rows = np.ascontiguousarray(rows, dataset.dtype)
        for first, some in _groups(rows):
            self._waiting.append((dataset, start + first, self._threads.submit(_compressed, some)))

    def flush(self, *, leave: int = 0) -> None:
        """Put what is compressed into the file, but for the last pieces that were handed over."""
        while len(self._waiting) > leave:
            dataset, start, done = self._waiting.pop(0)
            tail = (0,) * (len(dataset.shape) - 1)
            for row, data in enumerate(done.result(), start):
                dataset.id.write_direct_chunk((row, *tail), data)

    @property
    def waiting(self) -> int:
        """Pieces that are not in the file yet."""
        return len(self._waiting)


def _groups(rows: NDArray[Any]) -> Iterator[tuple[int, NDArray[Any]]]:
    """Rows in pieces worth a thread's while."""
    step = max(1, _GROUP_BYTES // max(1, rows[0].nbytes)) if len(rows) else 1
    for first in range(0, len(rows), step):
        yield first, rows[first : first + step]


def _compressed(rows: NDArray[Any]) -> list[bytes]:
    size = rows.dtype.itemsize
    out = []
    for row in rows:
        plain = row.reshape(-1).view(np.uint8)
        out.append(isal_zlib.compress(plain.reshape(-1, size).T.tobytes() if size > 1 else plain, _LEVEL))
    return out
