"""What is compared: the sets of predictions and of gene models in stores and annotation files, on common contigs."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from helixdask.errors import BadInputError
from helixdask.genes.models import GeneModels
from helixdask.genes.reading.gff_read import read_gff
from helixdask.genes.table import read_genes
from helixdask.store.contigs import ContigTable
from helixdask.store.root import is_store
from helixdask.store.store import Store

__all__ = ["Source", "common_contigs", "contig_rows", "open_source", "read_annotation"]

log = logging.getLogger(__name__)

_UNKNOWN_LENGTH = 1 << 40


@dataclass(frozen=True)
class Source:
    """Something to be scored.

    Attributes
    ----------
    label
        File or folder name.
    store
        None for an annotation file.
    path
        The file; None for a store.
    predictions, genes
        Names of the groups in the store that are scored.
    """

    label: str
    store: Store | None = None
    path: str | None = None
    predictions: list[str] = field(default_factory=list)
    genes: list[str] = field(default_factory=list)

    def models(self, table: ContigTable) -> dict[str, GeneModels]:
        """Gene models by name."""
        if self.store is None:
            return {self.label: read_annotation(str(self.path), table)}
        return {name: read_genes(self.store, name) for name in self.genes}


def open_source(source: str, predictions: Sequence[str] = (), genes: Sequence[str] = ()) -> Source:
    """Look at a store or an annotation file.

    Parameters
    ----------
    source
        Path or URL.
    predictions
        Only these predictions, and the genes called from them.
    genes
        Only these gene models; then no predictions but those named.

    Raises
    ------
    BadInputError
        It is neither; or the store has nothing to score.
    """
    if not is_store(source):
        if not Path(source).is_file():
            raise BadInputError("neither a store nor an annotation file", where=source, remedy="Check the path.")
        if predictions or genes:
            raise BadInputError(
                "an annotation file has no predictions or genes to choose from",
                where=source,
                remedy="Leave --predictions and --genes out, or name a store.",
            )
        return Source(Path(source).name, path=source)
    store = Store.open(source)
    named = [store.resolve("predictions", name) for name in predictions]
    if genes:
        chosen = [store.resolve("genes", name) for name in genes]
    else:
        chosen = [name for name in store.names("genes") if _is_called(store, name, named)]
    if not named and not genes:
        named = store.names("predictions")
    if not named and not chosen:
        raise BadInputError(
            "the store has neither predictions nor called genes", where=store.url, remedy="Run helixdask predict."
        )
    return Source(Path(source.rstrip("/")).name, store, None, named, chosen)


def _is_called(store: Store, name: str, predictions: Sequence[str]) -> bool:
    """Whether gene models were called here, from the predictions asked for."""
    source = store.attrs(f"genes/{name}").get("settings", {}).get("predictions")
    return source is not None and (not predictions or source in predictions)


def common_contigs(reference: str, sources: Sequence[Source]) -> ContigTable:
    """Contigs that everything refers to: those of the store, or all that the files name.

    Raises
    ------
    BadInputError
        Two stores have other contigs.
    """
    stores = [source.store for source in sources if source.store is not None]
    for store in stores[1:]:
        first, other = stores[0].contigs, store.contigs
        if len(first) != len(other) or (first.names != other.names).any() or (first.lengths != other.lengths).any():
            raise BadInputError(
                "the two stores hold other contigs", where=store.url, remedy="Compare stores of one genome."
            )
    if stores:
        return stores[0].contigs
    names: dict[str, None] = {}
    for path in (reference, *(str(source.path) for source in sources)):
        names.update(_names_in(path))
    return ContigTable(np.array(list(names), dtype=object), np.full(len(names), _UNKNOWN_LENGTH, np.int64))


def _names_in(path: str) -> dict[str, None]:
    """Sequence names of an annotation, in their order; what is wrong with its lines is for the reader to say."""
    if not Path(path).is_file():
        raise BadInputError("no such file", where=path, remedy="Check the path.")
    names: dict[str, None] = {}
    try:
        with Path(path).open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
        with gzip.open(path, "rb") if packed else Path(path).open("rb") as lines:
            for line in lines:
                if line.startswith((b">", b"##FASTA")):
                    break
                name, tab, _ = line.partition(b"\t")
                if tab and not name.startswith(b"#"):
                    names.setdefault(name.decode("utf-8", "replace"))
    except (OSError, EOFError) as error:
        raise BadInputError(f"the file cannot be read: {error}", where=path) from error
    return names


def read_annotation(path: str, table: ContigTable) -> GeneModels:
    """Gene models of a file; what its reader had to skip or mend is logged."""
    models, findings = read_gff(path, table)
    serious = findings.frame().query("severity != 'info'")
    if len(serious):
        counts = ", ".join(f"{code} {count:,}" for code, count in serious["code"].value_counts().items())
        log.info("%s: %s (see docs/labels.md)", Path(path).name, counts)
    return models


def contig_rows(table: ContigTable, names: Sequence[str] | None) -> NDArray[np.int64] | None:
    """Rows of named contigs; None for all."""
    return None if names is None else np.array([table.index(name) for name in names], np.int64)
