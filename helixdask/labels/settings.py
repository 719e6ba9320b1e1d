"""Settings of labels."""

from __future__ import annotations

from dataclasses import dataclass

from helixdask.settings import STANDARD_CODE, InputFile, Name, NameTable, Natural, Rules, RuleSet


@dataclass(frozen=True)
class LabelsSettings:
    """How gene models become labels.

    Parameters
    ----------
    output
        Name of the gene models and labels.
    rules
        ``helixer``: exactly what GeenuFF and Helixer make of the same genes.
    genetic_code
        Number of NCBI's genetic code of the genome.
    genetic_codes
        Tab-separated table of contigs with another genetic code, such as organelles: contig, number.
    aliases
        Table of other names of contigs: in the annotation, and in the table of genetic codes.
    """

    output: Name = "reference"
    rules: RuleSet = Rules.DEFAULT
    genetic_code: Natural = STANDARD_CODE
    genetic_codes: InputFile | None = None
    aliases: NameTable | None = None
