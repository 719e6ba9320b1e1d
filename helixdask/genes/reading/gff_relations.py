"""Who a row is and whose: ID and Parent of GFF3, gene_id and transcript_id of GTF.

Names of attributes are those of the format. Where a row lacks one and has it in another case (``PARENT``), that is
taken and counted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from helixdask.genes.reading.gff_types import EXON, GENE, OTHER, TRANSCRIPT
from helixdask.inputs.gff_text import plain

_OTHER_CASE: Final = {"ID=": ("Id=", "id="), "Parent=": ("PARENT=", "parent=")}
_AFTER: Final = {
    key: re.compile(r"(?:^|;)\s*" + key + "([^;]*)") for keys in _OTHER_CASE.items() for key in (keys[0], *keys[1])
}
_TAG: Final = re.compile(r"(?:^|;)\s*(?:transcript_id|gene_id|geneID|locus_tag)=([^;]*)")
_TRANSCRIPT_TAG: Final = re.compile(r"(?:^|;)\s*transcript_id=([^;]*)")
_GTF_TRANSCRIPT: Final = re.compile(r"(?:^|;)\s*transcript_id\s+\"?([^\";]*)")
_GTF_GENE: Final = re.compile(r"(?:^|;)\s*gene_id\s+\"?([^\";]*)")
_GTF: Final = re.compile(r"(?:^|;)\s*(?:gene|transcript)_id\s+[\"\w]", re.IGNORECASE)
_GFF3: Final = re.compile(r"(?:^|;)\s*(?:ID|Parent)=", re.IGNORECASE)
_GTF_ANY_CASE: Final = {p: re.compile(p.pattern, re.IGNORECASE) for p in (_GTF_TRANSCRIPT, _GTF_GENE)}
_NAMED: Final = frozenset((GENE, TRANSCRIPT, OTHER))
_SAMPLE: Final = 2000


@dataclass(frozen=True)
class Relations:
    """Names of each row, its parents (comma-joined, still encoded) and its tag; empty text where there is none.

    ``other_case`` counts rows whose names are given under attributes in another case than the format's.
    """

    id: list[str]
    parents: list[str]
    tag: list[str]
    is_gtf: bool
    other_case: int = 0

    def columns(self) -> tuple[NDArray[np.object_], NDArray[np.object_], NDArray[np.object_]]:
        """The three as arrays of text."""
        return np.array(self.id, object), np.array(self.parents, object), np.array(self.tag, object)


def relations(levels: NDArray[np.int8], texts: list[str]) -> Relations:
    """Find the relations in the ninth column.

    Parameters
    ----------
    levels
        Level of each row, as :func:`helixdask.genes.reading.gff_types.level_of` has it.
    texts
        Ninth column of each row.
    """
    sample = texts[:_SAMPLE]
    n_gtf = sum(_GTF.search(text) is not None for text in sample)
    n_gff3 = sum(_GFF3.search(text) is not None for text in sample)
    if n_gtf > n_gff3:
        return _gtf(levels.tolist(), texts)
    return _gff3(levels.tolist(), texts)


def id_of(text: str) -> str:
    """ID in the ninth column of a GFF3 row; empty where there is none."""
    return plain(_value(text, "ID=") or _in_other_case(text, "ID="))


def _first(match: re.Match[str] | None) -> str:
    return match.group(1).strip(' "') if match else ""


def _value(text: str, key: str) -> str:
    """Value of an attribute of GFF3, still encoded; empty where there is none."""
    at = text.find(key)
    if at < 0:
        return ""
    if at and text[at - 1] != ";":
        return _first(_AFTER[key].search(text))
    end = text.find(";", at)
    return (text[at + len(key) :] if end < 0 else text[at + len(key) : end]).strip(' "')


def _in_other_case(text: str, key: str) -> str:
    """Value of an attribute that is written in capitals or in small letters; empty where there is none."""
    for other in _OTHER_CASE[key]:
        if other in text and (value := _value(text, other)):
            return value
    return ""


def _gff3(levels: list[int], texts: list[str]) -> Relations:
    # Parents stay encoded: an encoded comma must not split them.
    parents = [
        text.partition(";Parent=")[2].partition(";")[0].strip(' "') or _value(text, "Parent=")
        if not text.startswith("Parent=")
        else _value(text, "Parent=")
        for text in texts
    ]
    other_case = set()
    for row in [row for row, parent in enumerate(parents) if not parent]:
        if found := _in_other_case(texts[row], "Parent="):
            parents[row] = found
            other_case.add(row)
    ids = [
        plain(_value(text, "ID=")) if level in _NAMED or not parent else ""
        for level, parent, text in zip(levels, parents, texts, strict=True)
    ]
    for row in [row for row, name in enumerate(ids) if not name and (not parents[row] or levels[row] in _NAMED)]:
        if found := _in_other_case(texts[row], "ID="):
            ids[row] = plain(found)
            other_case.add(row)
    tags = [
        _gff3_tag(text, level) if not parent else "" for level, parent, text in zip(levels, parents, texts, strict=True)
    ]
    return Relations(ids, parents, tags, False, len(other_case))


def _gff3_tag(text: str, level: int) -> str:
    if "=" not in text:
        # GFF1: a single value; GFF2: gene_id and transcript_id among others.
        return text.strip() if ";" not in text else ""
    if EXON <= level < OTHER and "transcript_id=" in text and (found := _TRANSCRIPT_TAG.search(text)):
        return plain(_first(found))
    return plain(_first(_TAG.search(text))) if "_id=" in text or "locus_tag=" in text or "geneID=" in text else ""


def _gtf(levels: list[int], texts: list[str]) -> Relations:
    transcripts, genes = ([plain(_first(key.search(text))) for text in texts] for key in (_GTF_TRANSCRIPT, _GTF_GENE))
    other_case = set()
    for names, key in ((transcripts, _GTF_TRANSCRIPT), (genes, _GTF_GENE)):
        for row, name in enumerate(names):
            if not name and (found := plain(_first(_GTF_ANY_CASE[key].search(texts[row])))):
                names[row] = found
                other_case.add(row)
    gene_of: dict[str, str] = {}
    if any(level == TRANSCRIPT and not gene for level, gene in zip(levels, genes, strict=True)):
        for transcript, gene in zip(transcripts, genes, strict=True):
            if transcript and gene:
                # The same gene whatever the order of lines.
                gene_of[transcript] = min(gene, gene_of.get(transcript, gene))
    ids: list[str] = []
    parents: list[str] = []
    for level, transcript, gene, text in zip(levels, transcripts, genes, texts, strict=True):
        if level >= EXON and level != OTHER:
            ids.append("")
            parents.append(_encoded(transcript))
            continue
        # AUGUSTUS writes the bare name in lines of genes and transcripts.
        bare = "" if gene or transcript or _GTF.search(text) else text.strip().rstrip(";")
        if level == GENE:
            ids.append(gene or bare)
            parents.append("")
        else:
            name = transcript or bare
            ids.append(name if level == TRANSCRIPT else "")
            parents.append(_encoded(gene or gene_of.get(name, "")) if level == TRANSCRIPT else _encoded(transcript))
    return Relations(ids, parents, genes, True, len(other_case))


def _encoded(text: str) -> str:
    """Hide what would be read as a list or an escape, or be cut off at an end."""
    return quote(text) if "%" in text or "," in text or text != text.strip().strip(' "') else text
