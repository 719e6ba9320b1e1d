"""A run that was killed, interrupted or short of memory ends where one that was not ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from helixdask.errors import AlreadyExistsError, BadInputError, DiskFullError, MissingInputError
from helixdask.trainer.network.model_file import load_model
from helixdask.trainer.tuning.learner import Learner
from helixdask.trainer.tuning.tune import TuneSettings, train_from_scratch, tune
from tests.small_disk import mount
from tests.trainer.conftest import PLAIN

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]

# Trained in a process of its own and killed there.
SCRIPT = """
import os, signal, sys
import keras
from helixdask.trainer.tuning import run
from helixdask.trainer.tuning.tune import train_from_scratch
from tests.trainer.conftest import PLAIN
from tests.trainer.tuning.test_resume import settings_for

run._SECONDS_BETWEEN_CHECKPOINTS = 0.0

def kill(event):
    if event.kind == "step" and event.epoch == 2 and event.done == 2:
        os.kill(os.getpid(), signal.SIGKILL)

train_from_scratch(settings_for(*sys.argv[1:]), PLAIN, kill)
"""


def settings_for(url, path, /, **more):
    known = {"epochs": 3, "batch_size": 8, "learning_rate": 5e-3, "threads": 1, "seed": 3, "decay": "cosine"}
    return TuneSettings(**({"stores": (url,), "output": str(path)} | known | more))


def checkpoint_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.checkpoint")


@pytest.fixture
def url(little_store):
    return little_store.url


@pytest.fixture(scope="module")
def whole(little_store, tmp_path_factory):
    return train_from_scratch(settings_for(little_store.url, tmp_path_factory.mktemp("whole") / "model.keras"), PLAIN)


def same_weights(*paths):
    weights = [load_model(path).network.get_weights() for path in paths]
    return all(np.array_equal(a, b) for a, b in zip(*weights, strict=True))


def test_a_killed_run_ends_with_the_same_model(url, tmp_path):
    output, other = tmp_path / "killed.keras", tmp_path / "whole" / "killed.keras"
    other.parent.mkdir()
    command = [sys.executable, "-c", SCRIPT, url, output]
    killed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert killed.returncode == -9, killed.stderr[-2000:]
    assert checkpoint_of(output).is_file()
    told = []
    for path in (output, other):
        keras.utils.clear_session()  # each names its layers as the first of a process does
        train_from_scratch(settings_for(url, path), PLAIN, told.append)
    assert [event.text for event in told if event.text.startswith("Going on")] == ["Going on after step 8, in epoch 2."]
    assert not checkpoint_of(output).exists()
    assert output.read_bytes() == other.read_bytes()


def test_interrupted_by_the_user_and_taken_up_again(whole, url, tmp_path):
    def interrupt(event):
        if event.kind == "step" and event.epoch == 2 and event.done == 2:
            os.kill(os.getpid(), signal.SIGINT)

    output = tmp_path / "model.keras"
    first = train_from_scratch(settings_for(url, output), PLAIN, interrupt)
    assert first.stopped == "interrupted"
    assert train_from_scratch(settings_for(url, output, resume=True), PLAIN).stopped == "epochs"
    assert same_weights(whole.path, output)


def test_another_run_is_never_gone_on_with(url, tmp_path):
    output = tmp_path / "model.keras"
    with pytest.raises(MissingInputError, match="nothing to go on from"):
        train_from_scratch(settings_for(url, output, resume=True), PLAIN)

    def interrupt(event):
        if event.kind == "step" and event.done == 2:
            os.kill(os.getpid(), signal.SIGINT)

    train_from_scratch(settings_for(url, output), PLAIN, interrupt)
    with pytest.raises(AlreadyExistsError, match="seed was 3 and is 4"):
        train_from_scratch(settings_for(url, output, resume=True, seed=4), PLAIN)
    with pytest.raises(AlreadyExistsError, match="seed was 3 and is 4"):
        train_from_scratch(settings_for(url, output, seed=4), PLAIN)
    told = []
    train_from_scratch(settings_for(url, output, seed=4, epochs=1, replace=True), PLAIN, told.append)
    assert any("given up" in event.text for event in told)


def test_a_broken_checkpoint_is_named(url, tmp_path):
    output = tmp_path / "model.keras"
    checkpoint_of(output).write_bytes(b"PK\x03\x04 not a checkpoint")
    with pytest.raises(BadInputError, match="cannot be used"):
        train_from_scratch(settings_for(url, output), PLAIN)
    assert train_from_scratch(settings_for(url, output, resume=False, epochs=1), PLAIN).best_epoch == 1


def test_out_of_memory_halves_the_batch_and_says_so(whole, url, tmp_path, monkeypatch):
    train = Learner.train

    def short_of_memory(self, batch):
        if len(batch["codes"]) > 4:
            raise tf.errors.ResourceExhaustedError(None, None, "no memory")
        return train(self, batch)

    monkeypatch.setattr(Learner, "train", short_of_memory)
    told = []
    settings = settings_for(url, tmp_path / "m.keras", model=whole.path, epochs=2, decay="none")
    result = tune(settings, told.append)
    assert any("batches of 4" in event.text for event in told)
    assert load_model(result.path).card["settings"]["batch_size"] == 4
    per_epoch = {event.total for event in told if event.kind == "step"}
    assert result.steps == 2 * per_epoch.pop()
    monkeypatch.setattr(Learner, "train", train)
    as_asked = tune(settings_for(url, tmp_path / "n.keras", model=whole.path, epochs=2, decay="none", batch_size=4))
    assert as_asked.genic_f1 == result.genic_f1


@pytest.mark.parametrize("size", [0, 24, 64])
def test_a_full_disk_then_room(whole, url, small_disk, size):
    output = small_disk / "model.keras"
    mount(small_disk, (size + 1) * 1024, "remount")
    with pytest.raises(DiskFullError, match="Make room"):
        train_from_scratch(settings_for(url, output), PLAIN)
    mount(small_disk, 1 << 30, "remount")
    train_from_scratch(settings_for(url, output), PLAIN)
    assert same_weights(whole.path, output)
    assert {path.suffix for path in small_disk.iterdir()} == {".keras", ".md", ".csv", ".png"}
