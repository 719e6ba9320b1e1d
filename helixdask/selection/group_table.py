"""Tables of contigs and their groups, as `helixdask kinship` writes them and people correct them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from helixdask.errors import BadInputError
from helixdask.inputs.tables import read_rows
from helixdask.kinship.table import UNKNOWN
from helixdask.store.contigs import ContigTable

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class GroupTable:
    """What a table says.

    Attributes
    ----------
    group
        ``(contig,)`` int64 number of the group; -1: the table does not name the contig, or not its group.
    train_only
        ``(contig,)`` bool, contigs in the group ``.``: of which too little is seen.
    """

    group: NDArray[np.int64]
    train_only: NDArray[np.bool_]


def read_groups(path: str, contigs: ContigTable, aliases: Mapping[str, str]) -> GroupTable:
    """Read a table of contigs and groups.

    It may name contigs that the genome does not have, as one for a whole assembly does; a first line
    ``contig<tab>group`` is a header, and further columns are not read.

    Raises
    ------
    BadInputError
        A line has no two columns, or no contig of the genome is named.
    """
    numbers: dict[str, int] = {}
    unknown: list[str] = []
    group = np.full(len(contigs), -1, np.int64)
    train_only = np.zeros(len(contigs), np.bool_)
    for fields, where in read_rows(path, "A table of contigs and groups", header=("contig", "group")):
        if len(fields) < 2 or not all(fields[:2]):
            raise BadInputError("a line is not CONTIG, tab, GROUP", where=where, remedy="Separate them by a tab.")
        contig, name = fields[:2]
        known = contig if contig in contigs else aliases.get(contig)
        if known is None:
            unknown.append(contig)
        elif name == UNKNOWN:
            train_only[contigs.index(known)] = True
        else:
            group[contigs.index(known)] = numbers.setdefault(name, len(numbers))
    if unknown:
        listed = ", ".join(unknown[:5]) + (", …" if len(unknown) > 5 else "")
        if not numbers and not train_only.any():
            remedy = f"It names: {listed}. Other names of the genome's contigs are given with --aliases."
            raise BadInputError("no contig of the genome is named", where=path, remedy=remedy)
        log.warning("%s: %d contigs are not in the genome and are left out: %s", path, len(unknown), listed)
    return GroupTable(group, train_only)
