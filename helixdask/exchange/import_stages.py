"""Stages that bring a Helixer file into a store: genome, labels, coverage, predictions.

All read rows by way of an index that is made once; a region takes the rows that lie in it, whatever their order.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import h5py
import numpy as np
from numpy.typing import NDArray

from helixdask.engine.identity import file_identity
from helixdask.engine.stage import Region, RegionResult, Stage, Work
from helixdask.errors import BadInputError
from helixdask.exchange.helixer_decode import BAD, decode_bases, decode_classes, lay_down, pack_transitions
from helixdask.exchange.helixer_file import Layout, describe, open_h5, read_rows
from helixdask.exchange.helixer_rows import FileRows, RowIndex, file_rows, row_index
from helixdask.registry import LABEL_CLASSES
from helixdask.sequence.codes import CODE_MASK, N_CODE, PADDING
from helixdask.sequence.composition import count_kinds
from helixdask.store.contigs import ContigTable
from helixdask.store.store import Store

__all__ = ["ImportCoverageStage", "ImportGenomeStage", "ImportLabelsStage", "ImportPredictionsStage"]

log = logging.getLogger(__name__)

_SEQUENCE = "genome/sequence"
_ABOUT_MODEL = ("model_path", "model_md5sum", "timestamp")
Decode = Callable[[NDArray[Any], NDArray[np.int8]], NDArray[Any]]


@dataclass(frozen=True)
class HelixerStage(Stage):
    """What the stages below share.

    Parameters
    ----------
    helixer
        The file with ``data``.
    species
        Which rows of it.
    """

    helixer: str
    species: str

    file_fields: ClassVar[tuple[str, ...]] = ("helixer",)

    def layout(self) -> Layout:
        """What the file holds."""
        return _layout(self.helixer, file_identity(self.helixer))

    def file_rows(self) -> FileRows:
        """Places of the species' rows."""
        return file_rows(self.helixer, self.species, self.layout().window_length)

    def inputs(self, store: Store) -> dict[str, str]:
        """Identities of the file and of the genome, which must fit together."""
        row_index(self.file_rows(), store.contigs, self.helixer)
        return {"genome": store.identity("genome"), "helixer": file_identity(self.helixer)}

    def prepare(self, store: Store, work: Work) -> None:
        """Note where each row lies, for the tasks."""
        if not work.has("index"):
            work.save("index", **row_index(self.file_rows(), store.contigs, self.helixer).to_arrays())

    def rows_of(self, region: Region, work: Work) -> RowIndex:
        """Rows of a region, in the order of the file."""
        return RowIndex(**work.load("index")).overlapping(region.start, region.stop, self.layout().window_length)

    def missing(self, store: Store, work: Work) -> dict[str, int]:
        """What the file lacks: bases of each strand that no row holds; and how many rows it has twice."""
        index = RowIndex(**work.load("index"))
        return {
            "bases_missing_plus": index.uncovered(store.n_bases, 0),
            "bases_missing_minus": index.uncovered(store.n_bases, 1),
            "rows_repeated": index.repeated(),
        }


@lru_cache(maxsize=4)
def _layout(path: str, identity: str) -> Layout:
    del identity
    return describe(path)


