"""What `doctor` finds: nothing of the user's, and kernels that are wrong or broken."""

import json

import pytest

from helixdask.doctor import kernels, machine
from helixdask.doctor.kernels import KERNELS, kernel_tests
from helixdask.doctor.workers import workers
from helixdask.engine.cluster import RunOptions
from helixdask.engine.gpus import Gpu
from tests.cli.support import helixdask


@pytest.mark.slow
def test_kernels_are_right_and_their_rate_is_told():
    now = iter(range(10_000))
    tests = list(kernel_tests(seconds=3, clock=lambda: float(next(now))))
    assert [test.name for test in tests] == list(KERNELS)
    assert [test.problem for test in tests] == [None] * len(KERNELS)
    assert all(test.rate > 0 for test in tests)


@pytest.fixture
def _quick(monkeypatch):
    """Neither TensorFlow nor time."""
    monkeypatch.setattr(machine, "devices", lambda: {"devices": [{"device": "GPU:0", "name": "H", "gflops": 5.0}]})
    monkeypatch.setattr(kernels, "SECONDS", 0.0)
    monkeypatch.setattr(kernels.kernel_tests, "__defaults__", (0.0, *kernels.kernel_tests.__defaults__[1:]))


@pytest.mark.usefixtures("_quick")
def test_the_command(monkeypatch):
    ran = helixdask("doctor")
    assert ran.code == 0, ran.err
    for words in ("versions", "numba", "cores to use", "GPU:0", "calling of genes", "right"):
        assert words in ran.out
    found = json.loads(helixdask("doctor", "--json").out)
    assert set(found) == {"versions", "machine", "folders", "devices", "kernels", "workers", "problems"}
    assert found["problems"] == []


@pytest.mark.usefixtures("_quick")
def test_what_is_wrong_is_told(monkeypatch):
    def broken():
        raise OSError("no cache")

    monkeypatch.setattr(kernels, "KERNELS", {"one": (lambda: False, 1), "other": (broken, 1)})
    monkeypatch.setattr(machine, "devices", lambda: {"problem": "no driver"})
    ran = helixdask("doctor")
    assert ran.code == 1
    assert "one: the result is wrong" in ran.out
    assert "other: OSError: no cache" in ran.out
    assert "TensorFlow: no driver" in ran.out


@pytest.mark.usefixtures("_quick")
def test_a_gpu_that_tensorflow_does_not_see(monkeypatch):
    monkeypatch.setattr(machine, "told_by_driver", lambda: (Gpu("GPU-aa", "L4"), Gpu("GPU-bb", "L4")))
    monkeypatch.setattr(machine, "usable_gpus", lambda: (Gpu("GPU-bb", "L4"),))
    assert json.loads(helixdask("doctor", "--json").out)["problems"] == []
    monkeypatch.setattr(machine, "devices", lambda: {"devices": [{"device": "CPU:0", "name": None, "gflops": 5.0}]})
    ran = helixdask("doctor")
    assert "TensorFlow does not see the GPU" in ran.out
    assert "L4, L4" in ran.out


def test_devices_without_tensorflow(monkeypatch):
    monkeypatch.setattr(machine, "_DEVICES", "raise ImportError('No module named tensorflow')")
    assert machine.devices() == {"problem": "ImportError: No module named tensorflow"}
    monkeypatch.setattr(machine, "_DEVICES", "import time; time.sleep(600)")
    assert "did not answer within 0 s" in machine.devices(0.2)["problem"]
    monkeypatch.setattr(machine, "_DEVICES", "print('noise'); print('[]')")
    assert machine.devices() == {"devices": []}


def test_nothing_of_the_user_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    found = machine.folders(tmp_path / "data" / "models")
    assert next(each for each in found if each["for"] == "models")["folder"] == "~/data/models"
    assert str(tmp_path) not in json.dumps([found, machine.machine(), machine.versions()])


def test_workers_of_a_cluster():
    from distributed import LocalCluster

    assert workers(RunOptions()) == []
    with LocalCluster(n_workers=1, threads_per_worker=2, processes=False, dashboard_address="127.0.0.1:0") as cluster:
        (worker,) = workers(RunOptions(scheduler=cluster.scheduler_address))
    assert worker["threads"] == 2
    assert worker["problem"] is None
