"""A cluster made for a command: jobs of a (made-up) Slurm, replaced when they end early, gone at the end."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import yaml

from helixdask.engine import made_cluster
from helixdask.engine.cluster import RunOptions
from helixdask.engine.cluster_file import ClusterFile, read_cluster_file
from helixdask.engine.kubernetes import manifest
from helixdask.engine.made_cluster import close_made_clusters, job_options
from helixdask.engine.plan import make_plan
from helixdask.engine.run import run_stage
from helixdask.errors import BadInputError
from tests.engine.contents import contents, ignoring_settings
from tests.engine.fake_slurm import FakeSlurm
from tests.engine.toy import LENGTHS, ToyStage, hold_after, make_store, processes_of

ROOT = Path(__file__).parents[2]


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    pytest.importorskip("dask_jobqueue", reason="dask-jobqueue is not installed")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setattr("helixdask.engine.cluster_tasks._LOOK_SECONDS", 0.5)
    monkeypatch.setattr(made_cluster, "_LOST_AFTER", 0.5)
    found = FakeSlurm(tmp_path / "slurm", monkeypatch)
    yield found
    close_made_clusters()
    found.await_end()


def cluster_file(folder, **said):
    path = folder / "cluster.yaml"
    path.write_text(yaml.safe_dump({"kind": "slurm", "memory": "2GB", "walltime": "01:00:00", **said}))
    return str(path)


@pytest.mark.slow
def test_jobs_do_the_work_and_one_that_ends_early_is_replaced(slurm, tmp_path, work, whole):
    url = tmp_path / "a.zarr"
    make_store(str(url), LENGTHS)
    options = RunOptions(cluster=cluster_file(tmp_path, queue="normal", jobs=1), quiet=True)
    hold = hold_after(work, 2)

    def end_it():
        while not processes_of(work):
            pass_time.wait(0.05)
        slurm.kill(1)
        hold.unlink()

    pass_time = threading.Event()
    thread = threading.Thread(target=end_it)
    thread.start()
    run_stage(ToyStage(str(work)), str(url), options)
    thread.join()
    assert ignoring_settings(contents(url)) == ignoring_settings(contents(whole))
    assert len(slurm.jobs()) == 2
    assert len(processes_of(work)) == 2
    run_stage(ToyStage(str(work), label="second"), str(url), options)
    assert len(slurm.jobs()) == 2  # one cluster for all stages of a command
    close_made_clusters()
    assert "2" in slurm.cancelled()
    slurm.await_end()


@pytest.mark.slow
def test_a_refusal_of_the_batch_system_is_said(slurm, tmp_path, work):
    url = str(tmp_path / "a.zarr")
    make_store(url, LENGTHS)
    (slurm.folder / "refuse").touch()
    with pytest.raises(BadInputError, match=r"took no job(.|\n)*invalid account"):
        run_stage(ToyStage(str(work)), url, RunOptions(cluster=cluster_file(tmp_path), quiet=True))


def test_what_a_job_asks_for(tmp_path):
    jobqueue = pytest.importorskip("dask_jobqueue", reason="dask-jobqueue is not installed")
    asked = read_cluster_file(
        cluster_file(tmp_path, queue="gpu", account="plants", gpus=1, walltime="1-00:00:00", prologue="module x")
    )
    job = jobqueue.SLURMCluster.job_cls("tcp://10.0.0.1:8786", name="one", **job_options(asked))
    script = job.job_script()
    for line in ("-p gpu", "-A plants", "-t 1-00:00:00", "--mem=2G", "--gres=gpu:1", "--cpus-per-task=1"):
        assert f"#SBATCH {line}" in script
    assert "--resources GPU=1" in script
    assert "--lifetime 86100s --lifetime-stagger 120s" in script
    assert "\nmodule x\n" in script


def test_the_plan_is_for_the_cluster(tmp_path):
    given = cluster_file(tmp_path, jobs=32, processes=2, memory="16GB")
    options = RunOptions(cluster=given)
    assert (options.n_workers, options.memory_limit_bytes, options.is_remote) == (64, 8_000_000_000, True)
    plan = make_plan(ToyStage("work"), 17_000_000_000, workers=options.n_workers)
    alone = make_plan(ToyStage("work"), 17_000_000_000, workers=1)
    assert plan.seconds == pytest.approx(alone.seconds / 64, rel=0.01)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("kind: slrm", "kind is 'slrm'"),
        ("memory: 4GB", "no kind"),
        ("kind: [", "no YAML"),
        ("kind: slurm\nqueu: x", "Did you mean queue"),
        ("kind: slurm\nmemory: much", "memory is 'much'"),
        ("kind: slurm\nwalltime: 86400", "walltime is 86400"),
        ("kind: slurm\njobs: 0", "jobs is 0"),
        ("kind: slurm\njobs: true", "jobs is True"),
        ("kind: slurm\nqueue: 4", "queue is 4"),
        ("kind: slurm\ngpus: 2\nprocesses: 2", "2 GPUs"),
        ("kind: kubernetes\nmemory: 4G", "image and memory"),
    ],
)
def test_files_that_cannot_be_meant(tmp_path, text, problem):
    path = tmp_path / "cluster.yaml"
    path.write_text(text)
    with pytest.raises(BadInputError, match=problem) as refusal:
        read_cluster_file(str(path))
    assert str(path) in str(refusal.value)


def test_no_such_file():
    with pytest.raises(BadInputError, match="neither a file nor a batch system"):
        read_cluster_file("nowhere.yaml")
    assert read_cluster_file("pbs") == ClusterFile("pbs")


def test_kubernetes_manifest():
    made = manifest(ClusterFile("kubernetes", memory="8G", image="helixdask:0.1", processes=2, namespace="wheat"), "a")
    worker = made["spec"]["worker"]["spec"]["containers"][0]
    assert made["metadata"] == {"name": "a", "namespace": "wheat"}
    assert worker["image"] == "helixdask:0.1"
    assert worker["resources"]["requests"] == {"cpu": "2", "memory": "8G"}
    assert worker["command"][worker["command"].index("--nworkers") + 1] == "2"
    service = made["spec"]["scheduler"]["service"]
    assert service["ports"][0]["targetPort"] == made["spec"]["scheduler"]["spec"]["containers"][0]["ports"][0]["name"]
    assert service["selector"]["dask.org/cluster-name"] == "a"
