"""FASTA, GFF3 and tables of a simulation, written as the blocks come."""

from __future__ import annotations

from typing import BinaryIO, TextIO

import numpy as np
from numpy.typing import NDArray

from helixdask.simulate.divergence import Block

LINE_WIDTH = 80
_SOURCE = "simulated"


def _letters() -> NDArray[np.uint8]:
    letters = np.full(256, ord("?"), dtype=np.uint8)
    letters[:5] = np.frombuffer(b"CATGN", dtype=np.uint8)
    letters[0x80:0x85] = np.frombuffer(b"catgn", dtype=np.uint8)
    return letters


_LETTER = _letters()


class FastaWriter:
    """Writes records whose sequence arrives in pieces, wrapped at 80 letters."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._rest = np.empty(0, dtype=np.uint8)

    def begin(self, name: str) -> None:
        """Start the next record."""
        self._file.write(f">{name}\n".encode())

    def add(self, codes: NDArray[np.uint8]) -> None:
        """Append bases (uint8; C, A, T, G, N = 0 to 4, bit 0x80 for lower case) to the record."""
        letters = np.concatenate([self._rest, _LETTER[codes]])
        whole = len(letters) // LINE_WIDTH
        lines = np.empty((whole, LINE_WIDTH + 1), dtype=np.uint8)
        lines[:, :-1] = letters[: whole * LINE_WIDTH].reshape(whole, LINE_WIDTH)
        lines[:, -1] = ord("\n")
        self._file.write(lines.tobytes())
        self._rest = letters[whole * LINE_WIDTH :]

    def end(self) -> None:
        """Finish the record."""
        if len(self._rest):
            self._file.write(self._rest.tobytes() + b"\n")
        self._rest = np.empty(0, dtype=np.uint8)


def write_genes(file: TextIO, block: Block, contig: str, offset: int, first_number: int) -> None:
    """Write the gene models of a block that begins at base `offset` of the contig, in GFF3, ascending by position.

    Genes are named by contig and by their number in the ancestor, `first_number` being that of the block's first
    ancestral gene: chr1A.g12 and chr1B.g12 are homoeologs.
    """
    first_exon = np.searchsorted(block.exon_gene, np.arange(len(block.strand) + 1))
    for gene in range(len(block.strand)):
        strand = "+-"[block.strand[gene]]
        name = f"{contig}.g{first_number + int(block.number[gene]) + 1}"
        where = f"{int(block.start[gene]) + offset + 1}\t{int(block.end[gene]) + offset}\t.\t{strand}"
        lines = [
            f"{contig}\t{_SOURCE}\tgene\t{where}\t.\tID={name}\n",
            f"{contig}\t{_SOURCE}\tmRNA\t{where}\t.\tID={name}.t1;Parent={name}\n",
        ]
        rows = range(first_exon[gene], first_exon[gene + 1])
        lines += [f"{contig}\t{_SOURCE}\t{part}\tParent={name}.t1\n" for part in _parts(block, rows, strand, offset)]
        file.write("".join(lines))


def _parts(block: Block, rows: range, strand: str, offset: int) -> list[str]:
    """Exons, coding parts and untranslated parts of a transcript: GFF3 columns 3 to 8, by kind and position."""
    exons, coding, upstream, downstream = [], [], [], []
    has_coding = [row for row in rows if block.coding_end[row] > block.coding_start[row]]
    coding_begin = block.coding_start[has_coding[0]]
    coding_stop = block.coding_end[has_coding[-1]]
    for row in rows:
        start, end = int(block.exon_start[row]), int(block.exon_end[row])
        exons.append((start, end, "."))
        if block.coding_end[row] > block.coding_start[row]:
            phase = str(-int(block.coding_before[row]) % 3)
            coding.append((int(block.coding_start[row]), int(block.coding_end[row]), phase))
        if start < coding_begin:
            upstream.append((start, min(end, int(coding_begin)), "."))
        if end > coding_stop:
            downstream.append((max(start, int(coding_stop)), end, "."))
    left, right = ("five_prime_UTR", "three_prime_UTR") if strand == "+" else ("three_prime_UTR", "five_prime_UTR")
    kinds = (("exon", exons), (left, upstream), ("CDS", coding), (right, downstream))
    return [
        f"{kind}\t{start + offset + 1}\t{end + offset}\t.\t{strand}\t{phase}"
        for kind, parts in kinds
        for start, end, phase in parts
    ]


def write_table(file: TextIO, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Write a tab-separated table with a line of column names."""
    file.write("".join("\t".join(row) + "\n" for row in [columns, *rows]))
