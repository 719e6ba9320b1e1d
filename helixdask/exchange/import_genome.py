"""The stage that brings the sequence of a Helixer file into a new store."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from helixdask.engine.costs import COSTS, Cost
from helixdask.engine.identity import file_identity
from helixdask.engine.stage import Region, RegionResult, Work
from helixdask.exchange.helixer_file import open_h5
from helixdask.exchange.helixer_rows import RowIndex, row_index
from helixdask.exchange.helixer_stage import HelixerStage, read_sequence
from helixdask.public_names import public_name
from helixdask.sequence.composition import count_kinds
from helixdask.sequence.contig_md5 import contig_md5
from helixdask.store.contigs import ContigTable
from helixdask.store.store import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ImportGenomeStage(HelixerStage):
    """``data/X`` to the sequence of a new store; contigs in the order in which the file names them."""

    name: ClassVar[str] = "import"
    cost: ClassVar[Cost] = COSTS["import genome"]
    creates_store: ClassVar[bool] = True

    def group(self) -> str:
        """Group of the store that the stage writes."""
        return "genome"

    def inputs(self, store: Store) -> dict[str, str]:
        """Identity of the file, whose rows are checked."""
        self.file_rows()
        return {"helixer": file_identity(self.helixer)}

    def estimate_bases(self, store: Store | None) -> int:
        """Bases up to the last that is in a row."""
        return int(self.file_rows().lengths.sum())

    def prepare(self, store: Store, work: Work) -> None:
        """Write the contig table, and note where each row lies."""
        if work.has("index"):
            return
        rows = self.file_rows()
        names = np.array(rows.names, dtype=object)
        offsets = np.cumsum(rows.lengths) - rows.lengths
        table = {"contig_name": names, "contig_length": rows.lengths, "contig_offset": offsets}
        store.write_table("genome", {**table, "contig_md5": np.zeros((len(names), 16), np.uint8)})
        work.save("index", **row_index(rows, ContigTable(names, rows.lengths), self.helixer).to_arrays())

    def run(self, store: Store, region: Region, work: Work) -> RegionResult:
        """Write the base codes of a region, from the rows of both strands."""
        if not self.layout().has_sequence:
            return RegionResult({"n": region.length})
        with open_h5(self.helixer) as file:
            codes, _ = read_sequence(file, self.rows_of(region, work), region, store.contigs)
        store.write_region("genome/sequence", region.start, codes)
        return RegionResult({kind: float(count) for kind, count in count_kinds(codes).items()})

    def finish(self, store: Store, work: Work, result: RegionResult) -> dict[str, Any]:
        """Write the contigs' MD5; return what the file holds and lacks."""
        store.write_table("genome", {"contig_md5": contig_md5(store)})
        missing = RowIndex(**work.load("index")).uncovered(store.n_bases)
        open_ends = int((~self.file_rows().known).sum())
        if not self.layout().has_sequence:
            log.warning("%s: there is no sequence (data/X): all bases are N", self.helixer)
        if missing:
            log.warning(
                "%s: %d of %d bases are in no row, and N in the store; %d contigs are known only up to their last row",
                self.helixer,
                missing,
                store.n_bases,
                open_ends,
            )
        return {
            "helixer_file": public_name(self.helixer),
            "window_length": self.layout().window_length,
            "n_contigs": len(store.contigs),
            "n_bases": store.n_bases,
            "bases": {kind: int(count) for kind, count in result.counts.items()},
            "bases_missing": missing,
            "contigs_known_up_to_last_row": open_ends,
        }
