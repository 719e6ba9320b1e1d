"""Loci: transcripts of one strand that share bases, directly or through others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from helixdask.intervals import joined
from helixdask.scores.structure import Structure


def on_one_axis(track: NDArray[np.int64], at: NDArray[np.int64], width: int) -> NDArray[np.int64]:
    """Places on all tracks end to end, each `width` bases: (n,) int64."""
    return track * width + at


def covered_intervals(
    structure: Structure, width: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Bases that any segment covers, as disjoint intervals on one axis of all tracks.

    Segments that only touch stay apart.

    Returns
    -------
    tuple of numpy.ndarray
        start, end (interval,) int64, and the interval of each segment, (segment,) int64.
    """
    track = structure.segment_track
    unions = joined(track, structure.start, structure.end, touching=False)
    track = track[unions.rows]
    return (
        on_one_axis(track, structure.start[unions.rows], width),
        on_one_axis(track, unions.end, width),
        unions.number,
    )


def locus_of(structure: Structure, width: int) -> NDArray[np.int64]:
    """Number of the locus of each transcript, (transcript,) int64 from 0."""
    _, _, interval = covered_intervals(structure, width)
    # Transcripts and the intervals that they cover, as one graph.
    size = len(structure) + int(interval.max(initial=-1)) + 1
    edges = (np.ones(len(interval)), (structure.transcript, len(structure) + interval))
    _, component = connected_components(coo_array(edges, shape=(size, size)), directed=False)
    return np.unique(component[: len(structure)], return_inverse=True)[1].astype(np.int64)
