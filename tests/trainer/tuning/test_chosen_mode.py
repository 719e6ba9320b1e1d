"""What ``--mode auto`` stands for, and settings that a mode would not use."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from helixdask.errors import BadInputError
from helixdask.settings import Rules
from helixdask.trainer.network.spec import NetworkSpec
from helixdask.trainer.tuning import intent
from helixdask.trainer.tuning.settings import TuneSettings

KNOWN, READS, NOTHING = "known genes", "pseudolabels with reads", "pseudolabels alone"


@pytest.mark.parametrize(
    ("stores", "settings", "mode"),
    [
        ([KNOWN], {}, "whole"),
        ([READS], {}, "whole"),
        ([NOTHING], {}, "head"),
        ([KNOWN, READS], {}, "whole"),
        ([READS, NOTHING], {}, "head"),
        ([READS], {"coverage": "rnaseq"}, "coverage"),
        ([NOTHING], {"mode": "whole"}, "whole"),
        ([READS], {"mode": "head"}, "head"),
    ],
)
def test_all_weights_learn_where_something_beside_the_base_model_tells_of_genes(monkeypatch, stores, settings, mode):
    monkeypatch.setattr(intent, "read_groups", lambda stores: [("reads",) if stores[0] == READS else ()])
    splits = [SimpleNamespace(store=store, has_pseudolabels=store != KNOWN) for store in stores]
    assert intent._chosen_mode(TuneSettings(("a.zarr",), "b.keras", **settings), splits) == mode


@pytest.mark.parametrize(
    "given",
    [
        {"learning_rate": 1e-3},
        {"class_weights": (1.0,) * 4},
        {"confidence": "base"},
        {"decay": "linear"},
        {"doubt": "teach"},
    ],
)
def test_where_no_weight_learns_nothing_says_how(tmp_path, given):
    settings = TuneSettings(("a.zarr",), str(tmp_path / "b.keras"), mode="norm")
    settings.check()
    with pytest.raises(BadInputError, match=f"{next(iter(given))} is given, but no weight learns"):
        replace(settings, **given).check()
    with pytest.raises(BadInputError, match="know no mode norm"):
        replace(settings, rules=Rules.HELIXER).check()


@pytest.mark.parametrize("mode", ["head", "norm"])
def test_coverage_that_no_one_would_see_is_refused(mode):
    settings = TuneSettings(("a.zarr",), "b.keras", mode=mode, coverage="rnaseq")
    base = SimpleNamespace(spec=NetworkSpec(), path="base.keras")
    with pytest.raises(BadInputError, match=f"the base model sees none, and mode {mode} adds none"):
        intent._chosen_libraries(settings, mode, base, [])
    assert intent._chosen_libraries(replace(settings, coverage=None), mode, base, []) == ([], [])
