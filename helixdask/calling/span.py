"""Calling the genes that begin in a loaded span of the genome: scan, decode, assemble."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helixdask.calling.assemble import CallColumns
from helixdask.calling.decode import decode_region
from helixdask.calling.hmm import Hmm, complement_codes
from helixdask.calling.regions import Pieces, Scan, genic_units, scan_pieces

__all__ = ["CallSettings", "Span", "call_span", "probabilities", "scan_span", "whole_contigs"]

_COMPLEMENT = complement_codes()


@dataclass(frozen=True)
class CallSettings:
    """What a call depends on beside the predictions; the fields are those of the stage."""

    window_size: int = 100
    edge_threshold: float = 0.1
    peak_threshold: float = 0.8
    min_coding_length: int = 60
    rules: str = "default"


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
    pieces: Pieces
    own: tuple[int, int]


def whole_contigs(
    codes: NDArray[np.uint8],
    class_probability: NDArray[Any],
    phase_probability: NDArray[Any] | None,
    lengths: NDArray[np.int64],
) -> Span:
    """Make a span of contigs that are all there: arrays as in `Span`, and the (contigs,) length of each."""
    stop = np.cumsum(lengths, dtype=np.int64)
    pieces = Pieces(stop - lengths, stop, np.zeros_like(stop), np.asarray(lengths, np.int64))
    return Span(
        codes, class_probability, phase_probability, np.arange(stop.size, dtype=np.int64), pieces, (0, codes.size)
    )


def probabilities(stored: NDArray[Any]) -> NDArray[np.float32]:
    """Probabilities as float32 from any stored type (uint8 counts 255ths)."""
    values = stored.astype(np.float32)
    if stored.dtype == np.uint8:
        values /= np.float32(255.0)
    return values


def scan_span(span: Span, strand: int, settings: CallSettings) -> Scan:
    """Find the regions of one strand that begin in the owned range.

    A base that was never predicted (all classes 0) counts as intergenic, except under helixer rules.
    """
    classes = span.class_probability[strand]
    units = genic_units(probabilities(classes[0]))
    if settings.rules == "default":
        units[~classes.any(axis=0)] = 0
    return scan_pieces(
        units,
        span.pieces,
        own=span.own,
        window=settings.window_size,
        edge=settings.edge_threshold,
        peak=settings.peak_threshold,
        rules=settings.rules,
    )


def call_span(
    span: Span, model: Hmm, settings: CallSettings, scans: tuple[Scan, Scan] | None = None
) -> tuple[dict[str, NDArray[Any]], dict[str, float]]:
    """Call the genes of both strands.

    Parameters
    ----------
    span
        Loaded arrays that hold every region to its end.
    model
        From `build_hmm`.
    settings
        Window, thresholds, length and rules.
    scans
        Results of `scan_span` for plus and minus, where they are known already.

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
            codes, classes, phases = _strand_arrays(span, strand, start, end)
            path = decode_region(
                model,
                codes,
                classes,
                phases,
                begin_open=at_start if strand == 0 else at_end,
                end_open=at_end if strand == 0 else at_start,
            )
            counts["regions"] += 1
            counts["region_bases"] += end - start
            if path.cost < 0:
                counts["regions_without_path"] += 1
                continue
            counts["genes"] += collected.add(
                path.states,
                contig=int(span.contig[piece]),
                start=start + shift,
                strand=strand,
                min_coding_length=settings.min_coding_length,
            )
    return collected.columns(), counts


def _strand_arrays(
    span: Span, strand: int, start: int, end: int
) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]:
    """Codes and float32 probabilities of a region in the orientation of its strand, contiguous."""
    codes = span.codes[start:end] & 0x0F
    classes = span.class_probability[strand, :, start:end]
    if span.phase_probability is None:
        phases = np.zeros((4, end - start), np.float32)
    else:
        phases = probabilities(span.phase_probability[strand, :, start:end])
    if strand == 1:
        codes = _COMPLEMENT[codes[::-1]]
        classes, phases = classes[:, ::-1], phases[:, ::-1]
    return np.ascontiguousarray(codes), np.ascontiguousarray(probabilities(classes)), np.ascontiguousarray(phases)
