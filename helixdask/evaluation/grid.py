"""Which thresholds are tried together, and which of them find a region of the genome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from helixdask.errors import BadInputError


@dataclass(frozen=True)
class Point:
    """One set of thresholds."""

    peak_threshold: float
    edge_threshold: float
    min_coding_length: int


@dataclass(frozen=True)
class Grid:
    """All combinations of some thresholds.

    Attributes
    ----------
    peaks, edges
        Shares of genic probability: what a window of a genic stretch must exceed, and where the stretch begins and
        ends.
    lengths
        Least coding bases.
    """

    peaks: tuple[float, ...] = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
    edges: tuple[float, ...] = (0.05, 0.1, 0.2)
    lengths: tuple[int, ...] = (60, 150, 300)

    @classmethod
    def of(cls, peaks: Sequence[float], edges: Sequence[float], lengths: Sequence[int]) -> Grid:
        """Sorted, each value once; an empty list stands for the default.

        Raises
        ------
        BadInputError
            A share that is none, or a negative length.
        """
        for name, shares in (("peak", peaks), ("edge", edges)):
            for share in shares:
                if not 0.0 <= share <= 1.0:
                    raise BadInputError(
                        f"the {name} threshold {share} is no share", remedy="Use numbers between 0 and 1."
                    )
        if any(length < 0 for length in lengths):
            raise BadInputError("the shortest coding sequence is negative", remedy="Use 0 or more.")
        standard = cls()
        return cls(
            tuple(sorted(set(peaks or standard.peaks))),
            tuple(sorted(set(edges or standard.edges))),
            tuple(sorted(set(lengths or standard.lengths))),
        )

    @property
    def scans(self) -> list[tuple[float, float]]:
        """Edge and peak of each search for regions; the lengths only choose among their genes."""
        return list(product(self.edges, self.peaks))

    def points(self) -> list[Point]:
        """All combinations."""
        return [Point(peak, edge, length) for edge, peak in self.scans for length in self.lengths]


def numbers(text: str | None, kind: type[float] | type[int] = float) -> list[float]:
    """Numbers of a list such as ``0.5,0.8``; none for no text.

    Raises
    ------
    BadInputError
        Something in it is no number.
    """
    try:
        return [kind(part) for part in (text or "").replace(",", " ").split()]
    except ValueError:
        raise BadInputError(f"{text!r} is no list of numbers", remedy="For example 0.5,0.8,0.9.") from None
