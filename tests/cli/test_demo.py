"""The demonstration's folder: what an earlier run left is gone on with, or made anew; nothing of others is touched."""

import json
import subprocess

import pytest

from helixdask.cli import demo
from helixdask.errors import AlreadyExistsError, StageFailedError

ASKED = {"seed": 0, "bases": "2M", "helixdask": "1.0"}


def an_earlier_run(folder, **changed):
    (folder / "tuning.zarr").mkdir()
    (folder / "simulated").mkdir()
    for name in ("tuned.keras", ".tuned.keras.checkpoint", "base.gff3", "mine.txt"):
        (folder / name).write_text("x")
    (folder / "demo.json").write_text(json.dumps(ASKED | changed))


def test_the_same_run_goes_on(tmp_path):
    an_earlier_run(tmp_path)
    before = sorted(tmp_path.iterdir())
    assert demo._goes_on(tmp_path, ASKED)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"seed": 1}, "seed 0 instead of 1"),
        ({"helixdask": "0.9"}, "helixdask 1.0 instead of 0.9"),
    ],
)
def test_another_genome_or_version_is_made_anew(tmp_path, capsys, changed, said):
    an_earlier_run(tmp_path, **changed)
    assert not demo._goes_on(tmp_path, ASKED)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    assert said in " ".join(capsys.readouterr().err.split())


def test_a_note_without_a_version_is_one_of_an_earlier_version(tmp_path):
    an_earlier_run(tmp_path)
    (tmp_path / "demo.json").write_text(json.dumps({"seed": 0, "bases": "2M"}))
    assert not demo._goes_on(tmp_path, ASKED)
    assert not (tmp_path / "tuning.zarr").exists()


def test_a_store_of_others_is_left_alone(tmp_path):
    (tmp_path / "tuning.zarr").mkdir()
    with pytest.raises(AlreadyExistsError, match="no demonstration made"):
        demo._goes_on(tmp_path, ASKED)
    assert (tmp_path / "tuning.zarr").exists()


@pytest.mark.parametrize(("code", "remedy"), [(2, "choose another --folder"), (1, "goes on where it stopped")])
def test_the_remedy_is_one_that_helps(monkeypatch, code, remedy):
    monkeypatch.setattr(subprocess, "run", lambda words, **how: subprocess.CompletedProcess(words, code, b""))
    with pytest.raises(StageFailedError, match=remedy):
        demo._Steps(1).run("do it", "inspect")
