"""What can be chosen when a network is trained, and what comes out of it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from helixdask.engine.gpus import wanted_gpus
from helixdask.engine.settings import Devices
from helixdask.errors import BadInputError
from helixdask.settings import Count, Limit, Natural, Rules, RuleSet, Shown, check_settings
from helixdask.trainer.network.card import CoverageNorm
from helixdask.trainer.tuning.schedule import Decay

Doubt = Literal["mask", "teach"]
Mode = Literal["auto", "norm", "head", "coverage", "whole"]
Precision = Literal["float32", "bfloat16"]
Weights = Annotated[tuple[float, ...], Shown(metavar="JSON")]

LEARNING_RATES: dict[str, float] = {"norm": 3e-4, "head": 1e-3, "coverage": 1e-3, "whole": 3e-4, "scratch": 3e-4}
"""Step sizes where none is given. 3e-4 is Helixer's for all weights; an output layer alone learns too little at it.
With ``norm`` no weight learns, whatever it is."""

_OF_LEARNING = (
    *("learning_rate", "warmup_steps", "decay", "optimiser", "weight_decay", "clip_norm"),
    *("hidden_units", "new_head", "confidence", "class_weights", "transition_weights", "window_weights", "doubt"),
)
"""Settings that say how weights learn."""


@dataclass(frozen=True)
class TuneSettings:
    """Settings of a training run.

    Parameters
    ----------
    stores
        One or more prepared stores; each needs a split.
    output
        The model to write. Its card (``.md``), the log (``.csv``) and the curves (``.png``) lie beside it.
    model
        Base model; training from scratch has none.
    mode
        norm: no weight learns, normalisation takes its means and variances anew from the training windows; head: the
        output layer on the frozen network; coverage: one that also sees RNA-seq coverage; whole: all of it,
        with coverage if a set is named; auto: coverage where a set is named; else whole where labels are known genes or
        stores hold reads, head where there is nothing but pseudolabels. A base model that sees coverage keeps its
        libraries in every mode.
    coverage
        Coverage set to learn from, too. Default: the only one there is, where the mode or the base model needs one.
    coverage_norm
        How coverage enters the network. Default: as in the base model, else log.
    hidden_units
        Units of a layer between coverage and output; 0: none. Default: as in the base model.
    new_head
        What the output layer starts from: base, with nothing yet from libraries that are new to it; or random, as in
        Helixer, which needs far more steps. Default: the base model's, with --rules helixer random.
    confidence
        Weigh each base by the probability that these predictions give its label, so that doubtful pseudolabels teach
        less.
    learning_rate
        Step size. Default: 0.001 for head and coverage, 0.0003 for whole and from scratch.
    epochs
        Passes over the training windows, at most.
    labels
        Labels to learn; those of the split by default.
    split
        Split to learn from; the only one by default.
    selection
        Selection among its training windows; the only one by default. Validation is all of the split's.
    validate_on
        Store among them that only validates, with all windows of its split but those for test; the others only train.
    copies_across
        Leave training windows out that are near copies of validation windows of another store, where kinship was found
        in all of them.
    batch_size
        Windows in a step; halved when memory is short.
    validation_batch_size
        Windows in a batch of validation.
    patience
        Checks without gain before it stops.
    check_every
        Steps from one check on the validation windows to the next; 0: each epoch.
    max_steps
        Steps in all, at most; 0: no limit.
    max_hours
        Hours, at most; 0: no limit.
    warmup_steps
        Steps over which the step size rises.
    decay
        How the step size falls to 0 at the last step.
    optimiser, weight_decay, clip_norm
        See `helixdask.trainer.tuning.optimisers.make_optimiser`.
    random_offsets
        Shift full windows by up to a quarter of their length, anew each epoch, never over a contig's edge nor into a
        validation window.
    balance_stores
        As many windows of each store in an epoch, whatever its size: of large ones a part, of small ones all, several
        times. An epoch is as long as without.
    window_weights
        Let windows count as the selection says, so that all of them together stand for the genome.
    seed
        Seed of new weights and the order of windows.
    threads
        CPU threads; 0: all there are. Same seed and threads: same model.
    devices
        GPUs that share each batch: all, or how many. 0: the processor, as where there is none.
    resume
        Demand to go on from an interrupted run, or never do. Default: if it was this one.
    doubt
        What is done with pseudolabels in doubt, bases labelled intergenic that reads cover or that the predictions
        behind the labels take for genic with some probability: ``mask`` them, or ``teach`` them as they are.
    keep_worse
        Without known genes: write the tuned model also where it is not shown to be better than the base model, which is
        written in its place otherwise.
    replace
        Train anew where the model is there already, or where an interrupted run with other settings is.
    precision
        bfloat16: quicker on GPUs that have it. Matrix products are in bfloat16 then, weights and losses in float32.
    xla
        Compile with XLA: quicker for small batches on CPUs, after some seconds for each shape of a batch.
    tensorboard
        Also write logs for TensorBoard.
    class_weights
        Weights of intergenic, UTR, CDS, intron; `none`: 1. Default: the base model's, else Helixer's documented ones.
    transition_weights
        Weights at starts and ends of transcripts, CDS and introns; `none`: 1. Default: the base model's.
    rules
        ``helixer``: exactly as Helixer trains (whole timesteps masked, decay not scaled, no shifts, random head).
    """

    stores: Annotated[tuple[str, ...], Shown(argument=True, metavar="STORE...")]
    output: Annotated[str, Shown(option="--output -o", metavar="MODEL.keras")]
    model: str | None = None
    mode: Mode = "auto"
    split: str | None = None
    selection: str | None = None
    labels: str | None = None
    validate_on: Annotated[str | None, Shown(metavar="STORE")] = None
    copies_across: bool = True
    coverage: str | None = None
    coverage_norm: CoverageNorm | None = None
    hidden_units: Annotated[int, Shown(option="--hidden-layer", min=0)] | None = None
    new_head: Literal["base", "random"] | None = None
    epochs: Natural = 10
    patience: Natural = 3
    check_every: Count = 0
    max_steps: Count = 0
    max_hours: Limit = 0.0
    batch_size: Natural = 8
    validation_batch_size: Natural = 16
    learning_rate: Limit | None = None
    warmup_steps: Count = 0
    decay: Decay = "none"
    optimiser: str = "adamw"
    weight_decay: float = 3.5e-5
    clip_norm: float | None = 3.0
    class_weights: Weights | None = None
    transition_weights: Weights | None = None
    confidence: Annotated[str, Shown(metavar="PREDICTIONS")] | None = None
    precision: Precision = "float32"
    xla: bool = False
    random_offsets: bool = True
    balance_stores: bool = False
    window_weights: bool = True
    seed: int = 0
    threads: Count = 0
    devices: Devices = "all"
    resume: bool | None = None
    doubt: Doubt = "mask"
    keep_worse: bool = False
    replace: bool = False
    tensorboard: Annotated[str, Shown(metavar="DIR")] | None = None
    rules: RuleSet = Rules.DEFAULT

    def check(self) -> None:
        """Refuse what cannot work before anything is loaded.

        Raises
        ------
        BadInputError
            Says which setting, and what it may be.
        """
        from helixdask.outputs import check_folder, check_outputs

        if not self.stores:
            raise BadInputError("no store to train on", remedy="Name at least one store.")
        output = Path(self.output)
        if output.suffix != ".keras":
            raise BadInputError("the name of a model file must end in .keras", where=self.output)
        check_outputs(output, output.with_suffix(".md"), output.with_suffix(".csv"), output.with_suffix(".png"))
        check_folder(self.tensorboard)
        check_settings(self)
        devices = wanted_gpus(self.devices)
        if devices is not None and devices > self.batch_size:
            raise BadInputError(
                f"{devices} devices cannot share a batch of {self.batch_size} windows",
                remedy="Give a larger --batch-size, or fewer --devices.",
            )
        self._check_norm()
        for name, n in (("class_weights", 4), ("transition_weights", 6)):
            weights = getattr(self, name)
            if weights and (len(weights) != n or min(weights) < 0):
                raise BadInputError(f"{name} are {list(weights)}", remedy=f"Give {n} numbers that are not negative.")

    def _check_norm(self) -> None:
        if self.mode != "norm":
            return
        defaults = {each.name: each.default for each in dataclasses.fields(self)}
        given = [name for name in _OF_LEARNING if getattr(self, name) != defaults[name]]
        if given:
            raise BadInputError(
                f"{given[0]} is given, but no weight learns", where="mode norm", remedy="Leave it out, or tune whole."
            )
        if self.rules == Rules.HELIXER:
            raise BadInputError(
                "the rules `helixer` know no mode norm", remedy="Use the default rules, or another --mode."
            )

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values, for the model's card."""
        return dataclasses.asdict(self)


