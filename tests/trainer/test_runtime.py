"""TensorFlow starts quietly, and what others write is not lost."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from helixdask.errors import BadInputError
from helixdask.trainer import runtime

SCRIPT = """
import os
from helixdask.trainer import runtime
with runtime._without_noise():
    os.write(2, b"All log messages before absl::InitializeLog() is called\\nsomething else\\n")
runtime.configure_tensorflow(1)
os.write(2, b"end\\n")
"""


@pytest.mark.slow
def test_only_the_noise_is_held_back():
    ran = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert ran.stderr.splitlines() == ["something else", "end"]


def test_without_a_terminal():
    ran = subprocess.run(["sh", "-c", f"{sys.executable} -c '{SCRIPT.splitlines()[2]}' 2>&-"], check=False)
    assert ran.returncode == 0


def test_devices_of_a_training(monkeypatch):
    """A GPU that is asked for must be there; a processor is one device, unless TensorFlow was told to divide it."""
    there = {"GPU": [], "CPU": ["CPU:0"]}
    configured = []

    def devices(kind):
        return [SimpleNamespace(name=name) for name in there[kind]]

    config = SimpleNamespace(list_physical_devices=devices, list_logical_devices=devices)
    monkeypatch.setattr(runtime, "import_tensorflow", lambda: SimpleNamespace(config=config))
    monkeypatch.setattr(runtime, "configure_tensorflow", lambda *how, **more: configured.append((*how, *more.values())))
    monkeypatch.setattr(runtime, "usable_gpus", lambda: there["GPU"])
    assert runtime.start_on_devices(3, "all", 8) == runtime.start_on_devices(3, "0", 8) == ["CPU:0"]
    with pytest.raises(BadInputError, match="1 device is asked for, and there is no GPU"):
        runtime.start_on_devices(3, "1", 8)
    there["GPU"] = ["GPU:0", "GPU:1", "GPU:2"]
    assert runtime.start_on_devices(3, "all", 8) == there["GPU"]
    assert configured[-1] == (3, "3", 3)
    assert runtime.start_on_devices(3, "all", 2) == there["GPU"][:2]  # no more than there are windows in a batch
    assert runtime.start_on_devices(3, "1", 8) == ["GPU:0"]
    assert runtime.start_on_devices(3, "0", 8) == ["CPU:0"]
    assert configured[-1] == (3, "0", 1)
    with pytest.raises(BadInputError, match="4 devices are asked for, and there are 3 GPUs"):
        runtime.start_on_devices(3, "4", 8)
    there.update(GPU=[], CPU=["CPU:0", "CPU:1"])
    assert runtime.start_on_devices(3, "2", 8) == there["CPU"]
