"""The hidden Markov model of a gene as tables: what each transition costs, for each base letter.

Thirteen host states take one base each. Ten of them can be interrupted by an intron of one of three types; an
intron is a donor block of fixed length followed by a body of any length. An exon passes through *young* copies of the
host states until it has its least length. `decode.py` runs any model of this shape.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.calling.gene_states import (
    ACCEPTOR_OF_TYPE,
    ACCEPTORS,
    BEGIN_OPEN_HOSTS,
    CODE_LETTERS,
    DONORS,
    EMISSION,
    GROUP,
    HOST,
    HOSTS,
    INTRON_HOSTS,
    INTRON_TYPES,
    NOT_AFTER_INTRON,
    edges_of,
)
from helixdask.calling.sites import NO_SITES
from helixdask.errors import BadInputError
from helixdask.genes.genetic_code import STANDARD, genetic_code
from helixdask.settings import Rules

#: The cost of a base that cannot be what is asked for: -log2(1e-9).
MISMATCH = float(-np.log2(1e-9))
#: A transition that no path may take (far above any possible path, far below overflow when scaled).
FORBIDDEN = 1e11
_Edge = tuple[str, str, str, str]
_CODON_WEIGHT = 1000.0
# Bits that an intron of each type costs for being rare: about one in a hundred is GC-AG, one in a thousand AT-AC.
_RARITY = (0.0, 6.6, 10.0)
#: Kinds of edges: between bases of one exon, the first base of a gene, and the rest.
WITHIN_EXON, OPENS_GENE, _BETWEEN_GENES = 0, 1, 2


class Hmm(NamedTuple):
    """A model as arrays, ready for the kernel. Costs are bits (float64); `code` axes have 16 entries.

    Attributes
    ----------
    edge_from, edge_to
        (edges,) int64 host states, sorted by `edge_to`.
    edge_cost
        (edges, 16) cost of the edge by the code of the base taken.
    edge_ptr
        (hosts + 1,) where the edges into each host begin.
    exit_group, exit_to, exit_cost, exit_ptr
        The same for leaving an intron body: group is the intron host.
    edge_by_source, source_ptr
        Edges by the state they leave, in the order in which HelixerPost tries them; where those of each host begin.
    exit_by_group, group_ptr
        The same for exits.
    group_host
        (groups, 2) int64 states that may open an intron; -1: only one.
    donor_offset, donor_length, donor_cost
        Per intron type: first motif base relative to the first intron base, motif length, (types, motif, 16) cost.
    block
        (types,) int64 length of the donor block: the shortest intron less one.
    acceptor_of_type, acceptor_cost
        Acceptor motif of each type; (motifs, 2, 16) cost of its two bases.
    host_emission
        (hosts,) int64 column of the emission table.
    begin
        (hosts,) bool states in which a path may be before the first base of a contig; `begin_body` (types, groups)
        likewise.
    end
        (hosts,) bool states in which a path may end inside a contig; introns never.
    edge_kind
        (edges,) int64 `WITHIN_EXON`, `OPENS_GENE`, or neither.
    min_exon
        Shortest exon in bases; ends of contigs may cut exons shorter.
    phase_weight
        How much of a codon base's probability comes from the phase output.
    raw_coding1
        The second codon base of ordinary codons costs its absolute instead of its relative cost (HelixerPost).
    any_end
        A path may end in any state everywhere (HelixerPost).
    donor_site, acceptor_site, start_site
        (bases, 16) cost of the bases around donors, acceptors and start codons, see `sites.SiteCosts`; no bases: none.
    """

    edge_from: NDArray[np.int64]
    edge_to: NDArray[np.int64]
    edge_cost: NDArray[np.float64]
    edge_ptr: NDArray[np.int64]
    exit_group: NDArray[np.int64]
    exit_to: NDArray[np.int64]
    exit_cost: NDArray[np.float64]
    exit_ptr: NDArray[np.int64]
    edge_by_source: NDArray[np.int64]
    source_ptr: NDArray[np.int64]
    exit_by_group: NDArray[np.int64]
    group_ptr: NDArray[np.int64]
    group_host: NDArray[np.int64]
    donor_offset: NDArray[np.int64]
    donor_length: NDArray[np.int64]
    donor_cost: NDArray[np.float64]
    block: NDArray[np.int64]
    acceptor_of_type: NDArray[np.int64]
    acceptor_cost: NDArray[np.float64]
    host_emission: NDArray[np.int64]
    begin: NDArray[np.bool_]
    begin_body: NDArray[np.bool_]
    end: NDArray[np.bool_]
    edge_kind: NDArray[np.int64]
    min_exon: int
    phase_weight: float
    raw_coding1: bool
    any_end: bool
    donor_site: NDArray[np.float64]
    acceptor_site: NDArray[np.float64]
    start_site: NDArray[np.float64]


_LONGEST_MIN_EXON = 30
_SHORTEST_INTRON = 10
_U12_INTRON = 30
_DEAREST_SPLICE_SITE = 1000.0


def build_hmm(
    rules: Rules = Rules.DEFAULT,
    *,
    min_exon_length: int = 1,
    min_intron_length: int = 50,
    splice_site_cost: float = MISMATCH,
    phase_weight: float = 0.2,
    code: int = STANDARD,
) -> Hmm:
    """Build the tables of the gene model.

    Parameters
    ----------
    rules
        "helixer": HelixerPost's costs, faults included. "default": the second codon base has its relative cost, an
        ambiguous base is no start, stop or splice site (but may stand inside a coding sequence), wrong start and stop
        codons are impossible, genes may begin and end beyond the ends of a contig, and nowhere else without
        start or stop.
    min_exon_length
        Shortest exon in bases.
    min_intron_length
        Shortest GT-AG and GC-AG intron in bases; AT-AC introns may be as short as 30 anyway.
    splice_site_cost
        Bits for each wrong base of a splice site.
    phase_weight
        How much of a codon base's probability comes from the phase output, 0 to 1.
    code
        NCBI's number of the genetic code: which codons end a gene, and are not inside one.

    Returns
    -------
    Hmm

    Raises
    ------
    BadInputError
        Unknown rules, an intron shorter than its donor motif, or a genetic code that genes cannot be called with.
    """
    if min_exon_length < 1 or min_exon_length > _LONGEST_MIN_EXON:
        raise BadInputError(f"the shortest exon has {min_exon_length} bases", remedy=f"Use 1 to {_LONGEST_MIN_EXON}.")
    if min_intron_length < _SHORTEST_INTRON:
        raise BadInputError(
            "the shortest intron is shorter than its splice sites", remedy=f"Use at least {_SHORTEST_INTRON}."
        )
    if not 0.0 <= splice_site_cost <= _DEAREST_SPLICE_SITE:
        raise BadInputError(
            f"a wrong base of a splice site cannot cost {splice_site_cost} bits",
            remedy=f"Use 0 to {_DEAREST_SPLICE_SITE:.0f}; {MISMATCH:.0f} is what HelixerPost takes.",
        )
    if not 0.0 <= phase_weight <= 1.0:
        raise BadInputError(f"the weight of phases {phase_weight} is no share", remedy="Use a number between 0 and 1.")
    helixer = Rules(rules) == Rules.HELIXER
    min_u12_intron = min(_U12_INTRON, max(min_intron_length, _SHORTEST_INTRON))

    edges = edges_of(genetic_code(code))
    rows = sorted(edges, key=lambda edge: HOST[edge[1]])
    exits = [row for row in rows if row[0] in GROUP and row[:2] not in NOT_AFTER_INTRON]
    exit_group = np.array([GROUP[row[0]] for row in exits], np.int64)
    longest = max(len(motif) for _, motif in DONORS)
    donor_cost = np.zeros((len(DONORS), longest, 16))
    for number, (_, motif) in enumerate(DONORS):
        for place, letter in enumerate(motif):
            donor_cost[number, place] = _letter_cost(letter, helixer, splice_site_cost)
        if not helixer:
            donor_cost[number, 0] += _RARITY[number]
    acceptor_cost = np.array([[_letter_cost(letter, helixer, splice_site_cost) for letter in m] for m in ACCEPTORS])
    group_host = np.full((len(INTRON_HOSTS), 2), -1, np.int64)
    for group, names in enumerate(INTRON_HOSTS):
        group_host[group, : len(names)] = [HOST[name] for name in names]
    begin_body = np.zeros((len(INTRON_TYPES), len(INTRON_HOSTS)), np.bool_)
    begin_body[0, [GROUP[name] for name in BEGIN_OPEN_HOSTS]] = not helixer

    return Hmm(
        edge_from=_hosts([row[0] for row in rows]),
        edge_to=_hosts([row[1] for row in rows]),
        edge_cost=np.array([_codon_cost(row[2], row[3], helixer) for row in rows]),
        edge_ptr=_pointers(_hosts([row[1] for row in rows]), len(HOSTS)),
        exit_group=exit_group,
        exit_to=_hosts([row[1] for row in exits]),
        exit_cost=np.array([_codon_cost(row[2], row[3], helixer) for row in exits]),
        exit_ptr=_pointers(_hosts([row[1] for row in exits]), len(HOSTS)),
        edge_by_source=_in_order(rows, edges, _hosts([row[0] for row in rows])),
        source_ptr=_pointers(np.sort(_hosts([row[0] for row in rows])), len(HOSTS)),
        exit_by_group=_in_order(exits, edges, exit_group),
        group_ptr=_pointers(np.sort(exit_group), len(INTRON_HOSTS)),
        group_host=group_host,
        donor_offset=np.array([offset for offset, _ in DONORS], np.int64),
        donor_length=np.array([len(motif) for _, motif in DONORS], np.int64),
        donor_cost=donor_cost,
        block=np.array([min_intron_length - 1, min_intron_length - 1, min_u12_intron - 1], np.int64),
        acceptor_of_type=np.array(ACCEPTOR_OF_TYPE, np.int64),
        acceptor_cost=acceptor_cost,
        host_emission=np.array([EMISSION[name] for name in HOSTS], np.int64),
        begin=np.array([name == "intergenic" or (not helixer and name in BEGIN_OPEN_HOSTS) for name in HOSTS]),
        begin_body=begin_body,
        end=np.array([helixer or name in ("intergenic", "utr5", "stop2", "utr3") for name in HOSTS]),
        edge_kind=np.array([_kind_of(row[0], row[1]) for row in rows], np.int64),
        min_exon=1 if helixer else int(min_exon_length),
        phase_weight=float(phase_weight),
        raw_coding1=helixer,
        any_end=helixer,
        **NO_SITES._asdict(),
    )


def _kind_of(before: str, after: str) -> int:
    if after == "utr5" and before == "intergenic":
        return OPENS_GENE
    return _BETWEEN_GENES if after == "intergenic" else WITHIN_EXON


def _hosts(names: list[str]) -> NDArray[np.int64]:
    return np.array([HOST[name] for name in names], np.int64)


def _in_order(rows: list[_Edge], edges: tuple[_Edge, ...], source: NDArray[np.int64]) -> NDArray[np.int64]:
    """Places of transitions sorted by what they leave, then as in the list of edges."""
    return np.lexsort((np.array([edges.index(row) for row in rows]), source)).astype(np.int64)


def _pointers(to: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    return np.searchsorted(to, np.arange(size + 1)).astype(np.int64)


def _codon_cost(letters: str, kind: str, helixer: bool) -> NDArray[np.float64]:
    """Cost by code of a transition that asks for one of `letters`."""
    if not kind:
        return np.zeros(16)
    if helixer:
        per_letter = [_letter_cost(letter, True, MISMATCH) for letter in letters]
        return np.asarray(_CODON_WEIGHT * np.min(per_letter, axis=0), np.float64)
    asked = set(letters)
    if kind == "need":
        possible = [meaning in asked for meaning in CODE_LETTERS]
    else:
        possible = [not asked.isdisjoint(meaning) for meaning in CODE_LETTERS]
    return np.where(possible, 0.0, FORBIDDEN)


def _letter_cost(letter: str, helixer: bool, mismatch: float) -> NDArray[np.float64]:
    """Cost by code of a base that should be `letter`."""
    if not helixer:
        return np.array([0.0 if meaning == letter else mismatch for meaning in CODE_LETTERS])
    costs = np.empty(16)
    # Helixer's files hold 1/2, 0.33 and 1/4 as half floats for ambiguous bases.
    share = {1: 1.0, 2: 0.5, 3: float(np.float16(0.33)), 4: 0.25}
    for code, meaning in enumerate(CODE_LETTERS):
        best = -np.log2(share[len(meaning)])
        costs[code] = 0.0 if letter in meaning else mismatch - best
    return costs
