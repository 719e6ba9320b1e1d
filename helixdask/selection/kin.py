"""What a store and a table of groups know of copies, for the windows that are split."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helixdask.kinship.groups import LEAST_HASHES
from helixdask.kinship.homologous import Sketch, Spots, copied_share, homologous_places, near_copies
from helixdask.kinship.order import canonical_order, sketch_in_order
from helixdask.kinship.sketch import largest_hash
from helixdask.selection.group_table import GroupTable
from helixdask.selection.sides import Kin
from helixdask.store.lineage import provenance
from helixdask.store.store import Store
from helixdask.windows.grid import Windows

log = logging.getLogger(__name__)

_LEAST_KNOWN = 0.5
"""Share of the bases on contigs whose kin is known, from which on the others only train."""


def kin_of(store: Store, kinship: str | None, table: GroupTable | None, windows: Windows) -> Kin:
    """Groups of contigs, places on the axes of copies, and near copies among windows.

    Parameters
    ----------
    store
        The store.
    kinship
        Name of what `helixdask kinship` found; None: nothing is known of copies.
    table
        Groups that people say. They win; contigs that the table does not name are in the group that kinship found.
    windows
        The windows that are split.
    """
    n = len(store.contigs)
    group, train_only = np.arange(n, dtype=np.int64), np.zeros(n, np.bool_)
    found: dict[str, NDArray[Any]] = {}
    if kinship is not None:
        found = store.table(f"kinship/{kinship}")
        group, train_only = found["kin_group"].astype(np.int64), found["kin_kmers"] < LEAST_HASHES
        train_only = _unless_most(train_only, windows, f"kinship/{kinship}")
    by_hand = np.zeros(n, np.bool_)
    if table is not None:
        by_hand = table.group >= 0
        group = np.where(by_hand, n + table.group, group)
        train_only = (train_only & ~by_hand) | table.train_only
    if kinship is None:
        return Kin(group, train_only, by_hand)
    # Nothing may depend on the order of contigs in the file: here they are sorted by length and name.
    lengths = store.contigs.lengths
    order = canonical_order(store.contigs.names, lengths)
    rank = np.empty(n, np.int64)
    rank[order] = np.arange(n)
    spots, spot = spots_of(rank[windows.contig], windows)
    sketch = sketch_in_order(found["sketch_hash"], found["sketch_position"], store.contigs.offsets, order)
    one, other = found["pair_first"], found["pair_second"]
    same = group[one] == group[other]
    pairs = np.sort(np.stack([rank[one[same]], rank[other[same]]], axis=1), axis=1)
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    near_genes = _near_genes(sketch, store, kinship)
    pairs_of_spots = near_copies(near_genes, spots)
    places = partial(_places, sketch, np.ascontiguousarray(pairs.T), lengths[order], spots, spot)
    return Kin(group, train_only, by_hand, places, spot, *pairs_of_spots, partial(copied_share, near_genes, spots))


def _places(
    sketch: Sketch, pairs: NDArray[np.int64], lengths: NDArray[np.int64], spots: Spots, spot: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    axis, place = homologous_places(sketch, pairs[0], pairs[1], lengths, spots)
    return axis[spot], place[spot]


def _unless_most(train_only: NDArray[np.bool_], windows: Windows, where: str) -> NDArray[np.bool_]:
    """The same, but none where that would be most of the genome, such as tiny contigs without any genes."""
    size = windows.end - windows.start
    known = int(size[~train_only[windows.contig]].sum())
    if known >= _LEAST_KNOWN * size.sum():
        return train_only
    log.warning(
        "%s: most of the bases lie on contigs with too few k-mers to tell their kin, so that these may validate, too",
        where,
    )
    return np.zeros_like(train_only)


def near_gene_sketch(store: Store, kinship: str) -> Sketch:
    """The sample near genes that a kinship stored, contigs as rows of the contig table."""
    found, in_file = store.table(f"kinship/{kinship}"), np.arange(len(store.contigs))
    sketch = sketch_in_order(found["sketch_hash"], found["sketch_position"], store.contigs.offsets, in_file)
    return _near_genes(sketch, store, kinship)


def spots_of(rank: NDArray[np.int64], windows: Windows) -> tuple[Spots, NDArray[np.int64]]:
    """The stretches that windows cover, by contig and start, and that of each window.

    Parameters
    ----------
    rank
        ``(window,)`` what stands for the contig of each window.
    windows
        The windows.
    """
    width = int(windows.end.max(initial=0)) + 1
    key, row, spot = np.unique(rank * width + windows.start, return_index=True, return_inverse=True)
    return Spots(key // width, key % width, np.asarray(windows.end, np.int64)[row]), spot


def _near_genes(sketch: Sketch, store: Store, kinship: str) -> Sketch:
    """What is sampled near genes only; all of it where the sample knows no genes."""
    group = f"kinship/{kinship}"
    scale = int(provenance(store, group).settings.get("scale", 1))
    near = sketch.hashes > largest_hash(scale)
    if not store.attrs(group).get("genes") or not near.any():
        return sketch
    return Sketch(sketch.hashes[near], sketch.contig[near], sketch.start[near])
