"""The hidden Markov model of a gene as tables: states, transitions, and what each base letter costs.

Thirteen *host* states take one base each. Ten of them can be interrupted by an intron of one of three types; an
intron is a donor block of fixed length followed by a body of any length. `decode.py` runs any model of this shape.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.errors import BadInputError

__all__ = [
    "BODY_STATES",
    "CODE_LETTERS",
    "FORBIDDEN",
    "HOSTS",
    "INTRON_TYPES",
    "MISMATCH",
    "Hmm",
    "build_hmm",
    "complement_codes",
    "state_labels",
]

#: Host states by number. A name tells which base has just been taken: start0 the A of ATG, stop1ta the second base
#: of TA-.
HOSTS = (
    "intergenic",
    "utr5",
    "start0",
    "start1",
    "start2",
    "coding0",
    "coding1",
    "coding2",
    "stop0t",
    "stop1ta",
    "stop1tg",
    "stop2",
    "utr3",
)
_HOST = {name: number for number, name in enumerate(HOSTS)}

#: An intron belongs to the host state in which it will be left. Where two states may open it, both are named.
_INTRON_HOSTS: tuple[tuple[str, ...], ...] = (
    ("utr5",),
    ("start0",),
    ("start1",),
    ("coding0",),
    ("coding1",),
    ("coding2", "start2"),
    ("stop0t",),
    ("stop1ta",),
    ("stop1tg",),
    ("utr3", "stop2"),
)
_GROUP = {names[0]: number for number, names in enumerate(_INTRON_HOSTS)}

INTRON_TYPES = ("GT-AG", "GC-AG", "AT-AC")
BODY_STATES = len(INTRON_TYPES) * len(_INTRON_HOSTS)

#: Letters that each sequence code may stand for (0 C, 1 A, 2 T, 3 G, then N and the IUPAC ambiguities).
CODE_LETTERS = ("C", "A", "T", "G", "CATG", "CT", "AG", "AT", "CG", "TG", "CA", "ATG", "CAG", "CAT", "CTG", "CATG")

#: The cost of a base that cannot be what is asked for: -log2(1e-9).
MISMATCH = float(-np.log2(1e-9))
#: A transition that no path may take (far above any possible path, far below overflow when scaled).
FORBIDDEN = 1e11
_CODON_WEIGHT = 1000.0

# (from, to, letters asked for, kind): `need` is a base that must be there (start and stop codons),
# `avoid` is a base that must not complete a stop codon.
_EDGES: tuple[tuple[str, str, str, str], ...] = (
    ("intergenic", "intergenic", "", ""),
    ("intergenic", "utr5", "", ""),
    ("utr5", "utr5", "", ""),
    ("utr5", "start0", "A", "need"),
    ("start0", "start1", "T", "need"),
    ("start1", "start2", "G", "need"),
    ("start2", "coding0", "ACG", "avoid"),
    ("start2", "stop0t", "T", "need"),
    ("coding2", "coding0", "ACG", "avoid"),
    ("coding2", "stop0t", "T", "need"),
    ("coding0", "coding1", "", ""),
    ("coding1", "coding2", "", ""),
    ("stop0t", "stop1ta", "A", "need"),
    ("stop0t", "stop1tg", "G", "need"),
    ("stop0t", "coding1", "CT", "avoid"),
    ("stop1ta", "stop2", "AG", "need"),
    ("stop1ta", "coding2", "CT", "avoid"),
    ("stop1tg", "stop2", "A", "need"),
    ("stop1tg", "coding2", "CGT", "avoid"),
    ("stop2", "utr3", "", ""),
    ("utr3", "utr3", "", ""),
    ("utr3", "intergenic", "", ""),
)
_NOT_AFTER_INTRON = {("utr3", "intergenic")}

# Columns of the emission table: intergenic, utr, codon base 1, codon base 3, codon base 2, intron, and the coding1
# state's own column.
_EMISSION = {
    "intergenic": 0,
    "utr5": 1,
    "utr3": 1,
    "start0": 2,
    "coding0": 2,
    "stop0t": 2,
    "start1": 4,
    "stop1ta": 4,
    "stop1tg": 4,
    "coding1": 6,
    "start2": 3,
    "coding2": 3,
    "stop2": 3,
}

# Donor motifs with the offset of their first base from the first intron base; acceptor motifs end at the last intron
# base.
_DONORS = ((0, "GT"), (-1, "GGC"), (0, "ATATCCT"))
_ACCEPTORS = ("AG", "AC")
_ACCEPTOR_OF_TYPE = (0, 0, 1)
_BEGIN_OPEN_HOSTS = ("utr5", "coding0", "coding1", "coding2", "utr3")


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
    raw_coding1
        The second codon base of ordinary codons costs its absolute instead of its relative cost (HelixerPost).
    any_end
        A path may end in any state everywhere (HelixerPost).
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
    raw_coding1: bool
    any_end: bool


def build_hmm(
    rules: str = "default",
    *,
    min_intron: int = 50,
    min_u12_intron: int = 30,
    donor_weight: float = 1.0,
    acceptor_weight: float = 1.0,
) -> Hmm:
    """Build the tables of the gene model.

    Parameters
    ----------
    rules
        "helixer": HelixerPost's costs, faults included. "default": the second codon base has its relative cost, an
        ambiguous base is no start, stop or splice site (but may stand inside a coding sequence), wrong start and stop
        codons are impossible, genes may begin and end beyond the ends of a contig, and nowhere else without
        start or stop.
    min_intron, min_u12_intron
        Shortest GT-AG and GC-AG, and shortest AT-AC intron, in bases.
    donor_weight, acceptor_weight
        Factors on the costs of splice sites.

    Returns
    -------
    Hmm

    Raises
    ------
    BadInputError
        Unknown rules or an intron shorter than its donor motif.
    """
    if rules not in ("default", "helixer"):
        raise BadInputError(f"unknown calling rules {rules!r}", remedy="Use 'default' or 'helixer'.")
    if min_intron < 4 or min_u12_intron < 9:
        raise BadInputError("the shortest intron is shorter than its splice sites", remedy="Use at least 4 (U12: 9).")
    helixer = rules == "helixer"

    rows = sorted(_EDGES, key=lambda edge: _HOST[edge[1]])
    exits = [row for row in rows if row[0] in _GROUP and row[:2] not in _NOT_AFTER_INTRON]
    exit_group = np.array([_GROUP[row[0]] for row in exits], np.int64)
    longest = max(len(motif) for _, motif in _DONORS)
    donor_cost = np.zeros((len(_DONORS), longest, 16))
    for number, (_, motif) in enumerate(_DONORS):
        for place, letter in enumerate(motif):
            donor_cost[number, place] = donor_weight * _letter_cost(letter, helixer)
    acceptor_cost = np.array([[acceptor_weight * _letter_cost(letter, helixer) for letter in m] for m in _ACCEPTORS])
    group_host = np.full((len(_INTRON_HOSTS), 2), -1, np.int64)
    for group, names in enumerate(_INTRON_HOSTS):
        group_host[group, : len(names)] = [_HOST[name] for name in names]
    begin_body = np.zeros((len(INTRON_TYPES), len(_INTRON_HOSTS)), np.bool_)
    begin_body[0, [_GROUP[name] for name in _BEGIN_OPEN_HOSTS]] = not helixer

    return Hmm(
        edge_from=_hosts([row[0] for row in rows]),
        edge_to=_hosts([row[1] for row in rows]),
        edge_cost=np.array([_codon_cost(row[2], row[3], helixer) for row in rows]),
        edge_ptr=_pointers(_hosts([row[1] for row in rows]), len(HOSTS)),
        exit_group=exit_group,
        exit_to=_hosts([row[1] for row in exits]),
        exit_cost=np.array([_codon_cost(row[2], row[3], helixer) for row in exits]),
        exit_ptr=_pointers(_hosts([row[1] for row in exits]), len(HOSTS)),
        edge_by_source=_in_order(rows, _hosts([row[0] for row in rows])),
        source_ptr=_pointers(np.sort(_hosts([row[0] for row in rows])), len(HOSTS)),
        exit_by_group=_in_order(exits, exit_group),
        group_ptr=_pointers(np.sort(exit_group), len(_INTRON_HOSTS)),
        group_host=group_host,
        donor_offset=np.array([offset for offset, _ in _DONORS], np.int64),
        donor_length=np.array([len(motif) for _, motif in _DONORS], np.int64),
        donor_cost=donor_cost,
        block=np.array([min_intron - 1, min_intron - 1, min_u12_intron - 1], np.int64),
        acceptor_of_type=np.array(_ACCEPTOR_OF_TYPE, np.int64),
        acceptor_cost=acceptor_cost,
        host_emission=np.array([_EMISSION[name] for name in HOSTS], np.int64),
        begin=np.array([name == "intergenic" or (not helixer and name in _BEGIN_OPEN_HOSTS) for name in HOSTS]),
        begin_body=begin_body,
        end=np.array([helixer or name in ("intergenic", "utr5", "stop2", "utr3") for name in HOSTS]),
        raw_coding1=helixer,
        any_end=helixer,
    )


def state_labels() -> NDArray[np.uint8]:
    """Label class of every state of a path: 0 intergenic, 1 utr, 2 cds, 3 intron; hosts first, then intron states."""
    label = {"intergenic": 0, "utr5": 1, "utr3": 1}
    hosts = [label.get(name, 2) for name in HOSTS]
    return np.array(hosts + [3] * BODY_STATES, np.uint8)


def complement_codes() -> NDArray[np.uint8]:
    """Complement of each of the 16 sequence codes, (16,) uint8."""
    swap = {"A": "T", "T": "A", "C": "G", "G": "C"}
    sets = [frozenset(letters) for letters in CODE_LETTERS]
    partner = [sets.index(frozenset(swap[letter] for letter in letters)) for letters in CODE_LETTERS]
    return np.array(partner, np.uint8)


def _hosts(names: list[str]) -> NDArray[np.int64]:
    return np.array([_HOST[name] for name in names], np.int64)


def _in_order(rows: list[tuple[str, str, str, str]], source: NDArray[np.int64]) -> NDArray[np.int64]:
    """Places of transitions sorted by what they leave, then as in the list of edges."""
    return np.lexsort((np.array([_EDGES.index(row) for row in rows]), source)).astype(np.int64)


def _pointers(to: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    return np.searchsorted(to, np.arange(size + 1)).astype(np.int64)


def _codon_cost(letters: str, kind: str, helixer: bool) -> NDArray[np.float64]:
    """Cost by code of a transition that asks for one of `letters`."""
    if not kind:
        return np.zeros(16)
    if helixer:
        per_letter = [_letter_cost(letter, helixer=True) for letter in letters]
        return np.asarray(_CODON_WEIGHT * np.min(per_letter, axis=0), np.float64)
    asked = set(letters)
    if kind == "need":
        possible = [meaning in asked for meaning in CODE_LETTERS]
    else:
        possible = [not asked.isdisjoint(meaning) for meaning in CODE_LETTERS]
    return np.where(possible, 0.0, FORBIDDEN)


def _letter_cost(letter: str, helixer: bool) -> NDArray[np.float64]:
    """Cost by code of a base that should be `letter`."""
    if not helixer:
        return np.array([0.0 if meaning == letter else MISMATCH for meaning in CODE_LETTERS])
    costs = np.empty(16)
    # Helixer's files hold 1/2, 0.33 and 1/4 as half floats for ambiguous bases.
    share = {1: 1.0, 2: 0.5, 3: float(np.float16(0.33)), 4: 0.25}
    for code, meaning in enumerate(CODE_LETTERS):
        best = -np.log2(share[len(meaning)])
        costs[code] = 0.0 if letter in meaning else MISMATCH - best
    return costs
