"""Genetic codes: which codons stop, which start, and what they are translated to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from helixdask.errors import BadInputError
from helixdask.settings import STANDARD_CODE as STANDARD

__all__ = ["STANDARD", "GeneticCode", "codon_index", "genetic_code", "translate"]

_BASES: Final = "CATG"
_UNKNOWN: Final = 64
"""Index of every codon that holds something else than C, A, T or G."""


@dataclass(frozen=True, eq=False)
class GeneticCode:
    """One of NCBI's translation tables.

    Rows are :func:`codon_index`. ``amino_acid`` is ``(65,)`` uint8: ASCII letters, ``*`` for a stop, and ``X`` in the
    last row, which stands for every codon with an ambiguous base. ``is_stop`` and ``is_start`` are ``(65,)`` bool; a
    codon that stops or codes, depending on its place, has a letter and is a stop.
    """

    number: int
    name: str
    amino_acid: NDArray[np.uint8]
    is_stop: NDArray[np.bool_]
    is_start: NDArray[np.bool_]


@cache
def genetic_code(number: int = STANDARD) -> GeneticCode:
    """NCBI's translation table of this number.

    Raises
    ------
    BadInputError
        NCBI has no such table.
    """
    from Bio.Data.CodonTable import unambiguous_dna_by_id

    table = unambiguous_dna_by_id.get(number)
    if table is None:
        known = ", ".join(map(str, sorted(unambiguous_dna_by_id)))
        raise BadInputError(f"there is no genetic code {number}", remedy=f"NCBI's tables are {known}.")
    amino_acid = np.full(_UNKNOWN + 1, ord("X"), np.uint8)
    is_stop, is_start = np.zeros(_UNKNOWN + 1, bool), np.zeros(_UNKNOWN + 1, bool)
    for index in range(_UNKNOWN):
        codon = "".join(_BASES[index >> shift & 3] for shift in (4, 2, 0))
        amino_acid[index] = ord(table.forward_table.get(codon, "*"))
        is_stop[index] = codon in table.stop_codons
        is_start[index] = codon in table.start_codons
    return GeneticCode(number, str(table.names[0]), amino_acid, is_stop, is_start)


def codon_index(codons: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Number of each codon: 16 first + 4 second + third base, 64 where a base is ambiguous.

    Parameters
    ----------
    codons
        ``(..., 3)`` base codes (C 0, A 1, T 2, G 3, others ambiguous), 5' to 3' on the gene's strand.

    Returns
    -------
    numpy.ndarray
        ``(...)`` uint8.
    """
    first, second, third = codons[..., 0], codons[..., 1], codons[..., 2]
    index = (first << 4) | (second << 2) | third
    return np.where((first > 3) | (second > 3) | (third > 3), np.uint8(_UNKNOWN), index).astype(np.uint8)


def translate(codes: NDArray[np.uint8], code: GeneticCode) -> bytes:
    """Protein of a coding sequence: ``*`` for stops, ``X`` where a base is ambiguous; a broken last codon is left out.

    Parameters
    ----------
    codes
        ``(base,)`` base codes without soft-masking, 5' to 3', beginning with the first base of a codon.
    code
        The genetic code.
    """
    whole = codes[: len(codes) // 3 * 3].reshape(-1, 3)
    return bytes(code.amino_acid[codon_index(whole)])
