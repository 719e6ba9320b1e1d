"""The stage that turns gene models into label tracks."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from helixdask.engine.costs import COSTS, Cost
from helixdask.engine.identity import file_identity
from helixdask.engine.stage import Region, RegionResult, Stage, Work
from helixdask.errors import BadInputError
from helixdask.genes.genetic_code import STANDARD, genetic_code
from helixdask.genes.table import read_genes
from helixdask.labels.gene_codes import codes_of_genes, read_genetic_codes
from helixdask.labels.intervals import StrandTables
from helixdask.labels.label_findings import label_findings
from helixdask.labels.likely_cause import likely_cause
from helixdask.labels.paint import TRACKS, count_bases, is_blank, paint
from helixdask.labels.settings import LabelsSettings
from helixdask.labels.tables import annotated_contigs, label_tables
from helixdask.names.in_text import names_in_text
from helixdask.names.needed import aliases_input, aliases_of
from helixdask.registry import LABEL_CLASSES
from helixdask.settings import Rules
from helixdask.store.store import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LabelsStage(LabelsSettings, Stage):
    """Gene models of ``genes/<genes>`` to the label tracks of ``labels/<output>``.

    Parameters
    ----------
    genes
        Name of the gene models.
    """

    genes: str = "reference"

    name: ClassVar[str] = "labels"
    cost: ClassVar[Cost] = COSTS["labels"]
    file_fields: ClassVar[tuple[str, ...]] = ("genetic_codes", "aliases")

    @property
    def in_threads(self) -> bool:
        """Always: the kernels hold no lock."""
        return True

    def group(self) -> str:
        """Group of the store that the stage writes."""
        return f"labels/{self.output}"

    def inputs(self, store: Store) -> dict[str, str]:
        """Identities of the genome and the gene models.

        Raises
        ------
        BadInputError
            Unknown genetic codes or contigs; no such gene models, or not read as the rules need it.
        """
        genetic_code(self.genetic_code)
        found = {"genome": store.identity("genome"), "genes": store.identity(f"genes/{self.genes}")}
        if self.rules == Rules.HELIXER:
            self._check_helixer(store)
        if self.genetic_codes:
            codes = self.genetic_codes
            self._codes_of_contigs(store)
            found["genetic_codes"] = file_identity(codes)
            found |= aliases_input(self.aliases, store.contigs, lambda: names_in_text(codes, "table").names)
        return found

    def _check_helixer(self, store: Store) -> None:
        if self.genetic_code != STANDARD or self.genetic_codes:
            remedy = "Leave the genetic codes out, or choose the default rules."
            raise BadInputError("the rules helixer know only the standard genetic code", remedy=remedy)
        if store.attrs(f"genes/{self.genes}").get("phases", "file") != "file":
            raise BadInputError(
                "the rules helixer need the phases of the annotation file, but these genes have counted ones",
                where=f"genes/{self.genes}",
                remedy="Import them again: helixdask labels STORE --gff3 FILE --rules helixer --name NAME",
            )

    def _codes_of_contigs(self, store: Store) -> dict[str, int]:
        if not self.genetic_codes:
            return {}
        return read_genetic_codes(self.genetic_codes, store.contigs, aliases_of(self.aliases, store.contigs))

    def prepare(self, store: Store, work: Work) -> None:
        """Settle all intervals and masks."""
        if work.has("tables"):
            return
        models = read_genes(store, self.genes)

        def read(start: int, stop: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
            return store.read("genome/sequence", start, stop)

        codes = None
        if self.rules != Rules.HELIXER:
            codes = codes_of_genes(models, store.contigs, self.genetic_code, self._codes_of_contigs(store))
        made = label_tables(models, store.contigs, read, self.rules, codes)
        findings = label_findings(models, store.contigs, made).in_order(first=len(made.masks))
        work.save("findings", **findings.columns())
        annotated = annotated_contigs(made.strands, store.contigs)
        chosen = made.features.chosen
        numbers = [
            len(models.genes),
            int(chosen.sum()),
            int(made.learnt.sum()),
            len(np.unique(made.masks.gene)),
            len(annotated),
            int(store.contigs.lengths[annotated].sum()),
            len(made.masks),
        ]
        work.save("numbers", numbers=np.array(numbers, np.int64))
        reading = store.attrs(f"genes/{self.genes}")
        cause = ""
        if self.rules == Rules.DEFAULT:
            rows = int(reading.get("rows_on_unknown_contigs", 0)), int(reading.get("rows", 0))
            cause = likely_cause(models, made, reading.get("findings", {}), rows)
        work.save("cause", text=np.array([cause], object))
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
        classes, masked = count_bases(tables, region.start, region.stop)
        counts = {f"bases_{name}": float(n) for name, n in zip(LABEL_CLASSES, classes.tolist(), strict=True)}
        counts["bases_masked"] = float(masked)
        return RegionResult(counts)

    def finish(self, store: Store, work: Work, result: RegionResult) -> dict[str, Any]:
        """Write the findings; return counts."""
        findings = work.load("findings")
        store.write_table(f"{self.group()}/findings", findings)
        found = findings["finding_code"].tolist()
        genes, labelled, learnt, masked, contigs, bases, masks = work.load("numbers")["numbers"].tolist()
        cause = str(work.load("cause")["text"][0])
        if cause:
            log.warning("%s: %s", self.group(), cause)
        wanted = (*(f"bases_{name}" for name in LABEL_CLASSES), "bases_masked")
        return {
            "genes": self.genes,
            "rules": self.rules,
            "genetic_code": self.genetic_code,
            "genetic_codes": self._codes_of_contigs(store),
            "genes_read": genes,
            "genes_labelled": labelled,
            "genes_masked": masked,
            "genes_learnt": learnt,
            **({"likely_cause": cause} if cause else {}),
            "contigs_annotated": contigs,
            "bases_of_annotated_contigs": bases,
            **{name: int(result.counts.get(name, 0)) for name in wanted},
            "masks": dict(Counter(found[:masks]).most_common()),
            "findings": dict(Counter(found).most_common()),
        }
