"""Putting transcripts into layers so that neither they nor their names lie on each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from helixdask.genes.coding import longest_coding
from helixdask.genes.models import GeneModels

_MOST_NAMED: Final = 7
_MOST: Final = 10
_LONGEST_NAME: Final = 32


@dataclass(frozen=True)
class Layout:
    """Where the transcripts of a region lie.

    Attributes
    ----------
    rows
        Rows of the transcripts that are drawn, ``(drawn,)``.
    layer
        Their layers, ``(drawn,)``, from the line outwards, each strand for itself.
    names
        Their names, cut to some length; empty where there is no room for all of them.
    middle
        Where their names stand, ``(drawn,)``.
    n_layers
        Number of layers of the plus and of the minus strand.
    left_out
        What is not drawn, in words; empty where all is.
    """

    rows: NDArray[np.int64]
    layer: NDArray[np.int64]
    names: tuple[str, ...]
    middle: NDArray[np.float64]
    n_layers: tuple[int, int]
    left_out: str = ""


def pack(low: NDArray[np.float64], high: NDArray[np.float64], most: int) -> NDArray[np.int64] | None:
    """Layer of each interval so that no two of a layer overlap, the lowest that is free.

    Parameters
    ----------
    low, high
        Ends, ``(interval,)``, in any order of intervals.
    most
        Layers there may be.

    Returns
    -------
    numpy.ndarray or None
        ``(interval,)`` int64; None where more layers would be needed.

    Examples
    --------
    >>> pack(np.array([0.0, 5, 12]), np.array([10.0, 11, 20]), 3).tolist()
    [0, 1, 0]
    """
    layer = np.zeros(len(low), np.int64)
    reach: list[float] = []
    for row in np.lexsort((high, low)).tolist():
        free = next((number for number, end in enumerate(reach) if end <= low[row]), len(reach))
        if free == most:
            return None
        if free == len(reach):
            reach.append(0.0)
        layer[row], reach[free] = free, float(high[row])
    return layer


def lay_out(models: GeneModels, span: tuple[int, int], name_widths: NDArray[np.float64] | None, gap: float) -> Layout:
    """Put transcripts into layers: with all names where there is room for them, else without any.

    Parameters
    ----------
    models
        Genes of one contig.
    span
        First base and one past the last of what is shown.
    name_widths
        Width of each name in bases, ``(transcript,)``; None: no names are wanted.
    gap
        Bases between neighbours that have names.
    """
    every = np.arange(len(models.transcripts))
    if name_widths is not None and (found := _packed(models, every, span, name_widths, gap, _MOST_NAMED)) is not None:
        return found
    no_names = np.zeros(len(every))
    said = "names are left out"
    found = _packed(models, every, span, no_names, 0.0, _MOST)
    if found is not None:
        return _without_names(found, said)
    one_each = longest_coding(models)
    first = np.unique(models.transcripts["gene"].to_numpy(), return_index=True)[1]
    one_each = np.where(one_each < 0, first, one_each)
    found = _packed(models, one_each, span, no_names, 0.0, _MOST)
    if found is not None:
        return _without_names(found, "one transcript of each, no names")
    strands = models.transcript_strand()[one_each]
    flat = Layout(
        one_each,
        np.zeros(len(one_each), np.int64),
        (),
        np.zeros(0),
        (int((strands == 0).any()), int((strands == 1).any())),
    )
    return _without_names(flat, "one transcript of each, on each other")


def short_name(name: str, most: int = _LONGEST_NAME) -> str:
    """A name of at most so many characters, its middle left out: names of genes and libraries differ in their ends.

    Examples
    --------
    >>> short_name("AT3G04440.1", 20), short_name("a_very_long_name_indeed.1", 20)
    ('AT3G04440.1', 'a_very_lo…e_indeed.1')
    """
    half = most // 2
    return name if len(name) <= most else f"{name[: half - 1]}…{name[-half:]}"


def _without_names(layout: Layout, said: str) -> Layout:
    return Layout(layout.rows, layout.layer, (), layout.middle, layout.n_layers, said)


def _packed(
    models: GeneModels,
    rows: NDArray[np.int64],
    span: tuple[int, int],
    name_widths: NDArray[np.float64],
    gap: float,
    most: int,
) -> Layout | None:
    start, end = (models.transcripts[name].to_numpy(np.float64)[rows] for name in ("start", "end"))
    low, high = np.maximum(start, span[0]), np.minimum(end, span[1])
    half = name_widths[rows] / 2
    middle = np.clip((low + high) / 2, span[0] + half, np.maximum(span[1] - half, span[0] + half))
    low, high = np.minimum(low, middle - half), np.maximum(high, middle + half) + gap
    strand = models.transcript_strand()[rows]
    layer, counts = np.zeros(len(rows), np.int64), [0, 0]
    for side in (0, 1):
        mine = strand == side
        packed = pack(low[mine], high[mine], most)
        if packed is None:
            return None
        layer[mine] = packed
        counts[side] = int(packed.max(initial=-1)) + 1
    names: Sequence[str] = models.transcripts["id"].tolist()
    return Layout(rows, layer, tuple(short_name(str(names[row])) for row in rows), middle, (counts[0], counts[1]))
