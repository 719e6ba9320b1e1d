"""Gene models as tables of disjoint intervals along ``position``: all that painting a region needs to know.

Everything that depends on more than one base or one gene (which transcript wins, where introns of other genes cut a
coding segment, how far a phase has run) is settled here once, so that any slice of the genome can be painted alone.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from helixdask.labels.features import Features, Spans, mirrored
from helixdask.labels.masks import Masks
from helixdask.labels.segments import Ints, overlay, subtract, union
from helixdask.settings import Rules


@dataclass(frozen=True)
class StrandTables:
    """Tables of one strand; each is sorted and disjoint, starts and ends on ``position``.

    ``class_``: label class index of everything not intergenic. ``phase_``: the phase of the segment's 5'-most base
    (for minus, its last one), from which it counts down. ``mask_``: masked bases. ``length_``: length of the longest
    transcript. ``mark_at``: positions with transitions, and their bits.
    """

    class_start: Ints
    class_end: Ints
    class_value: NDArray[np.uint8]
    phase_start: Ints
    phase_end: Ints
    phase_value: NDArray[np.uint8]
    mask_start: Ints
    mask_end: Ints
    length_start: Ints
    length_end: Ints
    length_value: NDArray[np.uint32]
    mark_at: Ints
    mark_bits: NDArray[np.uint8]

    def columns(self, prefix: str) -> dict[str, NDArray[np.generic]]:
        """Arrays by name, for saving."""
        return {f"{prefix}{field.name}": getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_columns(cls, columns: dict[str, NDArray[np.generic]], prefix: str) -> StrandTables:
        """Tables as :meth:`columns` gave them."""
        return cls(**{field.name: columns[f"{prefix}{field.name}"] for field in fields(cls)})  # type: ignore[arg-type]


def strand_tables(
    features: Features, masks: Masks, gene_contig: Ints, lengths: Ints, rules: Rules
) -> tuple[StrandTables, StrandTables]:
    """Tables of the plus and the minus strand.

    Parameters
    ----------
    features, masks
        Coding transcripts and masked spans under the same rules.
    gene_contig
        Contig of every gene.
    lengths
        Bases of every contig.
    rules
        ``helixer``: other genes' introns interrupt the count of phases, and transitions of the minus strand stand in
        the columns of the plus strand's direction. ``default``: each transcript counts for itself, and a transition is
        named by what it is 5' to 3'.
    """
    tables = (_one_strand(features, masks, gene_contig, lengths, rules, minus) for minus in (False, True))
    plus, minus = tables
    return plus, minus


def _one_strand(
    features: Features,
    masks: Masks,
    gene_contig: Ints,
    lengths: Ints,
    rules: Rules,
    minus: bool,
) -> StrandTables:
    f, exact = features, rules == Rules.HELIXER
    # A base between contigs keeps intervals of neighbouring contigs apart.
    offsets = np.concatenate([[0], np.cumsum(lengths + 1)])
    own = f.chosen & (f.minus == minus)

    def lifted(start: Ints, end: Ints, contig: Ints) -> tuple[Ints, Ints]:
        size = lengths[contig]
        flag = np.full(len(contig), minus)
        low, high = mirrored(np.clip(start, 0, size), np.clip(end, 0, size), size, flag)
        return low + offsets[contig], high + offsets[contig]

    def lifted_spans(spans: Spans) -> tuple[Ints, Ints, Ints]:
        rows = np.flatnonzero(own[spans.owner])
        owner = spans.owner[rows]
        return (*lifted(spans.start[rows], spans.end[rows], f.contig[owner]), owner)

    whole = lifted(f.start[own], f.end[own], f.contig[own])
    coding = lifted(f.cds_start[own], f.cds_end[own], f.contig[own])
    introns = lifted_spans(f.introns)
    t, c, i = union(*whole), union(*coding), union(introns[0], introns[1])
    if exact:
        labels = _classes(t, c, i)
        order = np.argsort(coding[0], kind="stable")
        start, end, phase5 = coding[0][order], coding[1][order], np.maximum(f.phase5[own][order], 0)
        phases = _phases(*subtract(start, end, *i), phase5, minus)
    else:
        pieces = lifted_spans(f.pieces)
        # An exon base in no coding segment is not coding, although it may lie between two.
        labels = _classes(t, union(*pieces[:2]), i)
        # Where two code, the one that begins farther downstream is seen, whatever the order of the file.
        by_start = np.lexsort((f.phase5, f.end, f.start, f.cds_end, f.cds_start))
        rank = np.empty(len(f), np.int64)
        rank[by_start] = np.arange(len(f))
        order = np.lexsort((pieces[0], rank[pieces[2]]))
        ranks, owner = np.unique(rank[pieces[2][order]], return_inverse=True)
        phase5 = np.maximum(f.phase5[by_start[ranks]], 0)
        phases = _phases(pieces[0][order], pieces[1][order], owner, phase5, minus)
        phases = _inside(phases, labels, minus)
    lost = masks.minus == minus
    mask = union(*lifted(masks.start[lost], masks.end[lost], gene_contig[masks.gene[lost]]))
    size = (f.end - f.start)[own]
    by_length = np.argsort(size, kind="stable")
    seen_start, seen_end, seen = overlay(whole[0][by_length], whole[1][by_length])
    marks = _transitions((t, c, i), offsets, lengths, swap=minus and not exact)
    return StrandTables(
        *_placed(labels[0], labels[1], offsets),
        labels[2],
        *_placed(phases[0], phases[1], offsets),
        phases[2],
        *_placed(*mask, offsets),
        *_placed(seen_start, seen_end, offsets),
        size[by_length][seen].astype(np.uint32),
        *marks,
    )


def _placed(start: Ints, end: Ints, offsets: Ints) -> tuple[Ints, Ints]:
    """Positions without the bases between contigs."""
    contig = np.searchsorted(offsets, start, side="right") - 1
    return start - contig, end - contig


def _classes(t: tuple[Ints, Ints], c: tuple[Ints, Ints], i: tuple[Ints, Ints]) -> tuple[Ints, Ints, NDArray[np.uint8]]:
    """Intron over CDS over UTR, inside transcripts only."""
    layers = [t, *(subtract(*kind, *_outside(*t))[:2] for kind in (c, i))]
    start = np.concatenate([layer[0] for layer in layers])
    end = np.concatenate([layer[1] for layer in layers])
    value = np.repeat(np.array([1, 2, 3], np.uint8), [len(layer[0]) for layer in layers])
    seen_start, seen_end, seen = overlay(start, end)
    return seen_start, seen_end, value[seen]


def _outside(start: Ints, end: Ints) -> tuple[Ints, Ints]:
    """Everything but some disjoint sorted intervals."""
    least, most = np.iinfo(np.int64).min, np.iinfo(np.int64).max
    return np.append(least, end), np.append(start, most)


def _phases(start: Ints, end: Ints, owner: Ints, phase5: Ints, minus: bool) -> tuple[Ints, Ints, NDArray[np.uint8]]:
    """Phase at the 5' end of each segment, counted over its owner's segments; later owners cover earlier ones.

    Segments are sorted by owner and start; ``phase5`` is the owner's phase at its 5' end.
    """
    if not len(start):
        return start, end, np.empty(0, np.uint8)
    length = end - start
    before = np.cumsum(length) - length
    first = np.searchsorted(owner, owner, side="left")
    offset = before - before[first]
    if minus:
        total = np.bincount(owner, weights=length).astype(np.int64)
        offset = total[owner] - offset - length
    value = (phase5[owner] - offset) % 3
    seen_start, seen_end, seen = overlay(start, end)
    cut = end[seen] - seen_end if minus else seen_start - start[seen]
    return seen_start, seen_end, ((value[seen] - cut) % 3).astype(np.uint8)


def _inside(
    phases: tuple[Ints, Ints, NDArray[np.uint8]], labels: tuple[Ints, Ints, NDArray[np.uint8]], minus: bool
) -> tuple[Ints, Ints, NDArray[np.uint8]]:
    """Phases of bases labelled CDS only."""
    low, high = _outside(labels[0][labels[2] == 2], labels[1][labels[2] == 2])
    start, end, owner = subtract(phases[0], phases[1], low, high)
    cut = phases[1][owner] - end if minus else start - phases[0][owner]
    return start, end, ((phases[2][owner].astype(np.int64) - cut) % 3).astype(np.uint8)


def _transitions(
    kinds: tuple[tuple[Ints, Ints], ...], offsets: Ints, lengths: Ints, *, swap: bool
) -> tuple[Ints, NDArray[np.uint8]]:
    """Positions beside a border of the three kinds, and their bits; the ends of a contig are no borders."""
    at, bits = [], []
    for column, (start, end) in enumerate(kinds):
        contig = np.searchsorted(offsets, start, side="right") - 1
        low, high = offsets[contig], offsets[contig] + lengths[contig]
        opens, closes = (column + 3, column) if swap else (column, column + 3)
        begin, stop = (start - contig)[start > low], (end - contig)[end < high]
        for border, bit in ((begin, opens), (stop, closes)):
            at += [border - 1, border]
            bits += [np.full(2 * len(border), 1 << bit, np.int64)]
    place, where = np.unique(np.concatenate(at), return_inverse=True)
    total = np.zeros(len(place), np.int64)
    np.bitwise_or.at(total, where, np.concatenate(bits))
    return place, total.astype(np.uint8)
