"""An order of rows that does not depend on the order of lines."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from helixdask.genes.reading.gff_lines import GffRows


def by_content(rows: GffRows, some: NDArray[np.int64]) -> NDArray[np.int64]:
    """Some rows by sequence, start, end, strand and phase; where those are equal by their texts.

    Parameters
    ----------
    rows
        Rows of the file.
    some
        Numbers of rows, ``(n,)``.

    Returns
    -------
    numpy.ndarray
        The same numbers in another order. Rows that are equal in all columns but the line stand side by side.
    """
    small = (rows.level[some].astype(np.int16) * 4 + rows.strand[some] + 1) * 4 + rows.phase[some] + 1
    keys = (small, rows.end[some], rows.start[some], rows.seqid[some])
    order = np.lexsort(keys)
    equal = np.ones(max(len(order) - 1, 0), bool)
    for key in keys:
        equal &= key[order][1:] == key[order][:-1]
    if equal.any():
        tied = np.flatnonzero(np.append(equal, False) | np.append(False, equal))
        text = [rows.type[some[order[tied]]], rows.source[some[order[tied]]], rows.attributes[some[order[tied]]]]
        group = np.cumsum(~np.append(False, equal))[tied]
        ranked = sorted(range(len(tied)), key=lambda k: (group[k], *(column[k] for column in text)))
        order[tied] = order[tied][ranked]
    out: NDArray[np.int64] = some[order]
    return out
