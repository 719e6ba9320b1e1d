"""The stage that brings labels of a Helixer file into a store."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, ClassVar

import h5py
import numpy as np
from numpy.typing import NDArray

from helixdask.engine.costs import COSTS, Cost
from helixdask.engine.stage import Region, RegionResult, Work
from helixdask.exchange.helixer_decode import BAD, decode_classes, pack_transitions
from helixdask.exchange.helixer_file import open_h5
from helixdask.exchange.helixer_rows import RowIndex
from helixdask.exchange.helixer_stage import Decode, HelixerTrackStage, fill_track, refuse
from helixdask.public_names import public_name
from helixdask.registry import LABEL_CLASSES
from helixdask.store.store import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ImportLabelsStage(HelixerTrackStage):
    """Label data sets of a folder (``data``, ``alternative/NAME``) to the tracks of ``labels/<output>``."""

    folder: str = "data"

    name: ClassVar[str] = "labels"
    cost: ClassVar[Cost] = COSTS["import labels"]

    def group(self) -> str:
        """Group of the store that the stage writes."""
        return f"labels/{self.output}"

    def write(self, file: h5py.File, store: Store, index: RowIndex, region: Region) -> RegionResult:
        """Write the label tracks of a region; bases in no row are masked."""
        folder, contigs = file[self.folder], store.contigs
        counts: dict[str, float] = {}

        def classes(rows: NDArray[Any], _: NDArray[np.int8]) -> NDArray[np.uint8]:
            return decode_classes(rows)

        def write(track: str, dataset: str, dtype: type, decode: Decode) -> tuple[NDArray[Any], NDArray[np.bool_]]:
            values: NDArray[Any] = np.zeros((2, 1, region.length), dtype)
            seen = fill_track(folder[dataset], index, region, values, decode, contigs=contigs)
            if decode is classes:
                refuse(values[:, 0] == BAD, f"{self.folder}/{dataset}", file.filename, region, contigs, "no class")
            if track != "valid":
                store.write_region(f"{self.group()}/{track}", region.start, values[:, 0])
            return values[:, 0], seen

        label, seen = write("label", "y", np.uint8, classes)
        if "phases" in folder:
            write("phase", "phases", np.uint8, classes)
        if "transitions" in folder:
            write("transition", "transitions", np.uint8, lambda rows, _: pack_transitions(rows))
        if "gene_lengths" in folder:
            write("gene_length", "gene_lengths", np.uint32, lambda rows, _: rows.astype(np.uint32))
        valid = seen.astype(np.uint8)
        if "sample_weights" in folder:
            valid, _ = write("valid", "sample_weights", np.uint8, lambda rows, _: (rows != 0).astype(np.uint8))
        store.write_region(f"{self.group()}/valid", region.start, valid)
        numbers = np.bincount(label.ravel(), minlength=len(LABEL_CLASSES)).tolist()
        counts |= {f"bases_{name}": float(n) for name, n in zip(LABEL_CLASSES, numbers, strict=True)}
        counts["bases_masked"] = float(np.count_nonzero(valid == 0))
        return RegionResult(counts)

    def finish(self, store: Store, work: Work, result: RegionResult) -> dict[str, Any]:
        """Return counts, and what the file lacks."""
        missing = self.missing(store, work)
        with open_h5(self.helixer) as file:
            lacking = [
                name
                for name in ("phases", "transitions", "sample_weights", "gene_lengths")
                if name not in file[self.folder]
            ]
            annotated = file[self.folder].get("is_annotated")
            rows = self.file_rows()
            contigs = None if annotated is None else len(np.unique(rows.contig[annotated[...][rows.row]]))
        if lacking:
            log.warning("%s: %s has no %s", self.helixer, self.folder, ", ".join(lacking))
        if missing["bases_missing_plus"] or missing["bases_missing_minus"]:
            log.warning(
                "%s: %d bases of the plus and %d of the minus strand are in no row of the file, and masked",
                self.group(),
                missing["bases_missing_plus"],
                missing["bases_missing_minus"],
            )
        return {
            "helixer_file": public_name(self.helixer),
            "helixer_folder": self.folder,
            "rules": "helixer",
            "contigs_annotated": contigs,
            "not_in_file": lacking,
            **{name: int(count) for name, count in result.counts.items()},
            **missing,
        }
