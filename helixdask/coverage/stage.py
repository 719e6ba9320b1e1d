"""The stage `coverage`: alignments of one library to its tracks in the store."""

from __future__ import annotations

import dataclasses
import logging
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from helixdask.coverage.bam_blocks import BamReader, open_reader
from helixdask.coverage.bam_index import BamIndex, parse_index
from helixdask.coverage.checks import CheckedLibrary, check_library, load_index
from helixdask.coverage.cut_sites import MARGIN, SITE_KINDS, CutSites
from helixdask.coverage.libraries import Library
from helixdask.coverage.pileup import Pileup
from helixdask.coverage.rules import DEFAULT_READS, REASONS, ReadOptions, Rules, make_rules
from helixdask.coverage.statistics import constants, region_statistics
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
    reads
        Which reads count otherwise than the rules say.
    """

    library: str
    path: str
    kind: str = "rnaseq"
    strandedness: str = "unstranded"
    set_name: str = "rnaseq"
    rules: str = "default"
    reads: ReadOptions = DEFAULT_READS

    name: ClassVar[str] = "coverage"
    file_fields: ClassVar[tuple[str, ...]] = ("path",)
    bases_per_second: ClassVar[float] = 40e6
    bytes_per_base: ClassVar[float] = 1.0
    memory_per_base: ClassVar[float] = 40.0

    @classmethod
    def of(cls, library: Library, set_name: str = "rnaseq", rules: str = "default") -> CoverageStage:
        """Return the stage for a library."""
        return cls(library.name, library.path, library.kind, library.strandedness, set_name, rules, library.reads)

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
            count = self._count_sites if self.kind in SITE_KINDS else self._count
            counts += count(reader, int(number[contig]), start, stop, rules, where, tracks[:, :, place])
        store.write_region(f"{self.group()}/coverage", region.start, tracks[0])
        store.write_region(f"{self.group()}/spliced_coverage", region.start, tracks[1])
        statistics = region_statistics(tracks[0], tracks[1])
        totals = {f"reads_{reason}": float(n) for reason, n in zip(REASONS, counts, strict=True)}
        return RegionResult(totals | statistics.counts, statistics.tables)

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

    def _count_sites(
        self,
        reader: BamReader,
        number: int,
        start: int,
        stop: int,
        rules: Rules,
        where: str,
        out: np.ndarray[Any, np.dtype[np.uint32]],
    ) -> np.ndarray[Any, np.dtype[np.int64]]:
        """The same for kinds that count single bases of reads."""
        sites: CutSites | None = None
        for batch in reader.batches(number, max(0, start - MARGIN), stop + MARGIN):
            if sites is None:
                sites = CutSites(start, stop, self.kind, self.strandedness, rules, where)
            sites.add(batch)
        if sites is None:
            return np.zeros(len(REASONS), np.int64)
        out[0], out[1] = sites.finish()
        return sites.counts

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
            "reads": dataclasses.asdict(self.reads),
            "counts": {
                **counts,
                "contigs_only_in_bam": foreign_contigs,
                "reads_on_contigs_only_in_bam": foreign_reads,
                "contigs_only_in_genome": without,
            },
            "per_million": 1e6 / used if used else 0.0,
            "constants": constants(result, store.n_bases),
        }

    def _library(self) -> Library:
        return Library(self.library, self.path, self.kind, self.strandedness)

    def _rules(self) -> Rules:
        return make_rules(self.rules, self.reads)


@lru_cache(maxsize=1)
def _check(library: Library, identity: str, store: Store) -> CheckedLibrary:
    """Check a library once, not again to prepare it: a header of millions of contigs takes seconds."""
    del identity
    return check_library(library, store.contigs.names.tolist(), store.contigs.lengths)
