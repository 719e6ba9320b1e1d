"""The options of train and tune arrive where they belong."""

import json
from types import SimpleNamespace

import pytest

from helixdask.trainer.network.build import build_network
from helixdask.trainer.network.card import default_card
from helixdask.trainer.network.model_file import load_model, save_model
from tests.cli.support import done, helixdask
from tests.trainer.conftest import LITTLE, PLAIN, add_library, write_toy_store

pytestmark = pytest.mark.slow

SMALL = ["--cnn-layers", "1", "--filter-depth", "8", "--lstm-layers", "1", "--units", "8", "--batch-size", "16"]
SHORT = ["--max-steps", "4", "--threads", "1", "-q", "--json"]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = write_toy_store(tmp_path_factory.mktemp("store") / "toy.zarr", **LITTLE)
    add_library(store, "coverage/rnaseq/leaf")
    return store.url


@pytest.fixture(scope="module")
def base(store, tmp_path_factory):
    path = tmp_path_factory.mktemp("base") / "base.keras"
    report = done("train", store, "-o", path, *SMALL, *SHORT, "--check-every", "2", "--dropout1", "0.1").json()
    assert [row["step"] for row in report["history"]] == [2, 4]
    assert report["stopped"] == "max_steps"
    return path


def test_a_network_with_coverage_or_without_phase(store, base, tmp_path):
    assert load_model(base).spec.dropout1 == 0.1
    path = tmp_path / "covered.keras"
    done("train", store, "-o", path, *SMALL, *SHORT, "--coverage", "rnaseq", "--hidden-layer", "5", "--no-phase")
    spec = load_model(path).spec
    assert (spec.n_libraries, spec.hidden_units, spec.predict_phase) == (1, 5, False)
    refused = helixdask("tune", store, "--model", path, "-o", tmp_path / "t.keras", *SHORT)
    assert refused.code == 2
    assert "no codon phase" in refused.err
    assert "Traceback" not in refused.err


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A network without LSTM, untrained."""
    path = tmp_path_factory.mktemp("plain") / "plain.keras"
    save_model(path, build_network(PLAIN, seed=1), PLAIN, default_card(training_window=LITTLE["window"]))
    return path


def test_tuned_and_tuned_again(store, plain, tmp_path):
    first, second = tmp_path / "first.keras", tmp_path / "second.keras"
    options = ["--class-weights", "[1,2,2,2]", "--transition-weights", "none", "--coverage-norm", "linear"]
    done("tune", store, "--model", plain, "-o", first, "--coverage", "rnaseq", *options, *SHORT)
    report = done("tune", store, "--model", first, "-o", second, "--mode", "whole", *SHORT).json()
    assert report["verdict"]["genes"]["gene"]["tuned"]["n_reference"] > 0
    card = done("models", second, "--json").json()["card"]
    assert card["class_weights"] == [1, 2, 2, 2]
    assert card["coverage_norm"] == "linear"
    assert [library["name"] for library in card["libraries"]] == ["leaf"]
    for ending in (".md", ".csv", ".png"):
        assert second.with_suffix(ending).stat().st_size > 0
    worse = ["--learning-rate", "1e-12", "--new-head", "random", "--mode", "head", "--require-better"]
    ran = helixdask("tune", store, "--model", first, "-o", tmp_path / "worse.keras", *worse, *SHORT)
    assert json.loads(ran.out)["verdict"]["better"] is (ran.code == 0)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--confidence", "nothing"], "predictions/nothing"),
        (["--class-weights", "1,2"], "--class-weights"),
        (["--coverage", "cage"], "coverage/cage"),
        (["--mode", "head", "--hidden-layer", "4"], "no coverage"),
    ],
)
def test_what_is_refused_before_training(store, base, tmp_path, options, says):
    refused = helixdask("tune", store, "--model", base, "-o", tmp_path / "t.keras", *options, *SHORT)
    assert refused.code == 2, refused.err
    assert says in refused.err
    assert not (tmp_path / "t.keras").exists()


def test_a_dry_run_takes_no_step(store, base, tmp_path):
    plan = done(
        *("tune", store, "--model", base, "-o", tmp_path / "t.keras", "--coverage", "rnaseq"),
        *("--dry-run", "--epochs", "3", "--json"),
    ).json()
    assert plan["mode"] == "coverage"
    assert plan["libraries"] == ["leaf (rnaseq)"]
    assert plan["steps_at_most"] == 3 * plan["steps_in_an_epoch"]
    assert 0 < plan["n_weights_that_learn"] < plan["n_weights"]
    plan = done("train", store, "-o", tmp_path / "t.keras", *SMALL, "--dry-run", "--json").json()
    assert plan["n_weights_that_learn"] == plan["n_weights"]
    assert "nothing was trained" in done("train", store, "-o", tmp_path / "t.keras", *SMALL, "--dry-run").out
    assert plan["memory"] > plan["disk"] > 4 * plan["n_weights"]
    assert not list(tmp_path.iterdir())


def test_a_few_steps_tell_the_time(store, plain, tmp_path):
    plan = done(
        "tune",
        store,
        "--model",
        plain,
        "-o",
        tmp_path / "t.keras",
        "--measure",
        "--epochs",
        "3",
        "--threads",
        "1",
        "--json",
    ).json()
    assert plan["seconds_at_most"] >= plan["steps_at_most"] * plan["seconds_a_step"] > 0
    assert plan["seconds_to_begin"] > 0
    assert not list(tmp_path.iterdir())


def test_training_that_cannot_fit_is_refused(store, base, tmp_path, monkeypatch):
    words = ["tune", store, "--model", base, "-o", tmp_path / "t.keras", "--dry-run"]
    with monkeypatch.context() as little:
        little.setattr("helixdask.trainer.tuning.outlook.usable_memory", lambda: 10_000_000)
        ran = helixdask(*words)
    assert ran.code == 2
    assert "--batch-size" in ran.err
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=1_000))
    ran = helixdask(*words)
    assert ran.code == 2
    assert "are free" in ran.err


def test_a_stopped_run_is_exit_code_130_and_goes_on(store, plain, tmp_path, monkeypatch):
    command = [
        "tune",
        store,
        "--model",
        plain,
        "-o",
        tmp_path / "t.keras",
        "--mode",
        "head",
        *SHORT,
        "--check-every",
        "2",
    ]
    with monkeypatch.context() as patch:
        patch.setattr("helixdask.trainer.tuning.interrupts.StopRequest.wanted", True, raising=False)
        patch.setattr(
            "helixdask.trainer.tuning.interrupts.StopRequest.__init__", lambda self: setattr(self, "_before", {})
        )
        ran = helixdask(*command)
    assert ran.code == 130, ran.err
    assert ran.json()["stopped"] == "interrupted"
    assert done(*command).json()["stopped"] == "max_steps"
