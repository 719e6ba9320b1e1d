"""A small file system that fills up in the middle of each stage, and gets room again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from helixdask.engine.run import run_stage
from helixdask.errors import BadInputError, DiskFullError
from tests.engine.all_stages import HERE, NAMES, copy_before, stage_of
from tests.engine.contents import contents
from tests.small_disk import PAGE, mount


def used(folder: Path) -> int:
    return sum(-(-path.stat().st_size // PAGE) * PAGE if path.is_file() else 0 for path in folder.rglob("*"))


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_message_then_the_same_command_goes_on(name, inputs, tmp_path, small_disk, monkeypatch):
    monkeypatch.setattr("helixdask.engine.run.refuse_what_cannot_fit", lambda *_: None)
    before, url = tmp_path / "before", small_disk / "s.zarr"
    for target in (before, tmp_path / "done", url):
        copy_before(name, inputs, target)
    run_stage(stage_of(name, inputs, str(tmp_path / "done")), str(tmp_path / "done"), HERE)
    start = shutil.disk_usage(small_disk).used
    needed = used(tmp_path / "done") - (used(before) if before.exists() else 0)
    messages = []
    for share in (0.05, 0.5, 0.8):
        mount(small_disk, start + max(PAGE, int(share * needed) // PAGE * PAGE), "remount")
        try:
            run_stage(stage_of(name, inputs, str(url)), str(url), HERE)
        except DiskFullError as error:
            messages.append(str(error))
    assert messages
    assert all("Make room" in message for message in messages)
    mount(small_disk, 1 << 30, "remount")
    run_stage(stage_of(name, inputs, str(url)), str(url), HERE)
    assert contents(url) == contents(tmp_path / "done")


@pytest.mark.slow
def test_what_cannot_fit_is_refused_before_the_work(inputs, small_disk, tmp_path):
    copy_before("labels", inputs, small_disk / "s.zarr")
    mount(small_disk, shutil.disk_usage(small_disk).used + PAGE, "remount")
    with pytest.raises((BadInputError, DiskFullError), match=r"are free|no space is left"):
        run_stage(stage_of("labels", inputs, ""), str(small_disk / "s.zarr"), HERE)
    assert not (small_disk / "s.zarr/labels/reference").exists()
