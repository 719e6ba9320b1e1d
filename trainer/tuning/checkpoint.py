"""What a training run knows between two steps, and keeping it on disk, so that a killed run goes on as if nothing was.

The order of windows, their shifts and the learning rate are functions of the step; with the step, the weights and the
optimiser's moments everything that follows is determined.
"""

from __future__ import annotations

import dataclasses
import json
import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from helixdask.errors import BadInputError
from helixdask.store.objects import disk_errors
from helixdask.trainer.tuning.variables import assign, values_of

_ARRAYS: Final = ("best_weights", "best_windows", "base_windows")
_HEADER: Final = "header"


@dataclass
class LoopState:
    """Where a run is.

    ``step`` counts batches from the start, ``epoch`` the finished epochs; ``losses`` are sums over the
    ``steps_since_check``, ``waited`` counts the checks since the first of the best, whose ``best_score`` is genic F1 or
    agreement with evidence. ``best_windows`` and ``base_windows`` are confusion matrices of each validation window,
    ``(window, 4, 4)``. ``batch_size`` may have been halved on the way,
    which begins the epoch anew: ``first_step`` is where the current batch size began, ``first_epoch`` in which epoch.
    """

    batch_size: int
    step: int = 0
    epoch: int = 0
    first_step: int = 0
    first_epoch: int = 0
    steps_since_check: int = 0
    waited: int = 0
    best_epoch: int = 0
    best_step: int = 0
    best_score: float = -1.0
    best_scores: dict[str, Any] = field(default_factory=dict)
    base_scores: dict[str, Any] | None = None
    history: list[dict[str, Any]] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    seconds: float = 0.0
    train_seconds: float = 0.0
    train_windows: int = 0
    best_weights: list[NDArray[Any]] | None = None
    best_windows: NDArray[Any] | None = None
    base_windows: NDArray[Any] | None = None

    def feed_step(self, steps_per_epoch: int) -> int:
        """Step of the feed that comes next: the feed of the current batch size counts from its own first epoch."""
        return self.first_epoch * steps_per_epoch + self.step - self.first_step

    def done_in_epoch(self, steps_per_epoch: int) -> int:
        """Batches of the unfinished epoch that are behind us."""
        return self.feed_step(steps_per_epoch) - self.epoch * steps_per_epoch


class Checkpoint:
    """The file beside a model that is being trained, from which an interrupted run goes on.

    Parameters
    ----------
    output
        The model's file; the checkpoint is a hidden file beside it.
    identity
        What the run is made from, as plain JSON: see `recipe.without_length`. Another run's checkpoint is never used.
    """

    def __init__(self, output: str | Path, identity: dict[str, Any]) -> None:
        target = Path(output)
        self.path = target.with_name(f".{target.name}.checkpoint")
        self.identity = identity

    def exists(self) -> bool:
        """Whether there is one, of this run or another."""
        return self.path.is_file()

    def save(self, state: LoopState, network: Any, optimiser: Any, means: Sequence[NDArray[Any]] = ()) -> None:
        """Write everything, whole or not at all; ``means`` are those of a `WeightAverage`."""
        header = {f.name: getattr(state, f.name) for f in dataclasses.fields(state) if f.name not in _ARRAYS}
        arrays = {_HEADER: np.array(json.dumps({"identity": self.identity, "state": header}))}
        arrays |= _numbered("network", values_of(network.variables))
        arrays |= _numbered("optimiser", values_of(optimiser.variables))
        arrays |= _numbered("best_weights", state.best_weights or [])
        arrays |= _numbered("means", means)
        arrays |= {name: getattr(state, name) for name in _ARRAYS[1:] if getattr(state, name) is not None}
        aside = self.path.with_name(self.path.name + ".part")
        try:
            with disk_errors(str(self.path)), aside.open("wb") as file:
                np.savez(file, allow_pickle=False, **arrays)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(self.path)
        finally:
            aside.unlink(missing_ok=True)

    def recipe(self) -> dict[str, Any]:
        """Identity of the run that left the checkpoint.

        Raises
        ------
        BadInputError
            The file cannot be read.
        """
        return dict(self._load()[0]["identity"])

    def restore(self, network: Any, optimiser: Any) -> tuple[LoopState, list[NDArray[Any]]]:
        """Set weights and moments, and hand back the state, and the mean of the weights where one was kept.

        Raises
        ------
        BadInputError
            The file cannot be read, or its network is not this one.
        """
        header, arrays = self._load()
        for name, owner in (("network", network), ("optimiser", optimiser)):
            values = _listed(arrays, name)
            variables = owner.variables
            if [v.shape for v in values] != [tuple(v.shape) for v in variables]:
                raise self._unusable(f"its {name} has other shapes")
            assign(variables, values)
        state = LoopState(**header["state"], best_weights=_listed(arrays, "best_weights") or None)
        state.best_windows, state.base_windows = (arrays.get(name) for name in _ARRAYS[1:])
        return state, _listed(arrays, "means")

    def remove(self) -> None:
        """Take it away: the run is finished, or is to begin anew."""
        self.path.unlink(missing_ok=True)

    def _load(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        try:
            with self.path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                arrays = dict(file)
            return json.loads(str(arrays.pop(_HEADER))), arrays
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise self._unusable(str(error)) from error

    def _unusable(self, problem: str) -> BadInputError:
        return BadInputError(
            f"the checkpoint cannot be used: {problem}",
            where=str(self.path),
            remedy="Start afresh with --no-resume.",
        )


def _numbered(name: str, values: Sequence[NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {f"{name}/{number:05d}": value for number, value in enumerate(values)}


def _listed(arrays: dict[str, NDArray[Any]], name: str) -> list[NDArray[Any]]:
    return [arrays[key] for key in sorted(arrays) if key.startswith(f"{name}/")]
