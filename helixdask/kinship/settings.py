"""Settings of kinship."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from helixdask.settings import Name, Shown

MOST_COPIES: Final = 64
"""K-mers with more copies are repeats. Subgenomes and tandem duplicates multiply; sugarcane has ten genomes."""


@dataclass(frozen=True)
class KinshipSettings:
    """How contigs are found that are copies of each other.

    Parameters
    ----------
    genes
        Gene models; near genes more is sampled, since between the subgenomes of a polyploid hardly anything but genes
        is alike. By default those that the groups were found with before, else the only ones, none where there are
        none.
    most_copies
        K-mers with more copies are taken for repeats.
    output
        Name of the groups.
    """

    genes: str | None = None
    most_copies: Annotated[int, Shown(min=MOST_COPIES)] = MOST_COPIES
    output: Name = "default"
