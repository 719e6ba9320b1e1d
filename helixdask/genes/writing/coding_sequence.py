"""Spliced coding sequences, read from the genome gene by gene."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.genes.attributes import TRANSL_TABLE
from helixdask.genes.genetic_code import GeneticCode, codon_index, genetic_code, translate
from helixdask.genes.writing.records import Gene, Part, Transcript

# The genome's complement of codes and its marks, as `helixdask.sequence.codes` declares them.
_LETTERS: Final = "CATGNYRWSKMDVHB"
_COMPLEMENTS: Final = "GTACNRYWSMKHBDV"
_LETTER: Final = np.frombuffer(_LETTERS.encode().ljust(16, b"N"), np.uint8)
_COMPLEMENT: Final = np.array([*(_LETTERS.index(letter) for letter in _COMPLEMENTS), 15], np.uint8)
_CODE: Final = np.uint8(0x0F)
_BLOCK: Final = 1 << 20
_KEPT: Final = 8


class BlockReader:
    """Slices of the genome's sequence, read in large blocks of which the latest few are kept.

    Genes come in order, so that each block is read about once, whatever their number; it takes some megabytes.

    Parameters
    ----------
    read
        Gives the base codes of ``[start, stop)`` of ``position``.
    """

    def __init__(self, read: Callable[[int, int], NDArray[np.uint8]], n_bases: int) -> None:
        self._read = read
        self._n_bases = n_bases
        self._blocks: OrderedDict[int, NDArray[np.uint8]] = OrderedDict()

    def __call__(self, start: int, stop: int) -> NDArray[np.uint8]:
        """Base codes of ``[start, stop)`` of ``position``, without soft-masking."""
        pieces = []
        for block in range(start // _BLOCK, -(-stop // _BLOCK)):
            first = block * _BLOCK
            pieces.append(self._block(block)[max(start - first, 0) : stop - first])
        return np.concatenate(pieces) & _CODE

    def _block(self, block: int) -> NDArray[np.uint8]:
        if block in self._blocks:
            self._blocks.move_to_end(block)
        else:
            first = block * _BLOCK
            self._blocks[block] = self._read(first, min(first + _BLOCK, self._n_bases))
            if len(self._blocks) > _KEPT:
                self._blocks.popitem(last=False)
        return self._blocks[block]


class Coding(NamedTuple):
    """Coding sequence of one transcript.

    ``codes`` are all its bases, ``(base,)`` uint8, spliced, 5' to 3'; the first ``phase`` of them belong to a codon
    that begins before. ``has_start`` and ``has_stop`` say whether it begins and ends with such a codon, in its frame.
    """

    codes: NDArray[np.uint8]
    phase: int
    code: GeneticCode
    has_start: bool
    has_stop: bool

    def bases(self) -> str:
        """Bases from the first whole codon on, as letters."""
        return _LETTER[self.codes[self.phase :]].tobytes().decode()

    def protein(self) -> str:
        """The translation, without the stop at its end."""
        text = translate(self.codes[self.phase :], self.code).decode()
        return text[:-1] if self.has_stop and text.endswith("*") else text


def code_of(gene: Gene, default: int) -> GeneticCode:
    """Genetic code of a gene: what its attributes say, else the default."""
    given = str(gene.attributes.get(TRANSL_TABLE, ""))
    return genetic_code(int(given) if given.isdigit() else default)


def coding_sequences(
    gene: Gene, offset: int, sequence: BlockReader, default_code: int, length: int | None = None
) -> list[Coding | None]:
    """Coding sequence of each transcript of a gene; None where it has none.

    Parameters
    ----------
    gene
        The gene.
    offset
        Position of its contig's first base.
    sequence
        Reads the genome.
    default_code
        NCBI's number of the genetic code where the gene's attributes say nothing.
    length
        Bases of the contig: what lies beyond is left out.
    """
    code = code_of(gene, default_code)
    out: list[Coding | None] = []
    for t in gene.transcripts:
        cds = t.cds
        if length is not None and t.end > length:
            cds = [part._replace(end=min(part.end, length)) for part in cds if part.start < length]
        out.append(_coding(t._replace(cds=cds), gene.strand, offset, sequence, code) if cds else None)
    return out


def _coding(t: Transcript, strand: int, offset: int, sequence: BlockReader, code: GeneticCode) -> Coding:
    codes = np.concatenate([sequence(offset + start, offset + end) for start, end, *_ in t.cds])
    if strand:
        codes = _COMPLEMENT[codes[::-1]]
    phase = t.cds[-1 if strand else 0].phase
    whole = (len(codes) - phase) % 3 == 0 and len(codes) - phase >= 3
    start, stop = (int(codon_index(codons)) if len(codons) == 3 else -1 for codons in (codes[:3], codes[-3:]))
    has_start = not t.partial5 and phase == 0 and start >= 0 and bool(code.is_start[start])
    return Coding(codes, phase, code, has_start, not t.partial3 and whole and bool(code.is_stop[stop]))


def first_bases(parts: list[Part], n: int) -> list[Part]:
    """Pieces of ascending segments that hold their first ``n`` bases."""
    out = []
    for part in parts:
        if n <= 0:
            break
        out.append(part._replace(end=min(part.end, part.start + n)))
        n -= part.end - part.start
    return out


def last_bases(parts: list[Part], n: int) -> list[Part]:
    """Pieces of ascending segments that hold their last ``n`` bases."""
    out: list[Part] = []
    for part in reversed(parts):
        if n <= 0:
            break
        out.insert(0, part._replace(start=max(part.start, part.end - n)))
        n -= part.end - part.start
    return out
