"""What was noticed while reading or labelling genes: skipped, mended or masked, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helixdask.errors import InternalError
from helixdask.genes.finding_codes import CODES

COLUMNS: Final = ("code", "severity", "file", "line", "contig", "gene", "action")
"""Columns of a table of findings."""


@dataclass
class Findings:
    """A growing list of findings, one row each, with the columns of :data:`COLUMNS`.

    Parameters
    ----------
    file
        Name of the file that lines refer to; empty where there is none.
    unknown_rows, all_rows
        Rows of the file on sequences that the genome has not, and all of its rows.
    """

    file: str = ""
    unknown_rows: int = 0
    all_rows: int = 0
    rows: list[tuple[str, str, str, int, str, str, str]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows)

    def note(self, code: str, action: str, *, line: int = 0, contig: str = "", gene: str = "") -> None:
        """Note one thing.

        Parameters
        ----------
        code
            One of :data:`helixdask.genes.finding_codes.CODES`, where its severity is declared.
        action
            What was done about it, with the facts of this case.
        line
            Line in the file, from 1; 0 where there is none.
        contig, gene
            Names.

        Raises
        ------
        InternalError
            The code is not declared.
        """
        if code not in CODES:
            raise InternalError(f"the finding {code!r} is not declared", where="helixdask/genes/finding_codes.py")
        self.rows.append((code, CODES[code].severity, self.file, int(line), contig, gene, action))

    def note_all(
        self, code: str, action: str, *, lines: Iterable[int], contigs: Iterable[str], genes: Iterable[str]
    ) -> None:
        """Note the same thing about several records."""
        for line, contig, gene in zip(lines, contigs, genes, strict=True):
            self.note(code, action, line=line, contig=contig, gene=gene)

    def counts(self) -> dict[str, int]:
        """Findings of each code, the most frequent first."""
        return dict(Counter(row[0] for row in self.rows).most_common())

    def in_order(self, first: int = 0) -> Findings:
        """The same by contig, gene, code and action, so that the order of lines in a file does not matter.

        Parameters
        ----------
        first
            So many rows stay in front of the others, in an order of their own.
        """

        def by_content(row: tuple[str, str, str, int, str, str, str]) -> tuple[str, ...]:
            return row[4], row[5], row[0], row[6]

        rows = [*sorted(self.rows[:first], key=by_content), *sorted(self.rows[first:], key=by_content)]
        return replace(self, rows=rows)

    def columns(self) -> dict[str, NDArray[Any]]:
        """Columns as they are stored: ``finding_code`` and so on."""
        values = list(zip(*self.rows, strict=True)) or [()] * len(COLUMNS)
        return {
            f"finding_{name}": np.array(column, np.int64 if name == "line" else object)
            for name, column in zip(COLUMNS, values, strict=True)
        }

    def frame(self) -> pd.DataFrame:
        """Table with the columns of :data:`COLUMNS`."""
        return pd.DataFrame({name.removeprefix("finding_"): column for name, column in self.columns().items()})
