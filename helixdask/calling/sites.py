"""What the sequence around splice sites and start codons of a genome looks like, learnt from its own called genes.

A network that is new to a genome often sees an exon, but not to the base where it ends. Most introns it calls are right
all the same, and what their ends have in common, base by base, tells right ends from wrong ones. This is the position
weight matrix of Staden (1984, Nucleic Acids Research 12:505), learnt without known genes by calling and counting in
turn, as GeneMark-ES does (Lomsadze et al. 2005, Nucleic Acids Research 33:6494).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.calling.gene_states import CODE_LETTERS, complement_codes
from helixdask.calling.read_evidence import called_labels
from helixdask.registry import INTERGENIC

DONOR_BEFORE: Final = 3
ACCEPTOR_BEFORE: Final = 20
START_BEFORE: Final = 9
"""Bases before the place of a site: before an intron, before the exon behind it, before a start codon."""
_AFTER: Final = {"donor": 6, "acceptor": 3, "start": 6}
_BEFORE: Final = {"donor": DONOR_BEFORE, "acceptor": ACCEPTOR_BEFORE, "start": START_BEFORE}
_C, _A, _T, _G = range(4)
_MOTIF: Final = {"donor": (0, (_G, _T)), "acceptor": (-2, (_A, _G)), "start": (0, (_A, _T, _G))}
"""Place of the motif that every site has, which is not learnt, and its letters."""

_FEWEST: Final = 50
"""Sites of a kind below which nothing is learnt from them."""
_SMOOTHING: Final = 20.0
"""Sites of the background that are added."""
_COMPLEMENT: Final = complement_codes()


class SiteCosts(NamedTuple):
    """Costs of the bases around sites, for `helixdask.calling.hmm.Hmm`.

    Attributes
    ----------
    donor_site, acceptor_site, start_site
        (bases, 16) float64 bits by base and sequence code, in the orientation of the strand. The first base lies
        `DONOR_BEFORE`, `ACCEPTOR_BEFORE` and `START_BEFORE` bases before the place. Sites of this genome cost 0 on
        average. No bases: too few sites were called, or none are looked at.
    """

    donor_site: NDArray[np.float64]
    acceptor_site: NDArray[np.float64]
    start_site: NDArray[np.float64]


_NO_SITE: Final = np.zeros((0, len(CODE_LETTERS)))
NO_SITES: Final = SiteCosts(_NO_SITE, _NO_SITE, _NO_SITE)


class SiteCounts(NamedTuple):
    """Letters around sites and around other places with their motif: (2, bases, 4) int64 each, sites first."""

    donor: NDArray[np.int64]
    acceptor: NDArray[np.int64]
    start: NDArray[np.int64]

    def __add__(self, other: SiteCounts) -> SiteCounts:  # type: ignore[override]
        """Those of two samples."""
        return SiteCounts(*(one + two for one, two in zip(self, other, strict=True)))

    @property
    def n_introns(self) -> int:
        """Introns that were counted."""
        return int(self.donor[0, 0].sum())

    @property
    def n_starts(self) -> int:
        """Start codons that were counted."""
        return int(self.start[0, 0].sum())

    @property
    def tell_something(self) -> bool:
        """Whether there are enough of any kind to learn from."""
        return any(_is_enough(count) for count in self)


def no_counts() -> SiteCounts:
    """Counts of an empty sample."""
    return SiteCounts(*(np.zeros((2, _BEFORE[kind] + _AFTER[kind], 4), np.int64) for kind in SiteCounts._fields))


def count_sites(
    columns: Mapping[str, NDArray[Any]], codes: NDArray[np.uint8], offsets: NDArray[np.int64], first: int
) -> SiteCounts:
    """Count letters around the splice sites and start codons of called genes, and around other such motifs in them.

    Parameters
    ----------
    columns
        From `CallColumns`: genes, exons and coding segments, in places of their contigs.
    codes
        (n,) uint8 sequence codes of the plus strand from base `first` of the genome. Sites whose surroundings lie
        partly outside, beyond the end of a contig or at ambiguous letters are left out.
    offsets
        (contigs + 1,) where each contig begins in the genome.
    first
        Where the codes begin.

    Returns
    -------
    SiteCounts
        Of introns with GT and AG, and of start codons.
    """
    sequence = codes & np.uint8(0x0F)
    counts = no_counts()
    for strand in (0, 1):
        genic = called_labels(columns, strand, offsets, first, first + sequence.size) != INTERGENIC
        bounds = offsets - first
        places = _sites(columns, strand, offsets, first)
        seen = sequence
        if strand:
            seen, genic, bounds = _COMPLEMENT[sequence[::-1]], genic[::-1], (sequence.size - bounds)[::-1]
            places = {kind: sequence.size - at for kind, at in places.items()}
        for kind, count in counts._asdict().items():
            _count(count, kind, seen, genic, bounds, places[kind])
    return counts


def site_costs(counts: SiteCounts, weight: float) -> SiteCosts:
    """Costs by what distinguishes sites from other places with their motif.

    Parameters
    ----------
    counts
        From `count_sites`.
    weight
        Bits of cost for each bit of information.

    Examples
    --------
    >>> counts = no_counts()
    >>> counts.donor[0, :, 3], counts.donor[1] = 1000, 250
    >>> costs = site_costs(counts, 2.0)
    >>> costs.donor_site.shape, costs.acceptor_site.shape, costs.donor_site[0].round(1)[:4].tolist()
    ((9, 16), (0, 16), [15.1, 15.1, 15.1, -0.2])
    """
    return SiteCosts(*(_costs(kind, count, weight) for kind, count in counts._asdict().items()))


def information(counts: SiteCounts) -> dict[str, float]:
    """Bits by which sites of each kind differ from other places with their motif; 0 where too few are called."""
    named = counts._asdict().items()
    return {kind: float(_bits(count)[1].sum()) if _is_enough(count) else 0.0 for kind, count in named}


def _places(
    columns: Mapping[str, NDArray[Any]], part: str, end: str, offsets: NDArray[np.int64], first: int
) -> NDArray[np.int64]:
    """Starts or ends of exons or segments, counted from `first`."""
    contig = np.repeat(columns["gene_contig"], columns[f"gene_n_{'exons' if part == 'exon' else part}"])
    places: NDArray[np.int64] = columns[f"{part}_{end}"] + offsets[contig] - first
    return places


def _sites(
    columns: Mapping[str, NDArray[Any]], strand: int, offsets: NDArray[np.int64], first: int
) -> dict[str, NDArray[np.int64]]:
    """Boundaries before which sites of one strand lie on its plus side: of introns, and of coding sequences."""
    on_strand = columns["gene_strand"] == strand
    low, high = (_places(columns, "exon", end, offsets, first) for end in ("start", "end"))
    gene = np.repeat(np.arange(on_strand.size), columns["gene_n_exons"])
    pairs = (gene[1:] == gene[:-1]) & on_strand[gene[1:]]
    # Exons are in the order of the transcript or of the genome: the intron lies between both in any case.
    intron_start = np.minimum(high[1:], high[:-1])[pairs]
    intron_end = np.maximum(low[1:], low[:-1])[pairs]
    n_cds = columns["gene_n_cds"]
    ends = np.cumsum(n_cds)
    some = on_strand & (n_cds > 0)
    outer = np.stack([ends - n_cds, ends - 1])[:, some]
    cds_low, cds_high = (_places(columns, "cds", end, offsets, first) for end in ("start", "end"))
    begins = cds_high[outer].max(0) if strand else cds_low[outer].min(0)
    donor, acceptor = (intron_end, intron_start) if strand else (intron_start, intron_end)
    return {"donor": donor, "acceptor": acceptor, "start": begins}


def _count(
    count: NDArray[np.int64],
    kind: str,
    codes: NDArray[np.uint8],
    genic: NDArray[np.bool_],
    bounds: NDArray[np.int64],
    called: NDArray[np.int64],
) -> None:
    """Add the sites of one kind on one strand, all in its orientation, and other places in genes with the motif."""
    offset, motif = _MOTIF[kind]
    has_motif = np.ones(codes.size - len(motif) + 1 if codes.size >= len(motif) else 0, np.bool_)
    for place, letter in enumerate(motif):
        has_motif &= codes[place : place + has_motif.size] == letter
    with_motif = np.flatnonzero(has_motif) - offset
    with_motif = with_motif[with_motif < codes.size]
    is_called = np.isin(with_motif, called)
    around = np.arange(-_BEFORE[kind], _AFTER[kind])
    for row, places in enumerate((with_motif[is_called], with_motif[~is_called & genic[with_motif]])):
        low, high = places + around[0], places + around[-1]
        whole = (low >= 0) & (high < codes.size)
        whole &= np.searchsorted(bounds, low, "right") == np.searchsorted(bounds, high, "right")
        letters = codes[places[whole][:, None] + around]
        letters = letters[(letters < len("CATG")).all(axis=1)]
        for letter in range(4):
            count[row, :, letter] += (letters == letter).sum(axis=0)


def _is_enough(count: NDArray[np.int64]) -> bool:
    return int(count[0, 0].sum()) >= _FEWEST


def _bits(count: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Information of each letter, (bases, 4), and its mean over sites, (bases, 1)."""
    other = (count[1] + 1.0) / (count[1] + 1.0).sum(axis=-1, keepdims=True)
    site = count[0] + _SMOOTHING * other
    site /= site.sum(axis=-1, keepdims=True)
    bits = np.log2(site / other)
    return bits, (site * bits).sum(axis=-1, keepdims=True)


def _costs(kind: str, count: NDArray[np.int64], weight: float) -> NDArray[np.float64]:
    if not _is_enough(count) or weight == 0.0:
        return _NO_SITE
    bits, mean = _bits(count)
    costs = np.zeros((len(count[0]), len(CODE_LETTERS)))
    costs[:, :4] = weight * (mean - bits)
    offset, motif = _MOTIF[kind]
    first = _BEFORE[kind] + offset
    costs[first : first + len(motif)] = 0.0
    return costs
