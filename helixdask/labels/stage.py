"""The stage that turns gene models into label tracks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from helixdask.engine.stage import Region, RegionResult, Stage, Work
from helixdask.errors import BadInputError
from helixdask.genes.table import read_genes
from helixdask.labels.genes_stage import ImportGenesStage
from helixdask.labels.intervals import StrandTables
from helixdask.labels.paint import TRACKS, is_blank, paint
from helixdask.labels.tables import RULES, annotated_contigs, label_tables, mask_findings
from helixdask.registry import LABEL_CLASSES
from helixdask.store.store import Store

__all__ = ["ImportGenesStage", "LabelsStage"]


@dataclass(frozen=True)
class LabelsStage(Stage):
    """Gene models of ``genes/<genes>`` to the label tracks of ``labels/<output>``.

    Parameters
    ----------
    genes
        Name of the gene models.
    output
        Name of the labels.
    rules
        ``default``, or ``helixer``: exactly what GeenuFF and Helixer make of the same genes.
    """

    genes: str = "reference"
    output: str = "reference"
    rules: str = "default"

    name: ClassVar[str] = "labels"
    bases_per_second: ClassVar[float] = 60e6
    bytes_per_base: ClassVar[float] = 0.05
    # Two strands of four one-byte tracks and one of four bytes.
    memory_per_base: ClassVar[float] = 20.0

    def group(self) -> str:
        """Group of the store that the stage writes."""
        return f"labels/{self.output}"

    def inputs(self, store: Store) -> dict[str, str]:
        """Identities of the genome and the gene models.

        Raises
        ------
        BadInputError
            Unknown rules, or no such gene models.
        """
        if self.rules not in RULES:
            raise BadInputError(f"rules is {self.rules!r}", remedy=f"Choose {' or '.join(RULES)}.")
        return {"genome": store.identity("genome"), "genes": store.identity(f"genes/{self.genes}")}

    def prepare(self, store: Store, work: Work) -> None:
        """Settle all intervals and masks."""
        if work.has("tables"):
            return
        models = read_genes(store, self.genes)

        def read(start: int, stop: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
            return store.read("genome/sequence", start, stop)

        made = label_tables(models, store.contigs, read, self.rules)
        findings = mask_findings(models, store.contigs, made.masks).columns()
        work.save("findings", **findings)
        annotated = annotated_contigs(models, len(store.contigs))
        masked = np.unique(made.masks.gene)
        numbers = [
            len(models.genes),
            int(made.features.chosen.sum()),
            len(masked),
            int(annotated.sum()),
            int(store.contigs.lengths[annotated].sum()),
        ]
        work.save("numbers", numbers=np.array(numbers, np.int64))
        plus, minus = made.strands
        work.save("tables", **plus.columns("plus_"), **minus.columns("minus_"))

    def run(self, store: Store, region: Region, work: Work) -> RegionResult:
        """Paint a region; where nothing is labelled, nothing is written."""
        columns = work.load("tables")
        tables = StrandTables.from_columns(columns, "plus_"), StrandTables.from_columns(columns, "minus_")
        if is_blank(tables, region.start, region.stop):
            return RegionResult({"bases_intergenic": 2.0 * region.length})
        tracks = paint(tables, region.start, region.stop)
        for name in TRACKS:
            store.write_region(f"{self.group()}/{name}", region.start, tracks[name])
        classes = np.bincount(tracks["label"].ravel(), minlength=len(LABEL_CLASSES))
        counts = {f"bases_{name}": float(n) for name, n in zip(LABEL_CLASSES, classes.tolist(), strict=True)}
        counts["bases_masked"] = float(np.count_nonzero(tracks["valid"] == 0))
        return RegionResult(counts)

    def finish(self, store: Store, work: Work, result: RegionResult) -> dict[str, Any]:
        """Write the findings; return counts."""
        findings = work.load("findings")
        codes = Counter(findings["finding_code"].tolist())
        store.write_table(f"{self.group()}/findings", findings)
        genes, labelled, masked, contigs, bases = work.load("numbers")["numbers"].tolist()
        wanted = (*(f"bases_{name}" for name in LABEL_CLASSES), "bases_masked")
        return {
            "genes": self.genes,
            "rules": self.rules,
            "genes_read": genes,
            "genes_labelled": labelled,
            "genes_masked": masked,
            "contigs_annotated": contigs,
            "bases_of_annotated_contigs": bases,
            **{name: int(result.counts.get(name, 0)) for name in wanted},
            "masks": dict(codes.most_common()),
        }
