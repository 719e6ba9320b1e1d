"""What is taken from Helixer's files, and what is written into them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from helixdask.settings import Name, NameTable, Shown

Compression = Literal["gzip", "lzf"]
HelixerVersion = Literal["0.3.6", "0.3.9"]
Order = Literal["file", "length"]


@dataclass(frozen=True)
class ImportSettings:
    """How a Helixer file comes into a store.

    Parameters
    ----------
    predictions
        Predictions that Helixer made for this file, row by row. Default: those in the file itself, if there are any.
    minus_padding
        Padding of minus-strand predictions: `front` (Helixer 0.3.6), `end` (rows as they stand), `auto`: found out from
        the data.
    labels_name
        Name of the labels; those under `alternative` keep theirs.
    predictions_name
        Name of the predictions. Default: that of the model.
    coverage_name
        Name of the coverage set. Default: the prefix of its data sets.
    aliases
        Table of other names of contigs, for a store whose genome calls them otherwise than the file.
    strandedness
        Protocol of the libraries, which Helixer's files do not tell. It is kept with them and shown; the tracks stay as
        they are.
    """

    predictions: Annotated[str, Shown(metavar="PRED.h5")] | None = None
    minus_padding: Literal["auto", "front", "end"] = "auto"
    labels_name: Name = "reference"
    predictions_name: str | None = None
    coverage_name: str | None = None
    aliases: NameTable | None = None
    strandedness: Literal["unknown", "unstranded", "forward", "reverse"] = "unknown"


@dataclass(frozen=True)
class ExportSettings:
    """What a file for Helixer holds.

    Parameters
    ----------
    labels
        Labels to write, with their masks and gene lengths (``data/y``).
    coverage
        Coverage set to write, libraries in the order of their names (``evaluation/rnaseq_*``).
    predictions
        Predictions to write.
    sequence
        Write the sequence (data/X).
    alternative
        Further labels: name in the file, under ``alternative/``, to name in the store.
    order
        Order of contigs: `file`, as fasta2h5 has them, or `length`, descending, as GeenuFF has it (default with
        --labels; ties: contigs with labels first, in the order of the annotation where the store has its genes).
    compression
        Compression of the data sets.
    version
        The Helixer that reads the file: `fully_intergenic_samples` means the reverse up to 0.3.6.
    """

    labels: str | None = None
    coverage: str | None = None
    predictions: str | None = None
    sequence: bool = True
    alternative: Mapping[str, str] = field(default_factory=dict)
    order: Order | None = None
    compression: Compression = "gzip"
    version: Annotated[HelixerVersion, Shown(option="--helixer-version")] = "0.3.6"
