"""What the files of a library call the sequences, from their headers."""

from __future__ import annotations

import numpy as np

from helixdask.coverage.bigwig_read import BigWig
from helixdask.coverage.checks import read_header
from helixdask.coverage.kinds import ALIGNMENTS
from helixdask.coverage.libraries import Library
from helixdask.names.in_text import names_in_text
from helixdask.names.proposal import ForeignNames
from helixdask.public_names import public_name


def library_names(library: Library) -> list[ForeignNames]:
    """Names, lengths and MD5s in each file of a library; bedGraph tells names only, GFF3 some lengths.

    Raises
    ------
    BadInputError
        A file cannot be read.
    """
    found = []
    for path in library.paths.values():
        if library.kind == "bigwig":
            lengths = BigWig(path).lengths
            found.append(ForeignNames(public_name(path), list(lengths), lengths))
        elif library.kind == "bedgraph":
            found.append(ForeignNames(public_name(path), names_in_text(path, "bedgraph").names))
        elif library.kind == ALIGNMENTS:
            there = names_in_text(path, "gff3")
            found.append(ForeignNames(public_name(path), there.names, there.lengths))
        else:
            header = read_header(path)
            names = header.names.names(np.arange(len(header.names)))
            lengths = dict(zip(names, header.lengths.tolist(), strict=True))
            found.append(ForeignNames(public_name(path), names, lengths, header.md5))
    return found