def fill_track(
    dataset: h5py.Dataset,
    index: RowIndex,
    region: Region,
    track: NDArray[Any],
    decode: Decode,
    *,
    extra: tuple[Any, ...] = (),
    front: bool = False,
    contigs: ContigTable,
) -> NDArray[np.bool_]:
    """Read rows and lay them on a track of the region.

    Parameters
    ----------
    dataset
        Data set of the file, rows first.
    index
        Rows of the region, in the order of the file.
    track
        ``(layer, class, base)``: one layer for both strands, or two.
    decode
        Turns rows as they are stored into ``(row, base)`` or ``(row, base, class)`` values of the track's type.
    extra
        Further indices into the data set.
    front
        Whether the padding of short minus rows is in front.
    contigs
        For messages.

    Returns
    -------
    Which bases are in a row, ``(layer, base)``.

    Raises
    ------
    BadInputError
        Two rows contradict each other, or a row cannot be read.
    """
    seen = np.zeros((track.shape[0], track.shape[2]), np.bool_)
    per_row = int(np.prod(dataset.shape[1:])) * dataset.dtype.itemsize
    for some in index.runs(per_row):
        first_row = int(index.row[some.start])
        stored = read_rows(dataset, slice(first_row, first_row + some.stop - some.start), extra)
        strand, position, end = index.strand[some], index.position[some], index.end[some]
        values = decode(stored, strand)
        if values.ndim == 2:
            values = values[..., np.newaxis]
        first = np.where(front & (strand == 1), values.shape[1] - (end - position), 0)
        layer = strand if len(track) == 2 else np.zeros_like(strand)
        clash = lay_down(track, seen, values, first, position, end, strand, layer, region.start)
        if clash >= 0:
            raise BadInputError(
                f"two rows of {dataset.name} say different things about {_base(contigs, clash)}",
                where=dataset.file.filename,
                remedy="Files of different genomes or runs may have been put together: import them one by one.",
            )
    return seen


def _base(contigs: ContigTable, position: int) -> str:
    contig = contigs.contig_at(position)
    return f"base {position - int(contigs.offsets[contig]):,} (0-based) of {contigs.names[contig]!r}"


def _refuse(bad: NDArray[np.bool_], dataset: str, path: str, region: Region, contigs: ContigTable, what: str) -> None:
    """Raise where something stands that means nothing."""
    if bad.any():
        base = int(np.flatnonzero(bad.any(axis=0))[0])
        raise BadInputError(
            f"{dataset} holds {what} at {_base(contigs, region.start + base)}",
            where=path,
            remedy="The file is unfinished or damaged: make it again.",
        )


def read_sequence(
    file: h5py.File, index: RowIndex, region: Region, contigs: ContigTable
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Base codes of a region, N where no row is, and which bases are in a row: ``(base,)`` each."""
    codes = np.full((1, 1, region.length), N_CODE, np.uint8)
    seen = fill_track(file["data/X"], index, region, codes, decode_bases, contigs=contigs)
    _refuse(codes[:, 0] >= PADDING, "data/X", file.filename, region, contigs, "the vector of no base")
    return codes[0, 0], seen[0]


@dataclass(frozen=True)
class ImportGenomeStage(HelixerStage):
    """``data/X`` to the sequence of a new store; contigs in the order in which the file names them."""

    name: ClassVar[str] = "import"
    creates_store: ClassVar[bool] = True
    bases_per_second: ClassVar[float] = 15e6
    bytes_per_base: ClassVar[float] = 0.27
    memory_per_base: ClassVar[float] = 4.0

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
        store.write_region(_SEQUENCE, region.start, codes)
        return RegionResult({kind: float(count) for kind, count in count_kinds(codes).items()})

    def finish(self, store: Store, work: Work, result: RegionResult) -> dict[str, Any]:
        """Write the contigs' MD5; return what the file holds and lacks."""
        from helixdask.exchange.contig_md5 import contig_md5

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
            "helixer_file": self.helixer,
            "window_length": self.layout().window_length,
            "n_contigs": len(store.contigs),
            "n_bases": store.n_bases,
            "bases": {kind: int(count) for kind, count in result.counts.items()},
            "bases_missing": missing,
            "contigs_known_up_to_last_row": open_ends,
        }


