"""Base codes: letters, complements, Helixer's vectors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helixdask.errors import BadInputError
from helixdask.sequence.codes import (
    LETTERS,
    PADDING,
    SOFT_MASK,
    codes_to_text,
    complement,
    one_hot,
    reverse_complement,
    text_to_codes,
)

# The table of the reference: letter, [C, A, T, G], complement.
TABLE = [
    ("C", (1, 0, 0, 0), "G"),
    ("A", (0, 1, 0, 0), "T"),
    ("T", (0, 0, 1, 0), "A"),
    ("G", (0, 0, 0, 1), "C"),
    ("Y", (0.5, 0, 0.5, 0), "R"),
    ("R", (0, 0.5, 0, 0.5), "Y"),
    ("W", (0, 0.5, 0.5, 0), "W"),
    ("S", (0.5, 0, 0, 0.5), "S"),
    ("K", (0, 0, 0.5, 0.5), "M"),
    ("M", (0.5, 0.5, 0, 0), "K"),
    ("D", (0, 0.33, 0.33, 0.33), "H"),
    ("V", (0.33, 0.33, 0, 0.33), "B"),
    ("H", (0.33, 0.33, 0.33, 0), "D"),
    ("B", (0.33, 0, 0.33, 0.33), "V"),
    ("N", (0.25, 0.25, 0.25, 0.25), "N"),
]
dna = st.text(alphabet=LETTERS + LETTERS.lower(), max_size=200)


@pytest.mark.parametrize(("letter", "vector", "other"), TABLE)
def test_reference_table(letter, vector, other):
    for text, mate in ((letter, other), (letter.lower(), other.lower())):
        codes = text_to_codes(text)
        assert one_hot(codes)[0].tolist() == np.array(vector, np.float16).tolist()
        assert codes_to_text(complement(codes)) == mate
        # The complement of the vector is the vector with its channels reversed.
        assert one_hot(complement(codes))[0].tolist() == one_hot(codes)[0, ::-1].tolist()


def test_documented_code_numbers():
    assert text_to_codes("CATGNYRWSKMDVHB").tolist() == list(range(15))
    assert text_to_codes("catgU").tolist() == [0x80, 0x81, 0x82, 0x83, 2]


def test_plain_complement_is_three_minus_code():
    assert complement(np.arange(4, dtype=np.uint8)).tolist() == [3, 2, 1, 0]


def test_padding_is_zero_and_its_own_complement():
    padding = np.array([PADDING], np.uint8)
    assert one_hot(padding).tolist() == [[0, 0, 0, 0]]
    assert complement(padding).tolist() == [PADDING]


@given(dna)
def test_text_round_trip(text):
    assert codes_to_text(text_to_codes(text)) == text


@given(dna)
def test_reverse_complement_twice_is_nothing(text):
    codes = text_to_codes(text)
    assert (reverse_complement(reverse_complement(codes)) == codes).all()
    assert (reverse_complement(codes) >= SOFT_MASK).tolist() == (codes >= SOFT_MASK)[::-1].tolist()


def test_one_hot_keeps_the_shape():
    codes = text_to_codes("ACGTNN").reshape(2, 3)
    assert one_hot(codes).shape == (2, 3, 4)
    assert one_hot(codes).dtype == np.float16
    assert one_hot(codes[:, ::-1])[1, 0].tolist() == [0.25] * 4


@pytest.mark.parametrize("text", ["AC-T", "AC T", "ACXT", "ACé", "AC*"])
def test_no_nucleotide_is_an_error(text):
    with pytest.raises(BadInputError, match="position 3"):
        text_to_codes(text)
