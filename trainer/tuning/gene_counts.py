"""Genes called from what a network predicts on validation windows, against those of the labels and against evidence.

Neighbouring windows are joined to stretches, for most genes do not end where a window ends. Only genes that lie whole
and unmasked in a stretch are asked for; predicted genes that overlap others are not held against the model. Evidence,
reads and reading frames, is counted over all genes that were called: see `helixdask.scores.evidence`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.calling.called_structure import called_structure
from helixdask.calling.regions import Scan
from helixdask.calling.settings import CallSettings
from helixdask.calling.span import Span, call_span, scan_span, whole_contigs
from helixdask.genes.genetic_code import genetic_code
from helixdask.labels.chains import label_genes
from helixdask.registry import CDS
from helixdask.scores.evidence import COLUMNS, TERMS, CalledGenes, Reads, evidence_counts
from helixdask.scores.genes import GeneScores
from helixdask.scores.levels import compare_structures
from helixdask.scores.structure import CODING
from helixdask.sequence.codes import SOFT_MASK
from helixdask.trainer.feed.dataset import Feed
from helixdask.trainer.feed.window_set import WindowSet
from helixdask.trainer.tuning.learner import Learner

LEVELS: Final = ("gene", "exon")
MOST_BASES: Final = 20_000_000
_CALLED_AT_ONCE: Final = 1_000_000
_BLOCK: Final = 50_000
"""Bases over which evidence is summed: what lies in one block is drawn together when intervals are made."""
_NONE: Final[NDArray[np.int64]] = np.zeros(0, np.int64)
_PLACE: Final = np.array([-1, 0, 2, 1], np.int8)
"""Place within a codon by phase class: phase 0 is the first base, phase 1 the last, phase 2 the middle."""
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
    taken = windows.some(rows)
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
    return StretchWindows(taken.some(np.flatnonzero(kept)), np.unique(stretch[kept], return_inverse=True)[1])


class Counts(NamedTuple):
    """What was counted in each stretch.

    Attributes
    ----------
    labels
        ``(stretch, level, 4)`` int64, levels as in `LEVELS`: reference, prediction, found, right.
    evidence
        ``(block, term, column)`` int64, see `helixdask.scores.evidence.evidence_counts`; a block is a part of a
        stretch.
    n_genes
        Genes called.
    """

    labels: NDArray[np.int64]
    evidence: NDArray[np.int64]
    n_genes: int


def count_genes(
    learner: Learner, feed: Feed, stretch: NDArray[np.int64], on_batch: Callable[[int], None] | None = None
) -> Counts:
    """Count genes and coding exons that the labels have, that were called, and that agree; and what evidence there is.

    Parameters
    ----------
    learner
        The network.
    feed
        Its windows are those of `StretchWindows`, in their order; all its libraries are evidence.
    stretch
        (window,) int64.
    on_batch
        Told the number of windows of each batch.
    """
    settings = CallSettings()
    model, is_stop = settings.model(), genetic_code(settings.genetic_code).is_stop
    n_stretches = int(stretch[-1]) + 1 if len(stretch) else 0
    counts = np.zeros((n_stretches, len(LEVELS), 4), np.int64)
    evidence, n_genes = [np.zeros((0, len(TERMS), len(COLUMNS)), np.int64)], 0
    for first, span, label, valid, reads in _spans(learner, feed, stretch, on_batch):
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
        scores = GeneScores({CODING: sides})
        for number, level in enumerate(LEVELS):
            counts[first : first + len(lengths), number] = scores.by_contig(level, CODING, len(lengths))
        genes, bounds = _on_one_axis(called, span.pieces.start), _block_bounds(lengths)
        codes, masked = span.codes & np.uint8(SOFT_MASK - 1), span.codes >= SOFT_MASK
        evidence.append(evidence_counts(genes, codes, masked, _codon_place(span), bounds, is_stop, reads))
        n_genes += genes.n_genes
    return Counts(counts, np.concatenate(evidence), n_genes)


def _block_bounds(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Bounds of equal parts of each stretch, none longer than a block, on one axis for all."""
    n_blocks = np.maximum(-(-lengths // _BLOCK), 1)
    stretch = np.repeat(np.arange(len(lengths)), n_blocks)
    number = np.arange(len(stretch)) - np.repeat(np.cumsum(n_blocks) - n_blocks, n_blocks)
    begin = (np.cumsum(lengths) - lengths)[stretch] + lengths[stretch] * number // n_blocks[stretch]
    return np.append(begin, lengths.sum()).astype(np.int64)


def _on_one_axis(called: dict[str, NDArray[Any]], offsets: NDArray[np.int64]) -> CalledGenes:
    """Called genes with places counted from the first stretch's first base."""
    parts: list[NDArray[np.int64]] = []
    for kind, count in (("exon", "gene_n_exons"), ("cds", "gene_n_cds")):
        gene = np.repeat(np.arange(len(called[count])), called[count])
        offset = offsets[called["gene_contig"][gene]]
        parts += [called[f"{kind}_start"] + offset, called[f"{kind}_end"] + offset, gene]
    exon_start, exon_end, exon_gene, coding_start, coding_end, coding_gene = parts
    n_genes = len(called["gene_contig"])
    return CalledGenes(exon_start, exon_end, exon_gene, coding_start, coding_end, coding_gene, n_genes)


def _codon_place(span: Span) -> NDArray[np.int8]:
    """Place within its codon of each base that is taken for coding; -1 elsewhere."""
    if span.phase_probability is None:
        return np.full(len(span.codes), -1, np.int8)
    coding = span.class_probability[0].argmax(axis=0) == CDS
    place = _PLACE[span.phase_probability[0].argmax(axis=0)]
    return np.where(coding, place, np.int8(-1))


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
) -> Iterator[tuple[int, Span, NDArray[np.uint8], NDArray[np.uint8], Reads | None]]:
    """Some stretches at a time: the first one's number, what was predicted, what the labels say, and reads."""
    windows = feed.windows
    held: list[dict[str, NDArray[Any]]] = []
    first_row = 0
    for batch in feed.batches(0, feed.order.steps_per_epoch):
        outputs = learner.probabilities(batch)
        arrays = {name: np.asarray(batch[name]) for name in ("codes", "label", "valid")}
        if "coverage" in batch:
            both = np.asarray(batch["coverage"])
            n = both.shape[-1] // 2
            arrays |= {"coverage": both[..., :n].sum(axis=-1), "spliced": both[..., n:].sum(axis=-1)}
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
) -> tuple[int, Span, NDArray[np.uint8], NDArray[np.uint8], Reads | None]:
    joined = {name: np.concatenate([window[name] for window in held]) for name in held[0]}
    sizes = np.array([len(window["label"]) for window in held], np.float64)
    first = int(stretch[0])
    lengths = np.bincount(stretch - first, weights=sizes).astype(np.int64)
    phases = joined["phase"].T[np.newaxis] if "phase" in joined else None
    span = whole_contigs(joined["codes"], joined["class"].T[np.newaxis], phases, lengths)
    reads = Reads(joined["coverage"], joined["spliced"]) if "coverage" in joined else None
    return first, span, joined["label"], joined["valid"], reads
