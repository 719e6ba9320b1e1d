"""Which files of gene models are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from helixdask.settings import Shown


@dataclass(frozen=True)
class GeneFiles:
    """Files to write gene models to, each in its format.

    Parameters
    ----------
    gff3
        Write GFF3; here and below gzip by .gz.
    gtf
        Write GTF 2.2.
    bed
        Write BED12, a line for each transcript.
    cds
        Write coding sequences.
    proteins
        Write proteins.
    """

    gff3: Annotated[str, Shown(metavar="GFF3")] | None = None
    gtf: Annotated[str, Shown(metavar="GTF")] | None = None
    bed: Annotated[str, Shown(metavar="BED")] | None = None
    cds: Annotated[str, Shown(metavar="FASTA")] | None = None
    proteins: Annotated[str, Shown(metavar="FASTA")] | None = None

    def given(self) -> dict[str, str]:
        """Files by format, without those that are not wanted."""
        return {name: path for name, path in vars(self).items() if path is not None}
