"""Trains the same network on one device and on several, and says how far apart they are; run by test_devices.py.

A process of its own: a processor is divided into devices before TensorFlow is first used.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from helixdask.trainer.runtime import import_tensorflow

tf = import_tensorflow()

from helixdask.errors import HelixdaskError  # noqa: E402
from helixdask.trainer.network.model_file import load_model  # noqa: E402
from helixdask.trainer.network.spec import NetworkSpec  # noqa: E402
from helixdask.trainer.tuning import run  # noqa: E402
from helixdask.trainer.tuning.tune import TuneSettings, dry_run, train_from_scratch, tune  # noqa: E402

SPEC = NetworkSpec(cnn_layers=2, filter_depth=8, kernel_size=9, pool_size=9, lstm_layers=1, units=8)
DEVICES = 3


class Killed(BaseException):
    """Stands for the end of a process: nothing is done on the way out."""


def killed_at(step):
    def on_progress(event):
        if event.kind == "step" and event.done == step:
            raise Killed

    return on_progress


def distance(one, other):
    """Largest difference of any weight, and of the scores of the checks."""
    weights = [load_model(result.path).network.get_weights() for result in (one, other)]
    rows = [[row["genic_f1"] for row in result.history] for result in (one, other)]
    apart = max(float(np.abs(a - b).max()) for a, b in zip(*weights, strict=True))
    return {"weights": apart, "scores": float(np.abs(np.subtract(*rows)).max()), "steps": [one.steps, other.steps]}


def refused(settings):
    try:
        dry_run(settings, SPEC)
    except HelixdaskError as error:
        return str(error)
    return ""


def main(store, folder):
    processor = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * DEVICES)
    told = []

    def settings(name, devices, **more):
        # 57 training windows: the last batch has fewer than there are devices.
        known = {"epochs": 1, "batch_size": 8, "learning_rate": 1e-3, "clip_norm": 0.05, "threads": 1}
        return TuneSettings((store,), str(Path(folder, name)), devices=devices, **(known | more))

    found = {"refused": refused(settings("x.keras", "4")), "xla": refused(settings("x.keras", "2", xla=True))}
    one = train_from_scratch(settings("one.keras", "1"), SPEC)
    run._SECONDS_BETWEEN_CHECKPOINTS = 0.0
    try:
        train_from_scratch(settings("all.keras", "1"), SPEC, killed_at(3))
    except Killed:
        pass
    some = settings("all.keras", str(DEVICES))
    all_of_them = train_from_scratch(some, SPEC, lambda event: told.append(event.text))
    found["whole"] = distance(one, all_of_them)
    found["again"] = train_from_scratch(replace(some, devices="1"), SPEC).state
    heads = [
        tune(settings(f"head{n}.keras", str(n), model=one.path, mode="head", max_steps=2, keep_worse=True))
        for n in (1, 2)
    ]
    found["head"] = distance(*heads)
    found["told"] = [text for text in told if text]
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
