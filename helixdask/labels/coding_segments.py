"""Exon bases between the coding segments of a transcript, and bases that two of them share: masked by default.

A ribosome that slips makes both: it skips a base or reads one twice. What class such a base has is anybody's guess.
"""

from __future__ import annotations

import numpy as np

from helixdask.labels.masks import Collector
from helixdask.labels.segments import Ints, subtract, union


def check_coding_segments(collect: Collector) -> None:
    """Mask both kinds of bases of the transcripts that stand for their genes.

    Parameters
    ----------
    collect
        Where masks go, ``cds_gap`` and ``cds_overlap``.
    """
    f = collect.features
    own = f.chosen[f.pieces.owner]
    owner, start, end = f.pieces.owner[own], f.pieces.start[own], f.pieces.end[own]
    if not len(owner):
        return
    # One axis for all transcripts, with a base between them.
    step = np.int64(max(int(f.end.max()), int(end.max())) + 1)
    lift = owner * step
    reach = np.maximum.accumulate(end + lift) - lift
    same = owner[1:] == owner[:-1]
    gap, shared = same & (start[1:] > reach[:-1]), same & (start[1:] < reach[:-1])
    introns = union(f.introns.start + f.introns.owner * step, f.introns.end + f.introns.owner * step)
    low, high, row = subtract((reach + lift)[:-1][gap], (start + lift)[1:][gap], *introns)
    _add(collect, "cds_gap", owner[1:][gap][row], low, high, step)
    _add(
        collect,
        "cds_overlap",
        owner[1:][shared],
        (start + lift)[1:][shared],
        np.minimum(end[1:], reach[:-1])[shared] + lift[1:][shared],
        step,
    )


def _add(collect: Collector, code: str, owner: Ints, low: Ints, high: Ints, step: np.int64) -> None:
    collect.add_genes(code, collect.features.gene[owner], low - owner * step, high - owner * step)
