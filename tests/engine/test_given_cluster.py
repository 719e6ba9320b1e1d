"""A cluster that somebody else started: what cannot work is refused with a reason, and nothing ever hangs."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path

import fsspec
import pytest
from distributed import Client

from helixdask.engine.cluster import RunOptions, WorkerNeeds, connect
from helixdask.engine.given_cluster import _mismatch
from helixdask.engine.run import run_stage
from helixdask.engine.worker_probe import find_problem
from helixdask.errors import BadInputError, StageFailedError
from tests.engine.cluster_processes import Cluster, a_cluster
from tests.engine.contents import contents, ignoring_settings
from tests.engine.toy import HERE, LENGTHS, ToyStage, hold_after, make_store

pytestmark = pytest.mark.slow


def options(cluster: Cluster, **more: float) -> RunOptions:
    return RunOptions(scheduler_file=str(cluster.file), quiet=True, **{"worker_timeout": 60.0, **more})


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A scheduler to which no worker that can be used ever comes."""
    with a_cluster(tmp_path_factory.mktemp("empty")) as cluster:
        yield cluster


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr("helixdask.engine.cluster_tasks._LOOK_SECONDS", 0.5)
    monkeypatch.setattr("helixdask.engine.given_cluster._GRACE_SECONDS", 0.5)


@pytest.fixture
def cluster(tmp_path):
    with a_cluster(tmp_path) as started:
        yield started


def without_package(folder: Path) -> Path:
    """A folder that hides the package from a process that has it first on its path."""
    (folder / "helixdask").mkdir(parents=True)
    (folder / "helixdask" / "__init__.py").write_text("raise ModuleNotFoundError(\"No module named 'helixdask'\")\n")
    return folder


def with_version(folder: Path, version: str) -> Path:
    """A folder that makes the package look like another release."""
    info = folder / f"helixdask-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: helixdask\nVersion: {version}\n")
    return folder


def test_no_workers(empty, tmp_path, work, caplog):
    caplog.set_level("INFO")
    url = str(tmp_path / "a.zarr")
    make_store(url, LENGTHS)
    with pytest.raises(BadInputError, match=r"no workers.*within 1 s(.|\n)*--worker-timeout"):
        run_stage(ToyStage(str(work)), url, options(empty, worker_timeout=1))
    assert "no workers yet; waiting 1 s at most" in caplog.text


def test_workers_that_cannot_work_are_refused_with_reasons(cluster, tmp_path, work):
    url = str(tmp_path / "a.zarr")
    make_store(url, LENGTHS)
    cluster.add_worker("--name", "bare", path=without_package(tmp_path / "bare"))
    cluster.add_worker("--name", "old", path=with_version(tmp_path / "old", "0.0.1"))
    await_workers(cluster, 2)
    with pytest.raises(BadInputError, match="none of the 2 workers can be used") as refusal:
        run_stage(ToyStage(str(work)), url, options(cluster))
    assert "No module named 'helixdask'" in str(refusal.value)
    assert "it has helixdask 0.0.1, here is" in str(refusal.value)
    assert "same environment" in str(refusal.value)
    assert not list((tmp_path / "a.zarr/.work").rglob("token"))


def test_one_good_worker_is_enough(cluster, tmp_path, work, whole, caplog):
    url = tmp_path / "a.zarr"
    make_store(str(url), LENGTHS)
    cluster.add_worker(path=with_version(tmp_path / "old", "0.0.1"))
    cluster.add_worker()
    await_workers(cluster, 2)
    run_stage(ToyStage(str(work)), str(url), options(cluster))
    assert "1 workers are not used" in caplog.text
    assert len({path.name.split("-")[3] for path in work.glob("run-*")}) == 1
    assert ignoring_settings(contents(url)) == ignoring_settings(contents(whole))


def test_scheduler_without_the_package_is_refused(tmp_path):
    with a_cluster(tmp_path, path=with_version(tmp_path / "old", "0.0.1")) as cluster:
        cluster.add_worker()
        with pytest.raises(BadInputError, match=r"the Dask scheduler cannot be used: it has helixdask 0\.0\.1"):
            connected(options(cluster), WorkerNeeds())


def test_store_that_the_worker_does_not_see(cluster, tmp_path):
    """Each process has a memory of its own, as two machines have disks of their own."""
    cluster.add_worker()
    name = f"memory://{tmp_path.name}/store.zarr"
    fsspec.filesystem("memory").pipe_file(f"{name}/zarr.json", b"{}")
    for writes in (False, True):
        with pytest.raises(BadInputError, match="it cannot see the store"):
            connected(options(cluster), WorkerNeeds(store=name, writes=writes))


def test_probe(tmp_path):
    url = str(tmp_path / "a.zarr")
    store = make_store(url, [10])
    file = tmp_path / "x.bam"
    file.write_bytes(b"1234")
    files = WorkerNeeds(files=(str(file), "s3://bucket/x", str(tmp_path / "no"))).local_files()
    assert files == ((str(file), 4),)
    (tmp_path / "a.zarr/.work/t").mkdir(parents=True)
    (tmp_path / "a.zarr/.work/t/token").write_bytes(b"written")
    assert find_problem(("helixdask.engine.run",), ("numpy",), store.url, ".work/t", files) is None
    assert "is another store there" in find_problem((), (), url, ".work/other", ())
    assert "tensorlow is not installed" in find_problem((), ("tensorlow",), url, None, ())
    assert "no_such" in find_problem(("no_such",), (), url, None, ())
    assert "is another file there" in find_problem((), (), url, None, ((str(file), 5),))
    assert "cannot read" in find_problem((), (), url, None, ((str(tmp_path / "no"), 5),))
    assert "cannot see the store" in find_problem((), (), str(tmp_path / "b.zarr"), None, ())


