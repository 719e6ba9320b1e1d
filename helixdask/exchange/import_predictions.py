"""The stage that brings predictions of Helixer's into a store."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, ClassVar

import h5py
import numpy as np

from helixdask.engine.costs import COSTS, Cost
from helixdask.engine.identity import file_identity
from helixdask.engine.stage import Region, RegionResult, Work
from helixdask.exchange.helixer_file import open_h5, reading_h5
from helixdask.exchange.helixer_rows import RowIndex
from helixdask.exchange.helixer_stage import HelixerTrackStage, fill_track, refuse
from helixdask.public_names import public_name
from helixdask.store.store import Store

log = logging.getLogger(__name__)

_ABOUT_MODEL = ("model_path", "model_md5sum", "timestamp")


@dataclass(frozen=True)
class ImportPredictionsStage(HelixerTrackStage):
    """``predictions`` and ``predictions_phase`` to the tracks of ``predictions/<output>``.

    Parameters
    ----------
    predicted
        File that holds them; its rows are those of ``helixer``.
    minus_padding
        ``front`` or ``end``: where short minus rows have their padding.
    has_phase
        Whether there are phases.
    """

    predicted: str = ""
    minus_padding: str = "end"
    has_phase: bool = True

    name: ClassVar[str] = "predictions"
    cost: ClassVar[Cost] = COSTS["import predictions"]
    file_fields: ClassVar[tuple[str, ...]] = ("helixer", "predicted", "aliases")
    bases_per_task: ClassVar[int] = 1 << 20

    def group(self) -> str:
        """Group of the store that the stage writes."""
        return f"predictions/{self.output}"

    def left_out(self) -> frozenset[str]:
        """The track of phases, where the file has none."""
        return frozenset() if self.has_phase else frozenset({"phase_probability"})

    def inputs(self, store: Store) -> dict[str, str]:
        """Identities of the genome and both files."""
        return {**super().inputs(store), "predicted": file_identity(self.predicted)}

    def write(self, file: h5py.File, store: Store, index: RowIndex, region: Region) -> RegionResult:
        """Write the probabilities of a region; bases in no row get none at all (zeros)."""
        tracks = [("class_probability", "predictions")]
        if self.has_phase:
            tracks.append(("phase_probability", "predictions_phase"))
        with open_h5(self.predicted) as predicted:
            for track, dataset in tracks:
                values = np.zeros((2, 4, region.length), np.float16)
                fill_track(
                    predicted[dataset],
                    index,
                    region,
                    values.view(np.uint16),
                    lambda rows, _: np.ascontiguousarray(rows, np.float16).view(np.uint16),
                    front=self.minus_padding == "front",
                    contigs=store.contigs,
                )
                wrong = np.asarray(np.logical_not((values >= 0) & (values <= 1)).any(axis=1))
                refuse(wrong, dataset, predicted.filename, region, store.contigs, "what is no probability")
                store.write_region(f"{self.group()}/{track}", region.start, values)
        return RegionResult()

    def finish(self, store: Store, work: Work, result: RegionResult) -> dict[str, Any]:
        """Return where they come from."""
        missing = self.missing(store, work)
        lost = missing["bases_missing_plus"] + missing["bases_missing_minus"]
        if lost:
            log.warning("%s: %d bases of the two strands are in no row: nothing is predicted there", self.group(), lost)
        with reading_h5(self.predicted) as file:
            known = {
                name: str(file.attrs[name])
                for name in ("model_path", "model_md5sum", "timestamp")
                if name in file.attrs
            }
        return {
            "helixer_file": public_name(self.predicted),
            "model_path": public_name(known.get("model_path", "")),
            "model_digest": known.get("model_md5sum", ""),
            "predicted_at": known.get("timestamp", ""),
            "window_length": self.layout().window_length,
            "minus_padding": self.minus_padding,
            "precision": "float16",
            "has_phase": self.has_phase,
            **missing,
        }
