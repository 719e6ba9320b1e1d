"""What a message says about a group that was made otherwise."""

import os
import shutil
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from helixdask.engine.identity import file_identity
from helixdask.engine.run import RunOptions, run_stage
from helixdask.engine.same_work import differences, work_digest
from helixdask.engine.stage import RegionResult, Stage, Work
from helixdask.errors import AlreadyExistsError
from helixdask.store.store import Store
from tests.engine.test_identity import old_form
from tests.engine.toy import make_store

HERE = RunOptions(workers=1, quiet=True)


@dataclass(frozen=True)
class FileStage(Stage):
    file: str
    factor: float = 1.0
    words: tuple[str, ...] = ()

    name: ClassVar[str] = "file"
    file_fields: ClassVar[tuple[str, ...]] = ("file",)
    bases_per_task: ClassVar[int] = 0

    def group(self) -> str:
        return "labels/file"

    def inputs(self, store: Store) -> dict[str, str]:
        return {"genome": store.identity("genome"), "file": file_identity(self.file)}

    def finish(self, store: Store, work: Work, result: RegionResult) -> dict[str, Any]:
        return {}


@pytest.fixture
def made(tmp_path):
    """A store with the group, and the file it is from."""
    path = tmp_path / "a.txt"
    path.write_text("content")
    store = make_store(str(tmp_path / "s.zarr"), [1000])
    run_stage(FileStage(str(path)), store.url, HERE)
    return store, path


def test_touched_copied_and_renamed_files_are_the_same(made):
    store, path = made
    os.utime(path, (5, 5))
    copy = shutil.copyfile(path, path.with_name("another name"))
    for each in (path, copy):
        assert run_stage(FileStage(str(each)), store.url, HERE).state == "already there"
    stage = FileStage(str(copy))
    assert work_digest(stage, stage.inputs(store)) == store.identity("labels/file")


def test_the_message_names_settings_and_inputs_with_both_values(made):
    store, path = made
    with pytest.raises(AlreadyExistsError) as caught:
        run_stage(FileStage(str(path), factor=2.0, words=("a", "b")), store.url, HERE)
    assert 'factor was 1.0 and is 2.0; words was [] and is ["a", "b"]' in str(caught.value)
    other = path.with_name("b.txt")
    other.write_text("contents")
    with pytest.raises(AlreadyExistsError) as caught:
        run_stage(FileStage(str(other)), store.url, HERE)
    assert "file was a.txt (7 bytes, SHA-256 " in str(caught.value)
    assert "and is b.txt (8 bytes, SHA-256 " in str(caught.value)
    assert str(path.parent / "a.txt") not in str(caught.value)
    assert run_stage(FileStage(str(other)), store.url, RunOptions(workers=1, quiet=True, replace=True)).state == "done"


def test_groups_of_earlier_versions_match(made):
    store, path = made
    attrs = store.attrs("labels/file")
    attrs |= {"inputs": {**attrs["inputs"], "file": old_form(path)}, "digest": "of another formula"}
    attrs["settings"] = {name: value for name, value in attrs["settings"].items() if name != "words"}
    os.utime(path, (5, 5))
    stage = FileStage(str(path))
    assert differences(stage, attrs, stage.inputs(store)) == []
    path.write_text("c0ntent")
    (found,) = differences(stage, attrs, stage.inputs(store))
    assert found.name == "file"
    (found,) = differences(
        FileStage(str(path), words=("x",)), attrs | {"inputs": stage.inputs(store)}, stage.inputs(store)
    )
    assert (found.name, found.there, found.now) == ("words", "[]", '["x"]')


def test_another_stage_and_missing_records(made):
    store, path = made
    stage = FileStage(str(path))
    attrs = store.attrs("labels/file")
    assert [each.name for each in differences(stage, {**attrs, "stage": "x", "digest": ""}, stage.inputs(store))] == [
        "stage"
    ]
    assert [each.name for each in differences(stage, {"digest": "x"}, stage.inputs(store))] == ["digest"]


def test_the_repr_of_a_stage_shows_no_folder_and_no_secret(tmp_path):
    assert str(tmp_path) not in repr(FileStage(str(tmp_path / "a.txt")))
    assert "secret" not in repr(FileStage("http://me:secret@host/a?t=secret"))
    assert repr(FileStage("a", 2.0)) == "FileStage(file='a', factor=2.0, words=())"