@dataclass(frozen=True)
class TuneResult:
    """What a training run ended with.

    Attributes
    ----------
    path, digest
        The model file and its SHA-256.
    best_epoch
        Epoch it was taken from, from 1; 0 where training was stopped before the first was scored.
    genic_f1, base_genic_f1
        Of the model and of its base model on the same validation windows; None where not scored.
    verdict
        As in the card: ``outcome``, ``better``, ``written`` (``tuned`` or ``base``), scores of both, and ``text``.
    history
        One row per check, epoch 0 the base model.
    state
        ``done``, or ``already there`` where an earlier run of the same recipe had ended and nothing was trained.
    stopped
        Why training ended: ``epochs``, ``patience``, ``max_steps``, ``max_hours`` or ``interrupted``.
    windows_per_second, bases_per_second
        While training, validation not counted.
    """

    path: str
    digest: str
    best_epoch: int
    genic_f1: float | None
    base_genic_f1: float | None
    verdict: dict[str, Any]
    history: list[dict[str, Any]] = field(repr=False)
    state: str = "done"
    stopped: str = "epochs"
    steps: int = 0
    seconds: float = 0.0
    windows_per_second: float = 0.0
    bases_per_second: float = 0.0

    @property
    def better(self) -> bool:
        """Whether it is better than its base model (True without one)."""
        return bool(self.verdict.get("better"))
