"""The stage that brings one library of a Helixer file into a store."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, ClassVar

import h5py
import numpy as np

from helixdask.coverage.kinds import DEFAULT_SET
from helixdask.engine.costs import COSTS, Cost
from helixdask.engine.stage import Region, RegionResult, Work
from helixdask.exchange.helixer_rows import RowIndex
from helixdask.exchange.helixer_stage import HelixerTrackStage, fill_track, refuse
from helixdask.public_names import public_name
from helixdask.store.store import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ImportCoverageStage(HelixerTrackStage):
    """One library of ``evaluation/<prefix>_coverage`` to ``coverage/<set_name>/<output>``.

    Parameters
    ----------
    set_name
        Coverage set of the store.
    dataset, spliced_dataset
        The two data sets.
    column
        Which library of them; None: they have no such axis.
    bam
        Path that the file names.
    strandedness
        Protocol of the library; the file does not tell it.
    """

    set_name: str = DEFAULT_SET
    dataset: str = ""
    spliced_dataset: str = ""
    column: int | None = None
    bam: str = ""
    strandedness: str = "unknown"

    name: ClassVar[str] = "coverage"
    cost: ClassVar[Cost] = COSTS["import coverage"]

    def group(self) -> str:
        """Group of the store that the stage writes."""
        return f"coverage/{self.set_name}/{self.output}"

    def write(self, file: h5py.File, store: Store, index: RowIndex, region: Region) -> RegionResult:
        """Write both tracks of a region; -1, no data, becomes 0 and is counted."""
        extra = () if self.column is None else (slice(None), self.column)
        counts: dict[str, float] = {}
        for track, dataset in (("coverage", self.dataset), ("spliced_coverage", self.spliced_dataset)):
            values = np.zeros((2, 1, region.length), np.int64)
            fill_track(
                file[dataset],
                index,
                region,
                values,
                lambda rows, _: rows.astype(np.int64),
                extra=extra,
                contigs=store.contigs,
            )
            refuse(
                (values[:, 0] > np.iinfo(np.uint32).max) | (values[:, 0] < -1),
                dataset,
                file.filename,
                region,
                store.contigs,
                "a number that cannot be coverage",
            )
            unknown = values[:, 0] == -1
            counts[f"{track}_bases_without_data"] = float(unknown.sum())
            made = np.where(unknown, 0, values[:, 0]).astype(np.uint32)
            store.write_region(f"{self.group()}/{track}", region.start, made)
            for strand, layer in zip(("plus", "minus"), made, strict=True):
                counts[f"{track}_bases_{strand}"] = float(np.count_nonzero(layer))
                counts[f"{track}_sum_{strand}"] = float(layer.sum(dtype=np.uint64))
        return RegionResult(counts)

    def finish(self, store: Store, work: Work, result: RegionResult) -> dict[str, Any]:
        """Return what is known about the library."""
        counts = {name: int(value) for name, value in sorted(result.counts.items())}
        without = counts["coverage_bases_without_data"]
        if without:
            log.warning("%s: %d bases have no data (-1) in the file, and 0 here", self.group(), without)
        return {
            "path": self.bam,
            "kind": "rnaseq",
            "strandedness": self.strandedness,
            "rules": "helixer",
            "helixer_file": public_name(self.helixer),
            "counts": {**counts, **self.missing(store, work)},
        }
