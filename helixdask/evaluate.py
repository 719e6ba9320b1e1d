"""Scores of a store's predictions and genes, or of an annotation file, against a reference annotation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helixdask.engine.progress import WorkProgress
from helixdask.errors import BadInputError
from helixdask.genes.gff_lines import read_rows
from helixdask.genes.gff_read import read_gff
from helixdask.genes.models import GeneModels
from helixdask.genes.table import read_genes
from helixdask.labels.intervals import StrandTables
from helixdask.labels.paint import paint
from helixdask.labels.tables import label_tables
from helixdask.registry import LABEL_CLASSES
from helixdask.scores.bases import BaseScores, confusion
from helixdask.scores.genes import GeneScores, compare_genes
from helixdask.store.contigs import ContigTable
from helixdask.store.objects import Folder
from helixdask.store.store import Store
from helixdask.windows.measures import likeliest_class

__all__ = ["Evaluation", "evaluate"]

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Evaluation:
    """Scores by name.

    Parameters
    ----------
    bases
        Of each predictions group: class by class, every base of both strands that the reference does not mask.
    genes
        Of each set of gene models: coding bases, exons, chains and genes.
    contigs
        Names of the contigs that were scored.
    """

    bases: dict[str, BaseScores]
    genes: dict[str, GeneScores]
    contigs: list[str]

    def as_dict(self) -> dict[str, Any]:
        """Nested plain values for JSON."""
        return {
            "bases": {name: scores.as_dict() for name, scores in self.bases.items()},
            "genes": {name: scores.as_dict() for name, scores in self.genes.items()},
            "contigs": self.contigs,
        }

    def base_table(self) -> tuple[list[str], list[list[Any]]]:
        """Columns and rows of F1 values by base, for people."""
        columns = ["F1 by base", "genic", *LABEL_CLASSES, "sub-genic"]
        rows = [
            [name, s.genic.f1, *(score.f1 for score in s.classes), s.sub_genic.f1] for name, s in self.bases.items()
        ]
        return columns, rows

    def gene_table(self) -> tuple[list[str], list[list[Any]]]:
        """Columns and rows of gene scores, for people."""
        columns = ["F1 by gene model", "genes", "of", "coding base", "exon", "gene", "gene sens.", "gene prec."]
        rows = [
            [
                name,
                s.gene.n_prediction,
                s.gene.n_reference,
                s.base.f1,
                s.exon.f1,
                s.gene.f1,
                s.gene.sensitivity,
                s.gene.precision,
            ]
            for name, s in self.genes.items()
        ]
        return columns, rows


def evaluate(
    source: str,
    reference: str,
    *,
    predictions: str | None = None,
    contigs: Sequence[str] | None = None,
    quiet: bool = False,
) -> Evaluation:
    """Score a store or an annotation file.

    Parameters
    ----------
    source
        Store, or GFF3 or GTF file.
    reference
        The true annotation.
    predictions
        Only these predictions, and the genes of the same name; None: all that the store has.
    contigs
        Names of the contigs to score, such as those that no step has learnt from; None: all.

    Raises
    ------
    BadInputError
        Nothing to score, or a file cannot be used.
    """
    if Folder(source).exists("zarr.json"):
        return _evaluate_store(Store.open(source), reference, predictions, contigs, quiet=quiet)
    if not Path(source).is_file():
        raise BadInputError("neither a store nor an annotation file", where=source, remedy="Check the path.")
    table = _contigs_of(reference, source)
    rows = _rows(table, contigs)
    truth, models = read_gff(reference, table)[0], read_gff(source, table)[0]
    return Evaluation({}, {Path(source).name: compare_genes(truth, models, rows)}, _names(table, rows))


def _evaluate_store(
    store: Store, reference: str, predictions: str | None, contigs: Sequence[str] | None, *, quiet: bool
) -> Evaluation:
    names = [store.resolve("predictions", predictions)] if predictions else store.names("predictions")
    called = [name for name in store.names("genes") if _is_called(store, name, predictions)]
    if not names and not called:
        raise BadInputError(
            "the store has neither predictions nor called genes", where=store.url, remedy="Run helixdask predict."
        )
    rows = _rows(store.contigs, contigs)
    truth = read_gff(reference, store.contigs)[0]
    genes = {name: compare_genes(truth, read_genes(store, name), rows) for name in called}
    return Evaluation(_base_scores(store, truth, names, rows, quiet=quiet), genes, _names(store.contigs, rows))


def _is_called(store: Store, name: str, predictions: str | None) -> bool:
    """Whether gene models were called here, from the predictions asked for."""
    source = store.attrs(f"genes/{name}").get("settings", {}).get("predictions")
    return source is not None and predictions in (None, source)


def _rows(table: ContigTable, names: Sequence[str] | None) -> NDArray[np.int64] | None:
    return None if names is None else np.array([table.index(name) for name in names], np.int64)


def _names(table: ContigTable, rows: NDArray[np.int64] | None) -> list[str]:
    return [str(name) for name in (table.names if rows is None else table.names[rows])]


def _base_scores(
    store: Store, truth: GeneModels, names: list[str], rows: NDArray[np.int64] | None, *, quiet: bool
) -> dict[str, BaseScores]:
    """Scores of all predictions; the reference is painted once, block by block."""
    if not names:
        return {}

    def read(start: int, stop: int) -> NDArray[np.uint8]:
        return store.read("genome/sequence", start, stop)

    tables: tuple[StrandTables, StrandTables] = label_tables(truth, store.contigs, read, "default").strands
    matrices = {name: np.zeros((4, 4), np.int64) for name in names}
    with WorkProgress("evaluate", store.n_bases, quiet=quiet) as progress:
        for start in range(0, store.n_bases, _BLOCK):
            stop = min(start + _BLOCK, store.n_bases)
            counted = _counted(store.contigs, rows, start, stop)
            if counted.any():
                painted = paint(tables, start, stop)
                weight = (painted["valid"] != 0) & counted
                for name in names:
                    stored = store.read(f"predictions/{name}/class_probability", start, stop)
                    matrices[name] += confusion(painted["label"], likeliest_class(stored), weight)
            progress.advance(stop - start)
    return {name: BaseScores.from_confusion(matrix) for name, matrix in matrices.items()}


def _counted(table: ContigTable, rows: NDArray[np.int64] | None, start: int, stop: int) -> NDArray[np.bool_]:
    """Which bases of a block lie on the contigs that are scored."""
    if rows is None:
        return np.ones(stop - start, np.bool_)
    mask = np.zeros(stop - start, np.bool_)
    pieces = table.pieces(start, stop)
    keep = np.isin(pieces.contig, rows)
    for first, last, position in zip(
        pieces.contig_start[keep].tolist(),
        pieces.contig_stop[keep].tolist(),
        pieces.position[keep].tolist(),
        strict=True,
    ):
        mask[position - start : position - start + last - first] = True
    return mask


def _contigs_of(*files: str) -> ContigTable:
    """A contig table for annotation files alone: each contig reaches as far as any feature on it."""
    ends: dict[str, int] = {}
    for file in files:
        frame = read_rows(file).frame
        for name, end in frame.groupby("seqid", sort=False)["end"].max().items():
            ends[str(name)] = max(ends.get(str(name), 0), int(end))
    return ContigTable(np.array(list(ends), dtype=object), np.array(list(ends.values()), np.int64))
