"""Names for genes and transcripts that are unique in a file, whatever the annotation calls them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from helixdask.genes.models import GeneModels

_OF_A_PART: Final = re.compile(r"(.*)\.(cds|(exon|five_prime_UTR|three_prime_UTR)\.[0-9]+)\Z", re.DOTALL)


def unique_names(models: GeneModels) -> tuple[list[str], list[str]]:
    """Name all genes and transcripts so that no two are called the same.

    An id that is there before in the order of the tables gets ``-2``, ``-3`` and so on behind it; one that would
    clash with the id of a part (``t1.cds``) counts as there. Empty ids become ``gene`` and ``transcript``.

    Returns
    -------
    tuple
        Names of the genes, names of the transcripts, as lists of ``str`` in the order of the tables.
    """
    genes = [str(name) or "gene" for name in models.genes["id"].tolist()]
    transcripts = [str(name) or "transcript" for name in models.transcripts["id"].tolist()]
    all_names = {*genes, *transcripts}
    known = set(transcripts)
    parts = {name for name in all_names if (match := _OF_A_PART.match(name)) and match[1] in known}
    if len(all_names) == len(genes) + len(transcripts) and not parts:
        return genes, transcripts
    used = set(parts)
    next_number: dict[str, int] = {}

    def free(names: Iterable[str]) -> list[str]:
        out = []
        for name in names:
            chosen = name
            while chosen in used or (chosen != name and chosen in all_names):
                number = next_number.get(name, 2)
                next_number[name] = number + 1
                chosen = f"{name}-{number}"
            used.add(chosen)
            out.append(chosen)
        return out

    return free(genes), free(transcripts)
