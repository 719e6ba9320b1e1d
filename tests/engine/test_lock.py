"""One holder at a time, whoever is gone and whoever comes back."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from helixdask.engine.lock import GroupLock, _machine
from helixdask.errors import StoreBusyError
from helixdask.store.objects import Folder

ROUNDS = 100


def dead(**more):
    return {"token": "dead", "host": _machine(), "pid": 2**22 + 1, "born": 0.0, **more}


@pytest.fixture
def folder(tmp_path):
    return Folder(str(tmp_path / "work"))


def test_it_leaves_nothing_behind(folder):
    with GroupLock(folder, "group") as lock:
        assert folder.names() == ["lock.1.json"]
        lock.check()
    assert not Path(folder.url).exists()


def test_a_second_holder_is_told_who_holds_it(folder):
    with (
        GroupLock(folder, "group"),
        pytest.raises(StoreBusyError, match=f"process {os.getpid()} on"),
        GroupLock(folder, "group"),
    ):
        pass
    assert not Path(folder.url).exists()


def test_a_dead_holder_is_replaced_by_the_next_number(folder):
    folder.write_json("lock.7.json", dead())
    folder.write_json("beat.dead.json", {"beat": 1.0})
    with GroupLock(folder, "group") as lock:
        assert "lock.8.json" in folder.names()
        assert folder.read_json("lock.8.json")["over"] == ["dead"]
        lock.check()
    assert not Path(folder.url).exists()


def test_a_holder_that_only_stood_still_notices(folder):
    with GroupLock(folder, "group") as lock:
        folder.write_json("lock.2.json", dead(token="other", over=[lock._token]))
        with pytest.raises(StoreBusyError, match="has taken over"):
            lock.check()
    assert folder.names() == ["lock.1.json", "lock.2.json"]  # the successor removes both


def test_a_holder_whose_successor_has_finished_notices(folder):
    with GroupLock(folder, "group") as lock:
        folder.remove("lock.1.json")
        with pytest.raises(StoreBusyError, match="not there any more"):
            lock.check()


def test_a_lock_of_the_same_number_is_not_mistaken_for_the_own(folder):
    with GroupLock(folder, "group") as lock:
        folder.write_json("lock.1.json", dead(token="other"))
        with pytest.raises(StoreBusyError, match="not there any more"):
            lock.check()
    assert folder.names() == ["lock.1.json"]


@pytest.mark.slow
def test_stale_locks_are_taken_over_by_one_of_four(tmp_path):
    root = Path(__file__).parents[2]
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.engine.lock_race", str(tmp_path), str(ROUNDS), "4", str(n)],
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root)},
        )
        for n in range(4)
    ]
    while any(process.poll() is None for process in processes):
        if any(process.poll() for process in processes):  # the others would wait for it
            for process in processes:
                process.kill()
        time.sleep(0.05)
    assert [process.returncode for process in processes] == [0] * 4
    assert not list(tmp_path.glob("double-*"))
    assert sum(int(path.read_text()) for path in tmp_path.glob("held-*")) >= ROUNDS
