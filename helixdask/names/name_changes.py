"""The compiled loop over lines that finds where the name of the sequence changes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from helixdask.kernels import njit


@njit(cache=True, nogil=True)
def name_changes(
    data: NDArray[np.uint8], column: int, tabbed: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Where names begin and end that differ from that of the line before, and where their lines begin.

    Comments are passed over, apart from those that tell the length of a sequence.
    """
    found = np.empty((3, 1024), np.int64)
    n = 0
    at = 0
    before_start, before_stop = 0, 0
    region = np.array([35, 35, 115, 101, 113, 117, 101, 110, 99, 101, 45, 114, 101, 103, 105, 111, 110], np.uint8)
    while at < len(data):
        line = at
        while at < len(data) and data[at] != 10:
            at += 1
        end = at
        at += 1
        declares = end - line > len(region)
        for k in range(len(region)):
            declares = declares and data[line + k] == region[k]
        if declares:
            start, stop = line, line + len(region)
        elif end > line and data[line] == 35:
            continue
        else:
            start, stop = line, line
            for number in range(column + 1):
                start = stop + (1 if tabbed and number else 0)
                while not tabbed and start < end and (data[start] == 9 or data[start] == 32):
                    start += 1
                stop = start
                while stop < end and data[stop] != 9 and (tabbed or data[stop] != 32):
                    stop += 1
            if stop <= start or stop >= end:  # every format has more columns than this
                continue
            same = stop - start == before_stop - before_start
            k = 0
            while same and k < stop - start:
                same = data[start + k] == data[before_start + k]
                k += 1
            if same:
                continue
            before_start, before_stop = start, stop
        if n == found.shape[1]:
            grown = np.empty((3, 2 * n), np.int64)
            for row in range(3):  # slices take seconds to compile
                for k in range(n):
                    grown[row, k] = found[row, k]
            found = grown
        found[0, n], found[1, n], found[2, n] = start, stop, line
        n += 1
    return found[0, :n], found[1, :n], found[2, :n]
