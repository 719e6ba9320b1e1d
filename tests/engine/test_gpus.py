"""Which GPUs there are, which are used, and that each process sees its own: with lists that are made up."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from helixdask.engine import gpus as module
from helixdask.engine.cluster import RunOptions, connect
from helixdask.engine.cluster_tasks import run_tasks
from helixdask.engine.gpus import VISIBLE, Gpu, chosen_gpus, usable_gpus, visible, wanted_gpus
from helixdask.engine.plan import make_plan
from helixdask.engine.run import plan_stage, run_stage
from helixdask.engine.worker_probe import WorkerNeeds
from helixdask.errors import BadInputError
from tests.engine.cluster_processes import a_cluster
from tests.engine.toy import LENGTHS, ToyStage, make_store

FOUR = tuple(Gpu(f"GPU-{letter}{letter}", "L4", 24 << 30) for letter in "abcd")


@dataclass(frozen=True)
class OnGpus(ToyStage):
    """The toy stage as one that GPUs do, ten times as quickly."""

    not_compared: ClassVar[tuple[str, ...]] = ()

    @property
    def uses_gpus(self):
        return True

    def estimate_seconds_on_gpu(self, n_bases):
        return self.estimate_seconds(n_bases) / 10


@pytest.fixture
def four(monkeypatch):
    """A machine with four."""
    monkeypatch.setattr(module, "told_by_driver", lambda: FOUR)
    monkeypatch.setattr(module, "_may_use_cuda", lambda: True)
    monkeypatch.delenv(VISIBLE, raising=False)


@pytest.fixture
def asked_anew():
    module.told_by_driver.cache_clear()
    yield
    module.told_by_driver.cache_clear()


def tool(folder: Path, text: str, code: int = 0) -> None:
    """A program of the driver's that prints a table."""
    path = folder / "nvidia-smi"
    path.write_text(f"#!/bin/sh\ncat <<'END'\n{text}END\nexit {code}\n")
    path.chmod(path.stat().st_mode | stat.S_IEXEC)


def test_the_driver_is_asked_by_its_tool(tmp_path, monkeypatch, asked_anew):
    tool(tmp_path, "0, GPU-aa, NVIDIA H200, 143771\n1, GPU-bb, NVIDIA H200, [N/A]\nwarning: a line of another kind\n")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert module.told_by_driver() == (Gpu("GPU-aa", "NVIDIA H200", 143771 << 20), Gpu("GPU-bb", "NVIDIA H200"))


def test_or_by_its_files(tmp_path, monkeypatch, asked_anew):
    tool(tmp_path, "NVIDIA-SMI has failed\n", code=9)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    for number, letter in enumerate("ab"):
        folder = tmp_path / "gpus" / f"0000:0{number}:00.0"
        folder.mkdir(parents=True)
        facts = f"Model: \t\t NVIDIA A100\nIRQ:   \t\t 27\nGPU UUID: \t GPU-{letter}{letter}\nBus Type: \t PCIe\n"
        (folder / "information").write_text(facts)
    monkeypatch.setattr(module, "_DRIVER", tmp_path / "gpus")
    assert module.told_by_driver() == (Gpu("GPU-aa", "NVIDIA A100"), Gpu("GPU-bb", "NVIDIA A100"))
    monkeypatch.setattr(module, "_DRIVER", tmp_path / "none")
    module.told_by_driver.cache_clear()
    assert module.told_by_driver() == ()


@pytest.mark.parametrize(
    ("entries", "tokens"),
    [
        (None, ["GPU-aa", "GPU-bb", "GPU-cc", "GPU-dd"]),
        ("", []),
        ("-1", []),
        ("2,0", ["2", "0"]),
        ("0, 9, 1", ["0"]),
        ("GPU-cc,GPU-b", ["GPU-cc", "GPU-b"]),
        ("MIG-1-2-3", ["MIG-1-2-3"]),
        ("NoDevFiles", []),
    ],
)
def test_the_environment_leaves_some(entries, tokens):
    environment = {} if entries is None else {VISIBLE: entries}
    found = visible(FOUR, environment)
    assert [gpu.token for gpu in found] == tokens
    assert {gpu.memory for gpu in found} <= {24 << 30, None}
    assert visible((), {VISIBLE: "0"}) == ()  # set on a machine that has none


