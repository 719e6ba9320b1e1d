"""The stage that brings an annotation file into the store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from helixdask.engine.costs import COSTS, GENES_PER_BYTE, Cost
from helixdask.engine.identity import file_identity
from helixdask.engine.stage import RegionResult, Stage, Work
from helixdask.genes.reading.gff_read import read_gff
from helixdask.genes.table import write_genes
from helixdask.names.in_text import names_in_text
from helixdask.names.needed import aliases_input, aliases_of
from helixdask.public_names import public_name
from helixdask.store.store import Store


@dataclass(frozen=True)
class ImportGenesStage(Stage):
    """An annotation file to the gene tables of ``genes/<output>``, with findings.

    Parameters
    ----------
    gff
        GFF3 or GTF, plain or gzip.
    output
        Name of the gene models.
    aliases
        Other sequence names: a table of tab-separated columns, or NCBI's assembly report.
    phases
        ``chain``: counted along the coding segments; ``file``: as the file has them, which ``helixer`` labels need.
    """

    gff: str
    output: str = "reference"
    aliases: str | None = None
    phases: Literal["chain", "file"] = "chain"

    name: ClassVar[str] = "genes"
    cost: ClassVar[Cost] = COSTS["genes"]
    file_fields: ClassVar[tuple[str, ...]] = ("gff", "aliases")
    bases_per_task: ClassVar[int] = 0

    def estimate_bytes(self, n_bases: int) -> float:
        """Size of the tables, which follows from that of the file, not from the genome's."""
        path = Path(self.gff)
        return path.stat().st_size * GENES_PER_BYTE[path.suffix == ".gz"] if path.exists() else 0.025 * n_bases

    def group(self) -> str:
        """Group of the store that the stage writes."""
        return f"genes/{self.output}"

    def inputs(self, store: Store) -> dict[str, str]:
        """Identities of the genome and the files.

        Raises
        ------
        BadInputError
            A file is missing.
        """
        found = {"genome": store.identity("genome"), "gff": file_identity(self.gff)}
        return found | aliases_input(self.aliases, store.contigs, lambda: names_in_text(self.gff, "gff3").names)

    def finish(self, store: Store, work: Work, result: RegionResult) -> dict[str, Any]:
        """Read the file and write the tables."""
        aliases = aliases_of(self.aliases, store.contigs)
        models, findings = read_gff(self.gff, store.contigs, aliases=aliases, phases=self.phases)
        models.validate(store.contigs.lengths if self.phases == "chain" else None)
        # Helixer takes the first of equal isoforms in the file.
        write_genes(store, self.group(), models, keep_isoforms=self.phases == "file")
        store.write_table(f"{self.group()}/findings", findings.in_order().columns())
        coding = models.cds["transcript"].nunique()
        return {
            "file": public_name(self.gff),
            "phases": self.phases,
            "genes": len(models.genes),
            "transcripts": len(models.transcripts),
            "coding_transcripts": int(coding),
            "rows": findings.all_rows,
            "rows_on_unknown_contigs": findings.unknown_rows,
            "findings": findings.counts(),
        }
