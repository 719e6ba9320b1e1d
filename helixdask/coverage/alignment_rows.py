"""Rows of a GFF3 or GTF file of aligned proteins or transcripts: which stretch belongs to which alignment.

Programs write alignments in three ways. ``match`` with ``match_part`` below it (MAKER, EVidenceModeler); rows of one
ID, such as ``cDNA_match`` and ``protein_match`` (GMAP, PASA, NCBI); transcripts with ``exon`` or ``CDS`` below them
(miniprot, Spaln, StringTie). All other rows are left out.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helixdask.coverage.alignment_names import alignment_names
from helixdask.coverage.kinds import CODING, EXONS
from helixdask.errors import BadInputError
from helixdask.inputs.gff_text import Block, plain, read_blocks
from helixdask.store.contigs import ContigTable

_RANKS: Final = {"match_part": 0, "hsp": 0, "exon": 1, "cds": 3}
_MATCH: Final = 2
"""Of rows of one alignment those of the lowest rank are its stretches: parts before wholes, exons before CDS."""

_STRANDS: Final = {"+": 0, "-": 1, ".": -1, "?": -1}
_EMPTY: Final = 3
"""Rows that end up to so many bases before they begin have none: programs write them where two gaps meet."""
_REMEDY: Final = "Write GFF3: parts of an alignment have one Parent, or are rows with one ID."


class AlignmentRows(NamedTuple):
    """Stretches of alignments, each column ``(row,)``, in the order of the file.

    ``alignment`` is a hash of the alignment's name, uint64; ``rank`` says what kind of row it is; ``contig`` is a row
    of the contig table; ``start`` and ``end`` lie on the contig, 0-based half-open; ``strand`` is 0 plus, 1 minus, -1
    none.
    """

    alignment: NDArray[np.uint64]
    rank: NDArray[np.int8]
    contig: NDArray[np.int32]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    strand: NDArray[np.int8]


class AlignmentFile(NamedTuple):
    """Rows on the genome's contigs, and all types of rows, in small letters.

    ``elsewhere`` and ``empty`` are numbers of rows that are left out: those on other sequences, and those without
    bases.
    """

    rows: AlignmentRows
    elsewhere: int
    empty: int
    types: frozenset[str]

    @property
    def covers(self) -> str:
        """What alignments cover: ``coding`` bases alone where they are of proteins, else ``exons``.

        Types that name proteins say so, and CDS without exons.
        """
        stretches = {name for name in self.types if _rank(name) >= 0}
        if _of_transcripts(stretches) or "exon" in stretches:
            return EXONS
        return CODING if "cds" in stretches or _of_proteins(self.types) else EXONS

    @property
    def is_mixed(self) -> bool:
        """Whether the types name proteins and transcripts."""
        return _of_proteins(self.types) and _of_transcripts(self.types)


def read_alignments(path: str, contigs: ContigTable, aliases: Mapping[str, str]) -> AlignmentFile:
    """Read the stretches of all alignments; 30 bytes of memory for each, and some 200 while they are sorted.

    Parameters
    ----------
    path
        GFF3 or GTF, plain or gzip.
    contigs
        Of the genome.
    aliases
        Names in the file that stand for other names in the genome; exact matches win.

    Raises
    ------
    BadInputError
        The file cannot be read, holds no alignments, none on the genome, one outside its contig, or a part that
        belongs to nothing; names file and line.
    """
    numbers = {alias: contigs.index(known) for alias, known in aliases.items()}
    numbers |= {str(name): row for row, name in enumerate(contigs.names)}
    parts, elsewhere, empty, types = [], 0, 0, set()
    for block in read_blocks(Path(path)):
        rows, others, without, kinds = _parsed(path, block, numbers, contigs)
        parts.append(rows)
        elsewhere += others
        empty += without
        types |= kinds
    found = AlignmentRows(*(np.concatenate(column) for column in zip(*parts, strict=True))) if parts else None
    if found is None or not len(found.start):
        problem = (
            f"all {elsewhere:,} stretches lie on other sequences" if elsewhere else "no row is part of an alignment"
        )
        remedy = "Give the other names with --aliases, or align to this genome." if elsewhere else _REMEDY
        raise BadInputError(problem, where=path, remedy=remedy)
    return AlignmentFile(found, elsewhere, empty, frozenset(types))


def _parsed(
    path: str, block: Block, numbers: Mapping[str, int], contigs: ContigTable
) -> tuple[AlignmentRows, int, int, set[str]]:
    table = pd.read_csv(
        io.BytesIO(block.text),
        sep="\t",
        header=None,
        names=list(range(9)),
        usecols=[0, 2, 3, 4, 6],
        dtype=object,
        quoting=csv.QUOTE_NONE,
        na_filter=False,
        encoding_errors="replace",
        index_col=False,
    )
    kinds, types = pd.factorize(table[2].to_numpy(object))
    rank = np.array([_rank(name) for name in types.tolist()], np.int8)[kinds]
    known = np.array([numbers.get(plain(name), -1) for name in pd.unique(table[0])], np.int32)
    contig = known[pd.factorize(table[0].to_numpy(object))[0]]
    stretch = rank >= 0
    keep = np.flatnonzero(stretch & (contig >= 0))
    elsewhere = int(np.count_nonzero(stretch & (contig < 0)))
    lines = block.lines[keep]
    begin, end_of_row = (places[keep] for places in _attributes(block.text))
    row, names = alignment_names(block.text, begin, end_of_row, rank[keep] == _MATCH, lines)
    if len(nameless := np.setdiff1d(np.arange(len(keep)), row)):
        raise BadInputError(
            "a part of an alignment names none that it belongs to",
            where=f"{path}, line {lines[nameless[0]]:,}",
            remedy=_REMEDY,
        )
    start, end = (_integers(path, table[column].to_numpy(object)[keep], lines) for column in (3, 4))
    empty = (start > end) & (start - end <= _EMPTY)
    backwards = np.flatnonzero((start > end) & ~empty)
    if len(backwards):
        k = int(backwards[0])
        raise BadInputError(
            f"a row begins at {start[k]:,} and ends at {end[k]:,}",
            where=f"{path}, line {lines[k]:,}",
            remedy="The lower number comes first, whatever the strand.",
        )
    outside = (start < 1) | (end > contigs.lengths[contig[keep]])
    if outside.any():
        k = int(np.argmax(outside))
        name = contigs.names[contig[keep[k]]]
        raise BadInputError(
            f"bases {start[k]:,} to {end[k]:,} are no stretch of contig `{name}`, "
            f"which has {int(contigs.lengths[contig[keep[k]]]):,}",
            where=f"{path}, line {lines[k]:,}",
            remedy="Align to this assembly.",
        )
    strands, signs = pd.factorize(table[6].to_numpy(object))
    strand = np.array([_STRANDS.get(sign, -1) for sign in signs.tolist()], np.int8)[strands]
    row, names = row[~empty[row]], names[~empty[row]]
    at = keep[row]
    rows = AlignmentRows(names, rank[at], contig[at], start[row] - 1, end[row], strand[at])
    return rows, elsewhere, int(np.count_nonzero(empty)), {name.lower() for name in types.tolist()}


def _rank(kind: str) -> int:
    """Rank of a type of rows; -1 of those that are no stretches of alignments."""
    kind = kind.lower()
    return _MATCH if kind.endswith("match") else _RANKS.get(kind, -1)


def _of_proteins(types: Iterable[str]) -> bool:
    return any("protein" in name or "translated" in name for name in types)


def _of_transcripts(types: Iterable[str]) -> bool:
    return any(name.endswith("match") and name.startswith(("cdna", "est", "expressed", "rna")) for name in types)


def _attributes(text: bytes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the ninth column of each row of a block begins and ends, ``(row,)``."""
    values = np.frombuffer(text, np.uint8)
    return np.flatnonzero(values == ord("\t"))[7::8] + 1, np.flatnonzero(values == ord("\n"))


def _integers(path: str, texts: NDArray[np.object_], lines: NDArray[np.int64]) -> NDArray[np.int64]:
    values: NDArray[np.float64] = pd.to_numeric(pd.Series(texts), errors="coerce").to_numpy(np.float64)
    bad = ~(np.abs(values) < 1 << 53) | (values != np.floor(values))
    if bad.any():
        k = int(np.argmax(bad))
        raise BadInputError(f"start and end are whole numbers, not {texts[k]!r}", where=f"{path}, line {lines[k]:,}")
    return values.astype(np.int64)
