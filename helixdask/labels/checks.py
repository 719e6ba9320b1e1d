"""What is wrong with gene models, as spans of bases that must not be learnt from.

A model that lacks its start, for instance, says nothing about the bases before it: some of them are coding. So each
fault masks the stretch whose labels it puts in doubt.

With ``helixer`` rules the faults, their spans and their order are GeenuFF's. The ``default`` rules look for the same
faults and differ in this:

* start and stop codons are looked up in the spliced sequence;
* a doubtful stretch beside a gene is as long on either side, and no longer at the end of a contig;
* where two genes overlap and both lack the UTR between them, both sides are masked, whatever the order of isoforms;
* the frame is checked without introns too; a gene out of frame, with a stop codon inside, or with coding bases outside
  its exons or transcript, is masked whole, as are genes without transcripts and genes that cannot code;
* bases on which overlapping genes of one strand contradict each other are masked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from helixdask.genes.gff_read import masked_reasons
from helixdask.genes.models import GeneModels
from helixdask.labels.codons import STOP_CODONS
from helixdask.labels.features import Features, Spans
from helixdask.labels.neighbours import Neighbours, neighbours_of
from helixdask.labels.segments import Ints, depth, subtract, union

__all__ = ["Masks", "check_genes"]

MIN_INTRON: Final = 20
_START: Final = np.array([1, 2, 3])


@dataclass(frozen=True)
class Masks:
    """Masked spans, 5' to 3' on the gene's strand, one row each; ``code`` says why."""

    code: NDArray[np.object_]
    gene: Ints
    start: Ints
    end: Ints

    def __len__(self) -> int:
        return len(self.gene)


class _Collector:
    def __init__(self, features: Features) -> None:
        self.features = features
        self.parts: list[tuple[str, Ints, Ints, Ints]] = []

    def add_genes(self, code: str, gene: Ints, start: Ints, end: Ints) -> None:
        self.parts.append((code, gene, start, end))

    def add(self, code: str, which: NDArray[np.bool_], start: Ints, end: Ints) -> None:
        """Mask ``[start, end)`` of the features marked in ``which``."""
        self.add_genes(code, self.features.gene[which], start[which], end[which])

    def masks(self) -> Masks:
        code = np.concatenate([np.full(len(part[1]), part[0], object) for part in self.parts])
        gene, start, end = (np.concatenate([part[column] for part in self.parts]) for column in (1, 2, 3))
        keep = end > start
        return Masks(code[keep], gene[keep], start[keep], end[keep])