def test_store_that_cannot_be_written_there(tmp_path, monkeypatch):
    url = str(tmp_path / "a.zarr")
    make_store(url, [10])
    (tmp_path / "a.zarr/.work/t").mkdir(parents=True)
    (tmp_path / "a.zarr/.work/t/token").write_bytes(b"written")

    def read_only(self, data):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "write_bytes", read_only)
    assert "Read-only file system" in find_problem((), (), url, ".work/t", ())


@pytest.mark.parametrize(
    ("theirs", "said"),
    [
        ({}, None),
        ({"helixdask": None}, "helixdask is not installed there"),
        ({"helixdask": "0.1.1"}, "it has helixdask 0.1.1, here is 0.1.0"),
        ({"dask": "2026.3.1"}, None),
        ({"distributed": "2025.3.0"}, "it has distributed 2025.3.0, here is 2026.3.0"),
        ({"python": "3.11.9.final.0"}, None),
        ({"python": "3.12.7.final.0"}, "it has python 3.12.7.final.0, here is 3.11.7.final.0"),
    ],
)
def test_versions_that_matter(theirs, said):
    ours = {"helixdask": "0.1.0", "dask": "2026.3.0", "distributed": "2026.3.0", "python": "3.11.7.final.0"}
    assert _mismatch({**ours, **theirs}, ours) == said


def test_workers_that_die_and_come_back(cluster, tmp_path, work, whole):
    """The only worker dies; its nanny starts another one, which has another address and is examined anew."""
    url = tmp_path / "a.zarr"
    make_store(str(url), LENGTHS)
    (work / "die-2").touch()
    cluster.add_worker(nanny=True)
    run_stage(ToyStage(str(work)), str(url), options(cluster))
    assert len({path.name.split("-")[3] for path in work.glob("run-*")}) == 2
    assert ignoring_settings(contents(url)) == ignoring_settings(contents(whole))


def test_the_last_worker_is_killed_and_another_joins(cluster, tmp_path, work, whole, caplog):
    url = tmp_path / "a.zarr"
    make_store(str(url), LENGTHS)
    hold = hold_after(work, 2)
    first = cluster.add_worker()

    def change_workers() -> None:
        await_receipts(url, 2)
        first.kill()
        first.wait()
        hold.unlink()
        cluster.add_worker()

    during(change_workers, lambda: run_stage(ToyStage(str(work)), str(url), options(cluster)))
    assert len({path.name.split("-")[3] for path in work.glob("run-*")}) == 2
    assert ignoring_settings(contents(url)) == ignoring_settings(contents(whole))


def test_the_last_worker_is_killed_and_none_joins(cluster, tmp_path, work, caplog):
    url = tmp_path / "a.zarr"
    make_store(str(url), LENGTHS)
    hold = hold_after(work, 2)
    only = cluster.add_worker()
    await_workers(cluster, 1)

    def kill() -> None:
        await_receipts(url, 2)
        only.kill()

    with pytest.raises(StageFailedError, match="no worker was left"):
        during(
            kill,
            lambda: run_stage(ToyStage(str(work)), str(url), options(cluster, worker_timeout=1)),
        )
    hold.unlink()
    assert "no worker is left; waiting for others" in caplog.text
    assert run_stage(ToyStage(str(work)), str(url), HERE).resumed == 2


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_the_scheduler_is_killed(cluster, tmp_path, work, whole, how):
    url = tmp_path / "a.zarr"
    make_store(str(url), LENGTHS)
    hold = hold_after(work, 2)
    worker = cluster.add_worker()

    def kill() -> None:
        await_receipts(url, 2)
        cluster.scheduler.send_signal(how)

    with pytest.raises(StageFailedError, match="connection to the Dask scheduler was lost") as failed:
        during(kill, lambda: run_stage(ToyStage(str(work)), str(url), options(cluster)))
    worker.kill()
    worker.wait()
    hold.unlink()
    assert failed.value.exit_code == 1
    assert "run the same command again to go on" in str(failed.value)
    again = run_stage(ToyStage(str(work)), str(url), HERE)
    assert again.resumed == 2
    assert ignoring_settings(contents(url)) == ignoring_settings(contents(whole))


def connected(how: RunOptions, needs: WorkerNeeds) -> None:
    with connect(how, 10, needs=needs):
        pass


def await_workers(cluster: Cluster, n: int) -> None:
    with Client(scheduler_file=str(cluster.file)) as client:
        client.wait_for_workers(n, timeout=1200)


def await_receipts(url: Path, n: int) -> None:
    receipts = url / ".work/labels/toy/receipts"
    deadline = time.monotonic() + 1200
    while time.monotonic() < deadline and len(list(receipts.glob("*.npz"))) < n:
        time.sleep(0.02)


def during(what, call):
    """Do something beside a call."""
    thread = threading.Thread(target=what)
    thread.start()
    try:
        call()
    finally:
        thread.join()
