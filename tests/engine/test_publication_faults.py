"""Whatever goes wrong at whichever change of the disk: old, none or new, and the rerun ends as if nothing had been."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import numpy as np
import pytest

from helixdask.engine import lock
from helixdask.engine.run import RunOptions, run_stage
from helixdask.errors import HelixdaskError, MissingInputError
from helixdask.store.store import Store
from tests.engine.contents import contents
from tests.engine.faults import KINDS, KilledError, faults
from tests.engine.toy import ToyStage, make_store

LENGTHS = [3_000, 1, 600]
OPTIONS = RunOptions(workers=1, quiet=True, replace=True)


@pytest.fixture(autouse=True)
def everybody_else_is_dead(monkeypatch):
    """Locks that a "killed" run of this process left are those of a dead one."""
    monkeypatch.setattr(lock.GroupLock, "_is_alive", lambda self, holder: False)


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """Stores without and with the group, and what a run leaves that nothing disturbs."""
    folder = tmp_path_factory.mktemp("before")
    runs = folder / "runs"
    runs.mkdir()
    make_store(str(folder / "new"), LENGTHS)
    shutil.copytree(folder / "new", folder / "replaced")
    run_stage(ToyStage(str(runs), setting=1), str(folder / "replaced"), OPTIONS)
    for name in ("new", "replaced"):
        shutil.copytree(folder / name, folder / f"{name}.done")
        run_stage(ToyStage(str(runs)), str(folder / f"{name}.done"), OPTIONS)
    return folder


def changes(before: Path, name: str, url: Path) -> int:
    shutil.copytree(before / name, url)
    with faults("none", 0) as found:
        run_stage(ToyStage(str(before / "runs")), str(url), OPTIONS)
    shutil.rmtree(url)
    return found.count


def version(url: Path) -> str:
    """Which version of the group somebody reads who opens the store now."""
    store = Store.open(url)
    try:
        label = store.read("labels/toy/label", 0, store.n_bases)
        first = store.array("labels/toy/findings/finding_line")[...]
    except MissingInputError:
        return "none"
    codes = store.read("genome/sequence", 0, store.n_bases)
    np.testing.assert_array_equal(label, [codes, 3 - codes])
    assert len(first) == 1
    return {1: "old", 0: "new"}[store.attrs("labels/toy")["settings"]["setting"]]


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["new", "replaced"])
def test_every_change_of_a_run(before, tmp_path, name, kind):
    stage = ToyStage(str(before / "runs"))
    seen = []
    for at in range(1, changes(before, name, tmp_path / "count") + 1):
        url = tmp_path / f"{at}.zarr"
        shutil.copytree(before / name, url)
        with faults(kind, at), contextlib.suppress(HelixdaskError, RuntimeError, OSError, KilledError):
            run_stage(stage, str(url), OPTIONS)
        seen.append(version(url))
        run_stage(stage, str(url), OPTIONS)
        assert version(url) == "new"
        found, expected = contents(url), contents(before / f"{name}.done")
        assert found.keys() == expected.keys(), f"at {at}"
        assert found == expected, f"at {at}"
        events = len(list((before / name).glob("history/*")))
        assert len(list(url.glob("history/*"))) == events + 1, f"at {at}"
        shutil.rmtree(url)
    start = "old" if name == "replaced" else "none"
    order = {"old": 0, "none": 1, "new": 2}
    if kind != "exception":  # a task that fails once is tried again
        assert [order[found] for found in seen] == sorted(order[found] for found in seen)
    assert seen[0] == start
    assert seen[-1] == "new"
    swap = seen.count("none") if name == "replaced" else 0
    assert swap <= 6


def test_another_command_finishes_what_was_begun(before, tmp_path):
    url = tmp_path / "a.zarr"
    shutil.copytree(before / "replaced", url)
    with faults("none", 0) as found:
        run_stage(ToyStage(str(before / "runs")), str(url), OPTIONS)
    begun = next(n for n, change in enumerate(found.names, 1) if change.startswith("move"))
    shutil.rmtree(url)
    shutil.copytree(before / "replaced", url)
    with faults("kill", begun + 1), contextlib.suppress(KilledError):
        run_stage(ToyStage(str(before / "runs")), str(url), OPTIONS)
    assert version(url) == "none"
    run_stage(ToyStage(str(before / "runs"), label="other"), str(url), OPTIONS)
    assert version(url) == "new"
    assert not (url / ".work/labels/toy").exists()
