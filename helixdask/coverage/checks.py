"""Refusing a library that cannot be counted, by name and before any work starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from helixdask.alignments.bam_header import AlignmentHeader, NameTable, match_names, read_bam_header, read_cram_header
from helixdask.alignments.bgzf import BGZF_END
from helixdask.alignments.byte_ranges import ByteRanges
from helixdask.alignments.index_checks import check_index, find_index
from helixdask.coverage.libraries import Library
from helixdask.errors import BadInputError


@dataclass(frozen=True, eq=False)
class CheckedLibrary:
    """What a check found.

    Parameters
    ----------
    format
        `bam` or `cram`.
    index_path
        The index beside the file, or None.
    contig_numbers
        For each contig of the genome its number in the file, -1 where the file does not have it, int32.
    foreign_contigs
        Names of contigs that the genome does not have.
    contigs_without_reads
        Names of the genome's contigs that the file does not have: they get no coverage.
    foreign_numbers
        Numbers in the file of the foreign contigs, int64.
    longest
        Length of the longest contig in the file.
    renamed
        Names in the file that stand for others in the genome, as far as they were needed.
    """

    format: str
    index_path: str | None
    contig_numbers: NDArray[np.int32]
    foreign_contigs: list[str]
    contigs_without_reads: list[str]
    foreign_numbers: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    longest: int = 0
    renamed: dict[str, str] = field(default_factory=dict)


def check_library(
    library: Library,
    names: Sequence[str],
    lengths: NDArray[np.int64],
    md5: NDArray[np.uint8] | None = None,
    aliases: Mapping[str, str] | None = None,
) -> CheckedLibrary:
    """Check that a BAM or CRAM file can be counted on a genome; nothing is written.

    Parameters
    ----------
    library
        The library.
    names, lengths
        Contigs of the genome.
    md5
        MD5 of each, (contig, 16) uint8: compared where the file's header tells it, as CRAM does.
    aliases
        Names in the file that stand for other names in the genome; exact matches win.

    Raises
    ------
    BadInputError
        If the file is missing, neither BAM nor CRAM, cut short or not sorted by coordinate, if its contigs and the
        genome's have no name in common, or a common one with two lengths or two sequences, or if its index is not of
        this file.
    """
    path = library.path
    file = ByteRanges(path)
    form = _format(file)
    header = read_cram_header(path) if form == "cram" else read_bam_header(file)
    if header.order in ("unsorted", "queryname"):
        raise BadInputError(
            f"the header says that the alignments are not sorted by coordinate (SO:{header.order})",
            where=path,
            remedy=f"samtools sort -o sorted.bam {path}",
        )
    numbers, renamed = _match_contigs(path, header, names, lengths, aliases or {})
    if md5 is not None:
        _check_sequences(path, header, names, md5, numbers)
    index_path = find_index(path, form)
    if index_path is not None:
        check_index(file, form, index_path, header.lengths)
    foreign = np.ones(len(header.names), bool)
    foreign[numbers[numbers >= 0]] = False
    foreign_numbers = np.flatnonzero(foreign)
    return CheckedLibrary(
        form,
        index_path,
        numbers,
        header.names.names(foreign_numbers),
        [names[i] for i in np.flatnonzero(numbers < 0).tolist()],
        foreign_numbers,
        int(header.lengths.max(initial=0)),
        renamed,
    )


def read_header(path: str) -> AlignmentHeader:
    """Read the header of a BAM or CRAM file.

    Raises
    ------
    BadInputError
        The file is missing, neither of the two, or cut short.
    """
    file = ByteRanges(path)
    return read_cram_header(path) if _format(file) == "cram" else read_bam_header(file)


def is_cram(path: str) -> bool:
    """Whether a file begins as CRAM files do.

    Raises
    ------
    BadInputError
        If it cannot be read.
    """
    return ByteRanges(path).read(0, 4) == b"CRAM"


def _format(file: ByteRanges) -> str:
    start = file.read(0, 4)
    if start == b"CRAM":
        if b"EOF" not in file.read(max(0, file.size - 64), 64):  # the name of its last container
            raise _cut_short(file.path)
        return "cram"
    if start != b"\x1f\x8b\x08\x04":
        raise BadInputError(
            "not a BAM file, nor CRAM", where=file.path, remedy="Convert it: samtools sort -o reads.bam reads"
        )
    if file.read(max(0, file.size - len(BGZF_END)), len(BGZF_END)) != BGZF_END:
        raise _cut_short(file.path)
    return "bam"


def _cut_short(path: str) -> BadInputError:
    return BadInputError(
        "the file is cut short (no end-of-file block)",
        where=path,
        remedy="Copy or make it again; `samtools quickcheck -v` shows the same.",
    )


def _match_contigs(
    path: str,
    header: AlignmentHeader,
    names: Sequence[str],
    lengths: NDArray[np.int64],
    aliases: Mapping[str, str],
) -> tuple[NDArray[np.int32], dict[str, str]]:
    """Number in the file of each contig, and the names of the file that stand for others."""
    renamed: dict[str, str] = {}
    numbers = match_names(NameTable.of(names), header.names)
    if aliases:
        row = {names[i]: i for i in np.flatnonzero(numbers < 0).tolist()}
        pairs = [(other, row[name]) for other, name in aliases.items() if name in row]
        found = match_names(NameTable.of([other for other, _ in pairs]), header.names)
        for (foreign, i), number in zip(pairs, found.tolist(), strict=True):
            numbers[i] = max(numbers[i], number)
            renamed |= {foreign: names[i]} if number >= 0 else {}
    common = np.flatnonzero(numbers >= 0)
    if not len(common):
        theirs = header.names.names(np.arange(min(4, len(header.names))))
        raise BadInputError(
            f"no contig name in common with the genome (BAM: {_some(theirs)}; genome: {_some(names)})",
            where=path,
            remedy="Map the reads to this genome, or give a table of names (--aliases).",
        )
    other = header.lengths[numbers[common]]
    wrong = np.flatnonzero(other != np.asarray(lengths)[common])
    if len(wrong):
        first = common[wrong[0]]
        raise BadInputError(
            f"contig `{names[first]}` has {other[wrong[0]]:,} bases in the BAM, {int(lengths[first]):,} in the genome"
            + (f"; {len(wrong) - 1:,} more contigs differ" if len(wrong) > 1 else ""),
            where=path,
            remedy="The reads were mapped to another assembly: map them to this one.",
        )
    return numbers, renamed


def _check_sequences(
    path: str, header: AlignmentHeader, names: Sequence[str], md5: NDArray[np.uint8], numbers: NDArray[np.int32]
) -> None:
    """Refuse alignments to other sequences of the same lengths, where the header tells MD5s."""
    if not header.md5:
        return
    rows = np.flatnonzero(numbers >= 0)
    theirs = header.names.names(numbers[rows].astype(np.int64))
    wrong = [
        names[row]
        for row, name in zip(rows.tolist(), theirs, strict=True)
        if name in header.md5 and header.md5[name] != md5[row].tobytes().hex()
    ]
    if wrong:
        raise BadInputError(
            f"the sequence of contig `{wrong[0]}` is another one than the genome's (MD5 in the header)"
            + (f"; {len(wrong) - 1:,} more contigs differ" if len(wrong) > 1 else ""),
            where=path,
            remedy="The reads were mapped to another assembly: map them to this one.",
        )


def _some(names: Sequence[str]) -> str:
    return ", ".join(list(names)[:3]) + (", …" if len(names) > 3 else "") if len(names) else "none"
