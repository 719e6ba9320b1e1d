"""A model that is there: the same command again leaves it, another recipe is refused, `replace` trains anew."""

import dataclasses
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from helixdask.errors import AlreadyExistsError
from helixdask.trainer.network.model_file import load_model, save_model
from helixdask.trainer.tuning.finished import already_there
from helixdask.trainer.tuning.recipe import recipe_differences, without_length
from helixdask.trainer.tuning.tune import TuneSettings, dry_run, train_from_scratch, tune
from tests.trainer.conftest import LITTLE, PLAIN, add_library, write_split, write_toy_store

pytestmark = pytest.mark.slow


def settings_for(store, path, /, **more):
    known = {"epochs": 1, "batch_size": 16, "threads": 1, "seed": 3}
    return TuneSettings(**({"stores": (store.url,), "output": str(path)} | known | more))


@pytest.fixture(scope="module")
def once(little_store, tmp_path_factory):
    return train_from_scratch(settings_for(little_store, tmp_path_factory.mktemp("once") / "model.keras"), PLAIN)


@pytest.fixture
def trained(once, tmp_path):
    return dataclasses.replace(once, path=shutil.copy2(once.path, tmp_path))


def test_the_same_again_is_already_there(trained, little_store):
    path = Path(trained.path)
    before, stamp = path.read_bytes(), path.stat().st_mtime_ns
    told = []
    # What is left out means the same as its default written out.
    same = settings_for(little_store, path, split="default", learning_rate=3e-4, resume=True)
    again = train_from_scratch(same, PLAIN, told.append)
    assert (again.state, again.stopped, again.digest) == ("already there", "epochs", trained.digest)
    assert (again.genic_f1, again.verdict, again.steps) == (trained.genic_f1, trained.verdict, trained.steps)
    assert [row["genic_f1"] for row in again.history] == [row["genic_f1"] for row in trained.history]
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before, stamp)
    assert not [event for event in told if event.kind != "message"]
    assert dry_run(same, PLAIN)["state"] == "already there"
    assert dry_run(settings_for(little_store, path, replace=True), PLAIN)["state"] == "planned"


def test_it_is_known_before_tensorflow_is_started(trained, little_store):
    known = settings_for(little_store, trained.path)
    assert dataclasses.replace(already_there(known, PLAIN), history=[]) == dataclasses.replace(
        train_from_scratch(known, PLAIN), history=[]
    )
    assert already_there(settings_for(little_store, trained.path, replace=True), PLAIN) is None
    assert already_there(settings_for(little_store, f"{trained.path}.other"), PLAIN) is None
    with pytest.raises(AlreadyExistsError, match="seed was 3 and is 4"):
        already_there(settings_for(little_store, trained.path, seed=4), PLAIN)
    look = (
        "import sys; from helixdask.trainer.tuning.finished import already_there; "
        "from helixdask.trainer.tuning.settings import TuneSettings; from helixdask.trainer.network.spec import "
        f"NetworkSpec; print(already_there({known!r}, {PLAIN!r}).state, 'tensorflow' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "already there False"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"epochs": 2}, "epochs was 1 and is 2"),
        ({"seed": 4, "batch_size": 8}, "batch_size was 16 and is 8; seed was 3 and is 4"),
        ({"class_weights": (1.0, 1.0, 1.0, 1.0)}, r"class_weights was \[0.7, 1.6, 1.2, 1.2\] and is \[1.0,"),
    ],
)
def test_another_recipe_is_refused_with_the_difference(trained, little_store, more, says):
    before = Path(trained.path).read_bytes()
    with pytest.raises(AlreadyExistsError, match=says) as refused:
        train_from_scratch(settings_for(little_store, trained.path, **more), PLAIN)
    assert "--replace" in str(refused.value)
    assert Path(trained.path).read_bytes() == before


def test_another_network_and_other_inputs_are_another_recipe(trained, little_store, tmp_path):
    other = dataclasses.replace(PLAIN, units=9)
    with pytest.raises(AlreadyExistsError, match="network units was 8 and is 9"):
        train_from_scratch(settings_for(little_store, trained.path), other)
    store = write_toy_store(tmp_path / "other.zarr", **LITTLE)
    contig = store.table("windows/default")["window_contig"]
    write_split(store, np.where(contig == 0, 1, 0), "other")
    with pytest.raises(AlreadyExistsError, match="split of store 1 was default split default and is other split other"):
        train_from_scratch(settings_for(store, trained.path, split="other"), PLAIN)


def test_coverage_that_was_made_anew_is_another_recipe(trained, tmp_path):
    store = write_toy_store(tmp_path / "covered.zarr", **LITTLE)
    add_library(store, "coverage/rnaseq/leaf")
    settings = settings_for(store, tmp_path / "tuned.keras", model=trained.path, max_steps=1)
    assert tune(settings).state == "done"
    assert tune(settings).state == "already there"
    with pytest.raises(AlreadyExistsError, match="base model was"):
        tune(settings_for(store, tmp_path / "tuned.keras", model=str(tmp_path / "tuned.keras"), max_steps=1))


def test_files_that_do_not_tell_are_never_overwritten(trained, little_store, tmp_path):
    path = tmp_path / "old.keras"
    model = load_model(trained.path)
    save_model(path, model.network, model.spec, model.card | {"recipe": None})
    with pytest.raises(AlreadyExistsError, match="does not tell what it was made from"):
        train_from_scratch(settings_for(little_store, path), PLAIN)
    path.write_text("my notes")
    with pytest.raises(AlreadyExistsError, match="no model that can be read"):
        train_from_scratch(settings_for(little_store, path), PLAIN)
    assert path.read_text() == "my notes"


def test_a_replacement_that_was_interrupted_goes_on(trained, little_store):
    def interrupt(event):
        if event.kind == "step" and event.done == 2:
            os.kill(os.getpid(), signal.SIGINT)

    settings = settings_for(little_store, trained.path, replace=True)
    assert train_from_scratch(settings, PLAIN, interrupt).stopped == "interrupted"
    assert dry_run(settings, PLAIN)["state"] == "interrupted"
    told = []
    assert (
        train_from_scratch(settings_for(little_store, trained.path), PLAIN, told.append).state == "done"
    )  # trained anew
    assert any(event.text.startswith("Going on after step 2") for event in told)


def test_settings_that_older_versions_did_not_know_are_at_their_defaults():
    now = {"xla": False, "decay": "none", "epochs": 3, "seed": 1}
    assert recipe_differences({"decay": "none", "epochs": 3, "seed": 1}, now) == []
    assert [each.name for each in recipe_differences({"decay": "none"}, now | {"xla": True})] == [
        "epochs",
        "seed",
        "xla",
    ]
    assert without_length(now) == {"xla": False, "decay": "none", "seed": 1}
    assert without_length(now | {"decay": "cosine"})["epochs"] == 3
