"""Reading bigWig files, stretch by stretch."""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pybigtools
from numpy.typing import NDArray

from helixdask.errors import BadInputError, words_of
from helixdask.store.objects import is_url

__all__ = ["BigWig"]


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
        try:
            # By a path it opens only what is called .bw or .bigWig.
            named = is_url(path) or Path(path).suffix in (".bw", ".bigWig")
            source = path if named else Path(path).open("rb")  # noqa: SIM115 stays open as long as this
            if not isinstance(source, str):
                weakref.finalize(self, source.close)
            self._file: Any = pybigtools.open(source)
            if not self._file.is_bigwig:
                raise BadInputError("a bigBed file", where=path, remedy="Give a bigWig, a bedGraph, or aligned reads.")
            self.lengths: dict[str, int] = dict(self._file.chroms())
        except (ValueError, OSError, pybigtools.BBIReadError) as error:
            raise BadInputError(
                f"cannot be read as bigWig ({words_of(error)})",
                where=path,
                remedy="Check the path, and that the copy is whole.",
            ) from error

    def values(self, contig: str, start: int, stop: int) -> NDArray[np.float64]:
        """Values of [start, stop) of a contig, (stop - start,) float64; 0 where the file says nothing.

        Raises
        ------
        BadInputError
            If the file is damaged.
        """
        try:
            found = self._file.values(contig, start, stop, fillna=0.0)
        except pybigtools.BBIReadError as error:
            raise BadInputError(
                f"is damaged or cut short ({words_of(error)})", where=self.path, remedy="Copy or make it again."
            ) from error
        return np.asarray(found, np.float64)
