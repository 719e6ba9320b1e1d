"""Calling the genes that begin in a loaded span of the genome: scan, decode, assemble."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helixdask.calling.assemble import CallColumns
from helixdask.calling.decode import BLOCK, NO_PATH, decode_region
from helixdask.calling.hmm import Hmm
from helixdask.calling.posterior import stretch_sums
from helixdask.calling.regions import LoadedParts, Scan, genic_units, scan_pieces
from helixdask.calling.settings import CallSettings
from helixdask.calling.source import ArraySource, RegionSource, StrandSource, Tracks
from helixdask.probabilities import decode
from helixdask.settings import Rules

__all__ = ["CallSettings", "Span", "call_span", "scan_span", "strand_units", "whole_contigs"]


@dataclass(frozen=True)
class Span:
    """Loaded contigs or parts of them, end to end, in plus orientation.

    Attributes
    ----------
    codes
        (n,) uint8 sequence codes; the soft-mask bit does not matter.
    class_probability, phase_probability
        (2, 4, n) strand x class x base, as stored: float16, float32 or uint8 (255 is 1). No phases: None.
    contig
        (pieces,) int64 row in the contig table of each piece.
    pieces
        Where they are.
    own
        Half-open range of the arrays: regions that begin there are called.
    """

    codes: NDArray[np.uint8]
    class_probability: NDArray[Any]
    phase_probability: NDArray[Any] | None
    contig: NDArray[np.int64]
    pieces: LoadedParts
    own: tuple[int, int]

    def strand_arrays(
        self, strand: int, start: int, stop: int
    ) -> tuple[NDArray[np.uint8], NDArray[Any], NDArray[Any] | None]:
        """Codes, classes and phases of one strand, as stored."""
        phases = self.phase_probability
        return (
            self.codes[start:stop],
            self.class_probability[strand, :, start:stop],
            None if phases is None else phases[strand, :, start:stop],
        )


def whole_contigs(
    codes: NDArray[np.uint8],
    class_probability: NDArray[Any],
    phase_probability: NDArray[Any] | None,
    lengths: NDArray[np.int64],
) -> Span:
    """Make a span of contigs that are all there: arrays as in `Span`, and the (contigs,) length of each."""
    stop = np.cumsum(lengths, dtype=np.int64)
    pieces = LoadedParts(stop - lengths, stop, np.zeros_like(stop), np.asarray(lengths, np.int64))
    return Span(
        codes, class_probability, phase_probability, np.arange(stop.size, dtype=np.int64), pieces, (0, codes.size)
    )


def strand_units(classes: NDArray[Any], rules: Rules) -> NDArray[np.int32]:
    """Genic probability of one strand in millionths: (4, n) as stored to (n,) int32.

    A base that was never predicted (all classes 0) counts as intergenic, except under helixer rules.
    """
    units = genic_units(decode(classes[0]))
    if rules == Rules.DEFAULT:
        units[~classes.any(axis=0)] = 0
    return units


def scan_span(span: Span, strand: int, settings: CallSettings) -> Scan:
    """Find the regions of one strand that begin in the owned range."""
    return scan_pieces(
        strand_units(span.class_probability[strand], settings.rules),
        span.pieces,
        own=span.own,
        window=settings.window_size,
        edge=settings.edge_threshold,
        peak=settings.peak_threshold,
        rules=settings.rules,
    )


def call_span(
    span: Span,
    model: Hmm,
    settings: CallSettings,
    scans: tuple[Scan, Scan] | None = None,
    tracks: Tracks | None = None,
    *,
    scored: bool = True,
) -> tuple[dict[str, NDArray[Any]], dict[str, float]]:
    """Call the genes of both strands.

    Parameters
    ----------
    span
        Loaded arrays.
    model
        From `build_hmm`.
    settings
        Window, thresholds, length and rules.
    scans
        Results of `scan_span` for plus and minus, where they are known already.
    tracks
        Where regions that reach beyond the loaded arrays are read, places counted as in those.
    scored
        Whether genes get scores, where the rules have any: they take as long as the genes themselves.

    Returns
    -------
    columns
        Flat columns for `build_models`.
    counts
        regions, region_bases, genes, regions_without_path.
    """
    collected = CallColumns()
    counts = {"regions": 0.0, "region_bases": 0.0, "genes": 0.0, "regions_without_path": 0.0}
    for strand in (0, 1):
        scan = scans[strand] if scans is not None else scan_span(span, strand, settings)
        for piece, start, end in zip(scan.piece.tolist(), scan.start.tolist(), scan.end.tolist(), strict=True):
            shift = int(span.pieces.contig_start[piece] - span.pieces.start[piece])
            at_start = start + shift == 0
            at_end = end + shift == int(span.pieces.contig_length[piece])
            begin_open, end_open = (at_end, at_start) if strand else (at_start, at_end)
            source: RegionSource = StrandSource(
                tracks if tracks is not None and end > span.codes.size else span, strand, start, end
            )
            if end - start <= BLOCK:
                source = ArraySource(*source.read(0, end - start))
            path = decode_region(model, source, begin_open=begin_open, end_open=end_open)
            counts["regions"] += 1
            counts["region_bases"] += end - start
            if path.cost == NO_PATH:
                counts["regions_without_path"] += 1
                continue
            scorer = None
            if scored and settings.rules == Rules.DEFAULT:
                scorer = partial(stretch_sums, model, source, path.states, begin_open=begin_open, end_open=end_open)
            counts["genes"] += collected.add(
                path.states,
                contig=int(span.contig[piece]),
                start=start + shift,
                strand=strand,
                min_coding_length=settings.min_coding_length,
                block=model.block,
                scorer=scorer,
            )
    return collected.columns(), counts
