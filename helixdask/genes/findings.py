"""What was noticed while reading or labelling genes: skipped, mended or masked, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["SEVERITIES", "Findings"]

SEVERITIES: Final = ("info", "warning", "error")
_TEXT: Final = ("code", "severity", "file", "contig", "gene", "action")
_ORDER: Final = ("code", "severity", "file", "line", "contig", "gene", "action")


@dataclass
class Findings:
    """A growing list of findings, one row each.

    Parameters
    ----------
    file
        Name of the file that lines refer to; empty where there is none.
    """

    file: str = ""
    rows: list[tuple[str, str, str, int, str, str, str]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows)

    def add(self, code: str, severity: str, action: str, *, line: int = 0, contig: str = "", gene: str = "") -> None:
        """Note one thing.

        Parameters
        ----------
        code
            Short name of the kind of finding, as documented.
        severity
            One of :data:`SEVERITIES`.
        action
            What was done about it, with the facts of this case.
        line
            Line in the file, from 1; 0 where there is none.
        contig, gene
            Names.
        """
        self.rows.append((code, severity, self.file, int(line), contig, gene, action))

    def add_all(
        self,
        code: str,
        severity: str,
        action: str,
        *,
        lines: Iterable[int],
        contigs: Iterable[str],
        genes: Iterable[str],
    ) -> None:
        """Note the same thing about several records."""
        self.rows.extend(
            (code, severity, self.file, int(line), str(contig), str(gene), action)
            for line, contig, gene in zip(lines, contigs, genes, strict=True)
        )

    def counts(self) -> dict[str, int]:
        """Findings of each code, the most frequent first."""
        return dict(Counter(row[0] for row in self.rows).most_common())

    def frame(self) -> pd.DataFrame:
        """Table with columns code, severity, file, line, contig, gene, action."""
        return pd.DataFrame(self.rows, columns=list(_ORDER)).astype({"line": "int64"} | dict.fromkeys(_TEXT, "object"))

    def columns(self) -> dict[str, NDArray[Any]]:
        """Columns as they are stored: ``finding_code`` and so on."""
        frame = self.frame()
        return {
            f"finding_{name}": frame[name].to_numpy(dtype=np.int64 if name == "line" else object) for name in _ORDER
        }
