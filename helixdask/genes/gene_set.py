"""Genes as people read them: tables with names of contigs, strands as + and -, and the ids of parents."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helixdask.genes.coding import introns
from helixdask.genes.models import GeneModels
from helixdask.registry import STRANDS

_SHOWN = 10


@dataclass(frozen=True, eq=False)
class GeneSet:
    """Gene models of a store, or of one of its regions.

    All coordinates are 0-based and half-open, from the contig's first base. Rows of ``transcripts`` name their gene,
    rows of ``exons``, ``cds`` and ``introns`` their transcript, by row number (``gene``, ``transcript``) and by id.

    Parameters
    ----------
    models
        The same genes as the product works with them: contigs and strands as numbers.
    contigs
        Names of all contigs, ``(contig,)``.
    name
        Name of the gene models in the store.

    Examples
    --------
    >>> genes = store.genes("one:2,000-4,000")
    >>> genes.genes[["id", "contig", "start", "end", "strand"]]
       id contig  start   end strand
    0  g0    one   2000  2600      +
    1  g1    one   3000  3600      -
    >>> (genes.introns.end - genes.introns.start).tolist()
    [200, 200]
    """

    models: GeneModels
    contigs: NDArray[Any]
    name: str = ""

    @cached_property
    def genes(self) -> pd.DataFrame:
        """One row for each gene: id, contig, start, end, strand, type, source, score, attributes (JSON)."""
        table = self.models.genes
        return table.assign(
            contig=self.contigs[table["contig"].to_numpy()].astype(object), strand=_SIGNS[table["strand"].to_numpy()]
        )

    @cached_property
    def transcripts(self) -> pd.DataFrame:
        """One row for each transcript: id, gene, start, end, type, partial5, partial3, gene_id, contig, strand."""
        table = self.models.transcripts
        return self._placed(table, self.genes, table["gene"].to_numpy(), "gene_id", "id")

    @cached_property
    def exons(self) -> pd.DataFrame:
        """One row for each exon of a transcript: transcript, start, end, score, transcript_id, gene_id and so on."""
        return self._parts(self.models.exons)

    @cached_property
    def cds(self) -> pd.DataFrame:
        """One row for each coding segment of a transcript, with its GFF phase."""
        return self._parts(self.models.cds)

    @cached_property
    def introns(self) -> pd.DataFrame:
        """One row for each gap between neighbouring exons of a transcript."""
        return self._parts(introns(self.models))

    def _parts(self, table: pd.DataFrame) -> pd.DataFrame:
        parent = table["transcript"].to_numpy()
        placed = self._placed(table, self.transcripts, parent, "transcript_id", "id")
        return placed.assign(gene_id=self.transcripts["gene_id"].to_numpy()[parent])

    @staticmethod
    def _placed(
        table: pd.DataFrame, parents: pd.DataFrame, rows: NDArray[np.int32], name: str, column: str
    ) -> pd.DataFrame:
        columns = {name: column, "contig": "contig", "strand": "strand"}
        return table.assign(**{new: parents[old].to_numpy()[rows] for new, old in columns.items()})

    def __len__(self) -> int:
        return len(self.models)

    @property
    def _title(self) -> str:
        return f"{self.name}: {self.models!r}".removeprefix(": ")

    def __repr__(self) -> str:
        shown = self.genes.head(_SHOWN).drop(columns="attributes")
        more = f"\n… {len(self) - _SHOWN:,} more genes" if len(self) > _SHOWN else ""
        return f"{self._title}\n{shown.to_string()}{more}" if len(self) else self._title

    def _repr_html_(self) -> str:
        from html import escape

        more = f"<p>… {len(self) - _SHOWN:,} more genes</p>" if len(self) > _SHOWN else ""
        table = self.genes.head(_SHOWN).drop(columns="attributes").to_html() if len(self) else ""
        return f"<p><b>{escape(self._title)}</b></p>{table}{more}"


_SIGNS = np.array(STRANDS, dtype=object)
