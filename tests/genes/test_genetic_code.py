"""Genetic codes against Biopython's own translation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helixdask.errors import BadInputError
from helixdask.genes.genetic_code import codon_index, genetic_code, translate

BASES = "CATG"


@pytest.mark.parametrize("number", [1, 2, 4, 5, 11, 22, 33])
@given(text=st.text(alphabet=BASES, min_size=0, max_size=60))
def test_translation_is_that_of_biopython(number: int, text: str) -> None:
    from Bio.Seq import Seq

    whole = text[: len(text) // 3 * 3]
    codes = np.array([BASES.index(base) for base in text], np.uint8)
    assert translate(codes, genetic_code(number)).decode() == str(Seq(whole).translate(table=number))


def test_ambiguous_codons_are_unknown_and_neither_start_nor_stop() -> None:
    index = codon_index(np.array([[2, 1, 4], [2, 1, 3]], np.uint8))
    code = genetic_code()
    assert bytes(code.amino_acid[index]) == b"X*"
    assert code.is_stop[index].tolist() == [False, True]


def test_tga_codes_in_mould_mitochondria() -> None:
    tga = codon_index(np.array([[2, 3, 1]], np.uint8))
    assert genetic_code(1).is_stop[tga][0]
    assert not genetic_code(4).is_stop[tga][0]


def test_starts_are_those_of_the_table() -> None:
    atg, ctg = codon_index(np.array([[1, 2, 3], [0, 2, 3]], np.uint8))
    assert genetic_code(1).is_start[atg]
    assert not genetic_code(2).is_start[ctg]


def test_a_code_that_ncbi_does_not_have_is_refused_with_the_list() -> None:
    with pytest.raises(BadInputError, match="no genetic code 7"):
        genetic_code(7)
