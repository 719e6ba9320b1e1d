"""The states of a gene, what follows what, and what each sequence code can stand for.

Thirteen *host* states take one base each. Ten of them can be interrupted by an intron of one of three types.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from helixdask.errors import BadInputError
from helixdask.genes.genetic_code import GeneticCode, codon_index

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
HOST = {name: number for number, name in enumerate(HOSTS)}
START0, STOP2 = HOST["start0"], HOST["stop2"]

#: An intron belongs to the host state in which it will be left. Where two states may open it, both are named.
INTRON_HOSTS: tuple[tuple[str, ...], ...] = (
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
GROUP = {names[0]: number for number, names in enumerate(INTRON_HOSTS)}

INTRON_TYPES = ("GT-AG", "GC-AG", "AT-AC")
BODY_STATES = len(INTRON_TYPES) * len(INTRON_HOSTS)

#: Letters that each sequence code may stand for (0 C, 1 A, 2 T, 3 G, then N and the IUPAC ambiguities).
CODE_LETTERS = ("C", "A", "T", "G", "CATG", "CT", "AG", "AT", "CG", "TG", "CA", "ATG", "CAG", "CAT", "CTG", "CATG")

_CODE_OF = {"C": 0, "A": 1, "T": 2, "G": 3}

# (from, to, letters asked for, kind): `need` is a base that must be there (start and stop codons),
# `avoid` is a base that must not complete a stop codon.
EDGES: tuple[tuple[str, str, str, str], ...] = (
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
NOT_AFTER_INTRON = {("utr3", "intergenic")}

# Columns of the emission table: intergenic, utr, codon base 1, codon base 3, codon base 2, intron, and the coding1
# state's own column.
EMISSION = {
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
DONORS = ((0, "GT"), (-1, "GGC"), (0, "ATATCCT"))
ACCEPTORS = ("AG", "AC")
ACCEPTOR_OF_TYPE = (0, 0, 1)
BEGIN_OPEN_HOSTS = ("utr5", "coding0", "coding1", "coding2", "utr3")


def edges_of(code: GeneticCode) -> tuple[tuple[str, str, str, str], ...]:
    """Return `EDGES` with the stop codons of a genetic code; those of the standard code give `EDGES` itself.

    A codon that stops or codes, depending on its place, may do both. Genes begin with ATG in every code: other starts
    are so rare that a gene with one is more often a wrong gene.

    Raises
    ------
    BadInputError
        The code has stop codons that begin neither with TA nor with TG, as some of mitochondria have.
    """
    codons = [first + second + third for first in "ACGT" for second in "ACGT" for third in "ACGT"]
    index = dict(
        zip(codons, codon_index(np.array([[_CODE_OF[x] for x in codon] for codon in codons], np.uint8)), strict=True)
    )
    stops = {codon for codon in codons if code.is_stop[index[codon]]}
    coding = {codon for codon in codons if code.amino_acid[index[codon]] != ord("*")}
    odd = sorted(codon for codon in stops if codon[:2] not in ("TA", "TG"))
    if odd:
        raise BadInputError(
            f"genes cannot be called with genetic code {code.number}, whose stop codons are {', '.join(sorted(stops))}",
            remedy="Stop codons must begin with TA or TG, as they do in codes of nuclear genomes.",
        )
    letters = {}
    for state, prefix in (("stop1ta", "TA"), ("stop1tg", "TG")):
        letters[state, "stop2"] = "".join(x for x in "ACGT" if prefix + x in stops)
        letters[state, "coding2"] = "".join(x for x in "ACGT" if prefix + x in coding)
    return tuple((a, b, letters.get((a, b), asked), kind) for a, b, asked, kind in EDGES)


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
