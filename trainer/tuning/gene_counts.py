"""Genes called from what a network predicts on validation windows, against those that the labels have there.

Neighbouring windows are joined to stretches, for most genes do not end where a window ends. Only genes that lie whole
and unmasked in a stretch are asked for; predicted genes that overlap others are not held against the model.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.calling.called_structure import called_structure
from helixdask.calling.regions import Scan
from helixdask.calling.settings import CallSettings
from helixdask.calling.span import Span, call_span, scan_span, whole_contigs
from helixdask.labels.chains import label_genes
from helixdask.scores.genes import GeneScores
from helixdask.scores.levels import compare_structures
from helixdask.trainer.feed.batch_order import Stretches
from helixdask.trainer.feed.dataset import Feed
from helixdask.trainer.feed.training_windows import WindowSet
from helixdask.trainer.tuning.learner import Learner

LEVELS: Final = ("gene", "exon")
MOST_BASES: Final = 20_000_000
_CALLED_AT_ONCE: Final = 1_000_000
_NONE: Final[NDArray[np.int64]] = np.zeros(0, np.int64)
_NO_REGIONS: Final = Scan(_NONE, _NONE, _NONE, None)


class StretchWindows(NamedTuple):
    """Validation windows, stretch by stretch, each 5' to 3'.

    Attributes
    ----------
    windows
        Their table, in this order.
    stretch
        (window,) int64 number of the stretch that each is part of, ascending.
    """

    windows: WindowSet
    stretch: NDArray[np.int64]

    def __len__(self) -> int:
        return int(self.stretch[-1]) + 1 if len(self.stretch) else 0


def join_windows(windows: WindowSet, pool_size: int, *, seed: int = 0, most_bases: int = MOST_BASES) -> StretchWindows:
    """Join windows that follow each other on a strand.

    Parameters
    ----------
    windows
        Validation windows. Where the network cannot see their last bases, each is a stretch by itself.
    pool_size
        Bases of a time step.
    seed, most_bases
        Where there are more bases, stretches are drawn until there are about as many.
    """
    minus = windows.strand == 1
    along = np.where(minus, -windows.end, windows.start)
    rows = np.lexsort((along, windows.strand, windows.contig, windows.store))
    taken = _taken(windows, rows)
    begin = np.where(taken.strand == 1, -taken.end, taken.start)
    end = begin + taken.end - taken.start
    joined = end[:-1] == begin[1:]
    for name in ("store", "contig", "strand"):
        column = getattr(taken, name)
        joined &= column[1:] == column[:-1]
    if windows.window_length % pool_size:
        joined[:] = False
    stretch = np.concatenate([[0], np.cumsum(~joined)])[: len(rows)]
    # Long ones are cut: a stretch is called in one piece.
    longest = max(1, _CALLED_AT_ONCE // windows.window_length)
    first = np.searchsorted(stretch, stretch, side="left")
    number = (np.arange(len(rows)) - first) // longest
    stretch = np.unique(np.stack([stretch, number]), axis=1, return_inverse=True)[1].ravel()
    bases = np.bincount(stretch, weights=(taken.end - taken.start).astype(np.float64))
    drawn = np.random.default_rng(seed).permutation(len(bases))
    drawn = drawn[np.cumsum(bases[drawn]) - bases[drawn] < most_bases]
    kept = np.isin(stretch, drawn)
    return StretchWindows(_taken(taken, np.flatnonzero(kept)), np.unique(stretch[kept], return_inverse=True)[1])


def _taken(windows: WindowSet, rows: NDArray[np.int64]) -> WindowSet:
    columns = {name: getattr(windows, name)[rows] for name in ("store", "contig", "start", "end", "strand")}
    room = Stretches(windows.stretches.lower[rows], windows.stretches.upper[rows])
    return dataclasses.replace(windows, **columns, stretches=room)


def count_genes(
    learner: Learner, feed: Feed, stretch: NDArray[np.int64], on_batch: Callable[[int], None] | None = None
) -> NDArray[np.int64]:
    """Count genes and coding exons that the labels have, that were called, and that agree.

    Parameters
    ----------
    learner
        The network.
    feed
        Its windows are those of `StretchWindows`, in their order.
    stretch
        (window,) int64.
    on_batch
        Told the number of windows of each batch.

    Returns
    -------
    numpy.ndarray
        ``(stretch, level, 4)`` int64, levels as in `LEVELS`: reference, prediction, found, right.
    """
    settings = CallSettings()
    model = settings.model()
    counts = np.zeros((int(stretch[-1]) + 1 if len(stretch) else 0, len(LEVELS), 4), np.int64)
    for first, span, label, valid in _spans(learner, feed, stretch, on_batch):
        lengths = span.pieces.contig_length
        scans = scan_span(span, 0, settings), _NO_REGIONS
        called, _ = call_span(span, model, settings, scans, scored=False)
        truth = label_genes(label, valid, lengths)
        reference: dict[str, NDArray[Any]] = {
            "gene_contig": truth.piece,
            "gene_strand": np.zeros_like(truth.piece),
            "gene_n_cds": truth.n_cds,
            "gene_score": np.full(len(truth.piece), np.nan, np.float32),
            "cds_start": truth.cds_start,
            "cds_end": truth.cds_end,
            "cds_score": np.full(len(truth.cds_start), np.nan, np.float32),
        }
        judged = _judged(called, span.pieces.start, truth.uncounted)
        sides = compare_structures(
            called_structure(reference, np.ones(len(truth.piece), np.bool_)), called_structure(called, judged)
        )
        scores = GeneScores({"coding": sides})
        for number, level in enumerate(LEVELS):
            counts[first : first + len(lengths), number] = scores.by_contig(level, "coding", len(lengths))
    return counts


def _judged(
    called: dict[str, NDArray[Any]], offsets: NDArray[np.int64], uncounted: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Called genes whose coding segments span no base that is not to be counted."""
    n_cds = called["gene_n_cds"].astype(np.int64)
    coding = n_cds > 0
    last = np.cumsum(n_cds)[coding]
    offset = offsets[called["gene_contig"][coding]]
    start = called["cds_start"][last - n_cds[coding]] + offset
    end = called["cds_end"][last - 1] + offset
    before = np.concatenate([[0], np.cumsum(uncounted)])
    judged = np.zeros(len(n_cds), np.bool_)
    judged[coding] = before[end] == before[start]
    return judged


