"""The stage `coverage`: alignments of one library to its tracks in the store."""

from __future__ import annotations

import dataclasses
import json
import logging
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from helixdask.alignments.bam_blocks import Reader
from helixdask.alignments.stretches import stretches_of
from helixdask.coverage.checks import CheckedLibrary, check_library, is_cram
from helixdask.coverage.cut_sites import MARGIN, SITE_KINDS, CutSites
from helixdask.coverage.few_reads import few_reads
from helixdask.coverage.libraries import Library
from helixdask.coverage.library_stage import LibraryStage
from helixdask.coverage.pileup import Pileup
from helixdask.coverage.protocol import check_stated
from helixdask.coverage.reading import open_reader, prepare_index
from helixdask.coverage.rules import NO_LIMIT, REASONS, CountingRules, default_max_intron, make_rules
from helixdask.coverage.settings import DEFAULT_READS, CoverageSettings, ReadOptions
from helixdask.engine.costs import BAM_BYTES_PER_SECOND, COSTS, COVERAGE_PER_BAM_BYTE, Cost
from helixdask.engine.identity import file_identity
from helixdask.engine.stage import Region, RegionResult, Work
from helixdask.names.needed import aliases_input, aliases_of
from helixdask.settings import Rules
from helixdask.store.contigs import Pieces
from helixdask.store.store import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CoverageStage(CoverageSettings, LibraryStage):
    """Coverage and spliced coverage of one library on both strands, into `coverage/<set>/<library>`.

    Parameters
    ----------
    library, path, kind, strandedness
        The fields of `Library`.
    reads
        Which reads count otherwise than the rules say.
    """

    kind: str = "rnaseq"
    strandedness: str = "unstranded"
    reads: ReadOptions = DEFAULT_READS

    cost: ClassVar[Cost] = COSTS["coverage"]

    @classmethod
    def of(cls, library: Library, **settings: Any) -> CoverageStage:
        """Return the stage for a library; ``settings`` are those of `CoverageSettings`."""
        return cls(library.name, library.path, library.kind, library.strandedness, library.reads, **settings)

    def estimate_seconds(self, n_bases: int) -> float:
        """Time of writing the tracks, and of reading the file."""
        path = Path(self.path)
        return super().estimate_seconds(n_bases) + (path.stat().st_size / BAM_BYTES_PER_SECOND if path.exists() else 0)

    def estimate_bytes(self, n_bases: int) -> float:
        """Size of the tracks: what changes along the genome, which grows with the reads until they are everywhere."""
        path = Path(self.path)
        reads = path.stat().st_size * COVERAGE_PER_BAM_BYTE if path.exists() else n_bases
        return super().estimate_bytes(n_bases) + min(reads, n_bases)

    @property
    def in_threads(self) -> bool:
        """For BAM files: of CRAM htslib makes records, which holds the interpreter's lock."""
        return not is_cram(self.path)

    def settings(self) -> dict[str, Any]:
        """The fields; the longest intron came later and is left out where none is given, so that older tracks stay."""
        found = super().settings()
        if self.reads.max_intron is None:
            found["reads"] = {
                name: value for name, value in dataclasses.asdict(self.reads).items() if name != "max_intron"
            }
        return found

    def inputs(self, store: Store) -> dict[str, str]:
        """Check the library against the genome and return what is read."""
        self._rules(store.n_bases)
        identity = file_identity(self.path)
        renamed = self._checked(store).renamed
        found = {"genome": store.identity("genome"), "bam": identity}
        return found | aliases_input(self.aliases, store.contigs, lambda: renamed)

    def prepare(self, store: Store, work: Work) -> None:
        """Bring the index to where every worker finds it, made anew if the file has none."""
        if work.has("contigs"):
            return
        checked = self._checked(store)
        if checked.contigs_without_reads:
            some = ", ".join(checked.contigs_without_reads[:3])
            log.warning(
                "%s: %d contigs of the genome are not in the file and get no coverage (%s%s)",
                self.path,
                len(checked.contigs_without_reads),
                some,
                ", …" if len(checked.contigs_without_reads) > 3 else "",
            )
        reads = prepare_index(self.path, checked, work)
        work.save("protocol", evidence=np.frombuffer(json.dumps(self._evidence(store)).encode(), np.uint8))
        work.save(
            "contigs",
            number=checked.contig_numbers,
            foreign=np.array([len(checked.foreign_contigs), reads, len(checked.contigs_without_reads)], np.int64),
        )

    def run(self, store: Store, region: Region, work: Work) -> RegionResult:
        """Count the alignments of a region and write its tracks."""
        reader = open_reader(self.path, work)
        number = work.load("contigs")["number"]
        count = self._count_sites if self.kind in SITE_KINDS else self._count
        tracks, totals = count(
            reader, store.contigs.pieces(region.start, region.stop), number, region, self._rules(store.n_bases)
        )
        return self._written(store, region, tracks[0], tracks[1], totals)

    def _count(
        self, reader: Reader, pieces: Pieces, number: NDArray[np.int32], region: Region, rules: CountingRules
    ) -> tuple[NDArray[np.uint32], dict[str, float]]:
        """Return the tracks of a region (track, strand, base) and reads by reason."""
        pileup = Pileup(region.length, self.strandedness, rules, self.path)
        for stretch in stretches_of(pieces, number, region.start):
            for records in reader.records(stretch):
                pileup.add(records)
        tracks = pileup.finish()
        if tracks is None:
            tracks = np.zeros((2, 2, region.length), np.uint32)
        more = {"reads_spliced": float(pileup.spliced), "introns_too_long": float(pileup.introns_too_long)}
        return tracks, _totals(pileup.counts) | more

    def _count_sites(
        self, reader: Reader, pieces: Pieces, number: NDArray[np.int32], region: Region, rules: CountingRules
    ) -> tuple[NDArray[np.uint32], dict[str, float]]:
        """The same for kinds that count single bases of reads."""
        tracks = np.zeros((2, 2, region.length), np.uint32)
        counts = np.zeros(len(REASONS), np.int64)
        for contig, start, stop, position in pieces.rows():
            sites: CutSites | None = None
            if number[contig] < 0:
                continue
            for batch in reader.batches(int(number[contig]), max(0, start - MARGIN), stop + MARGIN):
                if sites is None:  # not for the many contigs without alignments
                    sites = CutSites(start, stop, self.kind, self.strandedness, rules, self.path)
                sites.add(batch)
            if sites is not None:
                out = tracks[:, :, position - region.start : position - region.start + stop - start]
                out[0], out[1] = sites.finish()
                counts += sites.counts
        return tracks, _totals(counts)

    def finish(self, store: Store, work: Work, result: RegionResult) -> dict[str, Any]:
        """Return the library's protocol, counts and normalisation constants."""
        found = self._attributes(store, result)
        counts = found["counts"]
        foreign_contigs, foreign_reads, without = work.load("contigs")["foreign"].tolist()
        used, rules = counts.get("reads_used", 0), self._rules(store.n_bases)
        if few := few_reads(counts):
            log.warning("%s: %s", self.path, few)
        return found | {
            "kind": self.kind,
            "strandedness": self.strandedness,
            "rules": self.rules,
            "min_mapq": rules.min_mapq,
            "max_intron": rules.max_intron if rules.max_intron < NO_LIMIT else None,
            "reads": dataclasses.asdict(self.reads),
            "counts": {
                **counts,
                "contigs_only_in_bam": foreign_contigs,
                "reads_on_contigs_only_in_bam": foreign_reads,
                "contigs_only_in_genome": without,
            },
            "per_million": 1e6 / used if used else 0.0,
            "protocol_evidence": json.loads(work.load("protocol")["evidence"].tobytes()),
        }

    def _evidence(self, store: Store) -> dict[str, Any] | None:
        """What a sample of the reads says about the protocol; cut sites have none."""
        if self.kind == "atac":
            return None
        return check_stated(store, self._library(), self._aliases(store)).attrs()

    def _checked(self, store: Store) -> CheckedLibrary:
        aliases = file_identity(self.aliases) if self.aliases else ""
        return _check(self._library(), file_identity(self.path), store, self.aliases, aliases)

    def _library(self) -> Library:
        return Library(self.library, self.path, self.kind, self.strandedness)

    def _rules(self, n_bases: int) -> CountingRules:
        """What is counted; where no longest intron is given, the one that suits the genome, but for Helixer's rules."""
        rules = make_rules(self.rules, self.reads)
        if self.rules == Rules.HELIXER or self.reads.max_intron is not None:
            return rules
        return dataclasses.replace(rules, max_intron=default_max_intron(n_bases))


def _totals(counts: NDArray[np.int64]) -> dict[str, float]:
    return {f"reads_{reason}": float(n) for reason, n in zip(REASONS, counts.tolist(), strict=True)}


@lru_cache(maxsize=1)
def _check(library: Library, identity: str, store: Store, aliases: str | None, aliases_identity: str) -> CheckedLibrary:
    """Check a library once, not again to prepare it: a header of millions of contigs takes seconds."""
    del identity, aliases_identity
    names, md5 = store.contigs.names.tolist(), np.asarray(store.array("genome/contig_md5")[...])
    return check_library(library, names, store.contigs.lengths, md5, aliases_of(aliases, store.contigs))
