"""A run that was killed, interrupted or short of memory ends where one that was not ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from helixdask.errors import AlreadyExistsError, BadInputError, DiskFullError, MissingInputError
from helixdask.trainer.network.model_file import load_model
from helixdask.trainer.network.spec import NetworkSpec
from helixdask.trainer.tuning.learner import Learner
from helixdask.trainer.tuning.tune import TuneSettings, train_from_scratch, tune
from tests.small_disk import mount
from tests.trainer.conftest import POOL

pytestmark = pytest.mark.slow

SPEC = NetworkSpec(cnn_layers=1, filter_depth=8, kernel_size=9, pool_size=POOL, lstm_layers=1, units=8)

SCRIPT = """
import os, signal, sys
import keras
from helixdask.trainer.network.spec import NetworkSpec
from helixdask.trainer.tuning import run
from helixdask.trainer.tuning.tune import TuneSettings, train_from_scratch

run._SECONDS_BETWEEN_CHECKPOINTS = 0.0
store, pool, kill_step, outputs = sys.argv[1], *map(int, sys.argv[2:4]), sys.argv[4:]

def kill(event):
    if event.text.startswith("Going on"):
        print(event.text)
    if event.kind == "step" and event.epoch == 2 and event.done == kill_step:
        os.kill(os.getpid(), signal.SIGKILL)

spec = NetworkSpec(cnn_layers=1, filter_depth=8, kernel_size=9, pool_size=pool, lstm_layers=1, units=8)
for output in outputs:
    keras.utils.clear_session()  # each names its layers as the first of a process does
    train_from_scratch(
        TuneSettings((store,), output, epochs=3, batch_size=8, learning_rate=5e-3, threads=1, seed=3, decay="cosine"),
        spec, kill)
"""


def settings_for(store, path, /, **more):
    known = {"epochs": 3, "batch_size": 8, "learning_rate": 5e-3, "threads": 1, "seed": 3, "decay": "cosine"}
    return TuneSettings(**({"stores": (store.url,), "output": str(path)} | known | more))


def checkpoint_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.checkpoint")


@pytest.fixture(scope="module")
def whole(toy_store, tmp_path_factory):
    return train_from_scratch(settings_for(toy_store, tmp_path_factory.mktemp("whole") / "model.keras"), SPEC)


def test_a_killed_run_ends_with_the_same_model(toy_store, tmp_path):
    # In processes of their own: how many threads TensorFlow uses is fixed when a process first needs it.
    def run(kill_step, *outputs):
        command = [sys.executable, "-c", SCRIPT, toy_store.url, str(POOL), str(kill_step), *map(str, outputs)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    output, other = tmp_path / "killed.keras", tmp_path / "whole" / "killed.keras"
    other.parent.mkdir()
    killed = run(2, output)
    assert killed.returncode == -9, killed.stderr[-2000:]
    assert checkpoint_of(output).is_file()
    resumed = run(0, output, other)
    assert resumed.stdout.count("Going on after step") == 1, resumed.stderr[-2000:]
    assert not checkpoint_of(output).exists()
    assert resumed.returncode == 0, resumed.stderr[-2000:]
    assert output.read_bytes() == other.read_bytes()


def test_interrupted_by_the_user_and_taken_up_again(whole, toy_store, tmp_path):
    def interrupt(event):
        if event.kind == "step" and event.epoch == 2 and event.done == 2:
            os.kill(os.getpid(), signal.SIGINT)

    output = tmp_path / "model.keras"
    first = train_from_scratch(settings_for(toy_store, output), SPEC, interrupt)
    assert first.stopped == "interrupted"
    assert train_from_scratch(settings_for(toy_store, output, resume=True), SPEC).stopped == "epochs"
    weights = [load_model(path).network.get_weights() for path in (whole.path, output)]
    assert all(np.array_equal(a, b) for a, b in zip(*weights, strict=True))


def test_another_run_is_never_gone_on_with(toy_store, tmp_path):
    output = tmp_path / "model.keras"
    with pytest.raises(MissingInputError, match="nothing to go on from"):
        train_from_scratch(settings_for(toy_store, output, resume=True), SPEC)

    def interrupt(event):
        if event.kind == "step" and event.done == 2:
            os.kill(os.getpid(), signal.SIGINT)

    train_from_scratch(settings_for(toy_store, output), SPEC, interrupt)
    with pytest.raises(AlreadyExistsError, match="seed was 3 and is 4"):
        train_from_scratch(settings_for(toy_store, output, resume=True, seed=4), SPEC)
    with pytest.raises(AlreadyExistsError, match="seed was 3 and is 4"):
        train_from_scratch(settings_for(toy_store, output, seed=4), SPEC)
    told = []
    train_from_scratch(settings_for(toy_store, output, seed=4, epochs=1, replace=True), SPEC, told.append)
    assert any("given up" in event.text for event in told)


def test_a_broken_checkpoint_is_named(toy_store, tmp_path):
    output = tmp_path / "model.keras"
    checkpoint_of(output).write_bytes(b"PK\x03\x04 not a checkpoint")
    with pytest.raises(BadInputError, match="cannot be used"):
        train_from_scratch(settings_for(toy_store, output), SPEC)
    assert train_from_scratch(settings_for(toy_store, output, resume=False, epochs=1), SPEC).best_epoch == 1


def test_out_of_memory_halves_the_batch_and_says_so(whole, toy_store, tmp_path, monkeypatch):
    train = Learner.train

    def short_of_memory(self, batch):
        if len(batch["codes"]) > 4:
            raise tf.errors.ResourceExhaustedError(None, None, "no memory")
        return train(self, batch)

    monkeypatch.setattr(Learner, "train", short_of_memory)
    told = []
    settings = settings_for(toy_store, tmp_path / "m.keras", model=whole.path, epochs=2, decay="none")
    result = tune(settings, told.append)
    assert any("batches of 4" in event.text for event in told)
    assert load_model(result.path).card["settings"]["batch_size"] == 4
    per_epoch = {event.total for event in told if event.kind == "step"}
    assert result.steps == 2 * per_epoch.pop()
    monkeypatch.setattr(Learner, "train", train)
    as_asked = tune(
        settings_for(toy_store, tmp_path / "n.keras", model=whole.path, epochs=2, decay="none", batch_size=4)
    )
    assert as_asked.genic_f1 == result.genic_f1


@pytest.mark.parametrize("size", [0, 24, 64])
def test_a_full_disk_then_room(whole, toy_store, small_disk, size):
    output = small_disk / "model.keras"
    mount(small_disk, (size + 1) * 1024, "remount")
    with pytest.raises(DiskFullError, match="Make room"):
        train_from_scratch(settings_for(toy_store, output), SPEC)
    mount(small_disk, 1 << 30, "remount")
    train_from_scratch(settings_for(toy_store, output), SPEC)
    weights = [load_model(path).network.get_weights() for path in (whole.path, output)]
    assert all(np.array_equal(a, b) for a, b in zip(*weights, strict=True))
    assert {path.suffix for path in small_disk.iterdir()} == {".keras", ".md", ".csv", ".png"}
