"""The genes of many regions as flat columns, and from those one set of gene models."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helixdask.calling.confidence import CDS_WEIGHTS, GENE_WEIGHTS, confidence
from helixdask.calling.path_genes import genes_in_path
from helixdask.calling.scored import scored_stretches
from helixdask.genes.attributes import TRANSL_TABLE
from helixdask.genes.genetic_code import STANDARD
from helixdask.genes.models import GeneModels
from helixdask.settings import Rules

#: (stretches, 2) first and last bases to the posterior and the mean bits of each, as `stretch_sums` gives them.
Scorer = Callable[[NDArray[np.int64]], tuple[NDArray[np.float64], NDArray[np.float64]]]

_GENE_COLUMNS = {
    "gene_contig": np.int32,
    "gene_start": np.int64,
    "gene_end": np.int64,
    "gene_strand": np.int8,
    "gene_region": np.int64,
    "gene_partial5": np.bool_,
    "gene_partial3": np.bool_,
    "gene_n_exons": np.int32,
    "gene_n_cds": np.int32,
    "gene_score": np.float32,
}
_PART_COLUMNS = {
    "exon_start": np.int64,
    "exon_end": np.int64,
    "exon_score": np.float32,
    "cds_start": np.int64,
    "cds_end": np.int64,
    "cds_phase": np.int8,
    "cds_score": np.float32,
}


class CallColumns:
    """Collects the genes of many regions as flat columns, which can be concatenated in any number of pieces."""

    def __init__(self) -> None:
        dtypes: dict[str, Any] = {**_GENE_COLUMNS, **_PART_COLUMNS}
        self._parts: dict[str, list[NDArray[Any]]] = {name: [np.empty(0, dtype)] for name, dtype in dtypes.items()}

    def add(
        self,
        states: NDArray[np.uint8],
        *,
        contig: int,
        start: int,
        strand: int,
        min_coding_length: int,
        block: NDArray[np.int64] | None = None,
        scorer: Scorer | None = None,
    ) -> int:
        """Add the genes of a region that begins at `start` of its contig in plus orientation; returns how many.

        `scorer` gives their scores, `block` is the model's length of donor blocks; without them there are none.
        """
        genes, exons, cds = genes_in_path(states, min_coding_length)
        if not len(genes):
            return 0
        tables = genes, exons, cds
        if scorer is not None and block is not None:
            scores = _scores(scored_stretches(states, *tables, block), scorer)
        else:
            scores = [np.full(len(table), np.nan, np.float32) for table in tables]
        end = start + states.size
        if strand == 1:
            # Whole rows in reverse order, so that parts stay sorted by start within their gene.
            genes, exons, cds = genes[::-1], exons[::-1], cds[::-1]
            scores = [part[::-1] for part in scores]
            places = [(end - table[:, 1], end - table[:, 0]) for table in (genes, exons, cds)]
        else:
            places = [(start + table[:, 0], start + table[:, 1]) for table in (genes, exons, cds)]
        values = {
            "gene_contig": np.full(len(genes), contig),
            "gene_start": places[0][0],
            "gene_end": places[0][1],
            "gene_strand": np.full(len(genes), strand),
            "gene_region": np.full(len(genes), end if strand == 1 else start),
            "gene_partial5": genes[:, 2],
            "gene_partial3": genes[:, 3],
            "gene_n_exons": genes[:, 4],
            "gene_n_cds": genes[:, 5],
            "gene_score": scores[0],
            "exon_start": places[1][0],
            "exon_end": places[1][1],
            "exon_score": scores[1],
            "cds_start": places[2][0],
            "cds_end": places[2][1],
            "cds_phase": cds[:, 2],
            "cds_score": scores[2],
        }
        for name, column in values.items():
            self._parts[name].append(column.astype(self._parts[name][0].dtype))
        return len(genes)

    def columns(self) -> dict[str, NDArray[Any]]:
        """All that was added."""
        return {name: np.concatenate(parts) for name, parts in self._parts.items()}


def _scores(wanted: tuple[NDArray[np.int64], ...], scorer: Scorer) -> list[NDArray[np.float32]]:
    """Scores of genes, exons and coding segments."""
    stretches = np.concatenate(wanted)
    posterior, mean_bits = scorer(stretches)
    length = stretches[:, 1] - stretches[:, 0] + 1
    ends = np.cumsum([len(part) for part in wanted])
    kinds = (GENE_WEIGHTS, CDS_WEIGHTS, CDS_WEIGHTS)
    parts = [slice(end - len(part), end) for part, end in zip(wanted, ends.tolist(), strict=True)]
    return [confidence(posterior[p], mean_bits[p], length[p], kind) for p, kind in zip(parts, kinds, strict=True)]


def build_models(
    columns: Mapping[str, NDArray[Any]],
    contig_names: NDArray[Any],
    prefix: str,
    *,
    rules: Rules = Rules.DEFAULT,
    genetic_code: int = STANDARD,
) -> GeneModels:
    """Number the genes and make gene models of them.

    Parameters
    ----------
    columns
        From `CallColumns`, concatenated in any order of regions.
    contig_names
        (contigs,) ids.
    prefix
        First part of every gene id, such as the species.
    rules
        "helixer": a contig's genes are numbered as HelixerPost does, plus strand first, then the minus strand from
        its 5' end.
        "default": by start, end and strand.
    genetic_code
        What the genes are translated with; they carry it where it is not the standard one.

    Returns
    -------
    GeneModels
        Sorted by contig, start, end and strand. Ids are `PREFIX_CONTIG_000001`, counted from 1 on each contig.
    """
    contig, strand = columns["gene_contig"], columns["gene_strand"]
    start, end = columns["gene_start"], columns["gene_end"]
    n = contig.size
    place = np.lexsort((strand, end, start, contig))
    if rules == Rules.HELIXER:
        five_prime = np.where(strand == 1, -end, start)
        region = np.where(strand == 1, -columns["gene_region"], columns["gene_region"])
        numbering = np.lexsort((five_prime, region, strand, contig))
    else:
        numbering = place
    in_order = contig[numbering]
    index = np.empty(n, np.int64)
    index[numbering] = np.arange(n) - np.searchsorted(in_order, in_order) + 1
    ids = np.array(
        [f"{prefix}_{contig_names[c]}_{i:06d}" for c, i in zip(contig[place], index[place], strict=True)], object
    )
    source = "Helixer" if rules == Rules.HELIXER else "helixdask"
    exon_parent, exon_rows = _rows_of(columns["gene_n_exons"], place)
    cds_parent, cds_rows = _rows_of(columns["gene_n_cds"], place)
    return GeneModels.from_columns(
        genes={
            "id": ids,
            "contig": contig[place],
            "start": start[place],
            "end": end[place],
            "strand": strand[place],
            "type": np.full(n, "gene", object),
            "source": np.full(n, source, object),
            "score": columns["gene_score"][place],
            "attributes": _attributes(columns, cds_parent, cds_rows, n, genetic_code),
        },
        transcripts={
            "id": np.array([f"{name}.1" for name in ids], object),
            "gene": np.arange(n),
            "start": start[place],
            "end": end[place],
            "type": np.full(n, "mRNA", object),
            "partial5": columns["gene_partial5"][place],
            "partial3": columns["gene_partial3"][place],
        },
        exons={
            "transcript": exon_parent,
            "start": columns["exon_start"][exon_rows],
            "end": columns["exon_end"][exon_rows],
            "score": columns["exon_score"][exon_rows],
        },
        cds={
            "transcript": cds_parent,
            "start": columns["cds_start"][cds_rows],
            "end": columns["cds_end"][cds_rows],
            "phase": columns["cds_phase"][cds_rows],
            "score": columns["cds_score"][cds_rows],
        },
    )


def _attributes(
    columns: Mapping[str, NDArray[Any]], parent: NDArray[np.int64], rows: NDArray[np.int64], n: int, code: int
) -> NDArray[Any]:
    """Attributes of each gene as JSON: the mean score of its coding bases where there are scores, the genetic code."""
    score = columns["cds_score"][rows].astype(np.float64)
    length = (columns["cds_end"] - columns["cds_start"])[rows].astype(np.float64)
    total = np.bincount(parent, weights=length, minlength=n)
    mean = np.bincount(parent, weights=length * score, minlength=n) / np.maximum(total, 1)
    table = {} if code == STANDARD else {TRANSL_TABLE: code}
    scores = [{} if np.isnan(value) else {"cds_confidence": f"{value:.4f}"} for value in mean.tolist()]
    return np.array([json.dumps({**known, **table}) for known in scores], object)


def _rows_of(counts: NDArray[np.int32], order: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """New parent and old row of every part, when parents with `counts` parts each are put into `order`."""
    first = np.zeros(counts.size, np.int64)
    np.cumsum(counts[:-1], out=first[1:])
    sizes = counts[order].astype(np.int64)
    parent = np.repeat(np.arange(order.size), sizes)
    within = np.arange(parent.size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return parent, np.repeat(first[order], sizes) + within
