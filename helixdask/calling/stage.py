"""The stage `call`: base probabilities to gene models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from helixdask.calling.assemble import build_models
from helixdask.calling.hmm import build_hmm
from helixdask.calling.regions import Pieces, Scan, check_thresholds
from helixdask.calling.span import CallSettings, Span, call_span, scan_span
from helixdask.engine.stage import Region, RegionResult, Stage, Work
from helixdask.errors import BadInputError, MissingInputError
from helixdask.genes.table import write_genes
from helixdask.store.store import Store

__all__ = ["CallStage"]

_FIRST_LOOK_AHEAD = 1 << 16


@dataclass(frozen=True)
class CallStage(Stage):
    """Call genes from the predictions of a store into `genes/<output>`.

    A task calls the regions that *begin* in its part of the genome, on both strands, and reads as far beyond it as
    they go. Every region is decoded once and whole, so results do not depend on the size of tasks or on the number
    of workers.

    Attributes
    ----------
    predictions
        Name of the predictions.
    output
        Name of the genes.
    window_size, edge_threshold, peak_threshold
        The window scan: bases per window; the genic share that a window needs to belong to a region; the share that
        some window of a region must exceed.
    min_coding_length
        Genes with fewer coding bases are left out.
    rules
        "default", or "helixer" for exactly what HelixerPost does.
    """

    predictions: str
    output: str
    window_size: int = 100
    edge_threshold: float = 0.1
    peak_threshold: float = 0.8
    min_coding_length: int = 60
    rules: str = "default"

    name: ClassVar[str] = "call"
    bases_per_task: ClassVar[int] = 1 << 22
    bases_per_second: ClassVar[float] = 2e6
    bytes_per_base: ClassVar[float] = 0.01
    memory_per_base: ClassVar[float] = 64.0

    def group(self) -> str:
        """Where the genes go."""
        return f"genes/{self.output}"

    def inputs(self, store: Store) -> dict[str, str]:
        """Genome and predictions."""
        check_thresholds(self.window_size, self.edge_threshold, self.peak_threshold)
        if self.min_coding_length < 0:
            raise BadInputError("the shortest coding sequence is negative", remedy="Use 0 or more.")
        build_hmm(self.rules)
        predictions = f"predictions/{store.resolve('predictions', self.predictions)}"
        return {"genome": store.identity("genome"), predictions: store.identity(predictions)}

    def run(self, store: Store, region: Region, work: Work) -> RegionResult:
        """Call the regions that begin in `region`."""
        settings = self._call_settings()
        span, scans = self._load(store, region, settings)
        columns, counts = call_span(span, build_hmm(self.rules), settings, scans)
        return RegionResult(counts=counts, tables=columns)

    def finish(self, store: Store, work: Work, result: RegionResult) -> dict[str, Any]:
        """Sort and number the genes, write them."""
        models = build_models(result.tables, store.contigs.names, store.species, rules=self.rules)
        write_genes(store, self.group(), models)
        predicted = store.attrs(f"predictions/{self.predictions}")
        partial = models.transcripts["partial5"].to_numpy() | models.transcripts["partial3"].to_numpy()
        return {
            "predictions": self.predictions,
            "model_digest": predicted.get("model_digest"),
            "rules": self.rules,
            "regions": int(result.counts.get("regions", 0)),
            "region_bases": int(result.counts.get("region_bases", 0)),
            "genes": len(models),
            "partial_genes": int(partial.sum()),
            "coding_bases": int((models.cds["end"] - models.cds["start"]).sum()),
        }

    def _call_settings(self) -> CallSettings:
        return CallSettings(
            self.window_size, self.edge_threshold, self.peak_threshold, self.min_coding_length, self.rules
        )

    def _load(self, store: Store, region: Region, settings: CallSettings) -> tuple[Span, tuple[Scan, Scan]]:
        """Read the region and as much more as the regions that begin in it need."""
        contigs = store.contigs
        first = int(contigs.offsets[contigs.contig_at(region.start)])
        last = int(contigs.offsets[contigs.contig_at(region.stop - 1) + 1])
        start = max(first, region.start - settings.window_size)
        ahead = max(_FIRST_LOOK_AHEAD, settings.window_size)
        stop = min(last, region.stop + ahead)
        span = self._read(store, start, stop, region)
        while True:
            scans = scan_span(span, 0, settings), scan_span(span, 1, settings)
            if stop == last or max(scan.open_start for scan in scans) < 0:
                return span, scans
            ahead *= 2
            more = self._read(store, stop, min(last, stop + ahead), region)
            stop = min(last, stop + ahead)
            span = _joined(span, more, *_pieces(store, start, stop))

    def _read(self, store: Store, start: int, stop: int, region: Region) -> Span:
        group = f"predictions/{self.predictions}"
        contig, pieces = _pieces(store, start, stop)
        phases = f"{group}/phase_probability"
        return Span(
            codes=store.read("genome/sequence", start, stop),
            class_probability=store.read(f"{group}/class_probability", start, stop),
            phase_probability=store.read(phases, start, stop) if _has(store, phases) else None,
            contig=contig,
            pieces=pieces,
            own=(region.start - start, region.stop - start),
        )


def _pieces(store: Store, start: int, stop: int) -> tuple[NDArray[np.int64], Pieces]:
    """Contigs of a slice of `position`, and where they are in the array that is read from it."""
    contig, contig_start, contig_stop, position = store.contigs.pieces(start, stop)
    first = position - start
    return contig, Pieces(first, first + contig_stop - contig_start, contig_start, store.contigs.lengths[contig])


def _joined(left: Span, right: Span, contig: NDArray[np.int64], pieces: Pieces) -> Span:
    """Two neighbouring slices as one."""
    return Span(
        codes=np.concatenate([left.codes, right.codes]),
        class_probability=np.concatenate([left.class_probability, right.class_probability], axis=-1),
        phase_probability=(
            None
            if left.phase_probability is None or right.phase_probability is None
            else np.concatenate([left.phase_probability, right.phase_probability], axis=-1)
        ),
        contig=contig,
        pieces=pieces,
        own=left.own,
    )


def _has(store: Store, path: str) -> bool:
    """Whether an optional array is there: models without a phase output give none."""
    try:
        store.array(path)
    except MissingInputError:
        return False
    return True
