"""What a training run will take: memory and disk from the size of its network, time from a few steps."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from helixdask.amounts import size
from helixdask.engine.costs import COSTS, TRAINING_MEMORY
from helixdask.engine.machine import usable_memory
from helixdask.errors import BadInputError
from helixdask.trainer.network.size import activations
from helixdask.trainer.network.spec import NetworkSpec

STEPS_TO_MEASURE: Final = 6
"""The first of which compiles the network, and is not counted."""
_NUMBER: Final = 4
"""Bytes of a weight and of an activation."""


def memory_of_training(spec: NetworkSpec, n_weights: int, n_learning: int, n_bases: int, n_averaged: int = 0) -> float:
    """Rough peak memory in bytes.

    Parameters
    ----------
    spec
        The network.
    n_weights, n_learning
        Its weights, and those that learn: each of these has a gradient and two moments.
    n_bases
        Bases of a batch.
    n_averaged
        Weights whose mean over steps is kept.

    Examples
    --------
    >>> frozen = memory_of_training(NetworkSpec(), 2_100_000, 20_000, 8 * 21_384)
    >>> memory_of_training(NetworkSpec(), 2_100_000, 2_100_000, 8 * 21_384) > 1.3 * frozen
    True
    """
    passes = 3 if n_learning > n_weights / 2 else 1  # values that the step back needs, and their gradients
    return TRAINING_MEMORY + _NUMBER * (n_weights + 3 * n_learning + n_averaged + passes * activations(spec) * n_bases)


def disk_of_training(n_weights: int, n_learning: int, n_averaged: int = 0) -> int:
    """Bytes of the model, and of the checkpoint that lies beside it until the end."""
    return _NUMBER * (2 * n_weights + (n_weights + 2 * n_learning + n_averaged))


def refuse_what_cannot_fit(memory: float, disk: float, output: str, *, on_processor: bool) -> None:
    """Raise where memory or disk are plainly too small.

    Raises
    ------
    BadInputError
        They are; of the memory of a GPU nothing is known.
    """
    if on_processor and memory > usable_memory():
        raise BadInputError(
            f"training needs about {size(memory)} of memory, {size(usable_memory())} may be used here",
            remedy="Use a smaller --batch-size, or --mode head.",
        )
    folder = Path(output).absolute().parent
    free = shutil.disk_usage(folder).free if folder.is_dir() else disk
    if disk > free:
        raise BadInputError(
            f"model and checkpoint take about {size(disk)}, {size(free)} are free",
            where=str(folder),
            remedy="Make room, or choose another place.",
        )


def measured(train: Callable[[Any], Any], score: Callable[[Any], Any], batches: Iterable[Any]) -> dict[str, float]:
    """Seconds of a step, of scoring a batch, and until the first step is done, from a few of them.

    Parameters
    ----------
    train, score
        What is done with a batch.
    batches
        A few; the first is not counted but for the start.
    """
    steps, scores = [], []
    for batch in batches:
        begin = time.perf_counter()
        train(batch)
        between = time.perf_counter()
        score(batch)
        steps.append(between - begin)
        scores.append(time.perf_counter() - between)
    return {
        "seconds_to_begin": steps[0],
        "seconds_a_step": float(np.median(steps[1:] or steps)),
        "seconds_to_score_a_batch": float(np.median(scores[1:] or scores)),
    }


@dataclass(frozen=True)
class Checks:
    """What is scored in a run.

    Parameters
    ----------
    steps_between
        Steps from one check to the next.
    batches
        Batches that a check scores.
    called_batches, called_bases
        Batches and bases of a strand on which genes are called; 0: none are.
    has_base
        Whether the base model is scored, too.
    by_evidence
        Whether genes are called at every check, and not only by the base model and the best one.
    """

    steps_between: int
    batches: int
    called_batches: int = 0
    called_bases: int = 0
    has_base: bool = True
    by_evidence: bool = False

    def seconds(self, n_steps: int, seconds_a_batch: float) -> float:
        """Seconds of all checks of so many steps.

        Examples
        --------
        >>> Checks(steps_between=100, batches=5).seconds(n_steps=250, seconds_a_batch=2.0)
        40.0
        """
        scored = -(-n_steps // self.steps_between) + self.has_base
        called = scored if self.by_evidence else 1 + self.has_base
        calling = COSTS["call"].work_seconds(self.called_bases) / 2  # both strands of a genome are called
        return scored * self.batches * seconds_a_batch + called * (self.called_batches * seconds_a_batch + calling)
