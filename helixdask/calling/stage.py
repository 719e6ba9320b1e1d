"""The stage `call`: base probabilities to gene models."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from helixdask.calling.assemble import build_models
from helixdask.calling.correction import Correction, Learnt
from helixdask.calling.few_genes import few_genes
from helixdask.calling.hmm import Hmm
from helixdask.calling.learning import SITE_ROUNDS, learn
from helixdask.calling.regions import LoadedParts, Scan, follow_region
from helixdask.calling.settings import CallSettings
from helixdask.calling.sites import information, site_costs
from helixdask.calling.span import Span, call_span, scan_span, strand_units
from helixdask.coverage.transcripts import EvidenceGroups, transcript_groups
from helixdask.engine.costs import COSTS, MEGABASES_TO_LEARN_SITES, SECONDS_OF_READS, SECONDS_TO_LEARN_READS, Cost
from helixdask.engine.stage import Region, RegionResult, Stage, Work
from helixdask.errors import MissingInputError
from helixdask.genes.table import write_genes
from helixdask.settings import STANDARD_CODE, Rules
from helixdask.store.store import Store

log = logging.getLogger(__name__)

_LOOK_AHEAD = 1 << 16
_LEARNT = "correction"


@dataclass(frozen=True)
class CallStage(CallSettings, Stage):
    """Call genes from the predictions of a store into `genes/<output>`; the fields are those of `CallSettings`.

    A task calls the regions that *begin* in its part of the genome, on both strands, and reads on block by block where
    they go beyond it. Every region is decoded once and whole, so results do not depend on the size of tasks or on the
    number of workers. Tasks are small, so that workers finish together. The genes carry their genetic code.
    """

    name: ClassVar[str] = "call"
    cost: ClassVar[Cost] = COSTS["call"]
    bases_per_task: ClassVar[int] = 1 << 20

    def __post_init__(self) -> None:
        super().__post_init__()
        # The values themselves are settings: other defaults make other genes.
        for name, value in (self.model_options() | {"site_weight": self.weight_of_sites}).items():
            object.__setattr__(self, name, value)

    @property
    def in_threads(self) -> bool:
        """Always: the kernels hold no lock."""
        return True

    def settings(self) -> dict[str, Any]:
        """The fields; those that came later are left out where they change nothing, so that older genes stay."""
        unset = {"genetic_code": STANDARD_CODE, "min_score": 0.0, "site_weight": 0.0}
        return {name: value for name, value in super().settings().items() if unset.get(name) != value}

    def estimate_seconds(self, n_bases: int) -> float:
        """Time of one worker where the network sees genes nearly everywhere; large genomes take less for each base."""
        megabases = n_bases / 1e6
        each, learning = self.cost.work, 0.0
        if self.coverage is not None:
            each, learning = each + SECONDS_OF_READS, SECONDS_TO_LEARN_READS
        if self.weight_of_sites:
            learning += SITE_ROUNDS * each * min(MEGABASES_TO_LEARN_SITES, megabases)
        return super().estimate_seconds(n_bases) + (each - self.cost.work) * megabases + learning

    def group(self) -> str:
        """Where the genes go."""
        return f"genes/{self.output}"

    def inputs(self, store: Store) -> dict[str, str]:
        """Genome and predictions, and the libraries whose reads weigh in."""
        self.check()
        predictions = f"predictions/{store.resolve('predictions', self.predictions)}"
        groups = ("genome", predictions, *self._libraries(store))
        return {group: store.identity(group) for group in groups}

    def _libraries(self, store: Store) -> tuple[str, ...]:
        if self.coverage is None:
            return ()
        name = store.resolve("coverage", self.coverage)
        groups = transcript_groups(store, name)
        if not groups:
            raise MissingInputError(
                f"coverage/{name} holds no library of RNA-seq, long reads or alignments",
                where=store.url,
                remedy="Add one with helixdask coverage, or leave --coverage out.",
            )
        return groups

    def prepare(self, store: Store, work: Work) -> None:
        """Learn how the predictions are to be corrected."""
        if work.has(_LEARNT):
            return
        correction = self.learn(store)
        if any(correction.groups) and not any(correction.learnt.evidence):
            log.warning("%s: hardly any gene is called without the reads, so they are not looked at", self.group())
        work.save(_LEARNT, **correction.learnt.arrays())

    def learn(self, store: Store) -> Correction:
        """How the predictions are to be corrected: how probable UTRs are, and what reads look like in each class."""
        groups = EvidenceGroups.of(store, self._libraries(store))

        def call(region: Region, correction: Correction) -> dict[str, NDArray[Any]]:
            span, tracks = self.load(store, region, correction)
            scans = self.scan(span, tracks, 0), self.scan(span, tracks, 1)
            return call_span(span, self.model_for(correction), self, scans, tracks, scored=False)[0]

        expected, with_sites = self._expected_utr(store), bool(self.weight_of_sites)
        learnt = learn(store, f"predictions/{self.predictions}", groups, expected, call, with_sites=with_sites)
        return Correction(store, groups, learnt)

    def model_for(self, correction: Correction) -> Hmm:
        """Tables of the gene model, with the splice sites and start codons of this genome."""
        model, sites = self.model(), correction.learnt.sites
        return model if sites is None else model._replace(**site_costs(sites, self.weight_of_sites)._asdict())

    def _expected_utr(self, store: Store) -> float:
        """UTR bases for each coding base: as was said, or as the network has learnt; 0: the predictions' own."""
        if self.rules == Rules.HELIXER:
            return 0.0
        known = store.attrs(f"predictions/{self.predictions}").get("utr_ratio")
        return float(known or 0.0) if self.utr_ratio is None else self.utr_ratio

    def _correction(self, store: Store, work: Work) -> Correction:
        return Correction(store, EvidenceGroups.of(store, self._libraries(store)), Learnt.of(work.load(_LEARNT)))

    def run(self, store: Store, region: Region, work: Work) -> RegionResult:
        """Call the regions that begin in `region`."""
        correction = self._correction(store, work)
        span, tracks = self.load(store, region, correction)
        scans = self.scan(span, tracks, 0), self.scan(span, tracks, 1)
        columns, counts = call_span(span, self.model_for(correction), self, scans, tracks)
        return RegionResult(counts=counts, tables=columns)

    def finish(self, store: Store, work: Work, result: RegionResult) -> dict[str, Any]:
        """Sort and number the genes, write them."""
        prefix = self.prefix or store.species
        every = build_models(
            result.tables, store.contigs.names, prefix, rules=self.rules, genetic_code=self.genetic_code
        )
        # Numbered first: a gene keeps its id whatever score is asked for.
        sure = np.flatnonzero(every.genes["score"] >= self.min_score)
        models = every.select(sure) if self.min_score else every
        write_genes(store, self.group(), models)
        predicted = store.attrs(f"predictions/{self.predictions}")
        below = len(every) - len(models)
        if few := few_genes(len(models), store.n_bases, self, predicted, below):
            log.warning("%s: %s", self.group(), few)
        partial = models.transcripts["partial5"].to_numpy() | models.transcripts["partial3"].to_numpy()
        return {
            "predictions": self.predictions,
            **self._corrections_told(store, work),
            "model_digest": predicted.get("model_digest"),
            "rules": self.rules,
            "regions": int(result.counts.get("regions", 0)),
            "region_bases": int(result.counts.get("region_bases", 0)),
            "genes": len(models),
            **({"genes_below_min_score": below} if self.min_score else {}),
            "partial_genes": int(partial.sum()),
            "coding_bases": int((models.cds["end"] - models.cds["start"]).sum()),
        }

    def _corrections_told(self, store: Store, work: Work) -> dict[str, Any]:
        learnt = Learnt.of(work.load(_LEARNT))
        told: dict[str, Any] = {} if learnt.utr_factor == 1.0 else {"utr_factor": round(learnt.utr_factor, 2)}
        if self.coverage is not None:
            groups = self._libraries(store) if any(learnt.evidence) else ()
            told |= {"coverage": self.coverage, "libraries": [group.rpartition("/")[2] for group in groups]}
        for name, likelihoods in zip(("missed", "missed_coding"), learnt.evidence, strict=True):
            if likelihoods is not None:
                told[name] = [round(share, 4) for share in likelihoods.missed.tolist()]
        if learnt.sites is not None:
            told["sites"] = {"introns": learnt.sites.n_introns} | {
                f"{kind}_bits": round(bits, 2) for kind, bits in information(learnt.sites).items()
            }
        return told

    def scan(self, span: Span, tracks: StoreTracks, strand: int) -> Scan:
        """Regions that begin in the owned part, the last of them followed to its end."""
        scan = scan_span(span, strand, self)
        region = scan.open_region
        if region is None:
            return scan
        contig_end = int(span.pieces.start[region.piece] - span.pieces.contig_start[region.piece])
        contig_end += int(span.pieces.contig_length[region.piece])
        end = follow_region(
            region,
            lambda start, stop: strand_units(tracks.classes(strand, start, stop), self.rules),
            contig_end,
            window=self.window_size,
            edge=self.edge_threshold,
            peak=self.peak_threshold,
            rules=self.rules,
        )
        if end < 0:
            return scan
        return Scan(
            np.append(scan.piece, region.piece), np.append(scan.start, region.start), np.append(scan.end, end), None
        )

    def load(self, store: Store, region: Region, correction: Correction) -> tuple[Span, StoreTracks]:
        """Read the region, the window before it, and some way ahead: few regions that begin in it reach beyond."""
        contigs = store.contigs
        first = int(contigs.offsets[contigs.contig_at(region.start)])
        last = int(contigs.offsets[contigs.contig_at(region.stop - 1) + 1])
        start = max(first, region.start - self.window_size)
        stop = min(last, region.stop + max(_LOOK_AHEAD, self.window_size))
        group = f"predictions/{self.predictions}"
        contig, pieces = _pieces(store, start, stop)
        phases = f"{group}/phase_probability"
        classes = store.read(f"{group}/class_probability", start, stop)
        if not correction.changes_nothing:
            classes = correction.apply(classes, start, stop)
        span = Span(
            codes=store.read("genome/sequence", start, stop),
            class_probability=classes,
            phase_probability=store.read(phases, start, stop) if store.has_array(phases) else None,
            contig=contig,
            pieces=pieces,
            own=(region.start - start, region.stop - start),
        )
        return span, StoreTracks(store, group, start, span.phase_probability is not None, correction)


