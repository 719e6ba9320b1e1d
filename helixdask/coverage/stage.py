"""The stage `coverage`: alignments of one library to its tracks in the store."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from helixdask.coverage.bam_blocks import BamReader, open_reader
from helixdask.coverage.bam_index import BamIndex, parse_index
from helixdask.coverage.checks import CheckedLibrary, check_library, load_index
from helixdask.coverage.libraries import Library
from helixdask.coverage.pileup import Pileup
from helixdask.coverage.rules import REASONS, Rules, make_rules
from helixdask.engine.identity import file_identity
from helixdask.engine.stage import Region, RegionResult, Stage, Work
from helixdask.store.store import Store

__all__ = ["CoverageStage"]

log = logging.getLogger(__name__)

_BYTES_PER_SECOND = 40e6


@dataclass(frozen=True)
class CoverageStage(Stage):
    """Coverage and spliced coverage of one library on both strands, into `coverage/<set>/<library>`.

    Parameters
    ----------
    library, path, kind, strandedness
        The fields of `Library`.
    set_name
        Set that the library belongs to.
    rules
        `default` or `helixer`, see `make_rules`.
    min_mapq
        Least mapping quality; None: that of the rules.
    """

    library: str
    path: str
    kind: str = "rnaseq"
    strandedness: str = "unstranded"
    set_name: str = "rnaseq"
    rules: str = "default"
    min_mapq: int | None = None

    name: ClassVar[str] = "coverage"
    file_fields: ClassVar[tuple[str, ...]] = ("path",)
    bases_per_second: ClassVar[float] = 40e6
    bytes_per_base: ClassVar[float] = 1.0
    memory_per_base: ClassVar[float] = 40.0

    @classmethod
    def of(
        cls, library: Library, set_name: str = "rnaseq", rules: str = "default", min_mapq: int | None = None
    ) -> CoverageStage:
        """Return the stage for a library."""
        return cls(library.name, library.path, library.kind, library.strandedness, set_name, rules, min_mapq)

    def estimate_seconds(self, n_bases: int) -> float:
        """Time of writing the tracks, and of reading the file."""
        path = Path(self.path)
        return super().estimate_seconds(n_bases) + (path.stat().st_size / _BYTES_PER_SECOND if path.exists() else 0)

    def group(self) -> str:
        """Group of the store that is written."""
        return f"coverage/{self.set_name}/{self.library}"

    def inputs(self, store: Store) -> dict[str, str]:
        """Check the library against the genome and return what is read."""
        self._rules()
        identity = file_identity(self.path)
        _check(self._library(), identity, store)
        return {"genome": store.identity("genome"), "bam": identity}

    def prepare(self, store: Store, work: Work) -> None:
        """Bring the index to where every worker finds it, made anew if the file has none."""
        if work.has("contigs"):
            return
        checked = _check(self._library(), file_identity(self.path), store)
        if checked.contigs_without_reads:
            some = ", ".join(checked.contigs_without_reads[:3])
            log.warning(
                "%s: %d contigs of the genome are not in the file and get no coverage (%s%s)",
                self.path,
                len(checked.contigs_without_reads),
                some,
                ", …" if len(checked.contigs_without_reads) > 3 else "",
            )
        index, reads = load_index(self.path, checked.index_path, checked.foreign_contigs)
        work.save("index", data=index.data)
        work.save(
            "contigs",
            number=checked.contig_numbers,
            foreign=np.array([len(checked.foreign_contigs), reads, len(checked.contigs_without_reads)], np.int64),
        )

    def run(self, store: Store, region: Region, work: Work) -> RegionResult:
        """Count the alignments of a region and write its tracks."""
        rules = self._rules()
        number = work.load("contigs")["number"]

        def index() -> BamIndex:
            return parse_index(work.load("index")["data"], self.path)

        reader = open_reader(self.path, index)
        tracks = np.zeros((2, 2, region.length), np.uint32)
        counts = np.zeros(len(REASONS), np.int64)
        for contig, start, stop, position in store.contigs.pieces(region.start, region.stop).rows():
            if number[contig] < 0:
                continue
            place = slice(position - region.start, position - region.start + stop - start)
            where = f"{self.path}, contig {store.contigs.names[contig]}"
            counts += self._count(reader, int(number[contig]), start, stop, rules, where, tracks[:, :, place])
        totals = {f"reads_{reason}": float(n) for reason, n in zip(REASONS, counts, strict=True)}
        for track, name in zip(tracks, ("coverage", "spliced_coverage"), strict=True):
            store.write_region(f"{self.group()}/{name}", region.start, track)
            for values, strand in zip(track, ("plus", "minus"), strict=True):
                totals[f"{name}_bases_{strand}"] = float(np.count_nonzero(values))
                totals[f"{name}_sum_{strand}"] = float(values.sum(dtype=np.uint64))
        return RegionResult(totals)

    def _count(
        self,
        reader: BamReader,
        number: int,
        start: int,
        stop: int,
        rules: Rules,
        where: str,
        out: np.ndarray[Any, np.dtype[np.uint32]],
    ) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Count one part of a contig into `out` (track, strand, base); return reads by reason."""
        pileup: Pileup | None = None
        for batch in reader.batches(number, start, stop):
            if pileup is None:  # not for the many contigs without alignments
                pileup = Pileup(start, stop, self.strandedness, rules, where)
            pileup.add(batch)
        if pileup is None:
            return np.zeros(len(REASONS), np.int64)
        out[0], out[1] = pileup.finish()
        return pileup.counts

    def finish(self, store: Store, work: Work, result: RegionResult) -> dict[str, Any]:
        """Return the library's protocol, counts and normalisation constants."""
        counts = {name: int(value) for name, value in sorted(result.counts.items())}
        foreign_contigs, foreign_reads, without = work.load("contigs")["foreign"].tolist()
        used = counts.get("reads_used", 0)
        if not used:
            log.warning("%s: no alignment passed the rules `%s`; all tracks are zero", self.path, self.rules)
        return {
            "path": self.path,
            "kind": self.kind,
            "strandedness": self.strandedness,
            "rules": self.rules,
            "min_mapq": self._rules().min_mapq,
            "counts": {
                **counts,
                "contigs_only_in_bam": foreign_contigs,
                "reads_on_contigs_only_in_bam": foreign_reads,
                "contigs_only_in_genome": without,
            },
            "per_million": 1e6 / used if used else 0.0,
        }

    def _library(self) -> Library:
        return Library(self.library, self.path, self.kind, self.strandedness)

    def _rules(self) -> Rules:
        return make_rules(self.rules, self.min_mapq)


@lru_cache(maxsize=1)
def _check(library: Library, identity: str, store: Store) -> CheckedLibrary:
    """Check a library once, not again to prepare it: a header of millions of contigs takes seconds."""
    del identity
    return check_library(library, store.contigs.names.tolist(), store.contigs.lengths)
