"""Attributes of genes that later steps use, from the ninth column of the gene's row and of the rows below it."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from helixdask.genes.attributes import BIOTYPE, MASKED, PARTIAL, PSEUDO, TRANSL_TABLE, TRANSLATION_EXCEPTION
from helixdask.genes.reading.gff_lines import GffRows
from helixdask.genes.reading.gff_tree import Tree
from helixdask.genes.reading.gff_types import CDS, GENE, is_noncoding
from helixdask.inputs.gff_text import plain

_VALUE: Final = r"(?:=|\s+\"?)([^;\"]*)"
_KEPT: Final = re.compile(
    r"(?:^|;)\s*(Name|gene_name|gene_biotype|gene_type|biotype|locus_tag|gene|product|description|Note|Dbxref|coverage"
    r"|sequence_ID|valid_ORFs)" + _VALUE
)
_RENAMED: Final = {"gene_biotype": BIOTYPE, "gene_type": BIOTYPE}
_PARTIAL: Final = re.compile(r"(?:^|;)\s*(?:partial|partial_mapping)(?:=|\s+\"?)true", re.IGNORECASE)
_PSEUDO: Final = re.compile(r"(?:^|;)\s*pseudo(?:=|\s+\"?)true", re.IGNORECASE)
_MASKED: Final = re.compile(r"(?:^|;)\s*" + MASKED + r"(?:=|\s+\"?)([a-z0-9_]+)")
_PRODUCT: Final = re.compile(r"(?:^|;)\s*product" + _VALUE)
_TABLE: Final = re.compile(r"(?:^|;)\s*transl_table(?:=|\s+\"?)(\d{1,3})\b")
_EXCEPTION: Final = re.compile(r"(?:^|;)\s*(exception|transl_except)" + _VALUE)
_SLIPPAGE: Final = re.compile(r"ribosomal[_ ](?:slippage|frameshift)", re.IGNORECASE)
_OPEN_START: Final = re.compile(r"start_range(?:=|\s+\"?)\.,")
_OPEN_END: Final = re.compile(r"end_range(?:=|\s+\"?)\d+,\.")


def given_mask(text: str) -> str:
    """Reason for which a gene is masked by the file itself, as files written by this package say; empty without."""
    found = _MASKED.search(text) if MASKED in text else None
    return found.group(1) if found else ""


def gene_attributes(rows: GffRows, tree: Tree, is_gtf: bool) -> list[dict[str, Any]]:
    """Attributes of each gene; the keys are those of the file and of :mod:`helixdask.genes.attributes`."""
    texts = rows.attributes
    out: list[dict[str, Any]] = []
    # In GTF every row tells of its gene.
    made = np.searchsorted(rows.line, np.array(tree.gene_line, np.int64)).tolist() if is_gtf else []
    for number, row in enumerate(tree.gene_row):
        at = row if row >= 0 or not is_gtf else made[number]
        out.append(_of_row(texts[at]) if at >= 0 else {})
    _add_products(out, rows, tree)
    _add_translation(out, rows, tree)
    return out


def _of_row(text: str) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for key, value in _KEPT.findall(text):
        kept.setdefault(_RENAMED.get(key, key), plain(value.strip()))
    if "artial" in text and _PARTIAL.search(text):
        kept[PARTIAL] = True
    if "pseudo" in text and _PSEUDO.search(text):
        kept[PSEUDO] = True
    return kept


def _add_products(out: list[dict[str, Any]], rows: GffRows, tree: Tree) -> None:
    """The product, which NCBI gives with transcripts and coding rows."""
    cds = tree.child_row[rows.level[tree.child_row] == CDS]
    below = tree.child_transcript[rows.level[tree.child_row] == CDS]
    first_cds = np.full(len(tree.transcript_id), -1, np.int64)
    first_cds[below[::-1]] = cds[::-1]
    for number, gene in enumerate(tree.transcript_gene):
        if "product" in out[gene]:
            continue
        for row in (tree.transcript_row[number], int(first_cds[number])):
            if row >= 0 and "product" in rows.attributes[row] and (found := _PRODUCT.search(rows.attributes[row])):
                out[gene]["product"] = plain(found.group(1).strip())
                break


def _add_translation(out: list[dict[str, Any]], rows: GffRows, tree: Tree) -> None:
    """Genetic code and exceptions, from rows of genes and coding rows."""
    genes = np.array(tree.gene_row, np.int64)
    is_cds = rows.level[tree.child_row] == CDS
    gene_of = np.array(tree.transcript_gene, np.int64)[tree.child_transcript[is_cds]]
    at = np.concatenate([genes, tree.child_row[is_cds]])
    owner = np.concatenate([np.arange(len(genes)), gene_of])
    texts = rows.attributes[at].tolist()
    reasons: dict[int, dict[str, None]] = {}
    for row, gene, text in zip(at.tolist(), owner.tolist(), texts, strict=True):
        if row < 0 or not ("transl_" in text or "xception" in text or "ibosomal" in text):
            continue
        if found := _TABLE.search(text):
            out[gene].setdefault(TRANSL_TABLE, int(found.group(1)))
        said = reasons.setdefault(gene, {})
        for key, value in _EXCEPTION.findall(text):
            said[f"{key} {plain(value.strip())}" if key == "transl_except" else plain(value.strip())] = None
        if _SLIPPAGE.search(text) and not any(_SLIPPAGE.search(reason) for reason in said):
            said["ribosomal slippage"] = None
    for gene, said in reasons.items():
        if said:
            out[gene][TRANSLATION_EXCEPTION] = "; ".join(said)


def noncoding_transcripts(rows: GffRows, tree: Tree, *, believe_pseudo: bool) -> NDArray[np.bool_]:
    """Which transcripts cannot code, by their type, or because the file calls them or their gene a pseudogene.

    Parameters
    ----------
    rows, tree
        The file's rows, and what belongs together.
    believe_pseudo
        Whether ``pseudo=true`` and the like count.
    """
    out = np.array([is_noncoding(name) for name in tree.transcript_type], bool)
    if not believe_pseudo:
        return out
    pseudo = np.zeros(len(tree.gene_id), bool)
    for gene, row in enumerate(tree.gene_row):
        if row >= 0:
            text = rows.attributes[row]
            by_type = rows.level[row] == GENE and "pseudogene" in rows.type[row].lower()
            pseudo[gene] = by_type or ("pseudo" in text and _PSEUDO.search(text) is not None)
    for number, row in enumerate(tree.transcript_row):
        if row >= 0 and "pseudo" in rows.attributes[row] and _PSEUDO.search(rows.attributes[row]):
            out[number] = True
    marked: NDArray[np.bool_] = out | pseudo[np.array(tree.transcript_gene, np.int64)]
    return marked


def open_ends(rows: GffRows, at: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which rows NCBI marks as open at their lower and at their upper end; rows of -1 are not."""
    low, high = np.zeros(len(at), bool), np.zeros(len(at), bool)
    for number, row in enumerate(at.tolist()):
        if row >= 0 and "_range" in (text := rows.attributes[row]):
            low[number] = _OPEN_START.search(text) is not None
            high[number] = _OPEN_END.search(text) is not None
    return low, high


def as_json(attributes: dict[str, Any]) -> str:
    """Attributes as they are stored."""
    return json.dumps(attributes) if attributes else "{}"
