"""The stage that cuts a genome into windows and measures them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from helixdask.coverage.transcripts import EvidenceGroups
from helixdask.engine.costs import COSTS, Cost
from helixdask.engine.stage import Region, RegionResult, Stage, Work
from helixdask.errors import BadInputError, MissingInputError
from helixdask.registry import UTR
from helixdask.sequence.codes import SOFT_MASK
from helixdask.settings import Name
from helixdask.store.lineage import are_predicted
from helixdask.store.store import Store
from helixdask.windows.grid import WindowGrid
from helixdask.windows.measures import likeliest_class, measure_windows
from helixdask.windows.settings import WindowsSettings
from helixdask.windows.track_measures import (
    gc_share,
    genic_stretches,
    reads_in_windows,
    share_of_bases,
    support_of_exons,
)


@dataclass(frozen=True)
class WindowsStage(WindowsSettings, Stage):
    """Windows of all contigs, with what each holds, into ``windows/<output>``; the fields are those of the settings.

    A task owns the windows that start in its region, on both strands, and reads as far beyond it as they reach.
    """

    output: Name | None = "default"

    name: ClassVar[str] = "windows"
    cost: ClassVar[Cost] = COSTS["windows"]

    def group(self) -> str:
        """Group of the store that the stage writes."""
        return f"windows/{self.output}"

    def region_length(self, n_bases: int) -> int:
        """Bases of a region; 0 where there is nothing to measure."""
        del n_bases
        return self.bases_per_task if self.labels or self.predictions else 0

    def inputs(self, store: Store) -> dict[str, str]:
        """Digests of the genome, the labels and the predictions.

        Raises
        ------
        BadInputError
            The window length cannot be used, or something named is not in the store.
        """
        if self.window_length < 1:
            raise BadInputError(f"a window of {self.window_length} bases", remedy="Use --window-length 1 or more.")
        groups = ["genome"]
        if self.labels:
            groups.append(f"labels/{store.resolve('labels', self.labels)}")
        if self.predictions:
            groups.append(f"predictions/{store.resolve('predictions', self.predictions)}")
        if (self.coverage or self.repeats) and not (self.labels or self.predictions):
            raise BadInputError(
                "windows without labels and predictions are not measured",
                remedy="Leave --coverage and --repeats out, or make labels first.",
            )
        if self.coverage:
            groups += self._libraries(store)
        if self.repeats:
            groups.append(f"tracks/{store.resolve('tracks', self.repeats)}")
            if not store.has_array(f"{groups[-1]}/mask"):
                raise BadInputError(
                    "a track of values, of which no share can be measured", where=groups[-1], remedy="Name intervals."
                )
        return {group: store.identity(group) for group in groups}

    def run(self, store: Store, region: Region, work: Work) -> RegionResult:
        """Measure the windows that start in a region."""
        contigs = store.contigs
        grid = WindowGrid(contigs.lengths, self.window_length)
        pieces = contigs.pieces(region.start, region.stop)
        rows = grid.rows_starting(pieces.contig, pieces.contig_start, pieces.contig_stop)
        windows = grid.at(rows)
        position, size, strand = windows.spans(contigs.offsets)
        stop = int((position + size).max(initial=region.start))
        probability = None
        if self.predictions:
            probability = store.read(f"predictions/{self.predictions}/class_probability", region.start, stop)
        if self.labels:
            label = store.read(f"labels/{self.labels}/label", region.start, stop)
            valid = store.read(f"labels/{self.labels}/valid", region.start, stop)
        elif probability is not None:
            label = likeliest_class(probability)
            valid = np.ones_like(label)
        codes = store.read("genome/sequence", region.start, stop)
        got = measure_windows(position - region.start, size, strand, label, valid, probability, self.rules, codes)
        measured = {f"window_{name}": values for name, values in got._asdict().items() if values is not None}
        begin = position - region.start
        measured["window_soft_masked"] = share_of_bases(begin, size, codes >= SOFT_MASK)
        measured["window_gc"] = gc_share(begin, size, codes)
        measured["window_genes"] = genic_stretches(begin, size, strand, label)
        if self.repeats:
            mask = store.read(f"tracks/{self.repeats}/mask", region.start, stop)
            measured["window_repeats"] = share_of_bases(begin, size, mask != 0)
        if self.coverage:
            measured |= self._reads(store, (region.start, stop), (begin, size, strand, label, valid))
        return RegionResult(tables={"row": rows, "annotated": contigs.holding(region.start, label)} | measured)

    def _libraries(self, store: Store) -> list[str]:
        """Groups of the libraries, sorted by name."""
        names = store.names(f"coverage/{self.coverage}")
        if not names:
            sets = ", ".join(store.names("coverage")) or "none"
            raise MissingInputError(f"coverage/{self.coverage} holds no library", remedy=f"Sets that do: {sets}.")
        return [f"coverage/{self.coverage}/{name}" for name in names]

    def _reads(
        self,
        store: Store,
        stretch: tuple[int, int],
        windows: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int8], NDArray[np.uint8], NDArray[np.uint8]],
    ) -> dict[str, NDArray[np.float32]]:
        """Measures of reads, one library after the other: depth, agreement with the labels, support of exons.

        Of what covers coding bases alone, UTRs are not asked: it neither supports nor refutes them.
        """
        begin, size, strand, label, valid = windows
        asked, covered = np.zeros_like(valid), np.zeros(label.shape, np.bool_)
        groups = self._libraries(store)
        of_coding = EvidenceGroups.of(store, groups).coding
        found = []
        for group in groups:
            coverage = store.read(f"{group}/coverage", *stretch)
            usable = valid & (label != UTR) if group in of_coding else valid
            asked |= usable
            covered |= (coverage > 0) & (usable > 0)
            found.append(reads_in_windows(begin, size, strand, label, usable, coverage))
        depth, agreement = (np.stack(columns, axis=1) for columns in zip(*found, strict=True))
        return {
            "window_coverage": depth,
            "window_coverage_agreement": agreement,
            "window_support": support_of_exons(begin, size, strand, label, asked, covered),
        }

    def finish(self, store: Store, work: Work, result: RegionResult) -> dict[str, Any]:
        """Write the table, in the order of rows, and return what was measured."""
        grid = WindowGrid(store.contigs.lengths, self.window_length)
        windows = grid.windows()
        columns: dict[str, NDArray[Any]] = {f"window_{name}": column for name, column in windows._asdict().items()}
        attrs: dict[str, Any] = {
            "window_length": self.window_length,
            "labels": self.labels,
            "predictions": self.predictions,
            "coverage": self.coverage,
            "libraries": [group.rpartition("/")[2] for group in self._libraries(store)] if self.coverage else [],
            "repeats": self.repeats,
            "rules": self.rules,
            "n_windows": len(grid),
        }
        if result.tables:
            measures = dict(result.tables)
            rows = measures.pop("row")  # a contig of several regions: its minus windows come in another order
            annotated = np.zeros(len(store.contigs), np.bool_)
            annotated[measures.pop("annotated")] = True
            for name, values in measures.items():
                columns[name] = np.empty_like(values)
                columns[name][rows] = values
            columns["window_annotated"] = annotated[windows.contig]
            attrs["class_bases"] = columns["window_class_count"].sum(axis=0, dtype=np.int64).tolist()
            attrs["n_annotated_contigs"] = int(annotated.sum())
            attrs["predicted_labels"] = self.labels is None or are_predicted(store, self.labels)
        store.write_table(self.group(), columns)
        return attrs
