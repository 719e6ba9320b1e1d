"""Which genetic code each gene is read with: the annotation's word for the gene, or its contig's, or the genome's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from helixdask.errors import BadInputError
from helixdask.genes.attributes import translation_tables
from helixdask.genes.genetic_code import STANDARD, codon_index, genetic_code
from helixdask.genes.models import GeneModels
from helixdask.inputs.tables import number_in, read_rows
from helixdask.store.contigs import ContigTable

_LARGEST_CODE = 999
_ATG = int(codon_index(np.array([[1, 2, 3]], np.uint8))[0])


@dataclass(frozen=True)
class GeneCodes:
    """Genetic codes of all genes.

    ``table`` is NCBI's number, ``(gene,)``; ``row`` that table's row in ``is_start`` and ``is_stop``, which are
    ``(tables, 65)`` bool by :func:`~helixdask.genes.genetic_code.codon_index`. ``unknown`` marks genes for which the
    annotation names a table that NCBI has not; they are read with their contig's.
    """

    table: NDArray[np.int64]
    row: NDArray[np.int64]
    is_start: NDArray[np.bool_]
    is_stop: NDArray[np.bool_]
    unknown: NDArray[np.bool_]


def read_genetic_codes(
    path: str | Path, contigs: ContigTable, aliases: Mapping[str, str] | None = None
) -> dict[str, int]:
    """Read a table of contigs with a genetic code of their own: two tab-separated columns, contig and NCBI's number.

    Empty lines and lines that begin with ``#`` are skipped. A name that the genome has not may be another name of one
    of its contigs, by ``aliases``.

    Raises
    ------
    BadInputError
        The file cannot be read, a line has not two columns, or names a contig that the genome has not, a contig that
        was given another code above, or a code that does not exist.
    """
    out: dict[str, int] = {}
    for fields, where in read_rows(path, "A table of contigs and genetic codes", header=("contig", "genetic_code")):
        table = number_in(fields[1], 0, _LARGEST_CODE) if len(fields) == 2 else None
        if table is None:
            remedy = "A line is a contig, a tab and the number of a genetic code."
            raise BadInputError(f"is {chr(9).join(fields)!r}", where=where, remedy=remedy)
        name = fields[0] if fields[0] in contigs else (aliases or {}).get(fields[0], fields[0])
        if name not in contigs:
            shown = ", ".join(map(str, contigs.names[:5]))
            raise BadInputError(f"the genome has no contig {name!r}", where=where, remedy=f"It has {shown} …")
        try:
            genetic_code(table)
        except BadInputError as error:
            raise BadInputError(error.problem, where=where, remedy=error.remedy) from None
        if out.setdefault(name, table) != table:
            raise BadInputError(f"{name!r} was given genetic code {out[name]} above", where=where)
    return out


def codes_of_genes(
    models: GeneModels, contigs: ContigTable, table: int = STANDARD, of_contigs: Mapping[str, int] | None = None
) -> GeneCodes:
    """Genetic code of every gene.

    Parameters
    ----------
    models, contigs
        Genes, and the sequences they lie on.
    table
        Number of the genome's genetic code.
    of_contigs
        Numbers for contigs that have another one.

    Raises
    ------
    BadInputError
        A code given for the genome or a contig does not exist.
    """
    by_contig = np.full(len(contigs), table, np.int64)
    for name, number in (of_contigs or {}).items():
        by_contig[contigs.index(name)] = number
    for number in np.unique(np.append(by_contig, table)).tolist():
        genetic_code(int(number))
    own = translation_tables(models, -1).astype(np.int64)
    given = own != -1
    unknown = np.zeros(len(own), bool)
    for number in np.unique(own[given]).tolist():
        if not _exists(int(number)):
            unknown |= own == number
    contig = models.genes["contig"].to_numpy(np.int64)
    tables = np.where(given & ~unknown, own, by_contig[contig])
    numbers, row = np.unique(tables, return_inverse=True)
    codes = [genetic_code(int(number)) for number in numbers]
    is_stop = np.array([code.is_stop for code in codes], bool).reshape(len(codes), 65)
    is_start = np.array([code.is_start for code in codes], bool).reshape(len(codes), 65)
    # The standard table's other starts are so rare that a gene with one of them is more often a wrong gene.
    is_start[numbers == STANDARD] = np.arange(65) == _ATG
    return GeneCodes(tables, row.astype(np.int64), is_start, is_stop, unknown)


def _exists(number: int) -> bool:
    try:
        genetic_code(number)
    except BadInputError:
        return False
    return True
