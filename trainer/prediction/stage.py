"""The stage that predicts a genome: classes and phases of every base on both strands."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from helixdask.engine.costs import (
    BYTES_PER_PROBABILITY,
    CORES_OF_A_GPU,
    COSTS,
    MULTIPLICATIONS_PER_SECOND,
    SECONDS_PER_BASE,
    Cost,
)
from helixdask.engine.progress import tell_awaited, tell_inside
from helixdask.engine.stage import Region, RegionResult, Stage, Work
from helixdask.errors import BadInputError
from helixdask.public_names import public_name
from helixdask.settings import Natural, Rules, check_settings
from helixdask.store.store import Store
from helixdask.trainer.network.card import CoverageNorm
from helixdask.trainer.network.describe import ModelDescription, describe_model, file_digest
from helixdask.trainer.network.libraries import model_libraries
from helixdask.trainer.network.size import activations, multiplications
from helixdask.trainer.prediction.batches import batch_size_on_gpu, default_batch_size
from helixdask.trainer.prediction.confidence import flat_model, genic_counts, genic_summary
from helixdask.trainer.prediction.merge import add_predictions, count_contributions, to_means
from helixdask.trainer.prediction.predictor import Predictor, cached_predictor
from helixdask.trainer.prediction.settings import Precision, PredictSettings, predictions_name
from helixdask.windows.cut import COVERAGE_PADDING, PADDING, WindowLayout
from helixdask.windows.plan import PlannedWindows, WindowRule, buckets, plan_windows
from helixdask.windows.read import held_track, read_into

log = logging.getLogger(__name__)

_TRACKS = ("class_probability", "phase_probability")
_FEWEST_WINDOWS, _ENOUGH_WINDOWS = 12, 24
_TASKS = 16


@dataclass(frozen=True, kw_only=True)
class PredictStage(PredictSettings, Stage):
    """Predict a genome with a model; use `for_model`, which fills in what the model's card says.

    Parameters
    ----------
    model
        Model file; an absolute path that every worker can read.
    libraries
        Libraries of the coverage set, in the order of the network's channels, for a model that takes coverage.
    """

    name: ClassVar[str] = "predict"
    cost: ClassVar[Cost] = COSTS["predict"]
    file_fields: ClassVar[tuple[str, ...]] = ("model",)
    packages: ClassVar[tuple[str, ...]] = ("tensorflow", "keras")
    not_compared: ClassVar[tuple[str, ...]] = ("batch_size",)
    bases_per_task: ClassVar[int] = 1 << 20

    model: str
    predictions: str
    window_length: Natural
    precision: Precision = "uint8"
    coverage_norm: CoverageNorm = "log"
    libraries: tuple[str, ...] = ()

    @classmethod
    def for_model(
        cls, store: Store | str | None, model: str | Path, settings: PredictSettings | None = None, **more: Any
    ) -> PredictStage:
        """Fill in from the model's card what is left out.

        Parameters
        ----------
        store
            The store, or its path or URL; None: it is not there yet, and the stage is for a plan.
        model
            Model file, `.keras` or Helixer's `.h5`.
        settings
            How to predict; None: the defaults.
        more
            Fields of the settings that differ from them.

        Returns
        -------
        PredictStage
            Ready to run.

        Raises
        ------
        BadInputError
            The model cannot be read, or an option does not fit it.
        MissingInputError
            The model was tuned on libraries that the store lacks.
        """
        described = describe_model(model)
        settings = replace(settings or PredictSettings(), **more)
        coverage = settings.coverage
        window_length = settings.window_length or int(described.card["inference_window"])
        _check_window(window_length, described)
        libraries: tuple[str, ...] = ()
        if described.spec.n_libraries and store is None:
            libraries = tuple(f"library {number + 1}" for number in range(described.spec.n_libraries))
        elif described.spec.n_libraries:
            opened = store if isinstance(store, Store) else Store.open(str(store))
            coverage = opened.resolve("coverage", coverage)
            wanted = model_libraries(opened, coverage, described.spec, described.card)
            libraries = tuple(library.name for library in wanted)
        elif coverage is not None:
            raise BadInputError("the model takes no coverage", where=described.path, remedy="Leave --coverage out.")
        found = {
            "model": described.path,
            "predictions": settings.predictions or predictions_name(model),
            "window_length": window_length,
            "coverage": coverage if libraries else None,
            "libraries": libraries,
            "precision": settings.precision or ("float16" if settings.rules == Rules.HELIXER else "uint8"),
            "coverage_norm": settings.coverage_norm or described.card["coverage_norm"],
        }
        return cls(**vars(settings) | found)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_settings(self)
        _ = self.rule

    @property
    def rule(self) -> WindowRule:
        """How windows lie."""
        return WindowRule.of(self.window_length, overlap=self.overlap, offset=self.offset, core_length=self.core_length)

    def group(self) -> str:
        """Group of the store that is written."""
        return f"predictions/{self.predictions}"

    def region_length(self, n_bases: int) -> int:
        """Bases of a task: so many windows that those on its edges, which the next task needs too, are few.

        A small genome has shorter ones, for workers to finish together.
        """
        enough = max(self.bases_per_task, _ENOUGH_WINDOWS * self.window_length)
        return min(enough, max(n_bases // _TASKS, _FEWEST_WINDOWS * self.window_length))

    @property
    def uses_gpus(self) -> bool:
        """Whether regions are computed on GPUs where there are some: they are."""
        return True

    def estimate_seconds(self, n_bases: int) -> float:
        """Time of one worker: a network multiplies for every base of both strands, as often as windows lie on it."""
        spec = describe_model(self.model).spec
        per_second = MULTIPLICATIONS_PER_SECOND * self.threads
        return self._seen(n_bases) * (multiplications(spec) / per_second + SECONDS_PER_BASE)

    def estimate_seconds_on_gpu(self, n_bases: int) -> float:
        """Time of one GPU, or of the core that gives it windows and takes probabilities meanwhile."""
        spec = describe_model(self.model).spec
        per_second = MULTIPLICATIONS_PER_SECOND * CORES_OF_A_GPU
        return self._seen(n_bases) * max(multiplications(spec) / per_second, SECONDS_PER_BASE)

    def _seen(self, n_bases: int) -> float:
        """Bases that the network sees of a genome: of both strands, as often as windows lie on them."""
        return 2 * n_bases * (self.window_length / self.rule.offset if self.overlap else 1)

    def estimate_bytes(self, n_bases: int) -> float:
        """Size of the probabilities, by their precision, with or without phases."""
        tracks = describe_model(self.model).spec.n_outputs
        return n_bases * BYTES_PER_PROBABILITY[self.precision] * 8 * tracks

    def estimate_memory(self, region_length: int) -> float:
        """A process with TensorFlow, the arrays of a task, and what the network keeps of a batch."""
        spec = describe_model(self.model).spec
        bases = (self.batch_size or default_batch_size(self.window_length)) * self.window_length
        return super().estimate_memory(region_length) + 4.0 * activations(spec) * bases

    def dtypes(self) -> dict[str, str]:
        """Types of the tracks."""
        return dict.fromkeys(_TRACKS, self.precision)

    def left_out(self) -> frozenset[str]:
        """The track of phases, where the network has none."""
        return frozenset() if describe_model(self.model).spec.predict_phase else frozenset({_TRACKS[1]})

    def inputs(self, store: Store) -> dict[str, str]:
        """Genome, model and coverage; whether they fit together is checked."""
        described = describe_model(self.model)
        _check_window(self.window_length, described)
        if described.spec.n_libraries != len(self.libraries):
            raise BadInputError(
                f"the model takes {described.spec.n_libraries} libraries, {len(self.libraries)} are given",
                where=self.model,
            )
        found = {"genome": store.identity("genome"), "model": described.digest}
        for library in self.libraries:
            found[f"coverage/{self.coverage}/{library}"] = store.identity(f"coverage/{self.coverage}/{library}")
        return found

    def prepare(self, store: Store, work: Work) -> None:
        """Note which file it is, so that a worker notices when another one takes its place."""
        del store
        work.save("model", digest=np.array(file_digest(self.model)))

    def run(self, store: Store, region: Region, work: Work) -> RegionResult:
        """Predict the bases of a region, from all windows that say something about them."""
        digest = str(work.load("model")["digest"])
        tell_awaited("starting TensorFlow")
        predictor = cached_predictor(self.model, digest, self.coverage_norm, self.threads)
        contigs = store.contigs
        pieces = contigs.pieces(region.start, region.stop)
        lengths = contigs.lengths[pieces.contig]
        counts = np.zeros((2, region.length), np.uint16)
        totals = [np.zeros((2, 4, region.length), np.float32) for _ in range(predictor.spec.n_outputs)]
        batch_bases = self._bases_of_batch(predictor, region)
        n_windows = n_batches = n_bases = 0
        for rule, members in self._rules_of(lengths, predictor.spec.pool_size):
            offsets = contigs.offsets[pieces.contig[members]]
            part = (offsets, lengths[members], pieces.contig_start[members], pieces.contig_stop[members])
            windows = plan_windows(*part, rule)
            count_contributions(counts, region.start, windows)
            bases, n_done = int((pieces.contig_stop - pieces.contig_start)[members].sum()), 0
            for batch, outputs in predictor.stream(self._batches(store, windows, rule.length, batch_bases)):
                n_batches, n_done = n_batches + 1, n_done + len(batch)
                for total, predicted in zip(totals, outputs, strict=True):
                    add_predictions(total, region.start, predicted, batch)
                tell_inside(region.index, n_bases + bases * n_done / len(windows))
            n_windows, n_bases = n_windows + len(windows), n_bases + bases
        to_means(totals, counts)
        genic = genic_counts(totals[0])
        for track in _TRACKS[: len(totals)]:
            self._write(store, f"{self.group()}/{track}", region, totals.pop(0))
        return RegionResult({"windows": n_windows, "batches": n_batches} | genic.counts, genic.tables)

    def _rules_of(self, lengths: NDArray[np.int64], pool_size: int) -> Iterable[tuple[WindowRule, NDArray[np.int64]]]:
        if self.rules == Rules.HELIXER:
            return [(self.rule, np.arange(len(lengths)))]
        return buckets(lengths, self.rule, pool_size)

    def _bases_of_batch(self, predictor: Predictor, region: Region) -> int:
        """Bases of a batch: as wanted, else as the device has memory for."""
        windows = self.batch_size or default_batch_size(self.window_length)
        if self.batch_size is None and predictor.gpu is not None:
            of_task = int(self._seen(region.length) / self.window_length) + 1
            memory, values = predictor.gpu.memory, activations(predictor.spec)
            windows = batch_size_on_gpu(self.window_length, of_task, memory, values)
        return windows * self.window_length

    def _batches(
        self, store: Store, windows: PlannedWindows, length: int, batch_bases: int
    ) -> Iterator[tuple[PlannedWindows, NDArray[np.uint8], NDArray[np.float32] | None]]:
        """Batches of full size, as many bases in each whatever the length of a window; left-over rows are padding."""
        if not len(windows):
            return
        start, stop = int(windows.spans.position.min()), int((windows.spans.position + windows.spans.size).max())
        channels = [
            f"coverage/{self.coverage}/{library}/{track}"
            for track in ("coverage", "spliced_coverage")
            for library in self.libraries
        ]
        tracks = [held_track(store, path, start, stop) for path in ("genome/sequence", *channels)]
        shape = (max(1, batch_bases // length), length)
        codes = np.empty(shape, np.uint8)
        coverage = np.empty((*shape, len(channels)), np.float32)
        outs = [codes, *np.moveaxis(coverage, -1, 0)]
        for first in range(0, len(windows), len(codes)):
            batch = windows.take(slice(first, first + len(codes)))
            codes.fill(PADDING)
            coverage.fill(COVERAGE_PADDING)
            read_into(tracks, outs, batch.spans, WindowLayout(length))
            yield batch, codes, coverage if channels else None

    def _write(self, store: Store, path: str, region: Region, means: NDArray[np.float32]) -> None:
        """Write means, shard by shard and in place: they are the largest arrays of a task."""
        shard = store.array(path).block
        for first in range(0, region.length, shard):
            part = slice(first, first + shard)
            mean = means[..., part]
            if self.precision == "uint8":
                mean *= 255
                np.rint(mean, out=mean)
            store.write_region(path, region.start + first, mean.astype(self.precision))

    def finish(self, store: Store, work: Work, result: RegionResult) -> dict[str, Any]:
        """What to know about the predictions."""
        described, genic = describe_model(self.model), genic_summary(result)
        if flat := flat_model(genic, store.n_bases):
            log.warning("%s: %s", self.group(), flat)
        return {
            "model_path": public_name(self.model),
            "model_digest": str(work.load("model")["digest"]),
            "model_card": {key: described.card[key] for key in ("name", "base_model", "seed", "training_window")},
            "utr_ratio": described.card.get("utr_ratio"),
            "network": described.spec.to_dict(),
            "window_length": self.window_length,
            "rules": self.rules,
            "overlap": self.overlap,
            "offset": self.rule.offset,
            "core_length": self.rule.length - 2 * self.rule.trim,
            "precision": self.precision,
            "has_phase": described.spec.predict_phase,
            "coverage": self.coverage,
            "libraries": list(self.libraries),
            "coverage_norm": self.coverage_norm if self.libraries else None,
            "counts": {name: int(result.counts.get(name, 0)) for name in ("windows", "batches")},
            "genic": genic,
        }


def _check_window(window_length: int, described: ModelDescription) -> None:
    pool = described.spec.pool_size
    if window_length < pool or window_length % pool:
        nearest = max(pool, round(window_length / pool) * pool)
        raise BadInputError(
            f"a window of {window_length} bases cannot be divided by the model's pool size {pool}",
            where=described.path,
            remedy=f"Use --window-length {nearest}.",
        )
