"""What labels mask, as BED in blocks of gzip with an index: each stretch with the reasons that were found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
import pysam
from numpy.typing import NDArray

from helixdask.browser.gene_file import needs_csi
from helixdask.exchange.bigwig import runs_of_one_value
from helixdask.genes.table import read_genes
from helixdask.store.lineage import provenance
from helixdask.store.store import Store

UNNAMED: Final = "masked"
"""What a stretch is called where no finding tells why."""
_BLOCK: Final = 1 << 20


class Stretches(NamedTuple):
    """Stretches on both strands: row of the contig, 0 for plus and 1 for minus, and places on it; sorted in this order.

    ``(stretch,)`` int64 each.
    """

    strand: NDArray[np.int64]
    contig: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]


def masked_stretches(store: Store, labels: str, tell: Callable[[int], None]) -> Stretches:
    """Stretches of bases that labels mask.

    Parameters
    ----------
    store
        The store.
    labels
        Name of the labels.
    tell
        Is told how many bases were read.
    """
    valid, offsets = store.array(f"labels/{labels}/valid"), store.contigs.offsets
    parts: tuple[list[NDArray[np.int64]], ...] = ([], [])  # by strand
    for begin in range(0, store.n_bases, _BLOCK):
        stop = min(begin + _BLOCK, store.n_bases)
        contig = np.searchsorted(offsets, np.arange(begin, stop), side="right") - 1
        for strand, of_strand in enumerate(parts):
            first, last = runs(np.where(np.asarray(valid[strand, begin:stop]) == 0, contig, -1))
            rows = contig[first]
            starts, ends = (places + begin - offsets[rows] for places in (first, last))
            of_strand.append(np.stack([np.full(len(rows), strand), rows, starts, ends]))
            tell(stop - begin)
    return joined_in_blocks(Stretches(*np.concatenate([*parts[0], *parts[1]], axis=1)))


def runs(keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Start and end of each stretch of one key; those of -1 are left out.

    Examples
    --------
    >>> runs(np.array([-1, 0, 0, 1, -1, 1]))
    (array([1, 3, 5]), array([3, 4, 6]))
    """
    starts, ends = runs_of_one_value(keys)
    keep = keys[starts] >= 0
    return starts[keep], ends[keep]


def joined_in_blocks(found: Stretches) -> Stretches:
    """The same stretches, those in one that were cut between two blocks."""
    strand, contig, start, end = found
    if not len(start):
        return found
    goes_on = (strand[1:] == strand[:-1]) & (contig[1:] == contig[:-1]) & (start[1:] == end[:-1])
    first = np.concatenate([[True], ~goes_on])
    last = np.concatenate([~goes_on, [True]])
    return Stretches(strand[first], contig[first], start[first], end[last])


def reasons(store: Store, labels: str, found: Stretches) -> list[str]:
    """Why each stretch is masked: codes of the findings of the genes that it touches, joined by commas."""
    genes = provenance(store, f"labels/{labels}").settings.get("genes")
    told = store.has_array(f"labels/{labels}/findings/finding_code")  # not of labels that were imported
    if genes not in store.names("genes") or not told or not len(found.start):
        return [UNNAMED] * len(found.start)
    table = store.table(f"labels/{labels}/findings")
    models = read_genes(store, genes).genes
    rows = pd.Index(models["id"]).drop_duplicates().get_indexer(table["finding_gene"].astype(object))
    place = np.flatnonzero(~models["id"].duplicated().to_numpy())
    of, code = place[rows[rows >= 0]], table["finding_code"][rows >= 0]
    offsets = store.contigs.offsets

    def on_axis(strand: NDArray[np.int64], contig: NDArray[np.int64], at: NDArray[np.int64]) -> NDArray[np.int64]:
        """Places on one axis, with a base between contigs, so that neighbours do not touch."""
        return strand * (store.n_bases + len(offsets)) + offsets[contig] + contig + at

    strand, contig = (models[name].to_numpy(np.int64)[of] for name in ("strand", "contig"))
    low, high = (on_axis(strand, contig, models[name].to_numpy(np.int64)[of]) for name in ("start", "end"))
    start, end = (on_axis(found.strand, found.contig, places) for places in (found.start, found.end))
    first, last = np.searchsorted(end, low, side="left"), np.searchsorted(start, high, side="right")
    codes: list[dict[str, None]] = [{} for _ in start]
    for begin, stop, text in zip(first.tolist(), last.tolist(), code.tolist(), strict=True):
        for stretch in range(begin, stop):
            codes[stretch][str(text)] = None
    return [",".join(each) or UNNAMED for each in codes]


def write_masks(store: Store, labels: str, path: Path, tell: Callable[[int], None]) -> bool:
    """Write ``path`` (bgzip) and its index; False, and no file, where labels mask nothing.

    Parameters
    ----------
    store
        The store.
    labels
        Name of the labels.
    path
        File to write, which ends in ``.bed.gz``.
    tell
        Is told how many bases were read.
    """
    found = masked_stretches(store, labels, tell)
    if not len(found.start):
        return False
    names = reasons(store, labels, found)
    contigs = store.contigs.names
    with pysam.BGZFile(str(path), "wb", None) as out:
        for row in np.lexsort((found.strand, found.end, found.start, found.contig)).tolist():
            place = f"{contigs[found.contig[row]]}\t{found.start[row]}\t{found.end[row]}"
            out.write(f"{place}\t{names[row]}\t0\t{'+-'[found.strand[row]]}\n".encode())
    pysam.tabix_index(str(path), preset="bed", csi=needs_csi(store))
    return True
