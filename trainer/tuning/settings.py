"""What can be chosen when a network is trained, and what comes out of it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from helixdask.errors import BadInputError
from helixdask.outputs import check_folder, check_outputs
from helixdask.trainer.network.card import COVERAGE_NORMS
from helixdask.trainer.tuning.schedule import DECAYS, Decay

__all__ = ["LEARNING_RATES", "Mode", "Precision", "TuneResult", "TuneSettings"]

Mode = Literal["auto", "head", "coverage", "whole"]
Precision = Literal["float32", "bfloat16"]
MODES: Final = ("auto", "head", "coverage", "whole")
PRECISIONS: Final = ("float32", "bfloat16")

LEARNING_RATES: dict[str, float] = {"head": 1e-3, "coverage": 1e-3, "whole": 3e-4, "scratch": 3e-4}
"""Step sizes where none is given. 3e-4 is Helixer's for all weights; an output layer alone learns too little at it."""


@dataclass(frozen=True)
class TuneSettings:
    """Settings of a training run.

    Parameters
    ----------
    stores
        Stores to train on; each needs a split.
    output
        Model file to write, ``.keras``. The log (``.csv``) and the curves (``.png``) lie beside it.
    model
        Base model; training from scratch has none.
    mode
        ``head``: the output layer on the frozen network. ``coverage``: an output layer that also sees RNA-seq
        coverage. ``whole``: all weights, and with ``coverage`` named an output layer that sees it. ``auto``:
        ``coverage`` where the stores hold coverage, else ``head``. A base model that sees coverage keeps its libraries
        in every mode.
    split, labels
        Names in the stores; None: the only split there is, and the labels it was made with.
    coverage
        Coverage set; None: the only one there is, where the mode or the base model needs one.
    coverage_norm
        ``log``, ``linear`` or ``none``; None: the base model's.
    hidden_units
        Width of a layer between coverage and output; 0: none; None: as in the base model.
    new_head
        ``base``: the output layer starts as the base model's, with nothing yet from libraries that are new to it.
        ``random``: it starts from random numbers, as in Helixer; it then needs far more steps. None: ``base``, but
        ``random`` under ``rules="helixer"`` where a new output layer is made.
    epochs, patience
        Most epochs; checks on the validation windows without a better score after which training ends.
    check_every
        Steps between two checks; 0: one at the end of each epoch.
    max_steps, max_hours
        Further limits; 0: none.
    batch_size, validation_batch_size
        Windows per batch.
    learning_rate
        None: by mode, see `LEARNING_RATES`.
    warmup_steps, decay
        Steps over which the learning rate rises; how it falls after that, see `helixdask.trainer.tuning.schedule`.
    optimiser, weight_decay, clip_norm
        See `helixdask.trainer.tuning.optimisers.make_optimiser`.
    class_weights, transition_weights
        Of the loss; None: those that the base model was trained with, Helixer's documented ones where it does not
        tell; empty: no weighting.
    confidence
        Name of predictions in each store: the loss of a base is multiplied by the probability that they gave to its
        label, so that doubtful pseudolabels teach less. None: no such weights.
    precision
        ``float32``, or ``bfloat16``: matrix products in bfloat16, weights and losses in float32. It pays on GPUs that
        have it; on CPUs it is slower.
    xla
        Compile the step with XLA: quicker for small batches on CPUs, after some seconds for each shape of a batch.
    random_offsets
        Shift full windows by up to a quarter of their length, anew each epoch, never over a contig's edge nor into a
        validation window.
    balance_stores
        Each store gives as many windows to an epoch as the others: large ones a part of theirs, small ones theirs
        several times. An epoch is as long as without.
    seed
        Of weights, order and shifts.
    threads
        CPU threads; 0: all there are. Same seed and threads: same model.
    resume
        None: go on from the checkpoint of an interrupted run if it was this one, else start afresh. True: there must be
        one. False: never.
    tensorboard
        Folder for TensorBoard's event files; None: none.
    rules
        ``helixer``: exactly as Helixer trains (whole timesteps masked, decay not scaled, no shifts, random head).
    """

    stores: tuple[str, ...]
    output: str
    model: str | None = None
    mode: Mode = "auto"
    split: str | None = None
    labels: str | None = None
    coverage: str | None = None
    coverage_norm: str | None = None
    hidden_units: int | None = None
    new_head: Literal["base", "random"] | None = None
    epochs: int = 10
    patience: int = 3
    check_every: int = 0
    max_steps: int = 0
    max_hours: float = 0.0
    batch_size: int = 8
    validation_batch_size: int = 16
    learning_rate: float | None = None
    warmup_steps: int = 0
    decay: Decay = "none"
    optimiser: str = "adamw"
    weight_decay: float = 3.5e-5
    clip_norm: float | None = 3.0
    class_weights: tuple[float, ...] | None = None
    transition_weights: tuple[float, ...] | None = None
    confidence: str | None = None
    precision: Precision = "float32"
    xla: bool = False
    random_offsets: bool = True
    balance_stores: bool = False
    seed: int = 0
    threads: int = 0
    resume: bool | None = None
    tensorboard: str | None = None
    rules: str = "default"

    def check(self) -> None:
        """Refuse what cannot work before anything is loaded.

        Raises
        ------
        BadInputError
            Says which setting, and what it may be.
        """
        if not self.stores:
            raise BadInputError("no store to train on", remedy="Name at least one store.")
        output = Path(self.output)
        if output.suffix != ".keras":
            raise BadInputError("the name of a model file must end in .keras", where=self.output)
        check_outputs(output, output.with_suffix(".md"), output.with_suffix(".csv"), output.with_suffix(".png"))
        check_folder(self.tensorboard)
        for name in ("epochs", "patience", "batch_size", "validation_batch_size"):
            if getattr(self, name) < 1:
                raise BadInputError(f"{name} is {getattr(self, name)}", remedy="It must be 1 or more.")
        for name in ("warmup_steps", "check_every", "max_steps", "max_hours"):
            if getattr(self, name) < 0:
                raise BadInputError(f"{name} is {getattr(self, name)}", remedy="It must be 0 or more.")
        for name, n in (("class_weights", 4), ("transition_weights", 6)):
            weights = getattr(self, name)
            if weights and (len(weights) != n or min(weights) < 0):
                raise BadInputError(f"{name} are {list(weights)}", remedy=f"Give {n} numbers that are not negative.")
        choices = {
            "mode": MODES,
            "rules": ("default", "helixer"),
            "decay": DECAYS,
            "coverage_norm": (None, *COVERAGE_NORMS),
            "precision": PRECISIONS,
            "new_head": (None, "base", "random"),
        }
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                listed = ", ".join(value for value in allowed if value)
                raise BadInputError(f"{name} is {getattr(self, name)!r}", remedy=f"There are {listed}.")

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
        As in the card: ``better``, scores of both by class, and ``text``.
    history
        One row per check, epoch 0 the base model.
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
    stopped: str = "epochs"
    steps: int = 0
    seconds: float = 0.0
    windows_per_second: float = 0.0
    bases_per_second: float = 0.0

    @property
    def better(self) -> bool:
        """Whether it is better than its base model (True without one)."""
        return bool(self.verdict.get("better"))
