"""Findings for people: counts by code, and all of them as a tab-separated file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.genes.finding_codes import CODES, SEVERITIES
from helixdask.whole_files import whole_files

Columns = Mapping[str, NDArray[Any]]

TSV_COLUMNS: Final = ("file", "line", "contig", "gene", "code", "severity", "action")
"""Columns of the file; a line of 0 is left empty."""


class CodeSummary(NamedTuple):
    """How often a code came up: ``findings`` times, of ``genes`` different genes."""

    code: str
    severity: str
    findings: int
    genes: int
    meaning: str
    done: str


def summarise(tables: Iterable[Columns]) -> list[CodeSummary]:
    """Findings by code and severity, the most severe first, then the most frequent.

    Parameters
    ----------
    tables
        Columns as they are stored: ``finding_code`` and so on.
    """
    counts: dict[tuple[str, str], int] = {}
    genes: dict[tuple[str, str], set[str]] = {}
    for table in tables:
        codes, severities, names = (table[f"finding_{name}"].tolist() for name in ("code", "severity", "gene"))
        for code, severity, gene in zip(codes, severities, names, strict=True):
            counts[code, severity] = counts.get((code, severity), 0) + 1
            genes.setdefault((code, severity), set()).update([gene] if gene else [])
    out = []
    for (code, severity), count in counts.items():
        declared = CODES.get(code)
        meaning, done = (declared.meaning, declared.done) if declared else ("", "")
        out.append(CodeSummary(code, severity, count, len(genes[code, severity]), meaning, done))
    return sorted(out, key=lambda row: (-SEVERITIES.index(row.severity), -row.findings, row.code))


def write_findings(path: str | Path, tables: Iterable[Columns]) -> int:
    """Write findings as tab-separated text with the columns of :data:`TSV_COLUMNS`; the file appears when it is whole.

    Returns
    -------
    int
        Findings written.

    Raises
    ------
    BadInputError
        The file cannot be written.
    """
    n = 0
    with whole_files([path]) as (out,):
        out.write("\t".join(TSV_COLUMNS) + "\n")
        for table in tables:
            columns = [_texts(table[f"finding_{name}"]) for name in TSV_COLUMNS]
            out.writelines("\t".join(row) + "\n" for row in zip(*columns, strict=True))
            n += len(columns[0])
    return n


def _texts(values: NDArray[Any]) -> list[str]:
    if values.dtype.kind in "iu":
        return [str(value) if value else "" for value in np.asarray(values).tolist()]
    return [" ".join(str(value).split()) for value in values.tolist()]
