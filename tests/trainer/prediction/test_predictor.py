"""What a device is given, in which order, and what happens where it has too little memory; the device is made up."""

from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from helixdask.engine import gpus
from helixdask.engine.gpus import Gpu
from helixdask.errors import BadInputError
from helixdask.trainer import runtime
from helixdask.trainer.network.spec import NetworkSpec
from helixdask.trainer.prediction.batches import batch_size_on_gpu
from helixdask.trainer.prediction.predictor import Predictor


class Output:
    """Results that tell when they are taken."""

    def __init__(self, events, values):
        self.events, self.values = events, values

    def numpy(self):
        self.events.append(("taken", len(self.values)))
        return self.values


def predictor(events, most_windows=100):
    """A predictor whose network doubles codes, on a device with memory for so many windows."""
    made = object.__new__(Predictor)
    made.gpu, made.spec = Gpu("GPU-aa", memory=24 << 30), NetworkSpec()
    made._tensor, made._no_memory = np.array, MemoryError

    def probabilities(codes):
        events.append(("sent", len(codes)))
        if len(codes) > most_windows:
            raise MemoryError
        return [Output(events, codes * 2)]

    made._probabilities = probabilities
    return made


def batches(*sizes):
    codes = np.zeros((max(sizes), 9), np.uint8)
    for size in sizes:
        codes[:size] = size  # the same memory is filled again
        yield size, codes[:size], None


def test_two_batches_are_in_flight():
    events = []
    found = list(predictor(events).stream(batches(3, 2, 4)))
    assert events == [("sent", 3), ("sent", 2), ("taken", 3), ("sent", 4), ("taken", 2), ("taken", 4)]
    for size, (values,) in found:
        assert values.tolist() == [[2 * size] * 9] * size


def test_a_batch_that_does_not_fit_is_done_in_parts():
    events = []
    ((_, (values,)),) = predictor(events, most_windows=2).stream(batches(7))
    assert values.tolist() == [[14] * 9] * 7
    assert [size for what, size in events if what == "taken"] == [1, 2, 2, 2]
    with pytest.raises(BadInputError, match="not enough memory for a window of 9 bases"):
        list(predictor(events, most_windows=0).stream(batches(7)))


@pytest.mark.parametrize("memory", [None, 1 << 30, 8 << 30, 139 << 30])
@pytest.mark.parametrize("n_windows", [1, 7, 198, 5000])
def test_a_batch_fits_and_tasks_are_shared_evenly(memory, n_windows):
    size = batch_size_on_gpu(21_384, n_windows, memory, 637.0)
    assert 1 <= size <= 64
    assert size == 1 or 4 * 637.0 * 21_384 * size < 0.5 * (memory or 4 << 30)
    n_batches = -(-n_windows // size)
    assert n_batches * size - n_windows < n_batches  # rows of padding


def test_a_gpu_that_tensorflow_does_not_see_is_told(monkeypatch):
    monkeypatch.setattr(runtime, "usable_gpus", lambda: (Gpu("GPU-aa"),))
    with pytest.raises(BadInputError, match="does not see the GPU"):
        runtime.refuse_blindness(tf)
    sees = SimpleNamespace(config=SimpleNamespace(list_physical_devices=lambda kind: [kind]))
    runtime.refuse_blindness(sees)
    monkeypatch.setattr(runtime, "usable_gpus", gpus.usable_gpus)
    runtime.refuse_blindness(tf)