def test_a_tensorflow_that_is_built_for_processors_uses_none(monkeypatch):
    monkeypatch.setattr(module, "told_by_driver", lambda: FOUR)
    facts = Path(module.importlib.util.find_spec("tensorflow").origin).parent / "python/platform/build_info.py"
    built = "'is_cuda_build', True" in facts.read_text()
    module._may_use_cuda.cache_clear()
    assert len(usable_gpus()) == (4 if built else 0)


def test_what_is_asked_for(four):
    assert chosen_gpus("all") == FOUR
    assert chosen_gpus("2") == FOUR[:2]
    assert chosen_gpus("0") == ()
    with pytest.raises(BadInputError, match="5 devices are asked for, and there are 4 GPUs"):
        chosen_gpus("5")
    for wrong in ("some", "-1", "1.5", ""):
        with pytest.raises(BadInputError, match="Give all, or how many"):
            wanted_gpus(wrong)


def test_one_process_for_each_and_none_for_other_work(four, tmp_path):
    url = str(tmp_path / "toy.zarr")
    make_store(url, LENGTHS)
    plan = plan_stage(OnGpus(str(tmp_path)), url, RunOptions())
    assert (plan.workers, plan.gpus) == (4, 4)
    of_one = make_plan(OnGpus(str(tmp_path)), 10**9, workers=1, on_gpus=True)
    assert of_one.seconds - of_one.seconds_alone == pytest.approx(
        (make_plan(OnGpus(str(tmp_path)), 10**9, workers=1).seconds - of_one.seconds_alone) / 10
    )
    plan = plan_stage(ToyStage(str(tmp_path)), url, RunOptions(workers=3, devices="2"))
    assert (plan.workers, plan.gpus) == (3, 0)
    plan = plan_stage(OnGpus(str(tmp_path)), url, RunOptions(workers=3, devices="0"))
    assert (plan.workers, plan.gpus) == (3, 0)
    with pytest.raises(BadInputError, match="9 devices"):
        run_stage(OnGpus(str(tmp_path)), url, RunOptions(devices="9", quiet=True))


def test_jobs_of_a_cluster_file_have_their_own(tmp_path, four):
    path = tmp_path / "slurm.yaml"
    path.write_text("kind: slurm\nmemory: 8GB\njobs: 16\ngpus: 1\n")
    options = RunOptions(cluster=str(path))
    assert not options.on_gpus  # work of another kind
    assert (options.for_gpus().n_workers, options.for_gpus().on_gpus, options.for_gpus().gpus) == (16, True, ())
    with pytest.raises(BadInputError, match="2 devices are asked for, and the work is done on a cluster"):
        RunOptions(cluster=str(path), devices="2").for_gpus()
    assert not RunOptions(cluster=str(path), devices="0").for_gpus().on_gpus


def seen(task: int) -> str | None:
    """What a process of the cluster is told to see."""
    del task
    return os.environ.get(VISIBLE)


@pytest.mark.slow
@pytest.mark.parametrize(("devices", "tokens"), [("2", {"GPU-aa", "GPU-bb"}), ("0", {"-1"})])
def test_each_process_sees_its_own(four, devices, tokens):
    options = RunOptions(devices=devices, workers=2).for_gpus()
    with connect(options, 2, seconds=0.0) as crew:  # too little for a cluster, but this process sees all four
        crew.client.wait_for_workers(2, timeout=1200)
        told = crew.client.run(seen, 0)
    assert set(told.values()) == tokens
    assert len(told) == 2


def test_all_of_them_and_little_work_need_no_process(monkeypatch, four):
    monkeypatch.setattr(module, "told_by_driver", lambda: FOUR[:1])
    with connect(RunOptions(workers=8).for_gpus(), 100) as crew:
        assert crew is None


@pytest.mark.slow
def test_workers_with_the_resource_do_the_work_where_there_are_some(tmp_path):
    with a_cluster(tmp_path) as cluster:
        cluster.add_worker("--name", "plain")
        cluster.add_worker("--name", "gpu", "--resources", "GPU=1")
        address = json.loads(cluster.file.read_text())["address"]
        options = RunOptions(scheduler=address, quiet=True)
        for resource, names in ((None, {"plain", "gpu"}), ("GPU", {"gpu"}), ("other", {"plain", "gpu"})):
            with connect(options, 40, needs=WorkerNeeds(resource=resource)) as crew:
                crew.client.wait_for_workers(2, timeout=1200)
                crew.look()
                held = crew.client.scheduler_info(n_workers=-1)["workers"]
                allowed = {held[worker]["id"] for worker in crew.restriction}
                done = dict(run_tasks(crew, seen, {task: (task,) for task in range(6)}))
            assert allowed == names
            assert len(done) == 6