def _spans(
    learner: Learner, feed: Feed, stretch: NDArray[np.int64], on_batch: Callable[[int], None] | None
) -> Iterator[tuple[int, Span, NDArray[np.uint8], NDArray[np.uint8]]]:
    """Some stretches at a time: the first one's number, what was predicted and what the labels say."""
    windows = feed.windows
    held: list[dict[str, NDArray[Any]]] = []
    first_row = 0
    for batch in feed.batches(0, feed.order.steps_per_epoch):
        outputs = learner.probabilities(batch)
        arrays = {name: np.asarray(batch[name]) for name in ("codes", "label", "valid")}
        arrays |= dict(zip(("class", "phase"), outputs, strict=False))
        for in_batch in range(len(arrays["codes"])):
            row = first_row + len(held)
            length = int(windows.end[row] - windows.start[row])
            # Padding is in front on minus, behind on plus.
            padding = windows.window_length - length if windows.strand[row] else 0
            part = slice(padding, padding + length)
            held.append({name: values[in_batch, part] for name, values in arrays.items()})
            ends = row + 1 == len(windows) or stretch[row + 1] != stretch[row]
            if ends and (row + 1 == len(windows) or sum(len(w["label"]) for w in held) >= _CALLED_AT_ONCE):
                yield _as_span(held, stretch[first_row : row + 1])
                held, first_row = [], row + 1
        if on_batch is not None:
            on_batch(len(arrays["codes"]))


def _as_span(
    held: list[dict[str, NDArray[Any]]], stretch: NDArray[np.int64]
) -> tuple[int, Span, NDArray[np.uint8], NDArray[np.uint8]]:
    joined = {name: np.concatenate([window[name] for window in held]) for name in held[0]}
    sizes = np.array([len(window["label"]) for window in held], np.float64)
    first = int(stretch[0])
    lengths = np.bincount(stretch - first, weights=sizes).astype(np.int64)
    phases = joined["phase"].T[np.newaxis] if "phase" in joined else None
    span = whole_contigs(joined["codes"], joined["class"].T[np.newaxis], phases, lengths)
    return first, span, joined["label"], joined["valid"]
