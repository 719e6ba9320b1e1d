"""Steps of a recipe: run one after the other, or planned, also those whose inputs are not there yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING

from helixdask.coverage.kinds import DEFAULT_SET
from helixdask.engine.run import Summary, plan_ahead, run_stage
from helixdask.errors import MissingInputError
from helixdask.stages import call_stage, coverage_stages
from helixdask.store.root import is_store

if TYPE_CHECKING:
    from helixdask.calling.settings import CallSettings
    from helixdask.coverage.libraries import Library
    from helixdask.coverage.settings import CoverageSettings
    from helixdask.engine.cluster import RunOptions
    from helixdask.engine.stage import Stage
    from helixdask.trainer.prediction.settings import PredictSettings

GENOME = "genome"


@dataclass(frozen=True)
class Step:
    """A stage of a recipe.

    Parameters
    ----------
    make
        Makes the stage when what it needs is in the store.
    ahead
        Makes it before that, for its plan; None: `make` does, too.
    needs
        Groups that it reads beside the genome.
    """

    make: Callable[[], Stage]
    ahead: Callable[[], Stage] | None = None
    needs: tuple[str, ...] = ()


def run_steps(
    steps: Sequence[Step], url: str, options: RunOptions, on_stage: Callable[[Summary], None]
) -> list[Summary]:
    """Run all steps, or with ``options.dry_run`` plan them.

    What a later step can refuse before its inputs are there, such as a model, is refused before the first step.
    What a planned step is going to make is not there for those that follow: these are planned from the length of the
    genome alone, as the first of them knows or estimates it.

    Raises
    ------
    BadInputError
        An input cannot be used; or, of all that is planned, something does not fit.
    """
    for step in steps:
        if step.ahead is not None:
            step.ahead()
    done: list[Summary] = []
    planned: set[str] = set()
    for step in steps:
        if options.dry_run and not planned.isdisjoint({GENOME, *step.needs}):
            n_bases = max(summary.plan.bases for summary in done if summary.plan is not None)
            summary = plan_ahead((step.ahead or step.make)(), url, options, n_bases, done)
        else:
            summary = run_stage(step.make(), url, options)
        if summary.state == "planned":
            planned.add(summary.group)
        done.append(summary)
        on_stage(summary)
    return done


def coverage_steps(
    url: str, libraries: Sequence[Library], settings: CoverageSettings, *, replace_there: bool
) -> list[Step]:
    """A step for each library; all of them are checked before the first is counted."""
    from helixdask.coverage.adding import stage_of

    checked = cache(lambda: coverage_stages(url, libraries, settings, replace=replace_there))
    return [
        Step(partial(lambda row: checked()[row], row), partial(stage_of, library, settings))
        for row, library in enumerate(libraries)
    ]


def predict_step(url: str, model: str, settings: PredictSettings, libraries: Sequence[Library]) -> Step:
    """The prediction, which reads coverage where the model sees some."""
    from helixdask.trainer.prediction.stage import PredictStage

    coverage = settings.coverage or DEFAULT_SET

    def ahead() -> PredictStage:
        if is_store(url) and not libraries:
            return PredictStage.for_model(url, model, settings)
        stage = PredictStage.for_model(None, model, settings)
        if len(stage.libraries) > len(libraries) and not is_store(url):
            raise MissingInputError(
                f"the model sees the reads of {len(stage.libraries)} libraries, {len(libraries)} are given",
                where=model,
                remedy="Name them with --bam or --libraries.",
            )
        return stage

    return Step(
        partial(PredictStage.for_model, url, model, settings),
        ahead,
        tuple(f"coverage/{coverage}/{library.name}" for library in libraries),
    )


def call_step(url: str, settings: CallSettings, completed: Callable[[CallSettings], CallSettings]) -> Step:
    """Genes from predictions that are named; the settings are completed when the steps before are done, or planned."""
    from helixdask.calling.stage import CallStage

    named = {"output": settings.output or settings.predictions}
    return Step(
        lambda: call_stage(url, completed(settings)),
        lambda: CallStage(**vars(completed(settings)) | named),
        (f"predictions/{settings.predictions}",),
    )
