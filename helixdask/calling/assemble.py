"""From a decoded path to genes, and from the genes of all regions to one set of gene models."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from helixdask.calling.hmm import HOSTS, state_labels
from helixdask.genes.models import GeneModels

__all__ = ["CallColumns", "build_models", "genes_in_path"]

_LABELS = state_labels()
_UTR, _CDS, _INTRON = 1, 2, 3
_START0 = HOSTS.index("start0")
_STOP2 = HOSTS.index("stop2")
# Bases to skip to the next codon when the first coding base is in this state.
_SKIP = np.zeros(256, np.int8)
for _number, _name in enumerate(HOSTS):
    if _name in ("start1", "coding1", "stop1ta", "stop1tg"):
        _SKIP[_number] = 2
    elif _name in ("start2", "coding2", "stop2"):
        _SKIP[_number] = 1

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
}
_PART_COLUMNS = {
    "exon_start": np.int64,
    "exon_end": np.int64,
    "cds_start": np.int64,
    "cds_end": np.int64,
    "cds_phase": np.int8,
}


def genes_in_path(
    states: NDArray[np.uint8], min_coding_length: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Cut a path into genes, in the orientation of the strand.

    Parameters
    ----------
    states
        (n,) uint8 from `decode_region`.
    min_coding_length
        Genes with fewer coding bases are left out.

    Returns
    -------
    genes
        (genes, 6) int64: start, end, partial5, partial3, number of exons, number of coding segments.
    exons
        (exons, 2) int64: start, end.
    cds
        (segments, 3) int64: start, end, GFF phase.
    """
    return _cut(states, _LABELS[states], _SKIP, min_coding_length)


@njit(cache=True, nogil=True)
def _cut(
    states: NDArray[np.uint8], labels: NDArray[np.uint8], skip: NDArray[np.int8], min_coding: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    n = states.size
    runs = 1
    for position in range(1, n):
        runs += labels[position] != labels[position - 1]
    genes = np.empty((runs, 6), np.int64)
    exons = np.empty((runs, 2), np.int64)
    cds = np.empty((runs, 3), np.int64)
    n_genes = n_exons = n_cds = 0
    position = 0
    while position < n:
        if labels[position] == 0:
            position += 1
            continue
        first_exon, first_cds = n_exons, n_cds
        coding = 0
        started = stopped = False
        before = 0
        while position < n and labels[position] != 0:
            label = labels[position]
            if label in (_UTR, _CDS):
                if before not in (_UTR, _CDS):
                    exons[n_exons, 0] = position
                    n_exons += 1
                exons[n_exons - 1, 1] = position + 1
            if label == _CDS:
                if before != _CDS:
                    cds[n_cds, 0] = position
                    cds[n_cds, 2] = skip[states[position]]
                    n_cds += 1
                cds[n_cds - 1, 1] = position + 1
                coding += 1
                started |= states[position] == _START0
                stopped |= states[position] == _STOP2
            before = label
            position += 1
        if coding >= min_coding and n_exons > first_exon:
            genes[n_genes, 0] = exons[first_exon, 0]
            genes[n_genes, 1] = exons[n_exons - 1, 1]
            genes[n_genes, 2] = not started
            genes[n_genes, 3] = not stopped
            genes[n_genes, 4] = n_exons - first_exon
            genes[n_genes, 5] = n_cds - first_cds
            n_genes += 1
        else:
            n_exons, n_cds = first_exon, first_cds
    return genes[:n_genes].copy(), exons[:n_exons].copy(), cds[:n_cds].copy()


class CallColumns:
    """Collects the genes of many regions as flat columns, which can be concatenated in any number of pieces."""

    def __init__(self) -> None:
        dtypes: dict[str, Any] = {**_GENE_COLUMNS, **_PART_COLUMNS}
        self._parts: dict[str, list[NDArray[Any]]] = {name: [np.empty(0, dtype)] for name, dtype in dtypes.items()}

    def add(self, states: NDArray[np.uint8], *, contig: int, start: int, strand: int, min_coding_length: int) -> int:
        """Add the genes of a region that begins at `start` of its contig in plus orientation; returns how many."""
        genes, exons, cds = genes_in_path(states, min_coding_length)
        if not len(genes):
            return 0
        end = start + states.size
        if strand == 1:
            # Whole rows in reverse order, so that parts stay sorted by start within their gene.
            genes, exons, cds = genes[::-1], exons[::-1], cds[::-1]
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
            "exon_start": places[1][0],
            "exon_end": places[1][1],
            "cds_start": places[2][0],
            "cds_end": places[2][1],
            "cds_phase": cds[:, 2],
        }
        for name, column in values.items():
            self._parts[name].append(column.astype(self._parts[name][0].dtype))
        return len(genes)

    def columns(self) -> dict[str, NDArray[Any]]:
        """All that was added."""
        return {name: np.concatenate(parts) for name, parts in self._parts.items()}


def build_models(
    columns: Mapping[str, NDArray[Any]], contig_names: NDArray[Any], species: str, *, rules: str = "default"
) -> GeneModels:
    """Number the genes and make gene models of them.

    Parameters
    ----------
    columns
        From `CallColumns`, concatenated in any order of regions.
    contig_names
        (contigs,) ids.
    species
        First part of every gene id.
    rules
        "helixer": a contig's genes are numbered as HelixerPost does, plus strand first, then the minus strand from
        its 5' end.
        "default": by start, end and strand.

    Returns
    -------
    GeneModels
        Sorted by contig, start, end and strand. Ids are `SPECIES_CONTIG_000001`, counted from 1 on each contig.
    """
    contig, strand = columns["gene_contig"], columns["gene_strand"]
    start, end = columns["gene_start"], columns["gene_end"]
    n = contig.size
    place = np.lexsort((strand, end, start, contig))
    if rules == "helixer":
        five_prime = np.where(strand == 1, -end, start)
        region = np.where(strand == 1, -columns["gene_region"], columns["gene_region"])
        numbering = np.lexsort((five_prime, region, strand, contig))
    else:
        numbering = place
    in_order = contig[numbering]
    index = np.empty(n, np.int64)
    index[numbering] = np.arange(n) - np.searchsorted(in_order, in_order) + 1
    ids = np.array(
        [f"{species}_{contig_names[c]}_{i:06d}" for c, i in zip(contig[place], index[place], strict=True)], object
    )
    source = "Helixer" if rules == "helixer" else "helixdask"
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
            "score": np.full(n, np.nan, np.float32),
            "attributes": np.full(n, json.dumps({}), object),
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
        },
        cds={
            "transcript": cds_parent,
            "start": columns["cds_start"][cds_rows],
            "end": columns["cds_end"][cds_rows],
            "phase": columns["cds_phase"][cds_rows],
        },
    )


def _rows_of(counts: NDArray[np.int32], order: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """New parent and old row of every part, when parents with `counts` parts each are put into `order`."""
    first = np.zeros(counts.size, np.int64)
    np.cumsum(counts[:-1], out=first[1:])
    sizes = counts[order].astype(np.int64)
    parent = np.repeat(np.arange(order.size), sizes)
    within = np.arange(parent.size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return parent, np.repeat(first[order], sizes) + within
