"""Tuned models tuned further: they keep their libraries, their head and what they were trained with."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helixdask.errors import BadInputError, MissingInputError
from helixdask.trainer.network.model_file import load_model
from helixdask.trainer.tuning.starting_point import carried_rows
from helixdask.trainer.tuning.tune import train_from_scratch, tune
from tests.trainer.conftest import LITTLE, PLAIN, add_library, settings_for, write_toy_store

pytestmark = pytest.mark.slow

NOTHING_LEARNT = {"learning_rate": 1e-12, "weight_decay": 0.0, "epochs": 1}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = write_toy_store(tmp_path_factory.mktemp("store") / "toy.zarr", **LITTLE)
    add_library(store, "coverage/rnaseq/leaf")
    add_library(store, "coverage/more/leaf")
    add_library(store, "coverage/more/bud", seed=1)
    add_library(store, "coverage/root/root", seed=2)
    return store


@pytest.fixture(scope="module")
def tuned(store, tmp_path_factory):
    """Models with coverage of one library, with and without a hidden layer."""
    folder = tmp_path_factory.mktemp("tuned")
    base = train_from_scratch(settings_for(store, folder / "base.keras", epochs=1), PLAIN)
    return {
        hidden: tune(
            settings_for(
                store,
                folder / f"{hidden}.keras",
                model=base.path,
                coverage="rnaseq",
                hidden_units=hidden,
                class_weights=(1.0, 2.0, 2.0, 2.0),
                coverage_norm="linear",
            )
        )
        for hidden in (0, 6)
    }


@given(
    pool=st.integers(1, 3),
    n_before=st.integers(0, 3),
    more=st.integers(0, 2),
    body=st.integers(1, 4),
    seed=st.integers(0, 99),
)
def test_new_libraries_change_nothing_yet(pool, n_before, more, body, seed):
    rng = np.random.default_rng(seed)
    kernel = rng.normal(size=(body + pool * 2 * n_before, 5)).astype(np.float32)
    features, counts = rng.normal(size=body), rng.normal(size=(pool, 2, n_before + more))
    before = np.concatenate([features, counts[:, :, :n_before].ravel()]) @ kernel
    wide = carried_rows(kernel, body, pool, n_before, n_before + more)
    np.testing.assert_allclose(np.concatenate([features, counts.ravel()]) @ wide, before, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("hidden", [0, 6])
@pytest.mark.parametrize(("mode", "coverage"), [("head", "rnaseq"), ("coverage", "more"), ("whole", "rnaseq")])
def test_it_starts_where_the_model_ended(store, tuned, tmp_path, hidden, mode, coverage):
    model = tuned[hidden]
    result = tune(
        settings_for(store, tmp_path / "t.keras", model=model.path, mode=mode, coverage=coverage, **NOTHING_LEARNT)
    )
    # In whole mode batch normalisation would follow the batches; this network has none.
    assert result.base_genic_f1 == pytest.approx(model.genic_f1, abs=1e-6)
    assert result.genic_f1 == pytest.approx(model.genic_f1, abs=1e-4)
    after = load_model(result.path)
    names = [library["name"] for library in after.card["libraries"]]
    assert names == (["leaf", "bud"] if coverage == "more" else ["leaf"])
    assert after.card["class_weights"] == [1.0, 2.0, 2.0, 2.0]
    assert after.card["transition_weights"] == [1, 12, 3, 1, 12, 3]
    assert after.card["coverage_norm"] == "linear"
    assert after.spec.hidden_units == hidden


def test_learning_goes_on(store, tuned, tmp_path):
    result = tune(settings_for(store, tmp_path / "t.keras", model=tuned[0].path, coverage="more", epochs=2))
    assert result.better
    assert result.verdict["genes"]["gene"]["base"]["n_reference"] > 0
    page = (tmp_path / "t.md").read_text()
    for words in ("Better than the base model", "leaf (rnaseq), bud (rnaseq)", "| genic, bases |", "genes, all coding"):
        assert words in page


def test_what_the_model_sees_must_be_there(store, tuned, tmp_path):
    with pytest.raises(MissingInputError, match=r"lacks: leaf \(rnaseq\)"):
        tune(settings_for(store, tmp_path / "t.keras", model=tuned[0].path, coverage="root"))
    with pytest.raises(BadInputError, match="hidden layer of 4"):
        tune(settings_for(store, tmp_path / "t.keras", model=_plain(tuned), mode="head", hidden_units=4))
    other = write_toy_store(tmp_path / "other.zarr", seed=5, **LITTLE)
    add_library(other, "coverage/rnaseq/stem")
    stores = (store.url, other.url)
    with pytest.raises(BadInputError, match="differ in their libraries") as error:
        tune(settings_for(store, tmp_path / "t.keras", model=_plain(tuned), coverage="rnaseq", stores=stores))
    assert "stem (rnaseq)" in str(error.value)


def _plain(tuned):
    from pathlib import Path

    return str(Path(tuned[0].path).with_name("base.keras"))


def test_whole_network_with_coverage(store, tuned, tmp_path):
    result = tune(settings_for(store, tmp_path / "t.keras", model=_plain(tuned), mode="whole", coverage="rnaseq"))
    before, after = load_model(_plain(tuned)), load_model(result.path)
    assert after.spec.n_libraries == 1
    assert not np.array_equal(
        before.network.get_layer("conv_1").get_weights()[0], after.network.get_layer("conv_1").get_weights()[0]
    )
    assert result.better


# XLA compiles for each shape: both sides of the split have an even number of windows.
@pytest.mark.parametrize("more", [{"precision": "bfloat16"}, {"xla": True, "batch_size": 2}])
def test_other_arithmetic_learns_too(store, tuned, tmp_path, more):
    result = tune(settings_for(store, tmp_path / "t.keras", model=_plain(tuned), mode="whole", **more))
    assert result.history[-1]["genic_f1"] > result.base_genic_f1
    loaded = load_model(result.path).network
    assert loaded.get_layer("head").dtype_policy.name == "float32"
    assert all(weight.dtype == np.float32 for weight in loaded.get_weights())


def test_checks_between_epochs(store, tuned, tmp_path):
    told = []
    settings = settings_for(store, tmp_path / "t.keras", model=_plain(tuned), mode="head", check_every=5, epochs=2)
    result = tune(settings, told.append)
    steps = [row["step"] for row in result.history]
    per_epoch = result.steps // 2
    assert steps == [0, *range(5, result.steps + 1, 5), *([result.steps] if result.steps % 5 else [])]
    assert [row["epoch"] for row in result.history] == [0, *(1 + (step - 1) // per_epoch for step in steps[1:])]
    assert result.verdict["best_step"] in steps
    stopped = tune(
        settings_for(
            store,
            tmp_path / "u.keras",
            model=_plain(tuned),
            mode="head",
            check_every=2,
            patience=2,
            **NOTHING_LEARNT,
        )
    )
    assert stopped.stopped == "patience"
    assert stopped.steps == 6  # the first check is the best there is, two more are no better
