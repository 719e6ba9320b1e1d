"""From stored tracks to rows of windows: orientation and padding, the only place that knows them.

Tracks lie in plus orientation. Rows of minus windows are turned to read 5' to 3', which complements the sequence, or
are left in plus orientation. A window at the end of a contig may hold fewer bases than a row, and its row is padded:

* ``mirrored``: a minus row is the mirror image of the padded plus row, so that its padding is in front. A network is
  given windows in this way.
* ``end``: the padding is behind the bases on both strands. Helixer's HDF5 files hold windows in this way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from numpy.typing import NDArray

from helixdask.errors import BadInputError
from helixdask.sequence.codes import PADDING, reverse_complement

__all__ = ["COVERAGE_PADDING", "PADDING", "Orientation", "PaddingPlace", "WindowLayout", "cut"]

Orientation = Literal["strand", "plus"]
PaddingPlace = Literal["mirrored", "end"]

COVERAGE_PADDING: Final = -1.0
"""Coverage where a row has no base, as in Helixer: a network tells it from no reads."""


@dataclass(frozen=True)
class WindowLayout:
    """How windows become rows.

    Parameters
    ----------
    length
        Bases of a row; no window is longer.
    orientation
        ``strand``: minus windows are turned to read 5' to 3'; ``plus``: all windows are in plus orientation.
    padding
        Where the padding of turned minus windows lies: ``mirrored`` in front, ``end`` behind the bases.

    Raises
    ------
    BadInputError
        An option has another value.
    """

    length: int
    orientation: Orientation = "strand"
    padding: PaddingPlace = "mirrored"

    def __post_init__(self) -> None:
        for name, choices in (("orientation", Orientation), ("padding", PaddingPlace)):
            if getattr(self, name) not in get_args(choices):
                remedy = f"Choose {' or '.join(get_args(choices))}."
                raise BadInputError(f"{name} is {getattr(self, name)!r}", remedy=remedy)


def cut(
    out: NDArray[Any],
    data: NDArray[Any],
    places: Iterable[tuple[int, int, int, int, int]],
    layout: WindowLayout,
    *,
    bases: bool = False,
) -> None:
    """Cut windows from a stretch of a track into rows that hold padding.

    Parameters
    ----------
    out
        Rows, ``(row, offset)`` or ``(row, offset, class)``. What no base falls on is left as it is.
    data
        The stretch, ``(layer, base)`` or ``(layer, class, base)``, in plus orientation.
    places
        For each window: its row, its layer, the index of its first base in ``data``, its number of bases, and its
        strand, 0 or 1.
    layout
        Length, orientation and padding of the rows.
    bases
        Whether ``data`` holds base codes, which are complemented where a window is turned.

    Examples
    --------
    >>> rows = np.zeros((2, 5), int)
    >>> cut(rows, np.array([[1, 2, 3]]), [(0, 0, 0, 3, 0), (1, 0, 0, 3, 1)], WindowLayout(5))
    >>> rows.tolist()
    [[1, 2, 3, 0, 0], [0, 0, 3, 2, 1]]
    """
    turn, mirrored = layout.orientation == "strand", layout.padding == "mirrored"
    for row, layer, first, size, strand in places:
        values = data[layer, ..., first : first + size]
        at = 0
        if strand and turn:
            values = reverse_complement(values) if bases else values[..., ::-1]
            at = layout.length - size if mirrored else 0
        out[row, at : at + size] = values.T
