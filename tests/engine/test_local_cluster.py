"""Worker processes on this machine: patience, fewer of them, none, and no noise."""

from __future__ import annotations

import importlib.util
import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from distributed import Nanny

from helixdask.engine import local_cluster as module
from helixdask.engine.cluster import RunOptions, connect, is_worth_a_cluster
from helixdask.engine.dask_logs import held_back
from helixdask.engine.local_cluster import local_cluster
from helixdask.engine.run import run_stage
from helixdask.errors import MissingDependencyError
from tests.engine.contents import contents, ignoring_settings
from tests.engine.toy import HERE, LENGTHS, TWO, ToyStage, hold_after, make_store, processes_of

instantiate = Nanny.instantiate


@pytest.fixture
def failing(monkeypatch):
    """Let the first so many starts of a worker fail."""
    left = []

    async def start(self):
        if left:
            raise left.pop()
        return await instantiate(self)

    monkeypatch.setattr(Nanny, "instantiate", start)
    return lambda count: left.extend(OSError("no sockets here") for _ in range(count))


def messages(caplog) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name.startswith("helixdask")]


@pytest.mark.parametrize(
    ("workers", "tasks", "seconds", "start", "worth"),
    [
        (1, 100, 1e6, 0, False),
        (8, 2, 1e6, 0, False),
        (2, 100, 9, 0, False),
        (2, 100, 11, 0, True),
        (64, 100, 5, 0, False),
        (64, 100, 6, 0, True),
        (2, 100, 20, 6, False),
        (2, 100, 23, 6, True),
    ],
)
def test_what_is_worth_a_cluster(workers, tasks, seconds, start, worth):
    assert is_worth_a_cluster(workers, tasks, seconds, start) is worth


@pytest.mark.slow
def test_second_try(failing, caplog):
    failing(2)
    with held_back(), local_cluster(2, None) as crew:
        assert crew is not None
        assert sum(crew.client.nthreads().values()) >= 1
    assert messages(caplog) == ["worker processes did not start (no sockets here); trying again"]


@pytest.mark.slow
def test_fewer_workers(failing, caplog):
    failing(8)
    with held_back(), local_cluster(4, None) as crew:
        assert crew is not None
        crew.client.wait_for_workers(1, timeout=1200)
        assert len(crew.client.nthreads()) == 1
    assert messages(caplog)[-1].endswith("; trying again with 1")


@pytest.mark.slow
def test_this_process_does_it(failing, caplog, tmp_path):
    failing(100)
    for name, options in (("a", TWO), ("b", HERE)):
        (tmp_path / name).mkdir()
        make_store(str(tmp_path / f"{name}.zarr"), LENGTHS)
        assert run_stage(ToyStage(str(tmp_path / name)), str(tmp_path / f"{name}.zarr"), options).state == "done"
    said = "worker processes did not start (no sockets here); the work is done in this process"
    assert said in messages(caplog)
    same = [ignoring_settings(contents(tmp_path / f"{name}.zarr")) for name in "ab"]
    assert same[0] == same[1]


@pytest.mark.slow
def test_processes_that_take_too_long_are_ended(monkeypatch, caplog, tmp_path):
    """As on a machine so loaded that nothing starts: no try hangs, and no process is left."""
    (tmp_path / "endless.py").write_text("import time\n\ntime.sleep(3600)\n")
    before = set(multiprocessing.active_children())
    monkeypatch.setattr(module, "_START_SECONDS", 0.5)
    monkeypatch.setattr(module, "_CLOSE_SECONDS", 0.5)
    monkeypatch.setattr(module, "_PRELOAD", [str(tmp_path / "endless.py")])
    with held_back(), local_cluster(2, None) as crew:
        assert crew is None
    assert len(messages(caplog)) == 3
    assert set(multiprocessing.active_children()) <= before


@pytest.mark.slow
def test_nothing_of_dask_is_heard(capfd, tmp_path):
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs/die-2").touch()
    make_store(str(tmp_path / "a.zarr"), LENGTHS)
    handler = logging.StreamHandler()
    logging.getLogger().addHandler(handler)
    try:
        run_stage(ToyStage(str(tmp_path / "runs")), str(tmp_path / "a.zarr"), TWO)
    finally:
        logging.getLogger().removeHandler(handler)
    heard = capfd.readouterr()
    assert heard.out == ""
    assert set(heard.err.splitlines()) <= {"making labels/toy"}  # which is ours


@pytest.mark.slow
def test_ctrl_c_is_heard_once(tmp_path):
    """A terminal sends it to all processes; only the commanding one says something."""
    (tmp_path / "runs").mkdir()
    hold_after(tmp_path / "runs", 1)
    make_store(str(tmp_path / "a.zarr"), LENGTHS)
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "tests.engine.toy", str(tmp_path / "a.zarr"), str(tmp_path / "runs"), "2"]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}  # as the command line does, for processes of its own
    process = subprocess.Popen(
        command,
        cwd=root,
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # shells let what runs behind `&` ignore it
    )
    while len(processes_of(tmp_path / "runs")) < 2:  # both workers are at work
        assert process.poll() is None
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate()[1]
    assert process.returncode == -signal.SIGINT
    assert said.count("Traceback") == 1
    assert said.endswith("KeyboardInterrupt\n")


def test_loggers_are_as_before():
    logger = logging.getLogger("distributed.worker")
    before = (logger.disabled, logger.handlers, logger.propagate)
    with held_back():
        assert not logger.isEnabledFor(logging.CRITICAL)
    assert (logger.disabled, logger.handlers, logger.propagate) == before


def test_dashboard_needs_bokeh(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with (
        pytest.raises(MissingDependencyError, match="pip install"),
        connect(RunOptions(workers=1, dashboard=True), 1, 0.1),
    ):
        pass


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # bokeh's own
@pytest.mark.skipif(importlib.util.find_spec("bokeh") is None, reason="bokeh is not installed")
def test_dashboard_on_loopback(caplog):
    caplog.set_level("INFO")
    with connect(RunOptions(workers=1, dashboard=True), 1, 0.1):
        [said] = messages(caplog)
        address = said.removeprefix("dashboard: ")
        assert address.startswith("http://127.0.0.1:")
        assert not address.startswith("http://127.0.0.1:8787")
        with urllib.request.urlopen(address) as page:
            assert page.status == 200
