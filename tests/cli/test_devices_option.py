"""--devices: what there is not is refused before any work, and plans count what there is."""

import pytest

from helixdask.engine import gpus
from helixdask.engine.gpus import VISIBLE, Gpu
from tests.cli.support import contents, done, helixdask


@pytest.fixture
def two(monkeypatch):
    """A machine with two GPUs."""
    monkeypatch.setattr(gpus, "told_by_driver", lambda: (Gpu("GPU-aa"), Gpu("GPU-bb")))
    monkeypatch.setattr(gpus, "_may_use_cuda", lambda: True)
    monkeypatch.delenv(VISIBLE, raising=False)


def commands(folder, store, species, model):
    """Those that predict, and those that learn."""
    return {
        "predict": ["predict", store, "--model", model],
        "prepare": ["prepare", species.genome, "-o", folder / "new.zarr", "--model", model],
        "annotate": ["annotate", species.genome, "-o", folder / "new.gff3", "--model", model],
        "tune": ["tune", store, "-o", folder / "new.keras", "--model", model],
        "train": ["train", store, "-o", folder / "new.keras"],
    }


@pytest.mark.parametrize("name", ["predict", "prepare", "annotate", "tune", "train"])
def test_more_than_there_are(two, labelled_forever, species, tiny_model, tmp_path, name):
    before = contents(labelled_forever)
    command = commands(tmp_path, labelled_forever, species, tiny_model)[name]
    for devices in ("9", "some"):
        refused = helixdask(*command, "--devices", devices)
        assert refused.code == 2
        assert "devices" in refused.err
        assert "Traceback" not in refused.err
    assert contents(labelled_forever) == before
    assert contents(tmp_path) == {}


def test_plans_count_them(two, labelled_forever, species, tiny_model, tmp_path):
    plans = {}
    for devices in ("all", "1", "0"):
        command = commands(tmp_path, labelled_forever, species, tiny_model)["annotate"]
        told = done(*command, "--devices", devices, "--workers", "5", "--dry-run", "--json").json()
        plans[devices] = {stage["group"]: stage["plan"] for stage in told}
    counted = {devices: plan["predictions/tiny"] for devices, plan in plans.items()}
    assert [plan["workers"] for plan in counted.values()] == [2, 1, 5]
    assert [plan["gpus"] for plan in counted.values()] == [2, 1, 0]
    assert {plan["genome"]["workers"] for plan in plans.values()} == {5}
    text = done(*commands(tmp_path, labelled_forever, species, tiny_model)["predict"], "--dry-run").out
    assert "2 GPUs" in text
