"""Reading bigWig files, stretch by stretch."""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pybigtools
from numpy.typing import NDArray

from helixdask.coverage.bigwig_blocks import check_bigwig_head
from helixdask.errors import BadInputError
from helixdask.inputs.foreign import foreign_errors
from helixdask.store.objects import is_url


class BigWig:
    """Values of one bigWig file by place.

    Parameters
    ----------
    path
        A local file, or a URL.

    Raises
    ------
    BadInputError
        If it cannot be read, or is no bigWig.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        with foreign_errors(path, "cannot be read as bigWig", "Check the path, and that the copy is whole."):
            if not is_url(path):
                check_bigwig_head(path)
            # By a path it opens only what is called .bw or .bigWig.
            named = is_url(path) or Path(path).suffix in (".bw", ".bigWig")
            source = path if named else Path(path).open("rb")  # noqa: SIM115 stays open as long as this
            if not isinstance(source, str):
                weakref.finalize(self, source.close)
            self._file: Any = pybigtools.open(source)
            if not self._file.is_bigwig:
                raise BadInputError("a bigBed file", where=path, remedy="Give a bigWig, a bedGraph, or aligned reads.")
            self.lengths: dict[str, int] = dict(self._file.chroms())

    def values(self, contig: str, start: int, stop: int) -> NDArray[np.float64]:
        """Values of [start, stop) of a contig, (stop - start,) float64; 0 where the file says nothing.

        Raises
        ------
        BadInputError
            If the file is damaged.
        """
        with foreign_errors(f"{self.path}, {contig}:{start:,}-{stop:,}", "is damaged or cut short"):
            found = self._file.values(contig, start, stop, fillna=0.0)
            return np.asarray(found, np.float64)
