"""Coding transcripts as features, and which of them stands for its gene.

Coordinates here run 5' to 3' on the gene's own strand: for a gene on minus they count from the contig's last base. So
every rule is written once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from helixdask.genes.coding import cds_lengths, longest_coding
from helixdask.genes.models import GeneModels
from helixdask.labels.segments import Ints
from helixdask.settings import Rules


@dataclass(frozen=True)
class Spans:
    """Intervals that belong to features: ``owner`` is a row of :class:`Features`, sorted 5' to 3' within each."""

    owner: Ints
    start: Ints
    end: Ints


@dataclass(frozen=True)
class Features:
    """One row for each coding transcript, in the order of the transcript table.

    ``start``/``end`` are the transcript's, ``cds_start``/``cds_end`` run from the first to the last coding base, with
    introns. ``phase5`` and ``phase3`` are the phases of the first and last coding segment (-1 unknown). ``chosen``
    marks the transcript that stands for its gene. ``introns`` is the transcript without its exons; ``pieces`` are the
    coding segments; ``overlaps`` are bases that two exons of the transcript share.
    """

    transcript: Ints
    gene: Ints
    contig: Ints
    minus: NDArray[np.bool_]
    contig_length: Ints
    start: Ints
    end: Ints
    cds_start: Ints
    cds_end: Ints
    phase5: Ints
    phase3: Ints
    chosen: NDArray[np.bool_]
    introns: Spans
    pieces: Spans
    overlaps: Spans

    def __len__(self) -> int:
        return len(self.transcript)


def mirrored(start: Ints, end: Ints, length: Ints, minus: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Turn intervals of minus genes around within their contig; its own inverse."""
    return np.where(minus, length - end, start), np.where(minus, length - start, end)


def features_of(models: GeneModels, contig_lengths: Ints, rules: Rules) -> Features:
    """Features of all coding transcripts.

    Parameters
    ----------
    models
        Genes.
    contig_lengths
        ``(contig,)``.
    rules
        ``helixer``: a coding segment that begins or ends with the exons, where the transcript's own range goes on,
        reaches to the end of that range, and the longest transcript is found by GeenuFF's arithmetic. ``default``:
        coding segments stay as they are, and no transcript is chosen yet.
    """
    has_cds = cds_lengths(models) > 0
    rows = np.flatnonzero(has_cds)
    place = np.cumsum(has_cds) - 1
    table = models.transcripts
    gene = table["gene"].to_numpy(np.int64)[rows]
    contig = models.genes["contig"].to_numpy(np.int64)[gene]
    minus = models.genes["strand"].to_numpy()[gene] == 1
    length = contig_lengths[contig]
    # Genes that were read for Helixer's rules may reach beyond their contig; the default rules mask them.
    most = length if rules == Rules.DEFAULT else np.full(len(length), np.iinfo(np.int64).max)
    low, high = (np.minimum(table[name].to_numpy(np.int64)[rows], most) for name in ("start", "end"))
    start, end = mirrored(low, high, length, minus)
    parts = []
    for frame in (models.cds, models.exons):
        parent = frame["transcript"].to_numpy(np.int64)
        own = has_cds[parent]
        owner = place[parent[own]]
        low, high = (np.minimum(frame[name].to_numpy(np.int64)[own], most[owner]) for name in ("start", "end"))
        low, high = mirrored(low, high, length[owner], minus[owner])
        order = np.lexsort((high, low, owner))
        parts.append((Spans(owner[order], low[order], high[order]), order, own))
    (pieces, order, own), (exons, _, _) = parts
    phase = models.cds["phase"].to_numpy(np.int64)[own][order]
    first = np.searchsorted(pieces.owner, np.arange(len(rows)), side="left")
    last = np.searchsorted(pieces.owner, np.arange(len(rows)), side="right") - 1
    cds_start, cds_end = pieces.start[first], _grouped_max(pieces, len(rows))
    if rules == Rules.HELIXER and len(rows):
        exon_start = exons.start[np.searchsorted(exons.owner, np.arange(len(rows)), side="left")]
        exon_end = _grouped_max(exons, len(rows))
        cds_start = np.where((exon_start == cds_start) & (cds_start != start), start, cds_start)
        cds_end = np.where((exon_end == cds_end) & (cds_end != end), end, cds_end)
    introns, overlaps = _gaps(exons, start, end)
    if rules == Rules.HELIXER:
        inside = (introns.start < cds_end[introns.owner]) & (introns.end > cds_start[introns.owner])
        lost = np.bincount(
            introns.owner[inside], weights=(introns.end - introns.start)[inside], minlength=len(rows)
        ).astype(np.int64)
        lengths = np.zeros(len(table), np.int64)
        lengths[rows] = np.maximum(cds_end - cds_start - lost, 1)
        chosen = longest_coding(models, lengths)[gene] == rows
    else:
        chosen = np.zeros(len(rows), bool)
    return Features(
        rows,
        gene,
        contig,
        minus,
        length,
        start,
        end,
        cds_start,
        cds_end,
        phase[first],
        phase[last],
        chosen,
        introns,
        pieces,
        overlaps,
    )


def _grouped_max(spans: Spans, n: int) -> Ints:
    out = np.full(n, -1, np.int64)
    np.maximum.at(out, spans.owner, spans.end)
    return out


def _gaps(exons: Spans, start: Ints, end: Ints) -> tuple[Spans, Spans]:
    """Each transcript without its exons, and the overlaps among its exons."""
    n = len(start)
    every = np.arange(n)
    owner = np.concatenate([every, exons.owner, every])
    low = np.concatenate([start, np.clip(exons.start, start[exons.owner], end[exons.owner]), end])
    high = np.concatenate([start, np.clip(exons.end, start[exons.owner], end[exons.owner]), end])
    kind = np.concatenate([np.zeros(n), np.ones(len(exons.owner)), np.full(n, 2)])
    order = np.lexsort((high, low, kind, owner))
    owner, low, high, kind = owner[order], low[order], high[order], kind[order]
    lift = owner * np.int64(int(end.max(initial=0)) - min(int(start.min(initial=0)), 0) + 1)
    reach = np.maximum.accumulate(high + lift) - lift
    before, after = slice(None, -1), slice(1, None)
    same = owner[after] == owner[before]
    gap = same & (low[after] > reach[before])
    introns = Spans(owner[after][gap], reach[before][gap], low[after][gap])
    both = same & (kind[after] == 1) & (kind[before] == 1) & (low[after] < reach[before])
    shared = np.minimum(reach[before], high[after])[both]
    return introns, Spans(owner[after][both], low[after][both], shared)