def check_genes(
    models: GeneModels,
    features: Features,
    start_codons: NDArray[np.uint8],
    stop_codons: NDArray[np.uint8],
    inner: NDArray[np.bool_],
    contig_lengths: Ints,
    rules: str,
) -> Masks:
    """Find the faults of the transcripts that stand for their genes.

    Parameters
    ----------
    models, features
        Genes, and their coding transcripts under the same rules.
    start_codons, stop_codons
        ``(feature, 3)`` base codes of the first and last three coding bases, read 5' to 3' on the gene's strand.
    inner
        Which features have a stop codon inside, ``(feature,)``; ``helixer`` rules do not look at it.
    contig_lengths
        ``(contig,)``.
    rules
        ``helixer`` or ``default``.

    Returns
    -------
    Masks
        In the order of the checks; spans of no base are left out.
    """
    f = features
    exact = rules == "helixer"
    around = neighbours_of(models, contig_lengths, symmetric=not exact)
    reasons = masked_reasons(models)
    broken = (reasons != "")[f.gene]
    if exact:
        first = np.ones(len(f), bool)
        first[1:] = f.gene[1:] != f.gene[:-1]
        whole = broken & f.chosen & first
    else:
        whole = np.zeros(len(f), bool)
    collect = _Collector(f)
    collect.add("mismatching_strands", whole, around.start[f.gene], around.end[f.gene])
    sound = f.chosen & ~broken
    before, after = around.before[f.gene], around.after[f.gene]
    no_utr5, no_utr3 = (f.cds_start == f.start) & ~broken, (f.cds_end == f.end) & ~broken
    if exact:
        # GeenuFF forgets missing UTRs of genes that lie inside the gene before them.
        no_utr5, no_utr3 = no_utr5 & ~around.nested[f.gene], no_utr3 & ~around.nested[f.gene]
    collect.add("missing_utr_5p", sound & no_utr5, before, f.cds_start)
    collect.add("missing_utr_3p", sound & no_utr3, f.cds_end, after)
    no_start = ~(start_codons == _START).all(axis=1)
    no_stop = ~(stop_codons[:, None, :] == STOP_CODONS).all(axis=2).any(axis=1)
    collect.add("missing_start_codon", sound & no_start, before, f.cds_start)
    collect.add("missing_stop_codon", sound & no_stop, f.cds_end, after)
    collect.add("wrong_starting_phase", sound & (f.phase5 != 0), before, f.cds_start)
    _overlapping_genes(collect, around, no_utr5, no_utr3, sound, exact)
    _frame(collect, sound, after, exact)
    _introns(collect, sound, before, after)
    if not exact:
        collect.add("inner_stop", sound & inner, f.start, f.end)
        _outside_exons(collect, sound)
        _unlearnable_genes(collect, models, around, reasons)
        _contradictions(collect)
    return collect.masks()


def _overlapping_genes(
    collect: _Collector,
    around: Neighbours,
    no_utr5: NDArray[np.bool_],
    no_utr3: NDArray[np.bool_],
    sound: NDArray[np.bool_],
    exact: bool,
) -> None:
    f = collect.features
    counted = np.ones(len(f), bool) if exact else f.chosen
    lacks3 = np.zeros(len(around.start), bool)
    lacks3[f.gene[no_utr3 & counted]] = True
    previous = around.previous[f.gene]
    has3 = (previous >= 0) & lacks3[previous]
    # GeenuFF has seen only the isoforms up to this one.
    seen = np.cumsum(no_utr5 & counted)
    first = np.searchsorted(f.gene, f.gene, side="left") if exact else np.arange(len(f))
    has5 = seen - seen[first] + (no_utr5 & counted)[first] > 0 if len(f) else np.zeros(0, bool)
    meets = sound & around.overlaps[f.gene] & ~around.nested[f.gene]
    forward = meets & has3
    backward = meets & has5 & ~has3 if exact else meets & has5
    previous_end = around.end[previous]
    gene_start = around.start[f.gene]
    code = "super_loci_overlap_error"
    collect.add(code, forward, previous_end, around.after[around.chain_last[f.gene]])
    collect.add(code, backward, around.before[around.chain_first[f.gene]], gene_start)


def _frame(collect: _Collector, sound: NDArray[np.bool_], after: Ints, exact: bool) -> None:
    f = collect.features
    if exact:
        # An overlap of exons is an intron that runs backwards: it ends where the overlap begins.
        owner = np.concatenate([f.introns.owner, f.overlaps.owner])
        end = np.concatenate([f.introns.end, f.overlaps.start])
        n_introns = np.bincount(owner, minlength=len(f))
        inside = (end <= f.cds_end[owner]) & (end > f.cds_start[owner])
        last = f.cds_start.copy()
        np.maximum.at(last, owner[inside], end[inside])
        off = (n_introns > 0) & (f.phase3 != (f.cds_end - last) % 3)
        collect.add("mismatched_ending_phase", sound & off, f.cds_end, after)
        return
    length = np.zeros(len(f), np.int64)
    np.add.at(length, f.pieces.owner, f.pieces.end - f.pieces.start)
    off = (length - np.maximum(f.phase5, 0)) % 3 != 0
    collect.add("mismatched_ending_phase", sound & off, f.start, f.end)
    collect.add("mismatched_ending_phase", sound & off, f.cds_end, after)


