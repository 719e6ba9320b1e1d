"""A sparse genome of 17 Gb in half a million contigs costs almost nothing."""

from __future__ import annotations

import time

import pytest

import helixdask as hd
from helixdask.engine.plan import regions_of
from helixdask.engine.regions import run_region
from helixdask.engine.run import RunOptions, plan_stage
from helixdask.engine.stage import Work
from helixdask.store.objects import Folder
from helixdask.store.store import Store
from tests.engine.toy import ToyStage

pytestmark = pytest.mark.slow


def test_opening_and_looking_is_quick(huge):
    start = time.process_time()
    store = hd.open_store(huge)
    assert store.n_bases == 17_000_000_000
    view = store.sel("scaffold_499999:100-200")
    assert view.sequence.values.tolist() == [4] * 100
    assert int(view.reference_label.sum()) == 0
    assert "500,001 contigs" in repr(store)
    far = store.sel(f"scaffold_0:{2**33 + 5}-{2**33 + 105}")
    assert far.base_class_probability.shape == (2, 4, 100)
    assert time.process_time() - start < 15  # of the processor; one is needed


def test_one_region_beyond_the_reach_of_32_bits(huge, tmp_path):
    stage = ToyStage(str(tmp_path), task=1 << 21)
    regions = regions_of(stage, 17_000_000_000)
    assert len(regions) == -(-17_000_000_000 // (1 << 21))
    plan = plan_stage(stage, huge, RunOptions(workers=2))
    assert plan.tasks == len(regions)
    store = Store.open(huge)
    store.begin_group(stage.group())
    store.create_tracks(stage.group())
    region = next(region for region in regions if region.start > 2**33)
    assert run_region(stage, huge, "token", region) is None
    read = store.read(f"{stage.group()}/label", region.start - 1, region.start + 1)
    assert read.tolist() == [[0, 0], [0, 3]]
    result = Work(Folder(huge).folder(f".work/{stage.group()}")).load_receipt(region.index).result
    assert result.counts["bases"] == 1 << 21
    store.folder.remove(".work")
    store.remove_group(stage.group())
