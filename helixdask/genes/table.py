"""Gene models to and from the columns of a store's ``genes/<name>`` group."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from helixdask.errors import MissingInputError
from helixdask.genes.models import COLUMNS, OPTIONAL, GeneModels, make_frame

if TYPE_CHECKING:
    from helixdask.store.store import Store

PREFIX: Final = MappingProxyType({"genes": "gene", "transcripts": "transcript", "exons": "exon", "cds": "cds"})
"""What the columns of each table begin with in the store."""
ORDER: Final = "gene_order"
"""Column with the place of each gene in the order in which they were read."""


def genes_to_columns(models: GeneModels) -> dict[str, NDArray[Any]]:
    """Columns as they are stored: ``gene_id``, ``transcript_gene``, ``exon_start``, ``cds_phase`` and so on."""
    return {
        f"{prefix}_{name}": getattr(models, table)[name].to_numpy(dtype=dtype)
        for table, prefix in PREFIX.items()
        for name, dtype in COLUMNS[table].items()
    }


def columns_to_genes(columns: Mapping[str, NDArray[Any]]) -> GeneModels:
    """Gene models from stored columns; other columns are left alone."""
    return GeneModels(
        *(
            make_frame(
                table,
                {
                    name: np.asarray(columns[f"{prefix}_{name}"])
                    for name in COLUMNS[table]
                    if f"{prefix}_{name}" in columns or (table, name) not in OPTIONAL
                },
            )
            for table, prefix in PREFIX.items()
        )
    )


def read_genes(store: Store, name: str) -> GeneModels:
    """Gene models of ``genes/<name>``, in the order of the file that they were read from.

    Raises
    ------
    MissingInputError
        The store holds no such genes.
    """
    columns = store.table(f"genes/{store.resolve('genes', name)}")
    models = columns_to_genes(columns)
    return models.select(np.argsort(columns[ORDER])) if ORDER in columns else models


def places_in_file(store: Store, name: str) -> NDArray[np.int64]:
    """Place of each gene of the stored table in the order in which they were read, ``(gene,)``."""
    try:
        return np.asarray(store.array(f"genes/{name}/{ORDER}")[...], np.int64)
    except MissingInputError:
        return np.arange(store.array(f"genes/{name}/gene_start").shape[0])


def write_genes(store: Store, group: str, models: GeneModels, *, keep_isoforms: bool = False) -> None:
    """Write gene models as the table of a group such as ``genes/reference``.

    They are stored by place, so that those of a region lie together; where they came in another order, that is stored.
    The transcripts of a gene are stored by place too, unless ``keep_isoforms`` keeps their order.
    """
    order = models.order_of_places()
    columns = {}
    if (order[1:] < order[:-1]).any():
        models = models.select(order)
        columns[ORDER] = order.astype(np.int32)
    models = models.in_order_of_genes()
    store.write_table(group, genes_to_columns(models if keep_isoforms else models.with_ordered_transcripts()) | columns)