@dataclass(frozen=True)
class _TrackStage(HelixerStage):
    """A stage that adds tracks to a genome, which is compared with the file's sequence first where ``compare`` is set.

    Parameters
    ----------
    output
        Name of the group.
    compare
        Whether to compare the sequence of each region with the store's.
    """

    output: str = "reference"
    compare: bool = False

    def run(self, store: Store, region: Region, work: Work) -> RegionResult:
        """Compare the sequence, and write the tracks."""
        index = self.rows_of(region, work)
        with open_h5(self.helixer) as file:
            if self.compare and self.layout().has_sequence:
                self._compare(file, store, index, region)
            return self.write(file, store, index, region)

    def write(self, file: h5py.File, store: Store, index: RowIndex, region: Region) -> RegionResult:
        """Write the tracks of a region."""
        raise NotImplementedError

    def _compare(self, file: h5py.File, store: Store, index: RowIndex, region: Region) -> None:
        codes, seen = read_sequence(file, index, region, store.contigs)
        there = store.read(_SEQUENCE, region.start, region.stop) & CODE_MASK
        other = np.flatnonzero((codes != there) & seen)
        if len(other):
            raise BadInputError(
                f"the sequence is another than the store's from {_base(store.contigs, region.start + int(other[0]))} "
                f"on ({len(other):,} bases of this region)",
                where=self.helixer,
                remedy="Import into the store of the same genome, or into a new one.",
            )


@dataclass(frozen=True)
class ImportLabelsStage(_TrackStage):
    """Label data sets of a folder (``data``, ``alternative/NAME``) to the tracks of ``labels/<output>``."""

    folder: str = "data"

    name: ClassVar[str] = "labels"
    bases_per_second: ClassVar[float] = 5e6
    bytes_per_base: ClassVar[float] = 0.05
    memory_per_base: ClassVar[float] = 40.0

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
                _refuse(values[:, 0] == BAD, f"{self.folder}/{dataset}", file.filename, region, contigs, "no class")
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
            "helixer_file": self.helixer,
            "helixer_folder": self.folder,
            "rules": "helixer",
            "contigs_annotated": contigs,
            "not_in_file": lacking,
            **{name: int(count) for name, count in result.counts.items()},
            **missing,
        }


@dataclass(frozen=True)
class ImportCoverageStage(_TrackStage):
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
    """

    set_name: str = "rnaseq"
    dataset: str = ""
    spliced_dataset: str = ""
    column: int | None = None
    bam: str = ""

    name: ClassVar[str] = "coverage"
    bases_per_second: ClassVar[float] = 5e6
    bytes_per_base: ClassVar[float] = 1.0
    memory_per_base: ClassVar[float] = 40.0

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
            _refuse(
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
            "strandedness": "unknown",
            "rules": "helixer",
            "helixer_file": self.helixer,
            "counts": {**counts, **self.missing(store, work)},
        }


@dataclass(frozen=True)
class ImportPredictionsStage(_TrackStage):
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
    file_fields: ClassVar[tuple[str, ...]] = ("helixer", "predicted")
    bases_per_task: ClassVar[int] = 1 << 20
    bases_per_second: ClassVar[float] = 2e6
    bytes_per_base: ClassVar[float] = 20.0
    memory_per_base: ClassVar[float] = 60.0

    def group(self) -> str:
        """Group of the store that the stage writes."""
        return f"predictions/{self.output}"

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
                _refuse(wrong, dataset, predicted.filename, region, store.contigs, "what is no probability")
                store.write_region(f"{self.group()}/{track}", region.start, values)
        return RegionResult()

    def finish(self, store: Store, work: Work, result: RegionResult) -> dict[str, Any]:
        """Return where they come from."""
        if not self.has_phase:
            store.folder.remove(f"{self.group()}/phase_probability")
        missing = self.missing(store, work)
        lost = missing["bases_missing_plus"] + missing["bases_missing_minus"]
        if lost:
            log.warning("%s: %d bases of the two strands are in no row: nothing is predicted there", self.group(), lost)
        with open_h5(self.predicted) as file:
            known = {
                name: str(file.attrs[name])
                for name in ("model_path", "model_md5sum", "timestamp")
                if name in file.attrs
            }
        return {
            "helixer_file": self.predicted,
            "model_path": known.get("model_path", ""),
            "model_digest": known.get("model_md5sum", ""),
            "predicted_at": known.get("timestamp", ""),
            "window_length": self.layout().window_length,
            "minus_padding": self.minus_padding,
            "precision": "float16",
            "has_phase": self.has_phase,
            **missing,
        }
