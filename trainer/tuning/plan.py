"""What a training run is going to do and to take, said before it begins."""

from __future__ import annotations

import logging
from typing import Any

import tensorflow as tf

from helixdask.trainer.tuning.caveats import caveats
from helixdask.trainer.tuning.checkpoint import LoopState
from helixdask.trainer.tuning.finished import finished_run
from helixdask.trainer.tuning.outlook import (
    STEPS_TO_MEASURE,
    disk_of_training,
    measured,
    memory_of_training,
    refuse_what_cannot_fit,
)
from helixdask.trainer.tuning.workbench import Workbench

log = logging.getLogger(__name__)


def announce(bench: Workbench) -> None:
    """Say what is learnt from, and warn of what people should know."""
    train, validation, start = bench.train_windows, bench.validation, bench.start
    if cut := train.window_length % bench.spec.pool_size:
        bench.say(
            f"The last {cut} bases of each window are not used, as in Helixer: the network takes multiples of "
            f"{bench.spec.pool_size}."
        )
    if start.libraries:
        names = ", ".join(f"{name} ({kind})" for name, kind in start.libraries)
        bench.say(f"Coverage of {names}, norm {start.coverage_norm}.")
    if bench.across is not None:
        dropped = bench.across.in_short()["left_out"]
        bench.say(f"{dropped:,} training windows are near copies of validation windows of another store: left out.")
    elif len(bench.splits) > 1 and bench.settings.copies_across:
        bench.say("Near copies between stores were not looked for: not all splits were made with kinship.")
    by_evidence, keep_worse = bench.record.by_evidence, bench.settings.keep_worse
    for caveat in caveats(bench.splits, bench.across, by_evidence=by_evidence, keep_worse=keep_worse):
        log.warning("%s", caveat)
    if bench.replicas.number > 1:
        bench.say(f"{bench.replicas.number} devices share each batch.")
    learning = f"{bench.n_learning:,} of {bench.network.count_params():,} weights learn"
    if not start.weights_learn:
        learning = "no weight learns, normalisation adapts"
        if bench.n_padded:
            learning += f"; {bench.n_padded:,} shorter ones are left out, for padding is no sequence"
    bench.say(
        f"{len(train):,} training and {len(validation):,} validation windows of {train.window_length:,} bases; "
        f"{learning}."
    )


def plan_of(bench: Workbench) -> dict[str, Any]:
    """What the run would do, as plain JSON values.

    Raises
    ------
    BadInputError
        Memory or disk are plainly too small.
    """
    start, settings = bench.start, bench.settings
    steps_per_epoch = bench.feed.order.steps_per_epoch
    return {
        "mode": start.mode,
        "base_model": start.base.path if start.base is not None else None,
        "libraries": [f"{name} ({kind})" for name, kind in start.libraries],
        "coverage_norm": start.coverage_norm if start.libraries else None,
        "labels": [f"{split.store.url}/labels/{split.labels}" for split in bench.splits],
        "n_training_windows": len(bench.train_windows),
        "n_validation_windows": len(bench.validation),
        "window_length": bench.train_windows.window_length,
        "steps_in_an_epoch": steps_per_epoch,
        "steps_at_most": _steps_at_most(bench),
        "learning_rate": bench.peak_rate if start.weights_learn else None,
        "class_weights": list(start.class_weights),
        "transition_weights": list(start.transition_weights),
        "n_weights": bench.network.count_params(),
        "n_weights_that_learn": bench.n_learning,
        **_needed(bench),
        "written": settings.output,
        "state": _state(bench),
    }


def measured_plan(bench: Workbench) -> dict[str, float]:
    """Take a few steps that nothing is kept of, and say what the whole run would take in seconds."""
    steps, steps_per_epoch = _steps_at_most(bench), bench.feed.order.steps_per_epoch
    batches = bench.feed.batches(0, min(STEPS_TO_MEASURE, steps_per_epoch))
    found = measured(bench.learner.train, bench.learner.classify, batches)
    checks = bench.judge.checks(bench.settings.check_every or steps_per_epoch)
    checking = checks.seconds(steps, found["seconds_to_score_a_batch"])
    found["seconds_at_most"] = found["seconds_to_begin"] + steps * found["seconds_a_step"] + checking
    return found


def _steps_at_most(bench: Workbench) -> int:
    return bench.schedule(LoopState(bench.settings.batch_size), bench.feed.order.steps_per_epoch).total_steps


def _needed(bench: Workbench) -> dict[str, Any]:
    """Memory and disk; what cannot fit is refused."""
    n_weights, n_averaged = bench.network.count_params(), bench.average.size
    windows = -(-bench.settings.batch_size // bench.replicas.number)  # on each device
    bases = windows * bench.train_windows.window_length
    memory = memory_of_training(bench.spec, n_weights, bench.n_learning, bases, n_averaged)
    disk = disk_of_training(n_weights, bench.n_learning, n_averaged)
    on_processor = not tf.config.get_visible_devices("GPU")
    refuse_what_cannot_fit(memory, disk, bench.settings.output, on_processor=on_processor)
    device = "CPU" if on_processor else "GPU"
    return {"memory": int(memory), "disk": disk, "device": device, "n_devices": bench.replicas.number}


def _state(bench: Workbench) -> str:
    if bench.checkpoint.exists():
        return "interrupted"
    return "already there" if finished_run(bench.settings, bench.record.recipe) else "planned"