def _introns(collect: _Collector, sound: NDArray[np.bool_], before: Ints, after: Ints) -> None:
    f, introns, shared = collect.features, collect.features.introns, collect.features.overlaps
    low, high = f.start[shared.owner].copy(), f.end[shared.owner].copy()
    for row, owner in enumerate(shared.owner.tolist()):
        first, last = np.searchsorted(introns.owner, (owner, owner + 1)).tolist()
        ends, starts = introns.end[first:last], introns.start[first:last]
        low[row] = max(ends[ends <= shared.start[row]].max(initial=0), low[row])
        high[row] = starts[starts >= shared.end[row]].min(initial=high[row])
    own = sound[shared.owner]
    collect.add_genes("overlapping_exons", f.gene[shared.owner[own]], low[own], high[own])
    own = sound[introns.owner]
    owner, start, end = introns.owner[own], introns.start[own], introns.end[own]
    short = end - start < MIN_INTRON
    collect.add_genes("too_short_intron", f.gene[owner[short]], start[short], end[short])
    at5, at3 = start == f.start[owner], end == f.end[owner]
    collect.add_genes("truncated_intron", f.gene[owner[at5]], before[owner[at5]], start[at5])
    collect.add_genes("truncated_intron", f.gene[owner[at3]], end[at3], after[owner[at3]])


def _outside_exons(collect: _Collector, sound: NDArray[np.bool_]) -> None:
    """Coding bases in an intron or beyond the transcript: what is what there is anybody's guess."""
    f = collect.features
    low, high = f.start[f.pieces.owner], f.end[f.pieces.owner]
    astray = np.zeros(len(f), bool)
    astray[f.pieces.owner[(f.pieces.start < low) | (f.pieces.end > high)]] = True
    lift = np.int64(int(f.end.max(initial=0)) + 1)
    lifted = [spans.owner * lift for spans in (f.pieces, f.introns)]
    holes = union(f.introns.start + lifted[1], f.introns.end + lifted[1])
    size = np.zeros(len(f), np.int64)
    start, end = f.pieces.start + lifted[0], f.pieces.end + lifted[0]
    part_start, part_end, owner = subtract(start, end, *holes)
    np.add.at(size, f.pieces.owner[owner], part_end - part_start)
    np.subtract.at(size, f.pieces.owner, end - start)
    collect.add("cds_outside_exons", sound & (astray | (size != 0)), f.start, f.end)


def _unlearnable_genes(
    collect: _Collector, models: GeneModels, around: Neighbours, reasons: NDArray[np.object_]
) -> None:
    coding = np.zeros(len(models.genes), bool)
    coding[collect.features.gene] = True
    n_transcripts = np.bincount(models.transcripts["gene"].to_numpy(), minlength=len(models.genes))
    flagged = reasons != ""
    for code, which in (
        ("empty_gene", (n_transcripts == 0) & ~flagged),
        ("noncoding_gene", (n_transcripts > 0) & ~coding & ~flagged),
    ):
        rows = np.flatnonzero(which)
        collect.add_genes(code, rows, around.start[rows], around.end[rows])
    for code in sorted(set(reasons[flagged].tolist())):
        rows = np.flatnonzero(reasons == code)
        collect.add_genes(str(code), rows, around.start[rows], around.end[rows])


def _contradictions(collect: _Collector) -> None:
    """Mask where chosen transcripts of one strand overlap and differ, or code in each other's place."""
    f = collect.features
    chosen = np.flatnonzero(f.chosen)
    if not len(chosen):
        return
    # One axis for all contigs and strands, with a base between them.
    axis = (f.contig * 2 + f.minus) * np.int64(int(f.contig_length.max()) + 1)
    kinds = []
    for spans in (Spans(np.arange(len(f)), f.start, f.end), f.introns, f.pieces):
        own = f.chosen[spans.owner]
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
