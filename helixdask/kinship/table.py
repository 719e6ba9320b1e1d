"""Groups of contigs as a table that people can correct and give back with ``--groups``."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from helixdask.kinship.groups import LEAST_HASHES
from helixdask.store.store import Store
from helixdask.whole_files import whole_files

UNKNOWN: Final = "."
"""The group of contigs of which too little is seen."""
_COLUMNS: Final = ("#contig", "group", "length", "kmers", "most_like", "shared", "containment", "colinear")


def group_rows(store: Store, name: str) -> Iterator[tuple[object, ...]]:
    """A row for each contig: name, group, length, k-mers, and the contig that it is most like.

    A group is called by the name of its longest contig; contigs of which too little is seen are in the group ``.``.
    """
    table, contigs = store.table(f"kinship/{name}"), store.contigs
    first, second, shared = (table[f"pair_{column}"] for column in ("first", "second", "shared"))
    one, other, row = (
        np.concatenate([first, second]),
        np.concatenate([second, first]),
        np.tile(np.arange(len(first)), 2),
    )
    order = np.lexsort((-shared[row], one))
    best = order[np.unique(one[order], return_index=True)[1]]
    nearest = dict(zip(one[best].tolist(), zip(other[best].tolist(), row[best].tolist(), strict=True), strict=True))
    for contig, (group, kmers) in enumerate(zip(table["kin_group"].tolist(), table["kin_kmers"].tolist(), strict=True)):
        known = str(contigs.names[group]) if kmers >= LEAST_HASHES else UNKNOWN
        like: tuple[object, ...] = ("", "", "", "")
        if contig in nearest:
            kin, pair = nearest[contig]
            rates = (f"{float(table[f'pair_{column}'][pair]):.3f}" for column in ("containment", "colinear"))
            like = (contigs.names[kin], int(shared[pair]), *rates)
        yield (contigs.names[contig], known, int(contigs.lengths[contig]), kmers, *like)


def write_groups(store: Store, name: str, path: str | Path) -> None:
    """Write the rows as a tab-separated table, whole or not at all."""
    with whole_files([path]) as (out,):
        writer = csv.writer(out, delimiter="\t", lineterminator="\n")
        writer.writerow(_COLUMNS)
        writer.writerows(group_rows(store, name))
