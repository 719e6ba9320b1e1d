"""Training: a new head on a frozen network, a whole network, or one from scratch; all with the same loop."""

from __future__ import annotations

from typing import Any

from helixdask.engine.machine import usable_cores
from helixdask.errors import BadInputError
from helixdask.store.store import Store
from helixdask.trainer.runtime import import_tensorflow, start_on_devices

tf = import_tensorflow()

import keras  # noqa: E402

from helixdask.trainer.network.build import NetworkSpec  # noqa: E402
from helixdask.trainer.network.model_file import load_model  # noqa: E402
from helixdask.trainer.tuning.interrupts import StopRequest  # noqa: E402
from helixdask.trainer.tuning.plan import announce, measured_plan, plan_of  # noqa: E402
from helixdask.trainer.tuning.progress import OnProgress, silent  # noqa: E402
from helixdask.trainer.tuning.replicas import Replicas  # noqa: E402
from helixdask.trainer.tuning.run import TrainingRun  # noqa: E402
from helixdask.trainer.tuning.settings import TuneResult, TuneSettings  # noqa: E402
from helixdask.trainer.tuning.starting_point import Start, start_from_base, start_from_nothing  # noqa: E402
from helixdask.trainer.tuning.workbench import Workbench  # noqa: E402

__all__ = ["TuneResult", "TuneSettings", "dry_run", "start_of_tuning", "train_from_scratch", "tune"]


def tune(settings: TuneSettings, on_progress: OnProgress = silent) -> TuneResult:
    """Tune a base model on the windows that the stores' splits name.

    The base model may be a tuned one: then its head goes on learning. A run that was interrupted or killed goes on from
    its last checkpoint (a hidden file beside the output) and ends with the same model as one that was not.

    Parameters
    ----------
    settings
        What, on what, how.
    on_progress
        Told of every step; see `helixdask.trainer.tuning.progress.show_progress`.

    Returns
    -------
    TuneResult
        The best model has been written, better than the base or not.

    Raises
    ------
    BadInputError
        A setting, the base model or the stores cannot be used; nothing was trained.
    MissingInputError
        No split, no labels, a side of the split without a window, or only masked bases; nothing to go on from.
    """
    with StopRequest() as stop:
        return TrainingRun(Workbench(start_of_tuning(settings), on_progress, stop)).fit()


def train_from_scratch(
    settings: TuneSettings, spec: NetworkSpec | None = None, on_progress: OnProgress = silent
) -> TuneResult:
    """Train a network from random weights, with the same loop; ``settings.model`` and ``mode`` are not looked at.

    Parameters
    ----------
    settings
        As for `tune`; a learning rate of 3e-4 and more epochs are sound here.
    spec
        The network; None: Helixer's published architecture.

    Raises
    ------
    BadInputError, MissingInputError
        As for `tune`.
    """
    with StopRequest() as stop:
        return TrainingRun(Workbench(_start_of_training(settings, spec), on_progress, stop)).fit()


def dry_run(settings: TuneSettings, spec: NetworkSpec | None = None, *, measure: bool = False) -> dict[str, Any]:
    """Load and check everything, and write nothing.

    Parameters
    ----------
    settings
        As for `tune`, or without a base model as for `train_from_scratch`.
    spec
        The network to train from scratch.
    measure
        Take a few steps, and say from them how long the run would take.

    Returns
    -------
    dict
        Mode, libraries, windows of both sides, steps, weights, memory, disk, seconds: plain JSON values.

    Raises
    ------
    BadInputError, MissingInputError
        As for the run itself.
    """
    start = _start_of_training(settings, spec) if settings.model is None else start_of_tuning(settings)
    bench = Workbench(start, silent, StopRequest())
    announce(bench)
    plan = plan_of(bench)
    return plan | measured_plan(bench) if measure else plan


def start_of_tuning(settings: TuneSettings) -> Start:
    """Read the stores and the base model, and freeze what is not to learn.

    Raises
    ------
    BadInputError, MissingInputError
        As for `tune`.
    """
    settings.check()
    if settings.model is None:
        raise BadInputError("no base model was given", remedy="Name one with --model, or train from scratch.")
    replicas = _start_tensorflow(settings)
    stores = [Store.open(url) for url in settings.stores]
    with replicas.scope():
        return start_from_base(settings, load_model(settings.model), stores, replicas)


def _start_of_training(settings: TuneSettings, spec: NetworkSpec | None) -> Start:
    settings.check()
    spec = spec or NetworkSpec()
    replicas = _start_tensorflow(settings)
    stores = [Store.open(url) for url in settings.stores]
    with replicas.scope():
        return start_from_nothing(settings, spec, stores, replicas)


def _start_tensorflow(settings: TuneSettings) -> Replicas:
    """Start it on the devices that are wanted, no more than there are windows in a batch."""
    devices = start_on_devices(settings.threads or usable_cores(), settings.devices, settings.batch_size)
    if settings.xla and len(devices) > 1:
        raise BadInputError(
            f"XLA compiles for one device, and {len(devices)} would share each batch",
            remedy="Leave --xla out, or give --devices 1.",
        )
    keras.utils.set_random_seed(settings.seed)
    return Replicas(devices)
