"""Base codes: one byte a base, and the tables that turn them into letters, complements and one-hot vectors.

Low bits: C 0, A 1, T 2, G 3 (Helixer's channel order, so the complement of a plain base is ``3 - code``), N 4, Y 5,
R 6, W 7, S 8, K 9, M 10, D 11, V 12, H 13, B 14, and 15 for padding, which exists only in windows, never in a store.
Bit ``0x80`` is soft-masking (a lower-case letter).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from helixdask.errors import BadInputError

LETTERS: Final = "CATGNYRWSKMDVHB"
"""Letter of each code."""

N_CODE: Final = 4
PADDING: Final = 15
SOFT_MASK: Final = 0x80
CODE_MASK: Final = 0x0F

_COMPLEMENT_LETTERS: Final = "GTACNRYWSMKHBDV"

# Helixer's own numbers: .33 and not 1/3, so that a network sees what it was trained on.
_FRACTIONS: Final = (
    (1, 0, 0, 0),  # C
    (0, 1, 0, 0),  # A
    (0, 0, 1, 0),  # T
    (0, 0, 0, 1),  # G
    (0.25, 0.25, 0.25, 0.25),  # N
    (0.5, 0, 0.5, 0),  # Y
    (0, 0.5, 0, 0.5),  # R
    (0, 0.5, 0.5, 0),  # W
    (0.5, 0, 0, 0.5),  # S
    (0, 0, 0.5, 0.5),  # K
    (0.5, 0.5, 0, 0),  # M
    (0, 0.33, 0.33, 0.33),  # D
    (0.33, 0.33, 0, 0.33),  # V
    (0.33, 0.33, 0.33, 0),  # H
    (0.33, 0, 0.33, 0.33),  # B
    (0, 0, 0, 0),  # padding
)


def _complement_table() -> NDArray[np.uint8]:
    table = np.arange(256, dtype=np.uint8)
    for code, letter in enumerate(_COMPLEMENT_LETTERS):
        table[code] = LETTERS.index(letter)
        table[code | SOFT_MASK] = table[code] | SOFT_MASK
    table.setflags(write=False)
    return table


def _one_hot_table() -> NDArray[np.float16]:
    table: NDArray[np.float16] = np.array(_FRACTIONS, np.float16)[np.arange(256) & CODE_MASK]
    table.setflags(write=False)
    return table


def _letter_table() -> NDArray[np.uint8]:
    table = np.full(256, ord("?"), np.uint8)
    for code, letter in enumerate(LETTERS):
        table[code] = ord(letter)
        table[code | SOFT_MASK] = ord(letter.lower())
    table.setflags(write=False)
    return table


def _code_table() -> NDArray[np.uint8]:
    table = np.full(256, 0xFF, np.uint8)
    for letter, code in [*((letter, code) for code, letter in enumerate(LETTERS)), ("U", LETTERS.index("T"))]:
        table[ord(letter)] = code
        table[ord(letter.lower())] = code | SOFT_MASK
    table.setflags(write=False)
    return table


COMPLEMENT: Final = _complement_table()
"""Code of the complement, soft-masking kept: ``(256,)`` uint8."""

ONE_HOT: Final = _one_hot_table()
"""Helixer's vector of each code, channels C, A, T, G: ``(256, 4)`` float16. Soft-masking is ignored, padding 0."""

LETTER_TO_CODE: Final = _code_table()
"""Code of an ASCII letter (``U`` is T), 0xFF for everything that is no nucleotide: ``(256,)`` uint8."""

_LETTER_OF_CODE: Final = _letter_table()
_ONE_HOT_WORDS: Final = ONE_HOT.view(np.uint64)[:, 0]


def complement(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Complement of each base, in the same order, soft-masking kept.

    Parameters
    ----------
    codes
        Base codes, any shape, uint8.

    Returns
    -------
    Base codes of the same shape, uint8.
    """
    return np.take(COMPLEMENT, codes)


def reverse_complement(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Reverse the last axis and complement each base: the other strand, read 5' to 3'.

    Parameters
    ----------
    codes
        Base codes, ``(..., base)`` uint8.

    Returns
    -------
    Base codes of the same shape, uint8.
    """
    return np.take(COMPLEMENT, codes[..., ::-1])


def one_hot(codes: NDArray[np.uint8]) -> NDArray[np.float16]:
    """Helixer's input vectors.

    Parameters
    ----------
    codes
        Base codes, any shape, uint8; soft-masking is ignored.

    Returns
    -------
    ``codes.shape + (4,)`` float16, channels C, A, T, G; fractions for ambiguous bases, zeros for padding.
    """
    # One 8-byte word per base instead of four float16: a tenth of the time of indexing the (256, 4) table.
    words: NDArray[np.uint64] = np.take(_ONE_HOT_WORDS, codes)
    return words[..., None].view(np.float16)


def codes_to_text(codes: NDArray[np.uint8]) -> str:
    """Letters of a stretch of bases, lower case where soft-masked; ``?`` for padding.

    Parameters
    ----------
    codes
        Base codes, ``(base,)`` uint8.
    """
    return np.take(_LETTER_OF_CODE, codes).tobytes().decode("ascii")


def text_to_codes(text: str | bytes) -> NDArray[np.uint8]:
    """Turn letters into base codes: upper or lower case, every IUPAC letter, ``U`` as T.

    Returns
    -------
    ``(len(text),)`` uint8.

    Raises
    ------
    BadInputError
        A character is no nucleotide.
    """
    raw = np.frombuffer(text.encode("latin-1", "replace") if isinstance(text, str) else text, np.uint8)
    codes = np.take(LETTER_TO_CODE, raw)
    bad = np.flatnonzero(codes == 0xFF)
    if len(bad):
        at = int(bad[0])
        raise BadInputError(
            f"{chr(raw[at])!r} at position {at + 1:,} is no nucleotide letter", remedy=f"Use {LETTERS} or U."
        )
    return codes
