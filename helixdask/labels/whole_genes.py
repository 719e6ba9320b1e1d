"""Genes that the default rules mask as a whole, and bases on which genes contradict each other."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from helixdask.genes.models import GeneModels
from helixdask.labels.features import Spans, mirrored
from helixdask.labels.masks import Collector
from helixdask.labels.neighbours import Neighbours
from helixdask.labels.segments import Ints, depth, subtract, union
from helixdask.labels.soundness import Soundness

BAD_COORDINATES: Final = "bad_coordinates"
DISAGREES: Final = "disagrees_with_sequence"
EXCEPTION: Final = "translation_exception"
NO_STRAND: Final = "no_strand"


def check_whole_genes(
    collect: Collector,
    models: GeneModels,
    around: Neighbours,
    soundness: Soundness,
    reasons: NDArray[np.object_],
    contig_lengths: Ints,
) -> None:
    """Mask genes from the first to the last base of all their parts.

    Genes without a strand are masked on both. Where a gene disagrees with the sequence nobody knows where it lies, so
    the doubtful stretches beside it are masked too. Of a non-coding gene, bases that a coding one labels stay valid.

    Parameters
    ----------
    collect
        Where masks go.
    models, around
        Genes and their neighbours.
    soundness
        Faults of whole transcripts.
    reasons
        Code for each gene that is masked whatever its transcripts are, ``(gene,)``; empty text for the others.
    contig_lengths
        ``(contig,)``.
    """
    f = collect.features
    start, end = _extents(collect, models, around, contig_lengths)
    for code, which in (
        ("mismatched_ending_phase", soundness.off_frame),
        ("inner_stop", soundness.inner_stop),
        ("cds_outside_exons", soundness.outside_exons),
    ):
        rows = f.gene[which & f.chosen]
        collect.add_genes(code, rows, start[rows], end[rows])
    coding = np.zeros(len(models.genes), bool)
    coding[f.gene] = True
    n_transcripts = np.bincount(models.transcripts["gene"].to_numpy(), minlength=len(models.genes))
    flagged = reasons != ""
    rows = np.flatnonzero((n_transcripts == 0) & ~flagged)
    collect.add_genes("empty_gene", rows, start[rows], end[rows])
    rows = np.flatnonzero((n_transcripts > 0) & ~coding & ~flagged)
    collect.add_genes("noncoding_gene", *_not_labelled(collect, models, rows, start[rows], end[rows], contig_lengths))
    for code in sorted(set(reasons[flagged].tolist())):
        rows = np.flatnonzero(reasons == code)
        low, high = start[rows], end[rows]
        if code == DISAGREES:
            low, high = np.minimum(low, around.before[rows]), np.maximum(high, around.after[rows])
        collect.add_genes(str(code), rows, low, high)
        if code == NO_STRAND:
            collect.add_other_strand(str(code), rows, low, high)


def _not_labelled(
    collect: Collector, models: GeneModels, genes: Ints, start: Ints, end: Ints, contig_lengths: Ints
) -> tuple[Ints, Ints, Ints]:
    """Parts of genes outside all labelled transcripts of their strand: gene, start, end."""
    f = collect.features
    # One axis for all contigs and strands, with a base between them.
    step = np.int64(int(contig_lengths.max(initial=0)) + 1)
    contig = models.genes["contig"].to_numpy(np.int64)
    axis = (2 * contig + collect.gene_minus) * step
    of_transcripts = axis[f.gene[f.chosen]]
    labelled = union(f.start[f.chosen] + of_transcripts, f.end[f.chosen] + of_transcripts)
    low, high, row = subtract(start + axis[genes], end + axis[genes], *labelled)
    own = genes[row]
    return own, low - axis[own], high - axis[own]


def _extents(collect: Collector, models: GeneModels, around: Neighbours, contig_lengths: Ints) -> tuple[Ints, Ints]:
    """First and last base of each gene with all its parts, ``(gene,)``, 5' to 3'."""
    f, transcripts = collect.features, models.transcripts
    gene = transcripts["gene"].to_numpy(np.int64)
    low, high = mirrored(
        transcripts["start"].to_numpy(),
        transcripts["end"].to_numpy(),
        contig_lengths[models.transcript_contig()],
        collect.gene_minus[gene],
    )
    start, end = around.start.copy(), around.end.copy()
    for rows, first, last in ((gene, low, high), (f.gene, f.cds_start, f.cds_end)):
        np.minimum.at(start, rows, first)
        np.maximum.at(end, rows, last)
    return start, end


def check_contradictions(collect: Collector) -> None:
    """Mask where chosen transcripts of one strand overlap and differ, or code in each other's place."""
    f = collect.features
    # One axis for all contigs and strands, with a base between them.
    axis = (f.contig * 2 + f.minus) * np.int64(int(f.contig_length.max(initial=0)) + 1)
    meets = f.chosen & _meets_another(f.start + axis, f.end + axis, f.chosen)
    if not meets.any():
        return
    kinds = []
    for spans in (Spans(np.arange(len(f)), f.start, f.end), f.introns, f.pieces):
        own = meets[spans.owner]
        owner = spans.owner[own]
        kinds.append((spans.start[own] + axis[owner], spans.end[own] + axis[owner], owner))
    cuts = np.unique(np.concatenate([column for kind in kinds for column in kind[:2]]))
    n_transcripts, n_introns, n_coding = (depth(start, end, cuts) for start, end, _ in kinds)
    many = n_transcripts > 1
    clash = many & ((n_coding > 1) | ((n_introns > 0) & (n_introns < n_transcripts)))
    clash |= many & (n_coding > 0) & (n_coding < n_transcripts)
    start, end = union(cuts[:-1][clash], cuts[1:][clash])
    order = np.argsort(kinds[0][0], kind="stable")
    owner = kinds[0][2][order][np.searchsorted(kinds[0][0][order], start, side="right") - 1]
    collect.add_genes("overlapping_genes", f.gene[owner], start - axis[owner], end - axis[owner])


def _meets_another(start: Ints, end: Ints, which: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which of the intervals marked in ``which`` share a base with another one of them."""
    rows = np.flatnonzero(which)
    rows = rows[np.argsort(start[rows], kind="stable")]
    reach = np.maximum.accumulate(end[rows])
    linked = np.append(start[rows][1:] < reach[:-1], False)
    out = np.zeros(len(start), bool)
    out[rows] = linked | np.append(False, linked[:-1])
    return out