@dataclass(frozen=True)
class StoreTracks:
    """Tracks read from the store when they are asked for; places count from `origin`."""

    store: Store
    group: str
    origin: int
    has_phases: bool
    correction: Correction

    def classes(self, strand: int, start: int, stop: int) -> NDArray[Any]:
        """(4, n) of one strand, as stored, or float32 where they are corrected."""
        if self.correction.changes_nothing:
            return self._of("class_probability", strand, start, stop)
        begin, end = self.origin + start, self.origin + stop
        both = self.store.read(f"{self.group}/class_probability", begin, end)
        corrected: NDArray[Any] = self.correction.apply(both, begin, end)[strand]
        return corrected

    def strand_arrays(
        self, strand: int, start: int, stop: int
    ) -> tuple[NDArray[np.uint8], NDArray[Any], NDArray[Any] | None]:
        """Codes, classes and phases of one strand, as stored."""
        codes = self.store.read("genome/sequence", self.origin + start, self.origin + stop)
        phases = self._of("phase_probability", strand, start, stop) if self.has_phases else None
        return codes, self.classes(strand, start, stop), phases

    def _of(self, name: str, strand: int, start: int, stop: int) -> NDArray[Any]:
        return self.store.array(f"{self.group}/{name}")[strand, :, self.origin + start : self.origin + stop]


def _pieces(store: Store, start: int, stop: int) -> tuple[NDArray[np.int64], LoadedParts]:
    """Contigs of a slice of `position`, and where they are in the array that is read from it."""
    contig, contig_start, contig_stop, position = store.contigs.pieces(start, stop)
    first = position - start
    return contig, LoadedParts(first, first + contig_stop - contig_start, contig_start, store.contigs.lengths[contig])
