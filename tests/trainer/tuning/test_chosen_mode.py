"""What ``--mode auto`` stands for."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

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
