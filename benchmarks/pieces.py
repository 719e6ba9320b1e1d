"""Pieces of real genomes: sequence, annotation and reads of a part, by itself."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pysam

GENE_ROWS = ("gene", "mRNA", "transcript", "exon", "CDS")


class Piece(NamedTuple):
    """Bases ``[start, end)`` of a contig, and what they are called by themselves."""

    name: str
    contig: str
    start: int
    end: int


@cache
def sequence_of(path: Path, contig: str) -> str:
    """One sequence of a gzipped FASTA file."""
    with gzip.open(path, "rt") as file:
        for record in file.read().split(">")[1:]:
            head, _, body = record.partition("\n")
            if head.split()[0] == contig:
                return body.replace("\n", "")
    raise SystemExit(f"{path}: no {contig}")


@cache
def rows_of(path: Path, contig: str) -> list[list[str]]:
    """Rows of one contig of a gzipped annotation."""
    with gzip.open(path, "rt") as file:
        rows = [line.rstrip("\n").split("\t") for line in file if not line.startswith("#")]
    return [row for row in rows if len(row) == 9 and row[0] == contig]


def free_place(rows: list[list[str]], wanted: int, length: int) -> int:
    """Base nearest to the wanted one that lies in no gene."""
    covered = np.zeros(length + 1, np.int32)
    for row in rows:
        if row[2] in GENE_ROWS:
            covered[int(row[3]) - 1] += 1
            covered[int(row[4])] -= 1
    free = np.flatnonzero(np.cumsum(covered[:length]) == 0)
    if wanted <= 0 or wanted >= length:
        return max(0, min(wanted, length))
    return int(free[np.abs(free - wanted).argmin()])


def cut(fasta: Path, annotation: Path, contig: str, start: int, end: int, size: int) -> list[Piece]:
    """A stretch of a contig as pieces of about so many bases that begin and end between genes."""
    rows, length = rows_of(annotation, contig), len(sequence_of(fasta, contig))
    n_pieces = max(1, round((end - start) / size))
    places = [free_place(rows, round(at), length) for at in np.linspace(start, end, n_pieces + 1)]
    bounds = sorted(set(places))
    return [Piece(f"piece{n}", contig, *ends) for n, ends in enumerate(pairwise(bounds), 1)]


def write_pieces(fasta: Path, annotation: Path, pieces: list[Piece], target: Path) -> Path:
    """Write pieces as ``target.fa`` and their annotation, whose path is handed back."""
    written = target.with_suffix(".gtf" if ".gtf" in annotation.name else ".gff3")
    with target.with_suffix(".fa").open("w") as sequences, written.open("w") as rows:
        for piece in pieces:
            sequences.write(f">{piece.name}\n{sequence_of(fasta, piece.contig)[piece.start : piece.end]}\n")
            rows.writelines(lines_of(annotation, piece))
    return written


def lines_of(annotation: Path, piece: Piece) -> Iterator[str]:
    """Lines of the rows that lie whole in a piece."""
    for row in rows_of(annotation, piece.contig):
        if int(row[3]) > piece.start and int(row[4]) <= piece.end:
            places = (str(int(value) - piece.start) for value in row[3:5])
            yield "\t".join([piece.name, *row[1:3], *places, *row[5:]]) + "\n"


def copy_rows(annotation: Path, pieces: list[Piece], target: Path) -> None:
    """Rows that lie whole in one of the pieces."""
    with target.open("w") as rows:
        for piece in pieces:
            rows.writelines(lines_of(annotation, piece))


def copy_reads(source: Path, pieces: list[Piece], target: Path) -> None:
    """Reads that lie, mates and all, in one of the pieces, in a file that knows nothing but those."""
    lengths = [{"SN": piece.name, "LN": piece.end - piece.start} for piece in pieces]
    header = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": lengths}
    with pysam.AlignmentFile(source) as reads, pysam.AlignmentFile(target, "wb", header=header) as out:
        for piece in pieces:
            for read in reads.fetch(piece.contig, piece.start, piece.end):
                if read.is_unmapped or read.mate_is_unmapped or read.next_reference_name != piece.contig:
                    continue
                if min(read.reference_start, read.next_reference_start) < piece.start or read.reference_end > piece.end:
                    continue
                if read.next_reference_start >= piece.end:
                    continue
                values = read.to_dict() | {"ref_name": piece.name, "next_ref_name": "="}
                values |= {"ref_pos": str(read.reference_start + 1 - piece.start)}
                values |= {"next_ref_pos": str(read.next_reference_start + 1 - piece.start)}
                out.write(pysam.AlignedSegment.from_dict(values, out.header))
    pysam.index(str(target))
