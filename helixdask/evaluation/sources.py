"""What is compared: the sets of predictions and of gene models in stores and annotation files, on common contigs."""

from __future__ import annotations

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
from helixdask.names.in_text import names_in_text
from helixdask.names.needed import aliases_of
from helixdask.store.contigs import UNKNOWN_LENGTH, ContigTable
from helixdask.store.lineage import predictions_of
from helixdask.store.root import is_store
from helixdask.store.store import Store

log = logging.getLogger(__name__)


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

    def models(self, table: ContigTable, aliases: str | None = None) -> dict[str, GeneModels]:
        """Gene models by name."""
        if self.store is None:
            return {self.label: read_annotation(str(self.path), table, aliases)}
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


def open_reference(reference: str, store: Store | None) -> Source:
    """Look at the true genes: those of an annotation file, or a gene set of the store that is scored.

    Parameters
    ----------
    reference
        Path of a file; where there is no such file, the name of a gene set, also as ``genes/NAME``.
    store
        That is scored; None: only files are.

    Raises
    ------
    BadInputError
        It is neither.
    """
    if Path(reference).is_file():
        return Source(Path(reference).name, path=reference)
    name = reference.removeprefix("genes/")
    there = store.names("genes") if store is not None else []
    if store is not None and name in there:
        return Source(name, store, genes=[name])
    if store is None:
        raise BadInputError("no such annotation file", where=reference, remedy="Check the path.")
    raise BadInputError(
        "neither an annotation file nor a gene set of the store",
        where=reference,
        remedy=f"Check the path. Gene sets of {store.url}: {', '.join(there) or 'none'}.",
    )


def _is_called(store: Store, name: str, predictions: Sequence[str]) -> bool:
    """Whether gene models were called here, from the predictions asked for."""
    source = predictions_of(store, name)
    return source is not None and (not predictions or source in predictions)


def common_contigs(reference: Source, sources: Sequence[Source], aliases: str | None = None) -> ContigTable:
    """Contigs that everything refers to: those of the store, or all that the files name.

    Of files with a table of other names, those of the first source, and what is called by none of them elsewhere.

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
    scored, *others = [names_in_text(str(source.path), "gff3").names for source in sources]
    theirs = names_in_text(str(reference.path), "gff3").names
    if aliases is None:
        return _of_unknown_length([*theirs, *scored, *(name for names in others for name in names)])
    known = aliases_of(aliases, _of_unknown_length(scored))
    return _of_unknown_length([*scored, *(name for names in (theirs, *others) for name in names if name not in known)])


def _of_unknown_length(names: list[str]) -> ContigTable:
    different = list(dict.fromkeys(names))
    return ContigTable(np.array(different, dtype=object), np.full(len(different), UNKNOWN_LENGTH, np.int64))


def read_annotation(path: str, table: ContigTable, aliases: str | None = None) -> GeneModels:
    """Gene models of a file; what its reader had to skip or mend is logged."""
    models, findings = read_gff(path, table, aliases=aliases_of(aliases, table))
    serious = findings.frame().query("severity != 'info'")
    if len(serious):
        counts = ", ".join(f"{code} {count:,}" for code, count in serious["code"].value_counts().items())
        log.info("%s: %s (see docs/reference/labels.md)", Path(path).name, counts)
    return models


def contig_rows(
    table: ContigTable, names: Sequence[str] | None, aliases: str | None = None
) -> NDArray[np.int64] | None:
    """Rows of named contigs; None for all."""
    if names is None:
        return None
    known = aliases_of(aliases, table)
    return np.array([table.index(name if name in table else known.get(name, name)) for name in names], np.int64)
