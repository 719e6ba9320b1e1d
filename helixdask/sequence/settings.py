"""Settings of a genome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from helixdask.settings import Shown

OnBadBase = Literal["error", "n"]


@dataclass(frozen=True)
class EncodeSettings:
    """Which genome, and how it is read.

    Parameters
    ----------
    fasta
        FASTA, plain, gzip or bgzip.
    species
        Name of the species, kept in the store. Default: the file's name.
    on_bad_base
        Letters that are no nucleotide: `error`, or `n` to turn them into N and count them.
    """

    fasta: Annotated[str, Shown(argument=True, metavar="GENOME.fa")]
    species: str | None = None
    on_bad_base: OnBadBase = "error"
