"""Every stage: its publication and replacement, interrupted at changes of the disk.

Publication is the same code for all stages, and `test_publication_faults.py` goes through every change of a whole run.
Here one stage with tracks and one with tables are interrupted at each change, the others at each third, all stages
together at all places.
"""

from __future__ import annotations

import contextlib
import shutil

import pytest

from helixdask.engine import lock
from helixdask.engine.run import run_stage
from helixdask.errors import HelixdaskError, MissingInputError
from helixdask.store.store import Store
from tests.engine.all_stages import HERE, NAMES, copy_before, stage_of
from tests.engine.contents import contents
from tests.engine.faults import KilledError, faults

AT_EACH_CHANGE = ("labels", "windows")


def places(name: str, first: int, last: int) -> list[int]:
    """Numbers of the changes at which a stage is interrupted; both ends always."""
    step = 1 if name in AT_EACH_CHANGE else 3
    return sorted({first, *range(first + NAMES.index(name) % step, last + 1, step), last})


@pytest.fixture(autouse=True)
def everybody_else_is_dead(monkeypatch):
    monkeypatch.setattr(lock.GroupLock, "_is_alive", lambda self, holder: False)


def settings_of(url, group):
    """What the group that can be opened was made with; None where there is none."""
    store = Store.open(url)
    try:
        store.identity(group)
    except MissingInputError:
        return None
    for name, node in store._root[group].arrays():
        assert store.array(f"{group}/{name}")[...].shape == node.shape
    return store.attrs(group)["settings"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "replaced"), [("encode", False), ("labels", False), *((name, True) for name in NAMES)]
)
def test_publication_of_each_stage(inputs, tmp_path, name, replaced):
    url = str(tmp_path / "begun")
    copy_before(name, inputs, tmp_path / "begun")
    if replaced:
        run_stage(stage_of(name, inputs, url, other=True), url, HERE)
    stage = stage_of(name, inputs, url)
    start = contents(tmp_path / "begun") if (tmp_path / "begun").exists() else {}

    # All regions are done; only the publication is missing.
    with faults("none", 0) as counted:
        run_stage(stage, str(shutil.copytree(url, tmp_path / "count") if start else tmp_path / "count"), HERE)
    published = next(n for n, change in enumerate(counted.names, 1) if f".manifests/{stage.group()}." in change)
    with faults("kill", published), contextlib.suppress(KilledError):
        run_stage(stage, url, HERE)
    with faults("none", 0) as counted:
        run_stage(stage, str(shutil.copytree(url, tmp_path / "done")), HERE)
    first = next(n for n, change in enumerate(counted.names, 1) if f".manifests/{stage.group()}." in change)
    done = contents(tmp_path / "done")
    assert done == contents(tmp_path / "count")

    new = settings_of(str(tmp_path / "done"), stage.group())
    old = settings_of(url, stage.group())
    assert (old is not None) == replaced
    was_gone = False
    for at in places(name, first, counted.count):
        broken = tmp_path / f"{at}"
        shutil.copytree(url, broken)
        with faults(("kill", "full disk")[at % 2], at), contextlib.suppress(HelixdaskError, OSError, KilledError):
            run_stage(stage, str(broken), HERE)
        found = settings_of(str(broken), stage.group())
        was_gone |= found is None
        assert found in (old if not was_gone else None, new, None), f"at {at}: {counted.names[at - 1]}"
        run_stage(stage, str(broken), HERE)
        assert contents(broken) == done, f"at {at}: {counted.names[at - 1]}"
        shutil.rmtree(broken)
