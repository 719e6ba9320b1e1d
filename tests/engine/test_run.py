"""Running a stage: the same bytes whatever happens on the way."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from helixdask.engine import lock
from helixdask.engine.lock import GroupLock
from helixdask.engine.plan import regions_of
from helixdask.engine.run import RunOptions, plan_stage, run_stage
from helixdask.engine.stage import Work
from helixdask.errors import (
    AlreadyExistsError,
    BadInputError,
    DiskFullError,
    StageFailedError,
    StoreBusyError,
)
from helixdask.store.objects import Folder
from helixdask.store.store import Store
from tests.engine.contents import contents, ignoring_settings
from tests.engine.toy import HERE, LENGTHS, TWO, ToyInThreads, ToyStage, hold_after, make_store


def runs_by_region(folder: Path) -> dict[int, int]:
    counted: dict[int, int] = {}
    for path in folder.glob("run-*"):
        index = int(path.name.split("-")[1])
        counted[index] = counted.get(index, 0) + 1
    return counted


def test_done_then_there(tmp_path, work):
    url = str(tmp_path / "a.zarr")
    store = make_store(url, LENGTHS)
    stage = ToyStage(str(work))
    first = run_stage(stage, url, HERE)
    assert first.state == "done"
    assert first.attrs["counts"]["bases"] == sum(LENGTHS)
    assert Store.open(url).names("labels") == ["toy"]
    label = store.read("labels/toy/label", 0, store.n_bases)
    np.testing.assert_array_equal(label[0], store.read("genome/sequence", 0, store.n_bases))
    assert run_stage(stage, url, HERE).state == "already there"
    assert set(runs_by_region(work).values()) == {1}
    assert not (tmp_path / "a.zarr/.work/labels/toy").exists()
    assert len(list((tmp_path / "a.zarr/history").iterdir())) == 1


def test_other_settings_need_replace(tmp_path, work):
    url = str(tmp_path / "a.zarr")
    make_store(url, LENGTHS)
    run_stage(ToyStage(str(work)), url, HERE)
    other = ToyStage(str(work), setting=1)
    with pytest.raises(AlreadyExistsError, match="--replace"):
        run_stage(other, url, HERE)
    assert run_stage(other, url, RunOptions(workers=1, quiet=True, replace=True)).state == "done"


def test_workers_give_the_same_bytes(tmp_path, work, whole):
    url = tmp_path / "two.zarr"
    make_store(str(url), LENGTHS)
    run_stage(ToyStage(str(work)), str(url), TWO)
    assert ignoring_settings(contents(url)) == ignoring_settings(contents(whole))


@pytest.mark.parametrize("trick", ["", "raise-once"])
def test_threads_give_the_same_bytes(tmp_path, work, whole, trick):
    url = tmp_path / "g.zarr"
    make_store(str(url), LENGTHS)
    if trick:
        (work / f"{trick}-2").touch()
    run_stage(ToyInThreads(str(work)), str(url), RunOptions(workers=3, quiet=True))
    assert ignoring_settings(contents(url)) == ignoring_settings(contents(whole))
    ran_in = {path.name.rsplit("-", 1)[1] for path in work.glob("run-*")}
    assert ran_in == {str(os.getpid())}


def test_a_thread_that_fails_keeps_what_others_finished(tmp_path, work, whole):
    url = tmp_path / "g.zarr"
    make_store(str(url), LENGTHS)
    (work / "fail-2").touch()
    with pytest.raises(StageFailedError, match="region 2"):
        run_stage(ToyInThreads(str(work)), str(url), TWO)
    (work / "fail-2").unlink()
    run_stage(ToyInThreads(str(work)), str(url), TWO)
    assert ignoring_settings(contents(url)) == ignoring_settings(contents(whole))


def test_a_task_that_fails_once_is_tried_again(tmp_path, work):
    url = str(tmp_path / "a.zarr")
    make_store(url, LENGTHS)
    (work / "raise-once-3").touch()
    assert run_stage(ToyStage(str(work)), url, HERE).state == "done"
    assert runs_by_region(work)[3] == 2


def test_a_task_that_always_fails_keeps_the_others(tmp_path, work):
    url = str(tmp_path / "a.zarr")
    make_store(url, LENGTHS)
    (work / "fail-4").touch()
    with pytest.raises(StageFailedError, match=r"region 4 .*as told"):
        run_stage(ToyStage(str(work)), url, HERE)
    assert Store.open(url).names("labels") == []
    (work / "fail-4").unlink()
    again = run_stage(ToyStage(str(work)), url, HERE)
    assert again.resumed == 4
    assert runs_by_region(work)[0] == 1


@pytest.mark.slow
def test_a_worker_that_dies_is_replaced(tmp_path, work, whole):
    url = tmp_path / "a.zarr"
    make_store(str(url), LENGTHS)
    (work / "die-2").touch()
    summary = run_stage(ToyStage(str(work)), str(url), TWO)
    assert summary.state == "done"
    assert runs_by_region(work)[2] == 2
    assert ignoring_settings(contents(url)) == ignoring_settings(contents(whole))


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_kill_nine_and_go_on(tmp_path, work, whole, workers):
    url = tmp_path / "killed.zarr"
    make_store(str(url), LENGTHS)
    root = Path(__file__).parents[2]
    hold = hold_after(work, 3)
    command = [sys.executable, "-m", "tests.engine.toy", str(url), str(work), str(workers)]
    process = subprocess.Popen(command, cwd=root, start_new_session=True, env={**os.environ, "PYTHONPATH": str(root)})
    receipts = url / ".work/labels/toy/receipts"
    while len(list(receipts.glob("*.npz"))) < 3:
        assert process.poll() is None
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    hold.unlink()
    finished = {int(path.stem) for path in receipts.glob("[0-9]*.npz")}
    assert len(finished) >= 3
    assert Store.open(str(url)).names("labels") == []
    summary = run_stage(ToyStage(str(work)), str(url), TWO)
    assert summary.resumed == len(finished)
    assert all(runs_by_region(work)[index] == 1 for index in finished)
    assert ignoring_settings(contents(url)) == ignoring_settings(contents(whole))


def test_unfinished_work_with_other_settings_is_thrown_away(tmp_path, work, caplog):
    url = str(tmp_path / "a.zarr")
    make_store(url, LENGTHS)
    (work / "fail-4").touch()
    with pytest.raises(StageFailedError):
        run_stage(ToyStage(str(work)), url, HERE)
    (work / "fail-4").unlink()
    assert run_stage(ToyStage(str(work), setting=1), url, HERE).resumed == 0
    assert "thrown away" in caplog.text


def test_second_writer_is_told(tmp_path, work):
    url = str(tmp_path / "a.zarr")
    make_store(url, LENGTHS)
    with (
        GroupLock(Folder(url).folder(".work/labels/toy"), "labels/toy"),
        pytest.raises(StoreBusyError, match="is writing this group"),
    ):
        run_stage(ToyStage(str(work)), url, HERE)
    assert run_stage(ToyStage(str(work), label="other"), url, HERE).state == "done"
    assert run_stage(ToyStage(str(work)), url, HERE).state == "done"


def test_lock_of_a_dead_process_is_taken_over(tmp_path, work, monkeypatch):
    url = str(tmp_path / "a.zarr")
    make_store(url, LENGTHS)
    folder = Folder(url).folder(".work/labels/toy")
    dead = {"token": "x", "host": lock._machine(), "pid": 2**22 + 1, "born": 0.0}
    folder.write_json("lock.3.json", dead)
    assert run_stage(ToyStage(str(work)), url, HERE).state == "done"
    assert not Path(folder.url).exists()
    folder.write_json("lock.1.json", {**dead, "host": "elsewhere"})
    folder.write_json("beat.x.json", {"beat": time.time() + 1200})  # whatever the load
    with pytest.raises(StoreBusyError):
        run_stage(ToyStage(str(work), setting=1), url, RunOptions(workers=1, replace=True))
    folder.write_json("beat.x.json", {"beat": time.time() - 100})
    monkeypatch.setattr(lock, "_BEAT_SECONDS", 0.01)
    assert run_stage(ToyStage(str(work), setting=1), url, RunOptions(workers=1, replace=True)).state == "done"


def test_full_disk_then_room(tmp_path, work, monkeypatch, whole):
    url = tmp_path / "a.zarr"
    make_store(str(url), LENGTHS)
    write = Store.write_region

    def full(self, path, start, data):
        if start >= 3 << 16:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(self, path, start, data)

    monkeypatch.setattr(Store, "write_region", full)
    with pytest.raises(DiskFullError, match="Make room"):
        run_stage(ToyStage(str(work)), str(url), HERE)
    monkeypatch.setattr(Store, "write_region", write)
    assert run_stage(ToyStage(str(work)), str(url), HERE).resumed == 3
    assert ignoring_settings(contents(url)) == ignoring_settings(contents(whole))


def test_regions_do_not_depend_on_workers_and_are_whole_shards(tmp_path, work):
    stage = ToyStage(str(work), task=100_000)
    regions = regions_of(stage, sum(LENGTHS))
    assert {region.length for region in regions[:-1]} == {1 << 17}
    assert regions[-1].stop == sum(LENGTHS)
    assert [region.start for region in regions[1:]] == [region.stop for region in regions[:-1]]


def test_plan_changes_nothing(tmp_path, work):
    url = tmp_path / "a.zarr"
    make_store(str(url), LENGTHS)
    before = contents(url)
    plan = plan_stage(ToyStage(str(work)), str(url), TWO)
    assert (plan.tasks, plan.bases) == (10, sum(LENGTHS))
    assert run_stage(ToyStage(str(work)), str(url), RunOptions(dry_run=True)).state == "planned"
    assert contents(url) == before


def test_plan_refuses_what_cannot_fit(tmp_path, work, monkeypatch):
    url = str(tmp_path / "a.zarr")
    make_store(url, LENGTHS)
    with pytest.raises(BadInputError, match="memory"):
        plan_stage(ToyStage(str(work)), url, RunOptions(workers=1, memory_limit="10MB"))
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1000))
    with pytest.raises(BadInputError, match="are free"):
        plan_stage(ToyStage(str(work)), url, TWO)


def test_no_scheduler_there(tmp_path, work):
    url = str(tmp_path / "a.zarr")
    make_store(url, LENGTHS)
    missing = tmp_path / "scheduler.json"
    missing.write_text(json.dumps({"address": "tcp://127.0.0.1:9"}))
    with pytest.raises(BadInputError, match="does not answer"):
        run_stage(ToyStage(str(work)), url, RunOptions(scheduler_file=str(missing), quiet=True, connect_seconds=1))


def test_receipt_round_trip(tmp_path):
    work = Work(Folder(str(tmp_path)))
    work.save("x", names=np.array(["a", "bé"], dtype=object), numbers=np.arange(3))
    loaded = work.load("x")
    assert loaded["names"].tolist() == ["a", "bé"]
    with pytest.raises(KeyError):
        work.load("y")


def test_the_plan_of_a_replacement_counts_both(tmp_path, work):
    url = str(tmp_path / "a.zarr")
    make_store(url, LENGTHS)
    assert plan_stage(ToyStage(str(work)), url, HERE).bytes_replaced == 0
    run_stage(ToyStage(str(work)), url, HERE)
    other = plan_stage(ToyStage(str(work), setting=1), url, RunOptions(workers=1, replace=True))
    assert other.bytes_replaced == Store.open(url).manifest("labels/toy").n_bytes > 0
