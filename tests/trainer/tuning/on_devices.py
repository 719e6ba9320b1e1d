"""Trains the same network on one device and on several, and says how far apart they are; run by test_devices.py.

A process of its own: a processor is divided into devices before TensorFlow is first used.
"""

import contextlib
import inspect
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from helixdask.trainer.runtime import import_tensorflow

tf = import_tensorflow()

from helixdask.errors import HelixdaskError  # noqa: E402
from helixdask.trainer.network.build import build_network, freeze_body  # noqa: E402
from helixdask.trainer.network.model_file import load_model  # noqa: E402
from helixdask.trainer.network.spec import NetworkSpec  # noqa: E402
from helixdask.trainer.tuning import run  # noqa: E402
from helixdask.trainer.tuning.learner import Learner  # noqa: E402
from helixdask.trainer.tuning.optimisers import make_optimiser  # noqa: E402
from helixdask.trainer.tuning.replicas import Replicas  # noqa: E402
from helixdask.trainer.tuning.tune import TuneSettings, dry_run, train_from_scratch  # noqa: E402

SPEC = NetworkSpec(cnn_layers=2, filter_depth=8, kernel_size=9, pool_size=9, lstm_layers=0)
RECURRENT = replace(SPEC, lstm_layers=1, units=8)
"""Of this one the output layer alone learns: each device would take seconds to make the graph of its gradients."""
DEVICES = 4


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


def head_on(n_devices):
    """An output layer on a frozen network after two steps, the second with fewer windows than devices.

    Its weights, and the kinds of operations that a step consists of.
    """
    replicas = Replicas([f"CPU:{number}" for number in range(n_devices)])
    with replicas.scope():
        network = freeze_body(build_network(RECURRENT, seed=1))
        optimiser = make_optimiser(learning_rate=1e-3, clip_norm=replicas.share_of_norm(0.05))
    learner = Learner(network, RECURRENT, optimiser, class_weights=(0.7, 1.6, 1.2, 1.2), replicas=replicas)
    random = np.random.default_rng(0)
    for n_windows in (7, 3):
        shape = (n_windows, 90)
        batch = {name: random.integers(0, 4, shape).astype(np.uint8) for name in ("codes", "label", "phase")}
        batch |= {"transition": np.zeros(shape, np.uint8), "valid": random.integers(0, 2, shape).astype(np.uint8)}
        learner.train({name: tf.constant(values) for name, values in batch.items()})
    (step,) = inspect.getclosurevars(learner._train).nonlocals["graphs"].values()
    kinds = {operation.type for operation in step.get_concrete_function().graph.get_operations()}
    return network.get_weights(), kinds


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
        # 56 training windows: the last batch has one, fewer than there are devices.
        known = {"epochs": 1, "batch_size": 11, "learning_rate": 1e-3, "clip_norm": 0.05, "threads": 1}
        return TuneSettings((store,), str(Path(folder, name)), devices=devices, **(known | more))

    found = {"refused": refused(settings("x.keras", "5")), "xla": refused(settings("x.keras", "2", xla=True))}
    one = train_from_scratch(settings("one.keras", "1"), SPEC)
    run._SECONDS_BETWEEN_CHECKPOINTS = 0.0
    with contextlib.suppress(Killed):
        train_from_scratch(settings("two.keras", "1"), SPEC, killed_at(3))
    on_two = settings("two.keras", "2")
    two = train_from_scratch(on_two, SPEC, lambda event: told.append(event.text))
    found["whole"] = distance(one, two)
    found["again"] = train_from_scratch(replace(on_two, devices="1"), SPEC).state
    weights, kinds = zip(head_on(1), head_on(4), strict=True)
    found["head"] = max(float(np.abs(a - b).max()) for a, b in zip(*weights, strict=True))
    found["kinds"] = sorted(kinds[1])
    found["told"] = [text for text in told if text]
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
