"""What is wrong with gene models, as spans of bases that must not be learnt from.

A model that lacks its start, for instance, says nothing about the bases before it: some of them are coding. So each
fault masks the stretch whose labels it puts in doubt.

With ``helixer`` rules the faults, their spans and their order are GeenuFF's. The ``default`` rules look for the same
faults and differ in this:

* start and stop codons are looked up in the spliced sequence;
* a doubtful stretch beside a gene is as long on either side, and no longer at the end of a contig;
* where two genes overlap and both lack the UTR between them, both sides are masked, whatever the order of isoforms;
* exon bases between coding segments and bases of two of them are masked (:mod:`helixdask.labels.coding_segments`);
* isoforms that reach beyond the painted one are masked there (:mod:`helixdask.labels.unpainted`);
* genes that cannot be learnt are masked whole (:mod:`helixdask.labels.whole_genes`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from helixdask.genes.attributes import masked_reasons
from helixdask.genes.models import GeneModels
from helixdask.labels.coding_segments import check_coding_segments
from helixdask.labels.features import Features
from helixdask.labels.masks import Collector, Masks
from helixdask.labels.neighbours import Neighbours, neighbours_of
from helixdask.labels.segments import Ints
from helixdask.labels.soundness import Soundness
from helixdask.labels.translation import MIN_INTRON
from helixdask.labels.unpainted import check_unpainted_isoforms
from helixdask.labels.whole_genes import check_contradictions, check_whole_genes


def check_genes_helixer(
    models: GeneModels,
    features: Features,
    no_start: NDArray[np.bool_],
    no_stop: NDArray[np.bool_],
    contig_lengths: Ints,
) -> Masks:
    """Find GeenuFF's faults of the transcripts that stand for their genes.

    Parameters
    ----------
    models, features
        Genes, and their coding transcripts under the same rules.
    no_start, no_stop
        Which features do not begin with a start codon or end with a stop codon, ``(feature,)``.
    contig_lengths
        ``(contig,)``.

    Returns
    -------
    Masks
        In the order of the checks; spans of no base are left out.
    """
    f = features
    around = neighbours_of(models, contig_lengths, symmetric=False)
    broken = (masked_reasons(models) != "")[f.gene]
    first = np.ones(len(f), bool)
    first[1:] = f.gene[1:] != f.gene[:-1]
    collect = _collector(models, features, contig_lengths)
    collect.add("mismatching_strands", broken & f.chosen & first, around.start[f.gene], around.end[f.gene])
    # GeenuFF forgets missing UTRs of genes that lie inside the gene before them.
    told = ~broken & ~around.nested[f.gene]
    no_utr5, no_utr3 = (f.cds_start == f.start) & told, (f.cds_end == f.end) & told
    sound = f.chosen & ~broken
    _ends(collect, around, sound, (no_utr5, no_utr3, no_start, no_stop))
    _overlapping_genes(collect, around, no_utr5, no_utr3, sound, exact=True)
    _ending_phase(collect, sound, around.after[f.gene])
    _introns(collect, sound, around.before[f.gene], around.after[f.gene])
    return collect.masks()


def check_genes_default(
    models: GeneModels,
    features: Features,
    soundness: Soundness,
    reasons: NDArray[np.object_],
    no_start: NDArray[np.bool_],
    no_stop: NDArray[np.bool_],
    contig_lengths: Ints,
) -> Masks:
    """Find the faults of the transcripts that stand for their genes, and all genes that cannot be learnt.

    Parameters
    ----------
    soundness
        Faults of whole transcripts.
    reasons
        Code for each gene that is masked whole, whatever its transcripts are; empty text for the others. No transcript
        of such a gene is chosen.
    models, features, no_start, no_stop, contig_lengths
        As in :func:`check_genes_helixer`.
    """
    f = features
    around = neighbours_of(models, contig_lengths, symmetric=True)
    collect = _collector(models, features, contig_lengths)
    no_utr5, no_utr3 = f.cds_start <= f.start, f.cds_end >= f.end
    _ends(collect, around, f.chosen, (no_utr5, no_utr3, no_start, no_stop))
    _overlapping_genes(collect, around, no_utr5, no_utr3, f.chosen, exact=False)
    collect.add("mismatched_ending_phase", f.chosen & soundness.off_frame, f.cds_end, around.after[f.gene])
    _introns(collect, f.chosen, around.before[f.gene], around.after[f.gene])
    check_coding_segments(collect)
    check_unpainted_isoforms(collect, models, contig_lengths)
    check_whole_genes(collect, models, around, soundness, reasons, contig_lengths)
    check_contradictions(collect)
    return collect.masks()


def _collector(models: GeneModels, features: Features, contig_lengths: Ints) -> Collector:
    minus = models.genes["strand"].to_numpy() == 1
    return Collector(features, minus, contig_lengths[models.genes["contig"].to_numpy(np.int64)])


def _ends(
    collect: Collector, around: Neighbours, sound: NDArray[np.bool_], lacks: tuple[NDArray[np.bool_], ...]
) -> None:
    f = collect.features
    no_utr5, no_utr3, no_start, no_stop = lacks
    before, after = around.before[f.gene], around.after[f.gene]
    collect.add("missing_utr_5p", sound & no_utr5, before, f.cds_start)
    collect.add("missing_utr_3p", sound & no_utr3, f.cds_end, after)
    collect.add("missing_start_codon", sound & no_start, before, f.cds_start)
    collect.add("missing_stop_codon", sound & no_stop, f.cds_end, after)
    collect.add("wrong_starting_phase", sound & (f.phase5 != 0), before, f.cds_start)


def _overlapping_genes(
    collect: Collector,
    around: Neighbours,
    no_utr5: NDArray[np.bool_],
    no_utr3: NDArray[np.bool_],
    sound: NDArray[np.bool_],
    *,
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


def _ending_phase(collect: Collector, sound: NDArray[np.bool_], after: Ints) -> None:
    f = collect.features
    # An overlap of exons is an intron that runs backwards: it ends where the overlap begins.
    owner = np.concatenate([f.introns.owner, f.overlaps.owner])
    end = np.concatenate([f.introns.end, f.overlaps.start])
    n_introns = np.bincount(owner, minlength=len(f))
    inside = (end <= f.cds_end[owner]) & (end > f.cds_start[owner])
    last = f.cds_start.copy()
    np.maximum.at(last, owner[inside], end[inside])
    off = (n_introns > 0) & (f.phase3 != (f.cds_end - last) % 3)
    collect.add("mismatched_ending_phase", sound & off, f.cds_end, after)


def _introns(collect: Collector, sound: NDArray[np.bool_], before: Ints, after: Ints) -> None:
    f, introns, shared = collect.features, collect.features.introns, collect.features.overlaps
    # Introns of one transcript are disjoint and sorted, so its nearest ones are found on one axis for all.
    lift = np.int64(int(f.end.max(initial=0)) - min(int(f.start.min(initial=0)), 0) + 1)
    low, high = f.start[shared.owner], f.end[shared.owner]
    if len(introns.owner):
        left = np.searchsorted(introns.end + introns.owner * lift, shared.start + shared.owner * lift, "right") - 1
        right = np.searchsorted(introns.start + introns.owner * lift, shared.end + shared.owner * lift, "left")
        own = (left >= 0) & (introns.owner[left] == shared.owner)
        low = np.where(own, np.maximum(introns.end[left], low), low)
        right_row = np.minimum(right, len(introns.owner) - 1)
        own = (right < len(introns.owner)) & (introns.owner[right_row] == shared.owner)
        high = np.where(own, np.minimum(introns.start[right_row], high), high)
    own = sound[shared.owner]
    collect.add_genes("overlapping_exons", f.gene[shared.owner[own]], low[own], high[own])
    own = sound[introns.owner]
    owner, start, end = introns.owner[own], introns.start[own], introns.end[own]
    short = end - start < MIN_INTRON
    collect.add_genes("too_short_intron", f.gene[owner[short]], start[short], end[short])
    at5, at3 = start == f.start[owner], end == f.end[owner]
    collect.add_genes("truncated_intron", f.gene[owner[at5]], before[owner[at5]], start[at5])
    collect.add_genes("truncated_intron", f.gene[owner[at3]], end[at3], after[owner[at3]])
