"""What a simulation is asked for, and what it made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from helixdask.errors import BadInputError
from helixdask.settings import Shown


@dataclass(frozen=True)
class SimulateSettings:
    """A polyploid genome with its truth and, if wanted, its reads.

    Parameters
    ----------
    bases
        Length of the whole genome, all subgenomes together; met within a few per cent, because deletions and lost
        genes follow.
    seed
        Seed of the genome: its genes, gaps, repeats and reads.
    species_seed
        Seed of the species: composition, codons, splice sites, intron lengths, repeat families.
    subgenomes
        Copies of the genome that have diverged: 1 (a diploid) to 26. Contigs are named by their letter: chr1A, chr1B.
    contigs
        Contigs of each subgenome.
    divergence
        Substitutions per neutral base between two subgenomes; coding sequence differs by about half of it.
    indel_rate
        Insertions and deletions (1 to 8 bases, outside coding sequence) per base between two subgenomes.
    gene_loss
        Share of the ancestral genes that each subgenome has lost.
    genic_fraction
        Share of the genome that is genes, introns included.
    repeat_fraction
        Share of the intergenic DNA covered by repeats (soft-masked).
    turnover
        Share of the intergenic sequence, a kilobase beside genes left out, that each subgenome has drawn anew.
    transposon_fraction
        Share of the intergenic DNA covered by transposons with reading frames that look like genes.
    tandem_fraction
        Share of the genes that are followed by one to four diverged copies of themselves.
    scaffolds
        Pieces that the contigs of the whole genome are cut into, between genes; 0 leaves them whole.
    soft_masked
        Repeats in lower case.
    read_depth
        Mean depth of RNA-seq reads on exons; 0 makes none.
    noise
        Share of the read pairs that come from introns (three quarters) or from anywhere (one quarter).
    """

    bases: int = 2_000_000
    seed: int = 0
    species_seed: int = 1
    subgenomes: int = 2
    contigs: int = 4
    divergence: float = 0.04
    indel_rate: float = 0.004
    gene_loss: float = 0.03
    genic_fraction: float = 0.35
    repeat_fraction: float = 0.35
    turnover: float = 0.0
    transposon_fraction: float = 0.0
    tandem_fraction: float = 0.0
    scaffolds: int = 0
    soft_masked: Annotated[bool, Shown(option="--soft-mask")] = True
    read_depth: float = 30.0
    noise: float = 0.04

    def __post_init__(self) -> None:
        ranges = {
            "bases": (1, 2**40),
            "seed": (0, 2**63 - 1),
            "species_seed": (0, 2**63 - 1),
            "subgenomes": (1, 26),
            "contigs": (1, 10_000_000),
            "divergence": (0.0, 0.3),
            "indel_rate": (0.0, 0.05),
            "gene_loss": (0.0, 0.9),
            "genic_fraction": (0.0, 0.8),
            "repeat_fraction": (0.0, 0.9),
            "turnover": (0.0, 1.0),
            "transposon_fraction": (0.0, 0.95),
            "tandem_fraction": (0.0, 0.5),
            "scaffolds": (0, 10_000_000),
            "read_depth": (0.0, 10_000.0),
            "noise": (0.0, 0.9),
        }
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise BadInputError(f"{name} is {value}", remedy=f"give a value from {low:g} to {high:g}")
        if self.bases < self.subgenomes * self.contigs:
            raise BadInputError(
                f"{self.bases} bases cannot be shared by {self.subgenomes * self.contigs} contigs",
                remedy="ask for more bases or fewer contigs",
            )


@dataclass(frozen=True)
class SimulateResult:
    """The files of a simulation and what is in them."""

    folder: Path
    genome: Path
    truth: Path
    groups: Path
    reads: Path | None
    libraries: Path | None
    bases: int
    contigs: int
    genes: int
    read_pairs: int
    seconds: float
